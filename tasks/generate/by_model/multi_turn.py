"""Conversations of several turns, from a passage, a seed or a persona; what is trained on is the assistant alone.

A plan says what the person intends; then person and assistant are written in turn by calls that do not see each other's
instructions (UltraChat, arXiv 2305.14233; Baize, arXiv 2304.01196). A last call reads the whole: an answer that it
finds wrong stays in the conversation, where the person may have objected to it, and is not trained on.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field, model_validator

from tasks.generate.by_model.domains import InDomain, about
from tasks.generate.by_model.kept import leaked_tag, likeness
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, Turn, Writing
from tasks.generate.by_model.scripts import why_not_in
from tilth.llm.conversation import Unfit

Pattern = Literal["clarify", "deepen", "correct", "change_mind", "apply", "disagree"]
TASK = "converse"
_TURNS, _PATTERN, _PERSONA = 241, 242, 243  # what is drawn
_ROLE = re.compile(r"\A\s*(?:assistant|user|person|ai)\s*:\s*", re.IGNORECASE)
# Four of five runs of three words said before: the person repeats themselves, whatever the plan was.
_REPEATED = 0.8


class MultiTurn(InDomain):
    """Conversations between a person and an assistant, of several turns."""

    method: Literal["multi_turn"] = "multi_turn"
    language: str = Field(default="English", min_length=2, description="Language of the conversation.")
    min_turns: int = Field(default=2, ge=1, le=20, description="Fewest times that the person speaks.")
    max_turns: int = Field(default=4, ge=1, le=20, description="Most times that the person speaks.")
    patterns: tuple[Pattern, ...] = Field(
        default=("clarify", "deepen", "correct", "change_mind", "apply", "disagree"),
        min_length=1,
        description="How conversations go, drawn where the cell names no `pattern`.",
    )
    personas: tuple[str, ...] = Field(
        default=(), description="Who the person may be, drawn where the cell names no `persona`."
    )
    is_grounded: bool = Field(
        default=True, description="The assistant is shown the material and keeps to it; else it knows it not."
    )
    is_checked: bool = Field(default=True, description="Read the whole conversation for wrong answers.")

    @model_validator(mode="after")
    def _has_room(self) -> MultiTurn:
        if self.min_turns > self.max_turns:
            raise ValueError("min_turns must not be above max_turns")
        return self


def write(brief: Brief, config: MultiTurn, desk: Desk) -> Writing:
    """One conversation; a cell's `turns`, `pattern`, `persona`, `language` and what else it names are asked for."""
    material = _material(brief.item)
    persona = str(
        brief.cell.get("persona") or (desk.pick(config.personas, _PERSONA) if config.personas else "")
    )
    if not material and not persona:
        raise Unfit("nothing_to_talk_about")
    turns = _turns(brief, config, desk)
    pattern = str(brief.cell.get("pattern") or desk.pick(config.patterns, _PATTERN))
    field = about(config.domain)
    values = {
        "domain": field["domain"],
        "turns": turns,
        "pattern": pattern,
        "material": material,
        "persona": persona,
        "wanted": brief.wanted("turns", "pattern", "persona", "language", "category"),
        "avoid": list(brief.avoid),
    }
    # Without material nothing but the number tells one conversation of a persona from the next.
    sample = 0 if brief.item else brief.ordinal
    (plan,) = yield (desk.ask("plan", values, sample),)
    intentions = plan["intentions"][:turns]
    if len(intentions) < config.min_turns:
        raise Unfit("plan_too_short", f"{len(intentions)} of {turns} turns")
    shown = {"material": material} if config.is_grounded and material else {}
    language = str(brief.cell.get("language") or config.language)
    said = yield from _talk(intentions, persona, shown, {**field, "language": language}, desk)
    if len(said) < 2 * config.min_turns:
        raise Unfit("too_few_turns", f"{len(said) // 2} of {config.min_turns}")
    against = why_not_in(language, "\n".join(one["content"] for one in said))
    if against:
        raise Unfit("other_language", f"{language}: {against}")
    wrong: set[int] = set()
    if config.is_checked:
        wrong = yield from _check(said, shown, field, desk)
    draft = _draft(said, wrong, pattern, persona, plan["goal"], config)
    return [replace(draft, difficulty=brief.cell.get("difficulty"))]


