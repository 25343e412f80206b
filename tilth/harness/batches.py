"""Many small tasks in few jobs of the sandbox, one answer each.

A job of many tasks that does not end well is cut in halves until the task that spoils it is alone, so that each task's
answer is its own. Order and number of the workers change nothing.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any, NamedTuple

from tilth.harness.inside import calling, forks, receivers, stand_in, surveying, testing
from tilth.sandbox.job import Job, Verdict
from tilth.sandbox.sandbox import Sandbox

# A job costs 10 ms, a task's child 3 ms: beyond a few dozen nothing is gained, and more is lost with a job.
_TASKS_A_JOB = 32
_FOLDER = "tilth/harness/inside"

Task = Mapping[str, Any]


class Answer(NamedTuple):
    """What a task gave. `value` is null when it was lost: `outcome` says how."""

    value: Any
    outcome: str  # ok, or of the task: lost; of its job: timeout, memory, killed, failed, sandbox_missing …


def run_tasks(
    sandbox: Sandbox,
    tasks: Sequence[Task],
    files: Mapping[str, bytes] | None = None,
    roots: tuple[Sequence[str], Sequence[str]] = ((), ()),
    tasks_a_job: int = _TASKS_A_JOB,
    is_reseeded: bool = False,
) -> list[Answer]:
    """The answer to each task ({kind, cpu_s, …}, see `inside.forks`), in their order."""
    if tasks:
        # Even when every one of them uses up its time, their job does not.
        longest = max(task["cpu_s"] for task in tasks)
        tasks_a_job = max(1, min(tasks_a_job, int(sandbox.limits.cpu_s / longest)))
    answers: list[Answer | None] = [None] * len(tasks)
    waiting = [
        list(range(start, min(start + tasks_a_job, len(tasks))))
        for start in range(0, len(tasks), tasks_a_job)
    ]
    while waiting:
        jobs = (
            _job([tasks[number] for number in group], files or {}, roots, is_reseeded) for group in waiting
        )
        further: list[list[int]] = []
        for group, verdict in zip(waiting, sandbox.run_many(jobs), strict=True):
            found = dict(_lines(verdict, len(group)))
            if len(found) == len(group) or len(group) == 1 or verdict.outcome.startswith("sandbox"):
                for place, number in enumerate(group):
                    answers[number] = found.get(place) or Answer(None, verdict.outcome)
            else:
                further += [group[: len(group) // 2], group[len(group) // 2 :]]
        waiting = further
    return [answer or Answer(None, "lost") for answer in answers]


def _job(
    tasks: Sequence[Task],
    files: Mapping[str, bytes],
    roots: tuple[Sequence[str], Sequence[str]],
    is_reseeded: bool,
) -> Job:
    first, last = ([f"/job/{root}".removesuffix("/.") for root in some] for some in roots)
    request = json.dumps({"roots": first, "loose": last, "tasks": tasks})
    return Job(
        source="from tilth.harness.inside.forks import main\n\nmain()\n",
        files={**files, **_program()},
        argv=("--reseeded",) if is_reseeded else (),
        stdin=request.encode("utf-8", "replace"),
    )


@cache
def _program() -> Mapping[str, bytes]:
    """The files of what runs inside."""
    paths = [Path(module.__file__ or "") for module in (calling, forks, receivers, surveying, testing)]
    return {
        **{f"{_FOLDER}/{path.name}": path.read_bytes() for path in paths},
        "pytest.py": f"{stand_in_text()}\n\nimport sys\n\nsys.modules[__name__] = pytest\n".encode(),
    }


@cache
def stand_in_text() -> str:
    """What stands in for pytest, as text to put into a program."""
    text = Path(stand_in.__file__ or "").read_text(encoding="utf-8")
    return text[text.index("\nimport ") :].strip()


def _lines(verdict: Verdict, count: int) -> Iterator[tuple[int, Answer]]:
    """Answers by their number; what the job wrote is a claim, so that what makes no sense is passed over."""
    for line in verdict.result.splitlines():
        try:
            found = json.loads(line)
            number = found["number"]
        except (ValueError, TypeError, KeyError, RecursionError):
            continue
        if isinstance(number, int) and 0 <= number < count:
            value = found.get("value")
            yield number, Answer(value, "lost" if value is None else "ok")
