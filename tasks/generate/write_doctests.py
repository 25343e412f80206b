"""Example writing: a function without its docstring's examples is the question, the examples are the answer."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tasks.generate.bugs import program_of
from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short
from tilth.harness.cut import Cut
from tilth.harness.tests import examples_of, text_of

VERSION = "1"


def write_doctests(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function whose docstring has examples that pass."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    for subject in subjects:
        test = ground.survey.tests.get(f"{subject.module.path}::doctest {subject.qualified_name}")
        examples = examples_of(ast.get_docstring(subject.node) or "") or []
        if test is None or not any(example.want for example in examples):
            yield subject.number, "no_example_passes"
            continue
        shown = _without_examples(dedented(subject.module.source(subject.node)))
        program = program_of(ground, subject.place, [test])
        if program is None:
            yield subject.number, "not_self_contained"
        elif not is_short(shown, config):
            yield subject.number, "context_too_long"
        else:
            yield (
                subject.number,
                _draft(subject, program, shown.encode("utf-8"), text_of(examples).encode("utf-8")),
            )


def _draft(subject: Subject, program: Cut, shown: bytes, text: bytes) -> Draft:
    return Draft(
        subject.view.unit.start,
        subject.view.unit.end,
        shown,
        subject=shown + text,
        answer=b"```pycon\n" + text + b"\n```",
        is_prose=True,
        oracle="test",
        code=program.code,
        tests=program.tests,
    )


def _without_examples(source: str) -> str:
    r"""A function's text without the examples of its docstring.

    >>> print(_without_examples('def f():\n    "Adds.\n\n    >>> 1\n    1\n\n    More."'))
    def f():
        "Adds.
    <BLANKLINE>
        More."
    """
    kept: list[str] = []
    is_example = False
    for line in source.splitlines(keepends=True):
        words = line.strip()
        is_example = words.startswith(">>>") or (is_example and words not in ("", '"""', "'''"))
        if not is_example and not (not words and kept and not kept[-1].strip()):
            kept.append(line)
    return "".join(kept)
