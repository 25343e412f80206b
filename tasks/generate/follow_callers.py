"""A conversation: what a call of a function gives, then what a call of one of its callers gives; both really run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.observing import Observed, assertion, is_told, observed, told_calls
from tasks.generate.protocol import Draft, View
from tasks.generate.running import Ground, Subject, by_repository, dedented, is_short, proof
from tilth.fingerprint import draw
from tilth.harness.survey import Place

VERSION = "2"
# See `tilth.fingerprint.draw`: the calls, and the caller.
_PURPOSE, _CALLER = 51, 52


def follow_callers(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function that seems pure and is called by another one that does."""
    return by_repository(views, config, _of_ground)


def _of_ground(
    ground: Ground, subjects: Sequence[Subject], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    found = observed(ground.files, config.execution, config.seed)
    by_name: dict[str, list[Place]] = {}
    for place in sorted(found):
        for name in _called_in(found[place]):
            by_name.setdefault(name, []).append(place)
    for subject in subjects:
        function = found.get(subject.place)
        if function is None:
            yield subject.number, "not_observed"
            continue
        callers = [
            found[place]
            for place in by_name.get("." * bool(function.owner) + function.node.name, ())
            if place != subject.place and _means(found[place], function)
        ]
        made = [
            _draft(subject, function, caller, config, turn)
            for turn in range(config.execution.max_questions)
            for caller in callers
        ]
        drafts = [draft for draft in made if isinstance(draft, Draft)]
        if not drafts:
            yield subject.number, next((str(reason) for reason in made), "no_caller_observed")
        # As many as the config allows, from the caller that is drawn on; other calls of one when all have spoken.
        turn = draw(subject.view.unit.unit_id, _CALLER, config.seed) % max(len(drafts), 1)
        for draft in [*drafts[turn:], *drafts[:turn]][: config.execution.max_questions]:
            yield subject.number, draft


def _called_in(function: Observed) -> set[str]:
    """Names that a function calls: `name(…)`, `module.name(…)`, and of its own object or class `self.name`."""
    parameters = function.node.args.args
    own = {function.owner, parameters[0].arg if parameters else ""} if function.owner else set()
    names: set[str] = set()
    for node in ast.walk(function.node):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
            names.add(node.func.id)
        elif isinstance(node, ast.Attribute) and isinstance(node.value, ast.Name):
            if node.value.id in own:
                names.add(f".{node.attr}")
            elif _is_imported(function, node.value.id):
                names.add(node.attr)
    return names


def _is_imported(function: Observed, name: str) -> bool:
    module = function.module
    return any(
        isinstance(module.body[place], ast.Import | ast.ImportFrom) for place in module.bindings.get(name, ())
    )


def _means(caller: Observed, function: Observed) -> bool:
    """Whether the name that a caller calls is the function's: its program holds it, and of methods the class is one."""
    source = function.module.source(function.node)
    is_near = not function.owner or (function.module, function.owner) == (caller.module, caller.owner)
    return is_near and source in caller.program.code


def _draft(
    subject: Subject, function: Observed, caller: Observed, config: GenerateConfig, turn: int
) -> Draft | str:
    """The conversation on the calls that are drawn, or on those so many after them."""
    unit = subject.view.unit
    # What the first question showed need not be shown again.
    pieces = caller.program.code.strip().split("\n\n\n")
    shown = "\n\n\n".join(piece for piece in pieces if piece not in function.program.code)
    if caller.owner:
        # Of the class only the method is new.
        shown = dedented(caller.module.source(caller.node))
    if not is_short(function.program.code, config) or not is_short(shown, config):
        return "context_too_long"
    drawn = draw(unit.unit_id, _PURPOSE, config.seed)
    told = told_calls(function.program.code) | told_calls(caller.program.code)
    own, theirs = (
        [
            called
            for called in one.calls
            if called.value not in (None, "None") and not is_told(called.bare, told)
        ]
        for one in (function, caller)
    )
    if not own or not theirs:
        return "no_value"
    if turn >= max(len(own), len(theirs)):
        return "no_other_call"
    one, other = own[(drawn + turn) % len(own)], theirs[(drawn + turn) % len(theirs)]
    name = caller.node.name
    follow = (
        f"`{function.node.name}` is called by `{name}`:\n\n```python\n{shown}\n```\n\n"
        f"What does this give, then?\n\n```python\n{other.expression}\n```"
    )
    return Draft(
        unit.start,
        unit.end,
        function.program.code.strip().encode("utf-8"),
        subject=f"{function.module.source(function.node)}\n{shown}\n{one.call}\n{other.call}".encode(),
        answer=(one.value or "").encode("utf-8"),
        remark=f"```python\n{one.expression}\n```".encode(),
        more_turns=(follow.encode("utf-8"), f"```python\n{other.value}\n```".encode()),
        oracle="execution",
        code=caller.program.code,
        tests=proof(caller.program, assertion(one), assertion(other)),
        extra={"call": one.expression, "caller": name, "caller_call": other.expression},
    )
