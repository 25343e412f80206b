"""A conversation: what a call of a function gives, then what a call of one of its callers gives; both really run."""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, View
from tasks.generate.running import (
    Ground,
    Observed,
    Subject,
    assertion,
    by_repository,
    is_short,
    is_told,
    observed,
    proof,
    told_calls,
)
from tilth.fingerprint import draw
from tilth.harness.survey import Place

VERSION = "1"
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
            for place in by_name.get(function.node.name, ())
            # Its program holds the function: so the name means this one.
            if place != subject.place and function.module.source(function.node) in found[place].program.code
        ]
        made = [_draft(subject, function, caller, config) for caller in callers]
        drafts = [draft for draft in made if isinstance(draft, Draft)]
        if not drafts:
            yield subject.number, next(iter(made), "no_caller_observed")
        # As many as the config allows, from the caller that is drawn on.
        turn = draw(subject.view.unit.unit_id, _CALLER, config.seed) % max(len(drafts), 1)
        for draft in [*drafts[turn:], *drafts[:turn]][: config.execution.max_questions]:
            yield subject.number, draft


def _called_in(function: Observed) -> set[str]:
    return {
        node.func.id
        for node in ast.walk(function.node)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name)
    }


def _draft(subject: Subject, function: Observed, caller: Observed, config: GenerateConfig) -> Draft | str:
    unit = subject.view.unit
    # What the first question showed need not be shown again.
    pieces = caller.program.code.strip().split("\n\n\n")
    shown = "\n\n\n".join(piece for piece in pieces if piece not in function.program.code)
    if not is_short(function.program.code, config) or not is_short(shown, config):
        return "context_too_long"
    drawn = draw(unit.unit_id, _PURPOSE, config.seed)
    told = told_calls(function.program.code) | told_calls(caller.program.code)
    own, theirs = (
        [
            called
            for called in one.calls
            if called.value not in (None, "None") and not is_told(called.call, told)
        ]
        for one in (function, caller)
    )
    if not own or not theirs:
        return "no_value"
    one, other = own[drawn % len(own)], theirs[drawn % len(theirs)]
    name = caller.node.name
    follow = (
        f"`{function.node.name}` is called by `{name}`:\n\n```python\n{shown}\n```\n\n"
        f"What does this give, then?\n\n```python\n{other.expression}\n```"
    )
    return Draft(
        unit.start,
        unit.end,
        function.program.code.strip().encode("utf-8"),
        subject=f"{function.module.source(function.node)}\n{shown}".encode(),
        answer=(one.value or "").encode("utf-8"),
        remark=f"```python\n{one.expression}\n```".encode(),
        more_turns=(follow.encode("utf-8"), f"```python\n{other.value}\n```".encode()),
        oracle="execution",
        code=caller.program.code,
        tests=proof(caller.program, assertion(one), assertion(other)),
        extra={"call": one.expression, "caller": name, "caller_call": other.expression},
    )