def _material(item: Item | None) -> str:
    if item is None:
        return ""
    if item.kind == "seed":
        return "\n\n".join(part for part in (item.text, item.input, item.answer) if part.strip())
    return f"{item.title}\n\n{item.text}" if item.title else item.text


def _turns(brief: Brief, config: MultiTurn, desk: Desk) -> int:
    """How often the person speaks: what the cell asks for, inside the bounds, or drawn."""
    asked = brief.cell.get("turns", "")
    if asked.isdecimal():
        return min(max(int(asked), config.min_turns), config.max_turns)
    return int(desk.pick(range(config.min_turns, config.max_turns + 1), _TURNS))


def _talk(
    intentions: Sequence[str],
    persona: str,
    shown: Mapping[str, str],
    field: Mapping[str, str],
    desk: Desk,
) -> Any:
    """What was said, person and assistant in turn, until the plan is through or the matter settled."""
    said: list[dict[str, str]] = []
    for turn in range(1, len(intentions) + 1):
        values = {"language": field["language"], "persona": persona, "plan": list(intentions), "turn": turn}
        (asked,) = yield (desk.ask("user_turn", {**values, "conversation": list(said)}),)
        message = _said(asked["message"], shown)
        if any(likeness(message, one["content"]) > _REPEATED for one in said if one["role"] == "user"):
            raise Unfit("repeated_turn", message)
        said.append({"role": "user", "content": message})
        (answer,) = yield (desk.ask("assistant_turn", {**field, **shown, "conversation": list(said)}),)
        said.append({"role": "assistant", "content": _said(answer, shown)})
        if asked["is_last"]:
            break
    return said


def _said(text: str, shown: Mapping[str, str]) -> str:
    """A message without the role before it; raises `Unfit` where it is empty or holds a tag of the prompt."""
    message = _ROLE.sub("", text).strip()
    tag = leaked_tag(message, shown.get("material", ""))
    if tag or not message:
        raise Unfit("prompt_leaked" if tag else "empty_turn", tag)
    return message


def _check(
    said: Sequence[Mapping[str, str]], shown: Mapping[str, str], field: Mapping[str, str], desk: Desk
) -> Any:
    """Numbers of the wrong answers, from 1; raises `Unfit` where the last is wrong or nobody talks so."""
    values = {"domain": field["domain"], **shown, "conversation": list(said)}
    (read,) = yield (desk.ask("check", values),)
    if not read["is_natural"]:
        raise Unfit("not_natural", "; ".join(read["faults"]))
    wrong = set(read["wrong_answers"])
    if len(said) // 2 in wrong:
        raise Unfit("last_answer_wrong", "; ".join(read["faults"]))
    return wrong


def _draft(
    said: Sequence[Mapping[str, str]],
    wrong: set[int],
    pattern: str,
    persona: str,
    goal: str,
    config: MultiTurn,
) -> Draft:
    turns = []
    for place, one in enumerate(said):
        is_answer = one["role"] == "assistant"
        is_right = (place + 1) // 2 not in wrong
        turns.append(Turn("assistant" if is_answer else "user", one["content"], is_answer and is_right))
    return Draft(
        TASK,
        "chat",
        subject="\n".join(turn.content for turn in turns if turn.role == "user"),
        turns=tuple(turns),
        oracle="model_check" if config.is_checked else "model",
        extra={
            "pattern": pattern,
            "goal": goal,
            "turns": len(said) // 2,
            "wrong_answers": sorted(number for number in wrong if number <= len(said) // 2),
            **({"persona": persona} if persona else {}),
        },
    )
