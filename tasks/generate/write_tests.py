"""Test writing: a function is the question, the author's own tests of it, which pass, are the answer."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.bugs import program_of
from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short
from tilth.harness.cut import Cut
from tilth.harness.tests import Test
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"


def write_tests(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function that tests call themselves, and that they are named after or call alone."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    for subject in subjects:
        tests = _tests_of(ground, subject)
        text = _answer(ground, tests, config)
        if not tests or not text:
            yield subject.number, "no_test_of_its_own" if not tests else "answer_too_long"
        elif not is_short(ground.repository.by_path[subject.place[0]].source(subject.node), config):
            yield subject.number, "context_too_long"
        elif (program := program_of(ground, subject.place, tests)) is None:
            yield subject.number, "not_self_contained"
        else:
            yield subject.number, _draft(subject, tests, program, text)


def _draft(subject: Subject, tests: Sequence[Test], program: Cut, text: bytes) -> Draft:
    return Draft(
        subject.view.unit.start,
        subject.view.unit.end,
        dedented(subject.module.source(subject.node)).encode("utf-8"),
        subject=text,
        answer=text,
        oracle="test",
        code=program.code,
        tests=program.tests,
        extra={"tests": [test.test_id for test in tests]},
    )


def _tests_of(ground: Ground, subject: Subject) -> list[Test]:
    """Tests that call the function themselves and are about it, of one file."""
    name = _plain(subject.node.name)
    direct = ground.survey.directly.get(subject.place, frozenset())
    tests = [ground.survey.tests[test_id] for test_id in sorted(direct)]
    tests = [test for test in tests if not test.is_doctest]
    named = [test for test in tests if name and name in _plain(test.name)]
    alone = [test for test in tests if ground.survey.breadth[test.test_id] <= 2]
    chosen = named or alone
    paths = sorted({test.path for test in chosen})
    return [test for test in chosen if test.path == paths[0]]


def _plain(name: str) -> str:
    return name.lower().replace("_", "")


def _answer(ground: Ground, tests: list[Test], config: GenerateConfig) -> bytes:
    """The tests' text, as many as have room; nothing when not even the first has. Leaves in `tests` those that do."""
    room = config.max_answer_tokens * BYTES_PER_TOKEN
    parts: list[str] = []
    kept: list[Test] = []
    for test in tests:
        assert test.node is not None
        text = dedented(ground.repository.by_path[test.path].source(test.node))
        if len(text) <= room:
            room -= len(text)
            parts.append(text)
            kept.append(test)
    tests[:] = kept or tests
    return "\n\n\n".join(parts).encode("utf-8")
