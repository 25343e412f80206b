"""The fork server: one warm interpreter, whose children run the jobs.

It listens on a socket of whole packets. A packet that carries a socket is a job: the job's supervisor, a child in
namespaces of its own, reads the job from that socket and answers there, so that the server itself never holds anything
of a job. When the supervisor has ended, and with it every process of the job, the server says so in one packet.

*Covered*: a job starts from the server's memory as it was when it had imported its modules; no job can see, signal or
trace the server, which lies in the process and user namespace above. *Not covered*: where namespaces cannot be nested
the server is itself the supervisor of one job, and ends with it.
"""

from __future__ import annotations

import gc
import importlib
import json
import os
import signal
import socket
import sys
import traceback

from tilth.sandbox.inside import kernel, program, supervisor

# What most programs and tests import: done once here, it costs a job nothing. `random` seeds itself again in a child.
_WARM = (
    "abc argparse array ast asyncio base64 bisect calendar cmath codecs collections collections.abc "
    "concurrent.futures contextlib copy csv dataclasses datetime decimal difflib doctest enum fractions functools "
    "glob hashlib heapq html inspect io itertools json linecache logging math numbers operator os pathlib pickle "
    "pprint queue random re shutil statistics string struct subprocess tempfile textwrap threading time timeit "
    "tokenize traceback types typing unicodedata unittest unittest.mock urllib.parse uuid warnings weakref zlib"
).split()


def main() -> None:
    """Read the start-up packet, get ready, say what can be done, and serve until the other side hangs up."""
    control = socket.socket(fileno=int(sys.argv[1]))
    setting = json.loads(control.recv(65536))
    # Process 1 of a namespace gets only the signals it handles, and Python handles this one.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    # A server for one job imports what the job imports, and no more.
    for name in _WARM if setting["may_nest"] else ():
        importlib.import_module(name)
    _forget_tilth()
    # Bubblewrap says where it started the server; a job starts elsewhere.
    os.environ["PWD"] = str(supervisor.JOB)
    gc.collect()
    gc.freeze()
    if setting["has_source"] and setting["may_nest"]:
        program.copy_tree(supervisor.SOURCE, supervisor.TREE)
    reason = _why_not_nested(setting) if setting["may_nest"] else "it was not asked to"
    control.send(json.dumps({"is_nested": not reason, "reason": reason}).encode())
    if reason:
        _serve_one(control, setting)
    else:
        _serve(control, setting)


def _forget_tilth() -> None:
    """A repository may bring modules of the same name."""
    for name in [name for name in sys.modules if name.split(".")[0] == "tilth"]:
        del sys.modules[name]
    sys.path.remove("/server")


def _serve(control: socket.socket, setting: dict[str, object]) -> None:
    while channel := _next_job(control):
        with channel:
            try:
                pid = kernel.clone()
            except OSError as error:
                control.send(json.dumps({"error": str(error)}).encode())
                continue
            if pid == 0:
                control.close()
                _supervise(channel, setting, is_nested=True)
        _, status = os.waitpid(pid, 0)
        control.send(json.dumps({"status": os.waitstatus_to_exitcode(status)}).encode())


def _serve_one(control: socket.socket, setting: dict[str, object]) -> None:
    channel = _next_job(control)
    control.close()
    if channel is not None:
        _supervise(channel, setting, is_nested=False)


def _next_job(control: socket.socket) -> socket.socket | None:
    packet, handles, _, _ = socket.recv_fds(control, 16, 1)
    return socket.socket(fileno=handles[0]) if packet and handles else None


def _supervise(channel: socket.socket, setting: dict[str, object], is_nested: bool) -> None:
    """Never returns: whatever happens, the supervisor must not go on as a second server."""
    try:
        supervisor.supervise(channel, setting, is_nested)
    except BaseException:  # noqa: BLE001 - said on the server's own stderr, which the other side reads
        traceback.print_exc()
        os._exit(1)
    os._exit(0)


def _why_not_nested(setting: dict[str, object]) -> str:
    """Empty when a child can have namespaces of its own, furnished as a job's are; else what the kernel said."""
    reader, writer = os.pipe()
    try:
        pid = kernel.clone()
    except OSError as error:
        return str(error)
    if pid == 0:
        try:
            supervisor.furnish(setting)
        except OSError as error:
            os.write(writer, str(error).encode()[:512])
        os._exit(0)
    os.close(writer)
    with os.fdopen(reader, "rb") as pipe:
        reason = pipe.read().decode(errors="replace")
    _, status = os.waitpid(pid, 0)
    return reason or (f"a first child ended with status {status}" if status else "")


if __name__ == "__main__":
    main()
