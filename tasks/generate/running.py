"""What the methods that run code share: a repository made ready, its tests run once, its functions called.

Each of these is a pure function of files and config, and remembered for the next method of the same repository.
"""

from __future__ import annotations

import ast
from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import lru_cache
from typing import Any, NamedTuple

from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tilth.fingerprint import digest
from tilth.harness.batches import run_tasks, stand_in_text
from tilth.harness.config import ExecutionConfig
from tilth.harness.cut import Cut, Cutter
from tilth.harness.inputs import calls_by_name, documented_calls, inputs_of, text_of_call
from tilth.harness.modules import Function, Module, Repository, parse_python
from tilth.harness.survey import Place, Survey, survey
from tilth.sandbox.sandbox import Sandbox
from tilth.tokens import BYTES_PER_TOKEN

Files = tuple[tuple[str, bytes], ...]
# Whoever asks the clock or chance is no function of its arguments, even when it answers twice alike.
_IMPURE = frozenset(
    "random time secrets uuid os socket threading multiprocessing subprocess tempfile asyncio platform locale logging"
    " getpass ctypes signal select urllib.request http.client".split()
)


class Ground(NamedTuple):
    """A repository, what its tests tell, and what cuts programs out of it."""

    files: Files
    repository: Repository
    survey: Survey
    cutter: Cutter


class Called(NamedTuple):
    """A call that did the same twice: as text, and what came of it; see `tilth.harness.inside.calling`."""

    call: str
    value: str | None  # text of the value; null when it raised
    is_iterator: bool
    error: str  # kind of exception; empty without
    message: str
    raised_at: str  # line of the code that raised
    events: Sequence[Sequence[Any]]

    @property
    def expression(self) -> str:
        """The call, its items listed where it gives an iterator."""
        return f"list({self.call})" if self.is_iterator else self.call


class Observed(NamedTuple):
    """A function that seems pure, as a program that stands by itself, and its calls."""

    module: Module
    node: Function
    program: Cut
    calls: Sequence[Called]


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


@lru_cache(maxsize=1)
def observed(files: Files, execution: ExecutionConfig, seed: int) -> Mapping[Place, Observed]:
    """The functions at the top of modules that seem pure, by their place, with what calls of them gave."""
    ground = ground_of(files, execution)
    written = calls_by_name(ground.repository.by_path.values())
    programs: list[tuple[Place, Module, Function, Cut, list[Mapping[str, Any]]]] = []
    for module in ground.repository.by_path.values():
        for line, (name, node) in module.functions.items():
            if module.is_test or "." in name or name.startswith("__"):
                continue
            program = ground.cutter.cut([(module, name)], "", module)
            if not isinstance(program, Cut) or _is_impure(program.code):
                continue
            place = (module.path, line)
            calls = inputs_of(
                node,
                ground.survey.calls.get(place, ()),
                written.get(name, ()),
                digest(module.path, name),
                seed,
                execution.max_calls,
            )
            if calls:
                programs.append((place, module, node, program, calls))
    tasks = [
        {
            "kind": "calls",
            "cpu_s": execution.test_cpu_s,
            "code": program.code + "\n" + program.tests,
            "function": node.name,
            "calls": calls,
            "traced": True,
        }
        for _, _, node, program, calls in programs
    ]
    with sandbox_of(execution) as sandbox:
        first = run_tasks(sandbox, tasks)
        second = run_tasks(sandbox, [{**task, "traced": False} for task in tasks], is_reseeded=True)
    found = {}
    for (place, module, node, program, calls), one, other in zip(programs, first, second, strict=True):
        kept = list(_alike(node.name, calls, one.value, other.value))
        if kept:
            found[place] = Observed(module, node, program, kept)
    return found


def _is_impure(code: str) -> bool:
    """Whether a program imports what a function of its arguments has no use for."""
    lines = (line.split() for line in code.splitlines())
    return any(
        len(words) > 1 and words[0] in ("import", "from") and words[1].rstrip(",") in _IMPURE
        for words in lines
    )


def _alike(name: str, calls: Sequence[Mapping[str, Any]], one: Any, other: Any) -> Iterator[Called]:
    """The calls that gave the same in two fresh jobs, and had no effect that was seen."""
    if not isinstance(one, dict) or not isinstance(other, dict):
        return
    for call, first, second in zip(calls, one.get("calls", ()), other.get("calls", ()), strict=False):
        events = first.pop("events", [])
        if first != second or "impure" in first:
            continue
        error, message = first.get("error", ["", ""])
        # What a call that does not fit its function raises says nothing of the function.
        if error and not first.get("own"):
            continue
        yield Called(
            text_of_call(name, call),
            first.get("value"),
            bool(first.get("is_iterator")),
            error,
            message,
            first.get("raised_at", ""),
            events,
        )


def assertion(called: Called) -> str:
    """Lines that raise unless the call still gives what it gave."""
    if called.value is None:
        return (
            f"try:\n    {called.expression}\nexcept Exception as error:\n"
            f"    assert type(error).__name__ == {called.error!r}, error\n"
            f"else:\n    raise AssertionError('nothing was raised')"
        )
    return (
        f"value = {called.expression}\nassert value == {called.value}, value\n"
        f"assert repr(value) == {called.value!r}, value"
    )


def told_calls(code: str) -> set[str]:
    """Calls that the docstrings of a program show with their values, which a question may not ask for."""
    tree = parse_python(code.encode("utf-8"))
    functions = [node for node in ast.walk(tree) if isinstance(node, Function)] if tree is not None else []
    return {text_of_call(name, call) for node in functions for name, call in documented_calls(node)}


def is_told(call: str, told: set[str]) -> bool:
    """Whether a call is told, or is one that is told with what may be its defaults written out.

    >>> is_told("cut('a', 2)", {"cut('a')"}), is_told("cut('ab')", {"cut('a')"})
    (True, False)
    """
    return any(call.startswith((one, f"{one[:-1]}, ")) for one in told)


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
