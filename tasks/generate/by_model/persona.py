"""Personas, what they would ask, and the answers (after Persona Hub, Chan et al. 2024, arXiv 2406.20094).

A persona is inferred from a passage, or made from circumstances that the candidate draws (age, town, occupation), so
that a model asked for "a person" a thousand times does not describe the same one. A share of them is replaced by
somebody who has to do with them, as the paper goes from persona to persona. Personas are no real people and bear no
names.
"""

from __future__ import annotations

from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.domains import InDomain, about
from tasks.generate.by_model.elimination import MOST_OVERLAP, Asked, answers, taken_up
from tasks.generate.by_model.people import LOCALES, Locale, invent_person
from tasks.generate.by_model.protocol import Brief, Desk, Writing, chat
from tilth.similarity.overlap import rouge_l

TASK = "follow_instruction"
_PERSONA, _IS_RELATED, _RELATED = 170, 171, 172  # what is drawn


class Persona(InDomain):
    """Requests of personas, who are inferred from passages or invented."""

    method: Literal["persona"] = "persona"
    domain: str = Field(
        default="anything that matters to them",
        min_length=2,
        description="What they ask about: a domain pack (education, finance, legal, medical, software) "
        "or words of your own.",
    )
    personas_per_call: int = Field(
        default=3,
        ge=1,
        le=10,
        description="Personas that one call describes, of which the candidate draws one.",
    )
    requests_per_persona: int = Field(default=2, ge=1, le=10, description="Requests that one call writes.")
    related_ratio: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Share of personas replaced by somebody who has to do with them.",
    )
    locales: tuple[Locale, ...] = Field(
        default=LOCALES, min_length=1, description="Where personas live that come from no passage."
    )
    language: str = Field(default="English", min_length=2, description="Language of requests and answers.")


def write(brief: Brief, config: Persona, desk: Desk) -> Writing:
    """Drafts of one persona's requests; what the cell asks for is asked of the requests."""
    shared = {"language": config.language, "count": config.personas_per_call}
    if brief.item is not None:
        first = desk.ask("infer", {**shared, "text": brief.item.text})
    else:
        somebody = invent_person(desk.draw_for("persona"), config.locales)
        place = f"{somebody.city}, {somebody.country}"
        first = desk.ask(
            "invent", {**shared, "age": somebody.age, "place": place, "occupation": somebody.occupation}
        )
    (reply,) = yield (first,)
    who = desk.pick(reply["personas"], _PERSONA)
    facts: dict[str, Any] = {}
    if desk.fraction(_IS_RELATED) < config.related_ratio:
        (reply,) = yield (desk.ask("relate", {**shared, "persona": who["persona"]}),)
        facts["related_to"] = who["persona"].strip()
        who = desk.pick(reply["personas"], _RELATED)
    facts = {"persona": who["persona"].strip(), "expertise": who["expertise"], **facts}
    values = {
        **about(config.domain),
        "language": config.language,
        "count": config.requests_per_persona,
        "wanted": brief.wanted(),
        "avoid": brief.avoid,
        "persona": facts["persona"],
    }
    (said,) = yield (desk.ask("ask", values),)
    proposed = [Asked(request.strip()) for request in said["requests"]]
    tasks = taken_up(proposed, brief.avoid, fault=lambda one: _fault(one, facts["persona"]))
    basis = {**about(config.domain), "language": config.language}
    answered = yield from answers(
        desk, "answer", tasks, lambda one: {**basis, "instruction": one.instruction}
    )
    level = brief.cell.get("difficulty")
    return [chat(TASK, task.question, answer, difficulty=level, extra=facts) for task, answer in answered]


def _fault(task: Asked, persona: str) -> str:
    return "request_is_the_persona" if rouge_l(task.instruction, persona) >= MOST_OVERLAP else ""
