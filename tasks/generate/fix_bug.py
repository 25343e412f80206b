"""Bug fixing: a function with a procedural bug and a failing test's message ask for the author's version."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import Any

from tasks.generate.bugs import Bug, bugs_of
from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short

VERSION = "1"
# Longer tests hide what they say.
_MAX_TEST_BYTES = 1200


def fix_bug(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """Drafts for each function with a bug that its tests tell."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    for subject, found in bugs_of(ground, subjects, config.execution, config.seed):
        if isinstance(found, str):
            yield subject.number, found
            continue
        for bug in found:
            yield subject.number, _draft(ground, subject, bug, config)


def _draft(ground: Ground, subject: Subject, bug: Bug, config: GenerateConfig) -> Draft | str:
    unit = subject.view.unit
    broken, whole = bug.text.decode("utf-8"), original_of(subject)
    if not is_short(broken, config):
        return "context_too_long"
    return Draft(
        unit.start,
        unit.end,
        dedented(broken).encode("utf-8"),
        subject=bug.text,
        answer=dedented(whole).encode("utf-8"),
        remark=symptom(ground, bug).encode("utf-8"),
        variables={"failure": "a test fails", "error": bug.error},
        oracle="test",
        code=bug.proven.program.code,
        tests=bug.proven.program.tests,
        extra=extra_of(bug),
    )


def original_of(subject: Subject) -> str:
    """The author's version, as it stands in its file."""
    return subject.module.source(subject.node)


def symptom(ground: Ground, bug: Bug) -> str:
    """The failing test, where its message names it, and what it said."""
    parts = []
    for test in bug.proven.tests:
        name = test.name.rpartition(".")[2]
        if test.node is None or test.is_doctest or f"in {name}:" not in bug.message:
            continue
        source = ground.repository.by_path[test.path].source(test.node)
        if len(source) <= _MAX_TEST_BYTES:
            parts.append(f"The test:\n\n```python\n{dedented(source)}\n```")
    parts.append(f"A test fails with:\n\n```\n{bug.message}\n```")
    return "\n\n".join(parts)


def extra_of(bug: Bug) -> dict[str, Any]:
    """What the bug is, for who studies the rows."""
    edits = [[edit.start, edit.end, edit.replacement.decode("utf-8")] for edit in bug.mutation.edits]
    return {
        "bug": bug.mutation.kind,
        "edits": edits,
        "error": bug.error,
        "tests": [test.test_id for test in bug.proven.tests],
    }
