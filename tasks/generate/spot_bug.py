"""Bug fixing without a test: a function with a procedural bug that a linter sees, and what it says, are the question.

Weaker than `fix_bug`, and labelled so by its oracle: that the finding is gone in the author's version proves that this
bug is mended, not that the function is right. Only for functions that no test reaches.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.fix_bug import original_of
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short
from tilth.edits.edit import apply
from tilth.edits.lint import Finding, lint
from tilth.edits.mutation import Mutation
from tilth.edits.mutations import mutations
from tilth.fingerprint import digest, draw

VERSION = "1"
# See `tilth.fingerprint.draw`.
_PURPOSE = 53
# Names that are not there or not read, comparisons with themselves, unreachable values, loops that reuse a variable:
# rules of Pyflakes, Pylint and Bugbear that tell a bug rather than a taste.
_RULES = (
    "F821 F823 F841 F811 F632 B007 B012 B015 B018 B020 B023 PLR0124 PLW0127 PLW0128 PLE RET503 SIM222 SIM223"
).split()
# What a linter can see at all.
_KINDS = frozenset(
    "missing_self wrong_variable dropped_statement dropped_return dropped_await lost_accumulation early_return"
    " wrong_boolean wrong_comparison wrong_constant wrong_jump".split()
)


def spot_bug(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function that no test reaches, with a bug that Ruff sees and the author's version has not."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    untested: list[tuple[Subject, list[tuple[Mutation, bytes]]]] = []
    for subject in subjects:
        if subject.place in ground.survey.reached:
            yield subject.number, "a_test_reaches_it"
        else:
            untested.append((subject, list(_mutants(subject, config))))
    # The function alone says too little: what it names stands in its file.
    texts = [subject.view.text for subject, _ in untested]
    texts += [text for _, mutants in untested for _, text in mutants]
    found = lint(texts, _RULES)
    mutants_found = iter(found[len(untested) :])
    for (subject, mutants), before in zip(untested, found, strict=False):
        yield subject.number, _first(subject, mutants, before, [next(mutants_found) for _ in mutants])


def _mutants(subject: Subject, config: GenerateConfig) -> Iterator[tuple[Mutation, bytes]]:
    source, unit = subject.view.file.source, subject.view.unit
    if source is None or not is_short(original_of(subject), config):
        return
    candidates = [bug for bug in mutations(source, unit.start, unit.end) if bug.kind in _KINDS]
    candidates.sort(key=lambda bug: draw(digest(unit.unit_id, repr(bug.edits)), _PURPOSE, config.seed))
    for bug in candidates[: config.execution.max_mutants]:
        yield bug, apply(subject.view.text, bug.edits)


def _first(
    subject: Subject,
    mutants: Sequence[tuple[Mutation, bytes]],
    before: Sequence[Finding],
    found: Sequence[Sequence[Finding]],
) -> Draft | str:
    unit, text = subject.view.unit, subject.view.text
    known = {(finding.rule, finding.message) for finding in before}
    for (mutation, edited), findings in zip(mutants, found, strict=True):
        fresh = [finding for finding in findings if (finding.rule, finding.message) not in known]
        start, end = subject.module.span(subject.node)
        end += len(edited) - len(text)
        if not fresh or edited[:start] != text[:start] or mutation.edits[-1].end > unit.end:
            continue
        shown = dedented(edited[start:end].decode("utf-8"))
        first = edited.count(b"\n", 0, start)
        words = "\n".join(
            f"line {finding.line - first}: {finding.rule} {finding.message}" for finding in fresh
        )
        return Draft(
            unit.start,
            unit.end,
            shown.encode("utf-8"),
            subject=edited[start:end],
            answer=dedented(original_of(subject)).encode("utf-8"),
            remark=f"The linter says:\n\n```\n{words}\n```".encode(),
            oracle="detector",
            extra={
                "bug": mutation.kind,
                "rules": sorted({finding.rule for finding in fresh}),
                "edits": [
                    [edit.start, edit.end, edit.replacement.decode("utf-8")] for edit in mutation.edits
                ],
            },
        )
    return "no_detector_sees_it"
