"""A conversation: a request for a function, an attempt that fails a test, the test's message, the author's version.

The attempt is a mutant; nobody is trained on it.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.bugs import bugs_of
from tasks.generate.config import GenerateConfig
from tasks.generate.fix_bug import extra_of, original_of, symptom
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short
from tilth.markdown import fenced_bytes

VERSION = "1"


def fix_after_failure(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function that says what it is for and has a bug that its tests tell."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    for subject, found in bugs_of(ground, subjects, config.execution, config.seed):
        unit = subject.view.unit
        if isinstance(found, str):
            yield subject.number, found
            continue
        if not unit.docstring or unit.body_start is None:
            yield subject.number, "no_docstring"
            continue
        # The last, where there are two: the first is what `fix_bug` begins with.
        bug = found[-1]
        head = subject.view.text[unit.start : unit.body_start].rstrip().decode("utf-8")
        whole = dedented(original_of(subject)).encode("utf-8")
        if not is_short(whole, config):
            yield subject.number, "context_too_long"
            continue
        told = f"I ran the tests. {symptom(ground, bug)}\n\nPlease mend it."
        yield (
            subject.number,
            Draft(
                unit.start,
                unit.end,
                dedented(head).encode("utf-8"),
                subject=bug.text,
                answer=dedented(bug.text.decode("utf-8")).encode("utf-8"),
                more_turns=(told.encode("utf-8"), fenced_bytes(whole, subject.view.file.language)),
                untrained_answers=1,
                oracle="test",
                code=bug.proven.program.code,
                tests=bug.proven.program.tests,
                extra=extra_of(bug),
            ),
        )
