"""What the methods that run code share: a repository made ready, and its tests run once.

Each of these is a pure function of files and config, and remembered for the next method of the same repository.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tilth.harness.batches import run_tasks, stand_in_text
from tilth.harness.config import ExecutionConfig
from tilth.harness.cut import Cut, Cutter
from tilth.harness.modules import Function, Module, Repository
from tilth.harness.survey import Place, Survey, survey
from tilth.sandbox.sandbox import Sandbox
from tilth.tokens import BYTES_PER_TOKEN

Files = tuple[tuple[str, bytes], ...]


class Ground(NamedTuple):
    """A repository, what its tests tell, and what cuts programs out of it."""

    files: Files
    repository: Repository
    survey: Survey
    cutter: Cutter


class Subject(NamedTuple):
    """A view with the function that it shows."""

    number: int
    view: View
    module: Module
    qualified_name: str
    node: Function
    place: Place


Method = Callable[[Ground, Sequence[Subject], GenerateConfig], Iterator[tuple[int, Draft | str]]]


def by_repository(
    views: Sequence[View], config: GenerateConfig, method: Method
) -> Iterator[tuple[int, Draft | str]]:
    """What a method says of the Python functions of each repository, or why it was not asked.

    A draft with tests is kept only when these prove it once more.
    """
    gathered: dict[str, list[int]] = {}
    for number, view in enumerate(views):
        gathered.setdefault(view.file.repository, []).append(number)
    for repository in sorted(gathered):
        numbers = gathered[repository]
        files = {
            views[number].file.path: views[number].text
            for number in numbers
            if views[number].file.language == "python"
        }
        if sum(map(len, files.values())) > config.execution.max_repository_bytes:
            yield from ((number, "repository_too_large") for number in numbers)
            continue
        ground = ground_of(tuple(sorted(files.items())), config.execution)
        if ground.survey.refusal:
            yield from ((number, ground.survey.refusal) for number in numbers)
            continue
        subjects = [subject for number in numbers if (subject := _subject(ground, number, views[number]))]
        yield from _proved(list(method(ground, subjects, config)), config.execution)


def _proved(
    made: Sequence[tuple[int, Draft | str]], execution: ExecutionConfig
) -> Iterator[tuple[int, Draft | str]]:
    """The drafts whose own `code` and `tests` end well in a fresh process, with another hash seed; else a reason."""
    tasks = {
        place: {
            "kind": "tests",
            "cpu_s": execution.test_cpu_s,
            "code": draft.code or "",
            "tests": draft.tests,
        }
        for place, (_, draft) in enumerate(made)
        if isinstance(draft, Draft) and draft.tests is not None
    }
    with sandbox_of(execution) as sandbox:
        answers = dict(zip(tasks, run_tasks(sandbox, list(tasks.values()), is_reseeded=True), strict=True))
    for place, (number, draft) in enumerate(made):
        value = answers[place].value if place in answers else {"passed": True}
        yield number, draft if isinstance(value, dict) and value.get("passed") is True else "not_proved"


def _subject(ground: Ground, number: int, view: View) -> Subject | None:
    module = ground.repository.by_path.get(view.file.path)
    if module is None or view.unit.kind not in ("function", "method") or module.is_test:
        return None
    line = module.line_at(view.unit.start)
    found = module.functions.get(line)
    if found is None:
        return None
    return Subject(number, view, module, *found, (module.path, line))


def sandbox_of(execution: ExecutionConfig) -> Sandbox:
    """A sandbox with the limits of the config."""
    return Sandbox(execution.limits, execution.environment)


# One repository at a time is worked on, by one method after the other.
@lru_cache(maxsize=1)
def ground_of(files: Files, execution: ExecutionConfig) -> Ground:
    """The repository of some files, its tests run once."""
    repository = Repository(files)
    with sandbox_of(execution) as sandbox:
        found = survey(repository, sandbox)
    cutter = Cutter(
        repository,
        execution.max_code_bytes,
        stand_in_text(),
        allows_packages=execution.environment is not None,
    )
    return Ground(files, repository, found, cutter)


def is_short(text: str | bytes, config: GenerateConfig) -> bool:
    """Whether a text has room in a question."""
    size = len(text.encode("utf-8") if isinstance(text, str) else text)
    return size <= config.max_context_tokens * BYTES_PER_TOKEN


def proof(program: Cut, *lines: str) -> str:
    """The tests of a row: what the program stands for, then lines that raise when it is wrong."""
    return "\n".join(part for part in (program.tests.strip(), *lines) if part) + "\n"


def dedented(text: str) -> str:
    r"""Lines without the indentation of the first, as far as each has it.

    >>> dedented("  def f():\n      pass")
    'def f():\n    pass'
    """
    indent = text[: len(text) - len(text.lstrip(" \t"))]
    return "".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))
