"""Bugs that a repository's own tests tell: mutants of its functions, each shown to the tests that reach the function.

A bug counts when the tests pass on the author's version and fail on the mutant, both in the program that stands on the
row; remembered for the next method of the same repository.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.generate.running import Ground, Subject, ground_of, sandbox_of
from tilth.edits.edit import apply
from tilth.edits.mutation import Mutation
from tilth.edits.mutations import mutations
from tilth.edits.source import Source, read_source
from tilth.fingerprint import digest, draw
from tilth.harness.batches import run_tasks
from tilth.harness.config import ExecutionConfig
from tilth.harness.cut import Cut
from tilth.harness.modules import Module
from tilth.harness.survey import Place
from tilth.harness.tests import Test
from tilth.syntax.grammars import ParseTimeout

# See `tilth.fingerprint.draw`.
_PURPOSE = 49
# A failure of these says that the machine, not the function, gave up.
_NO_SYMPTOM = frozenset(("RecursionError", "MemoryError", "SkipTest", "KeyboardInterrupt", "SystemExit"))


class Proven(NamedTuple):
    """A function in a program with the tests that it passes."""

    program: Cut
    tests: tuple[Test, ...]


class Bug(NamedTuple):
    """A mutant that tests tell: the function's text with it, the tests' message, how the tests failed."""

    mutation: Mutation
    text: bytes
    message: str
    error: str
    proven: Proven


class _Mutant(NamedTuple):
    mutation: Mutation
    text: bytes
    code: str
    proven: Proven


@lru_cache(maxsize=1)
def proven(files: tuple[tuple[str, bytes], ...], execution: ExecutionConfig) -> Mapping[Place, Proven]:
    """Each function that tests reach and that can be cut out with some of them, so that they pass in a fresh job."""
    ground = ground_of(files, execution)
    found: dict[Place, Proven] = {}
    waiting: dict[Place, list[tuple[Test, ...]]] = {
        place: _choices(ground, place, execution.max_tests)
        for place in sorted(ground.survey.reached)
        if _module_of(ground, place) is not None
    }
    with sandbox_of(execution) as sandbox:
        # All of a function's tests at once, else the first of them alone, and so on.
        while waiting:
            tried: list[tuple[Place, Proven]] = []
            for place in sorted(waiting):
                program = None
                while waiting[place] and program is None:
                    tests = waiting[place].pop(0)
                    program = program_of(ground, place, tests)
                if program is not None:
                    tried.append((place, Proven(program, tests)))
            answers = run_tasks(
                sandbox, [_task(one.program.code, one.program.tests, execution) for _, one in tried]
            )
            for (place, one), answer in zip(tried, answers, strict=True):
                if isinstance(answer.value, dict) and answer.value.get("passed") is True:
                    found[place] = one
            waiting = {place: left for place, left in waiting.items() if left and place not in found}
    return found


def _module_of(ground: Ground, place: Place) -> Module | None:
    module = ground.repository.by_path.get(place[0])
    return None if module is None or module.is_test or place[1] not in module.functions else module


def _choices(ground: Ground, place: Place, count: int) -> list[tuple[Test, ...]]:
    tests = tuple(ground.survey.tests[name] for name in ground.survey.reached[place][:count])
    return [tests, *((test,) for test in tests)] if len(tests) > 1 else [tests]


def program_of(ground: Ground, place: Place, tests: Sequence[Test]) -> Cut | None:
    """A function, its class where it has one, and tests of one module, as a program; None when it cannot be cut."""
    module = ground.repository.by_path[place[0]]
    name = module.functions[place[1]][0].split(".")[0]
    paths = {test.path for test in tests}
    if len(paths) > 1:
        return None
    own = ground.repository.by_path[tests[0].path]
    wanted = [(module, name), *((own, test.needs) for test in tests if test.needs)]
    program = ground.cutter.cut(wanted, "\n".join(test.run for test in tests), own)
    return program if isinstance(program, Cut) else None


def _task(code: str, tests: str, execution: ExecutionConfig) -> dict[str, Any]:
    return {"kind": "tests", "cpu_s": execution.test_cpu_s, "code": code, "tests": tests}


@lru_cache(maxsize=1)
def bugs(
    files: tuple[tuple[str, bytes], ...], execution: ExecutionConfig, seed: int
) -> Mapping[Place, Sequence[Bug]]:
    """Bugs of each function that its tests tell, of different kinds; at most `max_bugs`."""
    ground = ground_of(files, execution)
    sources: dict[str, Source | None] = {}
    waiting: dict[Place, list[_Mutant]] = {}
    for place, one in sorted(proven(files, execution).items()):
        module = ground.repository.by_path[place[0]]
        if module.path not in sources:
            sources[module.path] = _source(module)
        waiting[place] = list(_mutants(module, sources[module.path], place, one, execution.max_mutants, seed))
    found: dict[Place, list[Bug]] = {place: [] for place in waiting}
    with sandbox_of(execution) as sandbox:
        # A few of each function, then a few more of those that have too few bugs yet.
        while any(waiting.values()):
            tried = [
                (place, mutant) for place in waiting for mutant in waiting[place][: execution.max_bugs + 1]
            ]
            answers = run_tasks(
                sandbox, [_task(mutant.code, mutant.proven.program.tests, execution) for _, mutant in tried]
            )
            for (place, mutant), answer in zip(tried, answers, strict=True):
                _keep(found[place], mutant, answer.value, execution.max_bugs)
            waiting = {
                place: mutants[execution.max_bugs + 1 :]
                for place, mutants in waiting.items()
                if len(found[place]) < execution.max_bugs
            }
    return found


def _keep(kept: list[Bug], mutant: _Mutant, value: Any, count: int) -> None:
    """Add a mutant that fails the tests, as far as its kind is new and there is room."""
    if not isinstance(value, dict) or value.get("passed") is not False or len(kept) >= count:
        return
    is_new = mutant.mutation.kind not in {bug.mutation.kind for bug in kept}
    error, message = str(value.get("error")), str(value.get("message") or "")
    if is_new and value.get("loaded") and message and error not in _NO_SYMPTOM:
        kept.append(Bug(mutant.mutation, mutant.text, message, error, mutant.proven))


def _source(module: Module) -> Source | None:
    try:
        return read_source(module.text, "python", module.path)
    except ParseTimeout:
        return None


def _mutants(
    module: Module, source: Source | None, place: Place, one: Proven, count: int, seed: int
) -> Iterator[_Mutant]:
    """Mutants in drawn order, kinds in turn."""
    name, node = module.functions[place[1]]
    start, end = module.span(node)
    original = module.text[start:end].decode("utf-8")
    if source is None or one.program.code.count(original) != 1:
        return
    drawn = sorted(
        mutations(source, start, end),
        key=lambda bug: draw(digest(place[0], name, repr(bug.edits)), _PURPOSE, seed),
    )
    # The first of each kind, then the second of each …
    seen: dict[str, int] = {}
    ranked: list[tuple[int, int, Mutation]] = []
    for mutation in drawn:
        turn = seen[mutation.kind] = seen.get(mutation.kind, 0) + 1
        ranked.append((turn, len(ranked), mutation))
    for _, _, mutation in sorted(ranked, key=lambda entry: entry[:2])[:count]:
        edited = apply(module.text, mutation.edits)
        text = edited[start : end + len(edited) - len(module.text)]
        if mutation.edits[-1].end <= end:
            yield _Mutant(mutation, text, one.program.code.replace(original, text.decode("utf-8")), one)


def bugs_of(
    ground: Ground, subjects: Sequence[Subject], execution: ExecutionConfig, seed: int
) -> Iterator[tuple[Subject, Sequence[Bug] | str]]:
    """The bugs of each subject, or why there are none."""
    told, tested = bugs(ground.files, execution, seed), proven(ground.files, execution)
    for subject in subjects:
        if subject.place not in ground.survey.reached:
            yield subject, "no_test_reaches_it"
        elif subject.place not in tested:
            yield subject, "not_self_contained"
        else:
            yield subject, told.get(subject.place) or "no_bug_is_told"
