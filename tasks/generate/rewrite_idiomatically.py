"""Refactoring: a function in longhand is the question, the same function with the idiom is the answer.

Either the author wrote the idiom and the longhand was made from it, or the other way round (`extra` says which). Kept
only where both give the same for every call that is known, and where those calls run through the lines that differ.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from typing import NamedTuple

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed, assertion, observed
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short, proof
from tilth.fingerprint import draw
from tilth.harness.rewrites import Rewrite, rewrites

VERSION = "2"
# See `tilth.fingerprint.draw`.
_PURPOSE = 50
# Two calls that differ in what they give; of one alone nobody knows whether the rewrite matters.
_MIN_CALLS = 2


class _Pair(NamedTuple):
    subject: Subject
    function: Observed
    rewrite: Rewrite
    longhand: str
    idiom: str
    code: str
    tests: str


def rewrite_idiomatically(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """Drafts for each function that seems pure and has an idiom, or its longhand; of each idiom one."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    found = observed(ground.files, config.execution, config.seed)
    for subject in subjects:
        function = found.get(subject.place)
        if function is None:
            yield subject.number, "not_observed"
        elif len(function.calls) < _MIN_CALLS:
            yield subject.number, "too_few_calls"
        else:
            pairs = list(_pairs(subject, function, config))
            yield from ((subject.number, _draft(pair)) for pair in pairs)
            if not pairs:
                yield subject.number, "no_idiom"


def _pairs(subject: Subject, function: Observed, config: GenerateConfig) -> Iterator[_Pair]:
    written = function.module.source(function.node)
    source = dedented(written)
    name, kinds = function.node.name, set[str]()
    drawn = sorted(
        rewrites(source),
        key=lambda one: draw(subject.view.unit.unit_id, _PURPOSE + one.line, config.seed),
    )
    for rewrite in drawn:
        calls = [called for called in function.calls if _passes(called, rewrite)]
        if rewrite.kind in kinds or len(calls) < _MIN_CALLS or function.program.code.count(written) != 1:
            continue
        if not is_short(source, config):
            continue
        kinds.add(rewrite.kind)
        longhand, idiom = (source, rewrite.text) if rewrite.is_idiom else (rewrite.text, source)
        code = function.program.code.replace(written, _like(idiom, written))
        asserted = [assertion(called) for called in function.calls]
        tests = proof(
            function.program,
            *asserted,
            "\n\n# The version of the question does the same.",
            longhand.rstrip() + "\n\n",
            *([f"{function.owner}.{name} = {name}\n"] if function.owner else []),
            *asserted,
        )
        yield _Pair(subject, function, rewrite, longhand, idiom, code, tests)


def _like(text: str, model: str) -> str:
    """A function indented as another one is."""
    indent = model[: len(model) - len(model.lstrip(" \t"))]
    return "".join(indent + line if line.strip() else line for line in text.splitlines(keepends=True))


def _passes(called: Called, rewrite: Rewrite) -> bool:
    """Whether a call runs through the statement that is rewritten."""
    first, last = rewrite.line, rewrite.line + rewrite.lines
    return any(event[0] == "line" and first <= event[1] < last for event in called.events)


def _draft(pair: _Pair) -> Draft:
    unit = pair.subject.view.unit
    return Draft(
        unit.start,
        unit.end,
        pair.longhand.strip().encode("utf-8"),
        subject=(pair.longhand + pair.idiom).encode("utf-8"),
        answer=pair.idiom.strip().encode("utf-8"),
        variables={"idiom": pair.rewrite.kind.replace("_", " ")},
        oracle="execution",
        code=pair.code,
        tests=pair.tests,
        extra={
            "rewrite": pair.rewrite.kind,
            "author_wrote": "longhand" if pair.rewrite.is_idiom else "idiom",
            "calls": len(pair.function.calls),
        },
    )
