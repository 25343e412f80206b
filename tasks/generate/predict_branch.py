"""Branch prediction: whether a condition of a pure function holds when a call reaches it, and which line runs next."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Called, Observed
from tasks.generate.predictions import Asked, predictions
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Subject
from tilth.fingerprint import draw
from tilth.harness.modules import first_line

VERSION = "2"
# See `tilth.fingerprint.draw`: the call, and the condition.
_PURPOSE, _CONDITION = 47, 48

_PROOF = """import sys

lines = []


def watch(frame, event, argument):
    if frame.f_code is not {name}.__code__:
        return None
    if event == "line":
        lines.append(frame.f_lineno - frame.f_code.co_firstlineno)
    return watch


sys.settrace(watch)
try:
    {expression}
except Exception:
    pass
finally:
    sys.settrace(None)
assert ({inside} == lines[lines.index({line}) + 1]) is {holds}, lines"""


def predict_branch(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function with an `if` whose lines lie apart."""
    return predictions(views, config, _ask, _PURPOSE, is_prose=True)


def _ask(subject: Subject, function: Observed, calls: Sequence[Called]) -> Asked | str:
    lines = function.module.source(function.node).splitlines()
    begin = first_line(function.node)
    conditions = {
        node.lineno - begin: (node.body[0].lineno - begin, ast.unparse(node.test))
        for node in ast.walk(function.node)
        if isinstance(node, ast.If)
        and node.lineno == node.test.end_lineno
        and node.body[0].lineno > node.lineno
        and "\n" not in ast.unparse(node.test)
    }
    if not conditions:
        return "no_condition"
    for called in calls:
        passed = [event[1] for event in called.events if event[0] == "line"]
        reached = sorted(line for line in conditions if line in passed[:-1])
        if not reached:
            continue
        line = reached[draw(subject.view.unit.unit_id, _CONDITION, subject.view.config.seed) % len(reached)]
        following = passed[passed.index(line) + 1]
        inside, condition = conditions[line]
        holds = following == inside
        question = (
            f"```python\n{called.expression}\n```\n\nThe condition: `{condition}`"
            f" on line {line + 1} of `{function.node.name}`, the first time it is reached."
        )
        word = "holds" if holds else "does not hold"
        answer = f"The condition {word}: line {following + 1} is next, `{lines[following].strip()}`."
        tests = _PROOF.format(
            name=function.reference, expression=called.expression, inside=inside, line=line, holds=holds
        )
        return called, question, answer, tests
    return "no_branch_taken"
