"""Runs many small tasks one after the other, each in a child process of its own, and gives a line of JSON for each.

A child that hangs is ended by a timer, so that one of many mutants does not take the others with it; what a child
breaks is its own copy. The limits of the sandbox hold for all of them together.
"""

import contextlib
import json
import os
import resource
import signal
import sys
from typing import Any

from tilth.harness.inside import calling, surveying, testing

_KINDS = {"tests": testing.run_tests, "calls": calling.call_all, "survey": surveying.survey}
# Of one task's answer; what is longer is no answer.
_MAX_ANSWER = 1 << 22
# A mutant that waits for ever takes no processor time. What takes a second takes ten on a machine that is very busy.
_WALL = 10
# Half of what a job may hold: its parent needs 30 MB.
_MEMORY = 512 << 20


def main() -> None:
    """Read {roots, tasks} from the standard input; write {number, value} or {number, lost} to handle 3."""
    # The second run of anything has another hash seed: what depends on the order of a set shows.
    if "--reseeded" in sys.argv and os.environ.get("PYTHONHASHSEED") != "1":
        os.environ["PYTHONHASHSEED"] = "1"
        flags = ["-S"] if sys.flags.no_site else []
        os.execv(sys.executable, [sys.executable, "-s", *flags, *sys.argv])  # noqa: S606 - itself again
    request = json.load(sys.stdin)
    sys.path[:] = [*request["roots"], *sys.path, *request["loose"]]
    out = os.dup(3)
    os.close(3)
    os.set_inheritable(out, False)
    for number, task in enumerate(request["tasks"]):
        line = json.dumps({"number": number, **_in_a_child(task, out)}) + "\n"
        os.write(out, line.encode("utf-8", "replace"))


def _in_a_child(task: dict[str, Any], out: int) -> dict[str, Any]:
    reader, writer = os.pipe()
    pid = os.fork()
    if pid == 0:
        os.close(out)
        os.close(reader)
        _answer(task, writer)
    os.close(writer)
    parts, length = [], 0
    while chunk := os.read(reader, 1 << 16):
        length += len(chunk)
        if length <= _MAX_ANSWER:
            parts.append(chunk)
    os.close(reader)
    _, status = os.waitpid(pid, 0)
    if status or length > _MAX_ANSWER:
        return {"lost": os.waitstatus_to_exitcode(status)}
    try:
        return {"value": json.loads(b"".join(parts))}
    except ValueError:
        return {"lost": 0}


def _answer(task: dict[str, Any], writer: int) -> None:
    """Never returns."""
    signal.signal(signal.SIGPROF, signal.SIG_DFL)
    signal.signal(signal.SIGALRM, signal.SIG_DFL)
    # A list that grows for ever is the task's own fault, and ends before the job has to.
    with contextlib.suppress(OSError, ValueError):
        resource.setrlimit(resource.RLIMIT_AS, (_MEMORY, resource.getrlimit(resource.RLIMIT_AS)[1]))
    signal.setitimer(signal.ITIMER_PROF, task["cpu_s"])
    signal.setitimer(signal.ITIMER_REAL, _WALL * task["cpu_s"])
    try:
        data = json.dumps(_KINDS[task["kind"]](task)).encode("utf-8", "replace")
    except BaseException:  # noqa: BLE001 - said by the exit code; the child must not go on as a second parent
        os._exit(1)
    sent = 0
    while sent < len(data):
        sent += os.write(writer, data[sent:])
    os._exit(0)


if __name__ == "__main__":
    main()
