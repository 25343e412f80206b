"""A dataset for a field of which there is nothing yet: tasks by topic and difficulty from a domain pack, and answers.

After GLAN (Li et al. 2024, arXiv 2402.13064), where a taxonomy takes the place of seeds. The pack (of
data/prompts/domains, or one written out in the recipe) names topics, kinds of task, what each difficulty means, and
cautions. A candidate's turn picks topic and kind of task, all topics before any comes again, unless the cell names
them. What a good answer must contain is written with each task and goes into `extra`, for judges; nobody checks the
answer here.
"""

from __future__ import annotations

from collections.abc import Mapping
from itertools import zip_longest
from typing import Annotated, Any, Literal, NamedTuple

from pydantic import BeforeValidator, Field, WithJsonSchema

from tasks.generate.by_model.elimination import Asked, answers, taken_up
from tasks.generate.by_model.protocol import Brief, Desk, MethodConfig, Writing, chat
from tilth.llm.prompts import DomainPack, load_domain

TASK = "follow_instruction"
_LEVEL = 160  # what is drawn

Level = Literal["easy", "medium", "hard"]


def _loaded(given: Any) -> Any:
    return load_domain(given) if isinstance(given, str) else given


# A name becomes the pack's content when the config is read, so that an edited pack is another config.
Domain = Annotated[
    DomainPack,
    BeforeValidator(_loaded),
    WithJsonSchema({"anyOf": [{"type": "string"}, {"type": "object"}]}),
]


class Bootstrap(MethodConfig):
    """Tasks of a domain by topic and difficulty, without any material."""

    method: Literal["bootstrap"] = "bootstrap"
    domain: Domain = Field(description="Name of a domain pack, or a pack written out.")
    tasks_per_call: int = Field(default=3, ge=1, le=20, description="Tasks that one call proposes.")
    language: str = Field(default="English", min_length=2, description="Language of tasks and answers.")


class _Place(NamedTuple):
    """Where in the domain a candidate stands; `lap` counts how often all places have been gone through."""

    topic: str
    subtopic: str
    task: str
    lap: int


def write(brief: Brief, config: Bootstrap, desk: Desk) -> Writing:
    """Drafts of the tasks of one place; a cell's `topic`, `subtopic`, `task` and `difficulty` go before its draw."""
    pack = config.domain.model_dump(mode="json")
    place = _place(brief, config.domain)
    levels: tuple[Level, ...] = ("easy", "medium", "hard")
    level = brief.cell.get("difficulty") or desk.pick(levels, _LEVEL)
    values = {
        "pack": pack,
        "language": config.language,
        "count": config.tasks_per_call,
        "topic": place.topic,
        "subtopic": place.subtopic,
        "task": place.task,
        "level": _meaning(config.domain, level),
        "wanted": _further(brief, config.domain),
        "avoid": brief.avoid,
    }
    (reply,) = yield (desk.ask("propose", values, place.lap),)
    proposed = [
        Asked(task["instruction"].strip(), facts={"points": [point.strip() for point in task["points"]]})
        for task in reply["tasks"]
    ]
    tasks = taken_up(proposed, brief.avoid)
    shared = {"pack": pack, "language": config.language}
    answered = yield from answers(
        desk, "answer", tasks, lambda one: {**shared, "instruction": one.instruction}
    )
    where = {"topic": place.topic, "subtopic": place.subtopic, "purpose": place.task}
    return [
        chat(
            TASK,
            task.question,
            answer,
            difficulty=level,
            category=brief.cell.get("category", place.topic),
            extra={**where, **task.facts},
        )
        for task, answer in answered
    ]


def _meaning(pack: DomainPack, level: str) -> str:
    """What a difficulty means in the field; a level that the pack does not know stands for itself."""
    return next((said for name, said in pack.difficulty.items() if name == level), level)


def _further(brief: Brief, pack: DomainPack) -> Mapping[str, str]:
    """What the cell asks for beside place and difficulty."""
    named = ["topic", "subtopic", "task", "difficulty"]
    if brief.cell.get("category") in {topic.name for topic in pack.topics}:
        named.append("category")
    return brief.wanted(*named)


def _place(brief: Brief, pack: DomainPack) -> _Place:
    """The place of a candidate among those that its cell leaves open."""
    cell = brief.cell
    topic = cell.get("topic") or cell.get("category")
    topics = [one for one in pack.topics if one.name == topic] or list(pack.topics)
    # A subtopic of each topic in turn, so that the first candidates lie far apart.
    rows = zip_longest(*([(one.name, part) for part in one.subtopics] for one in topics))
    places = [place for row in rows for place in row if place is not None]
    if "topic" in cell and cell["topic"] not in {one.name for one in pack.topics}:
        places = [(cell["topic"], "")]
    if "subtopic" in cell:
        within = [place for place in places if place[1] == cell["subtopic"]]
        places = within or [(places[0][0], cell["subtopic"])]
    turn, number = divmod(brief.turn, len(places))
    within_topic, part = places[number]
    tasks = (cell["task"],) if "task" in cell else pack.tasks
    # Shifted by the place, so that one turn over the places meets all kinds of task.
    lap, kind = divmod(turn, len(tasks))
    return _Place(within_topic, part, tasks[(kind + number) % len(tasks)], lap)
