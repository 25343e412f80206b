"""Variable tracing: which values the local variables of a pure function have when it reaches a line."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed
from tasks.generate.predictions import Asked, predictions
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Subject
from tilth.fingerprint import draw

VERSION = "2"
# See `tilth.fingerprint.draw`: the call, and the moment.
_PURPOSE, _MOMENT = 45, 46
# Beyond so many variables an answer is a table.
_MAX_VARIABLES = 8
_ORDINALS = ("first", "second", "third", "fourth", "fifth", "sixth", "seventh", "eighth", "ninth", "tenth")

_PROOF = """import sys

seen = []


def watch(frame, event, argument):
    if frame.f_code is not {name}.__code__:
        return None
    if event == "line" and frame.f_lineno - frame.f_code.co_firstlineno == {line}:
        seen.append({{name: repr(value) for name, value in frame.f_locals.items()}})
    return watch


sys.settrace(watch)
try:
    {expression}
finally:
    sys.settrace(None)
expected = {expected!r}
assert {{name: seen[{turn}][name] for name in expected}} == expected, seen"""


def trace_variables(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function in which something is assigned on the way."""
    return predictions(views, config, _ask, _PURPOSE)


def _ask(subject: Subject, function: Observed, calls: Sequence[Called]) -> Asked | str:
    lines = function.module.source(function.node).splitlines()
    seed = subject.view.config.seed
    for called in calls:
        if called.value is None:
            continue
        moments = _moments(called, len(lines))
        if not moments:
            continue
        line, turn, names = moments[draw(subject.view.unit.unit_id, _MOMENT, seed) % len(moments)]
        question = (
            f"```python\n{called.expression}\n```\n\nThe moment: the line `{lines[line].strip()}`"
            f" (line {line + 1} of `{function.node.name}`) is about to run for the {_ORDINALS[turn]} time."
        )
        answer = "\n".join(f"{name} = {value}" for name, value in names.items())
        tests = _PROOF.format(
            name=function.reference, line=line, expression=called.expression, expected=names, turn=turn
        )
        return called, question, answer, tests
    return "nothing_assigned"


def _moments(called: Called, count: int) -> list[tuple[int, int, dict[str, str]]]:
    """Lines, how often they were reached before, and the variables then; where some differ from the arguments."""
    lines = [event for event in called.events if event[0] == "line"]
    if not lines:
        return []
    given = lines[0][2]
    turns: dict[int, int] = {}
    found = []
    for _, line, names in lines:
        turn = turns.get(line, 0)
        turns[line] = turn + 1
        is_plain = names and None not in names.values() and len(names) <= _MAX_VARIABLES
        if is_plain and names != given and turn < len(_ORDINALS) and 0 < line < count:
            found.append((line, turn, names))
    return found
