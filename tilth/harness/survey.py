"""What a repository's own tests tell when each runs once: which pass, which functions they call, and with what.

Calls are traced, so that which test reaches which function is exact for this run. A module whose tests do not end in
time is tried again in halves. Nothing outlives the call but what is returned.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tilth.harness.batches import Answer, run_tasks
from tilth.harness.modules import Repository
from tilth.harness.tests import Test, tests_of
from tilth.sandbox.sandbox import Sandbox

# Of one job's tests; far above what the limit of the sandbox allows, which is to be the one that counts.
_CPU_S = 3600.0
# An import of the module is paid once for so many; what hangs spoils no more.
_TESTS_A_JOB = 40
# Where a function stands: path of its file, line on which it begins.
Place = tuple[str, int]
Call = Mapping[str, Any]


class Survey(NamedTuple):
    """`tests` passed; `reached` names for each function the tests that call it, those that do so directly first."""

    tests: Mapping[str, Test]
    reached: Mapping[Place, tuple[str, ...]]
    directly: Mapping[Place, frozenset[str]]
    breadth: Mapping[str, int]  # how many functions a test calls
    calls: Mapping[Place, Sequence[Call]]  # what functions were called with
    outcomes: Mapping[str, str]  # of every test that was found
    refusal: str  # why nothing ran; empty when something did


def survey(repository: Repository, sandbox: Sandbox) -> Survey:
    """Run every test of the repository that needs nothing but the standard library, or the sandbox's environment."""
    found = {path: tests_of(module) for path, module in sorted(repository.by_path.items())}
    groups = [
        tests[start : start + _TESTS_A_JOB]
        for tests in found.values()
        for start in range(0, len(tests), _TESTS_A_JOB)
    ]
    outcomes: dict[str, str] = {}
    reports: list[tuple[str, str, list[str], list[str]]] = []
    seen: dict[str, list[Call]] = {}
    refusal = ""
    while groups:
        tasks = [_task(repository, group) for group in groups]
        answers = run_tasks(sandbox, tasks, repository.tree(), repository.roots, tasks_a_job=1)
        further: list[list[Test]] = []
        for group, answer in zip(groups, answers, strict=True):
            if answer.value is None and answer.outcome.startswith("sandbox"):
                refusal = answer.outcome
            if answer.value is None and len(group) > 1 and not refusal:
                further += [group[: len(group) // 2], group[len(group) // 2 :]]
                continue
            _note(answer, group, outcomes, reports, seen)
        groups = further
    tests = {test.test_id: test for group in found.values() for test in group}
    return _survey(tests, outcomes, reports, seen, refusal)


def _task(repository: Repository, group: Sequence[Test]) -> dict[str, Any]:
    module = repository.by_path[group[0].path]
    return {
        "kind": "survey",
        "cpu_s": _CPU_S,
        "module": module.name,
        "path": f"/job/{module.path}",
        "tests": [{"id": test.test_id, "run": test.run} for test in group],
    }


def _note(
    answer: Answer,
    group: Sequence[Test],
    outcomes: dict[str, str],
    reports: list[tuple[str, str, list[str], list[str]]],
    seen: dict[str, list[Call]],
) -> None:
    """Gather what a job of tests says; the tests' own words, so that only what has the right shape is believed."""
    value = answer.value if isinstance(answer.value, dict) else {}
    reported = {
        row[0]: row for row in value.get("tests", ()) if isinstance(row, list) and len(row) == 4 and row[0]
    }
    for test in group:
        row = reported.get(test.test_id)
        outcomes[test.test_id] = (
            str(row[1]) if row else "not_imported" if "error" in value else answer.outcome
        )
        if row and row[1] == "passed":
            reports.append((test.test_id, row[1], row[2], row[3]))
    for place, calls in value.get("seen", {}).items():
        kept = seen.setdefault(place, [])
        kept += [call for call in calls if call not in kept]


def _survey(
    tests: Mapping[str, Test],
    outcomes: Mapping[str, str],
    reports: Sequence[tuple[str, str, list[str], list[str]]],
    seen: Mapping[str, list[Call]],
    refusal: str,
) -> Survey:
    breadth = {test_id: len(called) for test_id, _, called, _ in reports}
    reached: dict[Place, list[str]] = {}
    directly: dict[Place, set[str]] = {}
    for test_id, _, called, direct in sorted(reports):
        for place in called:
            reached.setdefault(_place(place), []).append(test_id)
        for place in direct:
            directly.setdefault(_place(place), set()).add(test_id)
    # The closest test first: one that calls the function itself, and calls few others.
    ranked = {
        place: tuple(sorted(ids, key=lambda name: (name not in directly.get(place, ()), breadth[name], name)))
        for place, ids in reached.items()
    }
    return Survey(
        {name: test for name, test in tests.items() if outcomes.get(name) == "passed"},
        ranked,
        {place: frozenset(ids) for place, ids in directly.items()},
        breadth,
        {_place(place): calls for place, calls in seen.items()},
        outcomes,
        refusal,
    )


def _place(text: str) -> Place:
    path, _, line = text.rpartition(":")
    return path, int(line) if line.isdigit() else 0
