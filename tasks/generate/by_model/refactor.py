"""Units of code that do the same and read better, or do the same and cost less, with the request for that.

PIE (arXiv 2302.07867) and OctoPack (arXiv 2308.07124) take such pairs from people's edits; here a model edits a unit
of the corpus. Rules refuse what does not parse, what is the same program and what changed a public head; a second call
looks for an input on which both differ. A plain function of Python gets tests that compare both versions on calls: the
sandbox can prove it later, nothing runs here.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.code_units import (
    calls_of,
    dedented,
    heads,
    is_program,
    python_function,
    read_unit,
    same_outcomes,
)
from tasks.generate.by_model.kept import leaked_tag
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, MethodConfig, Writing, chat
from tilth.edits.same_syntax import same_syntax
from tilth.llm.conversation import Unfit
from tilth.syntax.grammars import ParseTimeout
from tilth.tokens import estimate_tokens

Goal = Literal["names", "duplication", "nesting", "length", "idiom", "error_handling", "time", "memory"]
TASKS = {"refactor": "refactor_code", "optimise": "optimise_code"}
_GOAL = 231  # what is drawn
_COSTS = ("time", "memory")
_FENCE = re.compile(r"\A\s*(```+|~~~+)[^\n]*\n(.*?)\n?[ \t]*\1\s*\Z", re.DOTALL)


class Refactor(MethodConfig):
    """Units of code made better for their readers, or cheaper, that still do the same."""

    method: Literal["refactor"] = "refactor"
    goals: tuple[Goal, ...] = Field(
        default=("names", "duplication", "nesting", "length", "idiom", "error_handling", "time", "memory"),
        min_length=1,
        description="What to better, drawn where the cell names no `goal`; time and memory ask to optimise.",
    )
    # Below, a signature and a return leave nothing to better.
    min_lines: int = Field(default=5, ge=2, description="Least lines of a unit.")
    max_tokens: int = Field(
        default=1500, ge=50, description="Most tokens of a unit: the model writes all of it again."
    )
    is_checked: bool = Field(
        default=True, description="Look a second time for an input on which both versions differ."
    )


def write(brief: Brief, config: Refactor, desk: Desk) -> Writing:
    """One draft of the brief's unit; a cell's `goal` is asked for."""
    unit = brief.material._replace(text=dedented(brief.material.text))
    _refuse_size(unit, config)
    goal = str(brief.cell.get("goal") or desk.pick(config.goals, _GOAL))
    step = "optimise" if goal in _COSTS else "refactor"
    asked = {"language": unit.language, "goal": goal, "code": unit.text}
    (reply,) = yield (desk.ask(step, asked),)
    code = _unfenced(reply["code"])
    if not reply["is_changed"] or not code.strip():
        raise Unfit("nothing_to_better", goal)
    is_parsed = _refuse_code(code, unit)
    request = reply["request"].strip()
    if not request or leaked_tag(request + code, unit.text):
        raise Unfit("prompt_leaked", leaked_tag(request + code, unit.text) or "no request")
    if config.is_checked:
        (check,) = yield (desk.ask("check", {**asked, "new_code": code}),)
        if not check["is_same"] or not check["is_better"]:
            reason = "not_better" if check["is_same"] else "behaves_differently"
            raise Unfit(reason, check["counterexample"] or goal)
    oracle = "model_check" if config.is_checked else "parse" if is_parsed else "model"
    return [_draft(step, goal, request, code, unit, reply, oracle)]


def _refuse_size(unit: Item, config: Refactor) -> None:
    lines, tokens = unit.text.strip().count("\n") + 1, estimate_tokens(len(unit.text.encode("utf-8")))
    if lines < config.min_lines:
        raise Unfit("too_short", f"{lines} lines")
    if tokens > config.max_tokens:
        raise Unfit("too_long", f"{tokens} tokens")


def _refuse_code(code: str, unit: Item) -> bool:
    """Whether both versions could be parsed; raises `Unfit` where rules speak against the new one."""
    try:
        before, after = (read_unit(text, unit.language, unit.path) for text in (unit.text, code))
        is_same = same_syntax(unit.text.encode("utf-8"), code.encode("utf-8"), unit.language, unit.path)
    except ParseTimeout as error:
        raise Unfit("parse_timeout", str(error)) from None
    if is_same or code.split() == unit.text.split():
        raise Unfit("same_program", "it differs in layout and comments alone")
    if before is None:
        # No grammar, or no unit by itself: that its name is still there is all that can be told.
        name = unit.title.rsplit(".", 1)[-1]
        if name and not re.search(rf"\b{re.escape(name)}\b", code):
            raise Unfit("signature_changed", f"{name} is gone")
        return False
    if after is None:
        raise Unfit("syntax_error", f"it is no {unit.language}")
    gone = sorted(set(heads(before)) - set(heads(after)))
    if gone:
        raise Unfit("signature_changed", gone[0])
    return True


def _draft(
    step: str, goal: str, request: str, code: str, unit: Item, reply: Mapping[str, Any], oracle: str
) -> Draft:
    name = python_function(code) if unit.language == "python" else ""
    calls = calls_of(name, reply["calls"]) if name and name == python_function(unit.text) else []
    # Validate parses `code` as a file: what is only one inside a class is left to the answer.
    is_file = is_program(code, unit.language, unit.path)
    told = ("cost_before", "cost_after", "workload", "problem")
    return chat(
        TASKS[step],
        f"{request}\n\n{_fenced(unit.text, unit.language)}",
        f"{_fenced(code, unit.language)}\n\n{reply['explanation'].strip()}".strip(),
        subject=f"{unit.text}\n{code}",
        oracle=oracle,
        code=code if is_file else None,
        tests=same_outcomes(unit.text, calls) if calls and is_file else None,
        extra={"goal": goal, **{key: reply[key] for key in told if key in reply}},
    )


def _fenced(code: str, language: str) -> str:
    """Code as a block of Markdown, between more backquotes than stand in it."""
    longest = max((len(run) for run in re.findall(r"`{3,}", code)), default=2)
    fence = "`" * (longest + 1)
    return f"{fence}{language}\n{code.strip(chr(10))}\n{fence}"


def _unfenced(code: str) -> str:
    r"""Code without the block of Markdown that a model put around it.

    >>> _unfenced("```python\nx = 1\n```")
    'x = 1'
    """
    match = _FENCE.match(code)
    return match[2] if match else code.strip("\n")
