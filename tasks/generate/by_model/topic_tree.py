"""Coverage by a tree of topics: grown level by level, a leaf for each candidate, requests on it, and answers.

The tree is asked for once a run, in requests that all candidates share, so that it is paid once and is the same tree
for all of them. The candidate's turn picks the leaf, breadth first: as many candidates as there are leaves meet each
once before any comes again, and the first few lie in different branches. A part that stands elsewhere in the tree is
dropped; a topic whose division failed is a leaf itself.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import zip_longest
from typing import Any, Literal, NamedTuple

from pydantic import Field

from tasks.generate.by_model.domains import InDomain
from tasks.generate.by_model.domains import about as about_field
from tasks.generate.by_model.elimination import Asked, answers, taken_up
from tasks.generate.by_model.protocol import Brief, Desk, Writing, chat
from tilth.llm.conversation import Unfit

TASK = "follow_instruction"


class TopicTree(InDomain):
    """Requests that cover a field, by a tree of its topics."""

    method: Literal["topic_tree"] = "topic_tree"
    domain: str = Field(
        min_length=2,
        description="The field at the root of the tree: a domain pack (education, finance, legal, medical, software) "
        "or words of your own.",
    )
    purpose: str = Field(
        default="answering what people ask", min_length=2, description="What the dataset is to teach."
    )
    # Two levels of eight are 64 leaves for 9 shared requests; a third level makes that 512 for 73.
    levels: int = Field(default=2, ge=1, le=4, description="How often topics are divided.")
    parts: int = Field(default=8, ge=2, le=20, description="Parts that a topic is divided into, about.")
    requests_per_leaf: int = Field(
        default=3, ge=1, le=20, description="Requests that one call writes on a leaf."
    )
    language: str = Field(default="English", min_length=2, description="Language of requests and answers.")


class Topic(NamedTuple):
    """A node of the tree: the way to it from the root, and what belongs to it."""

    path: tuple[str, ...]
    about: str = ""
    is_small: bool = False


def write(brief: Brief, config: TopicTree, desk: Desk) -> Writing:
    """Drafts of the requests on the candidate's leaf; what the cell asks for is asked of them, not of the tree."""
    leaves = desk.shared or (yield from prepare(config, desk))
    field = about_field(config.domain)
    lap, number = divmod(brief.turn, len(leaves))
    leaf = leaves[number]
    values = {
        **field,
        "purpose": config.purpose,
        "language": config.language,
        "count": config.requests_per_leaf,
        "wanted": brief.wanted(),
        "avoid": brief.avoid,
        "path": leaf.path,
        "about": leaf.about,
    }
    (reply,) = yield (desk.ask("ask", values, lap),)
    tasks = taken_up([Asked(request.strip()) for request in reply["requests"]], brief.avoid)
    shared = {**field, "language": config.language}
    answered = yield from answers(
        desk, "answer", tasks, lambda one: {**shared, "instruction": one.instruction}
    )
    category = brief.cell.get("category", leaf.path[1])
    more = {
        "category": category,
        "difficulty": brief.cell.get("difficulty"),
        "extra": {"topic": list(leaf.path)},
    }
    return [chat(TASK, task.question, answer, **more) for task, answer in answered]


def prepare(config: TopicTree, desk: Desk) -> Any:
    """The leaves of the tree in the order in which candidates take them."""
    root = Topic((about_field(config.domain)["domain"],))
    parts_of: dict[Topic, list[Topic]] = {}
    seen = {root.path[0].casefold()}
    level = [root]
    for _ in range(config.levels):
        asked = [topic for topic in level if not topic.is_small]
        if not asked:
            break
        replies = yield tuple(desk.ask_shared("expand", _about(topic, level, config)) for topic in asked)
        for topic, reply in zip(asked, replies, strict=True):
            parts_of[topic] = _parts(topic, reply, seen)
        level = [part for topic in asked for part in parts_of[topic]]
    if not parts_of[root]:
        raise Unfit("domain_without_topics", config.domain)
    return _spread(root, parts_of)


def _about(topic: Topic, level: Sequence[Topic], config: TopicTree) -> Mapping[str, Any]:
    beside = [other.path[-1] for other in level if other.path[:-1] == topic.path[:-1] and other != topic]
    return {
        **about_field(config.domain),
        "purpose": config.purpose,
        "language": config.language,
        "count": config.parts,
        "path": topic.path,
        "siblings": beside,
    }


def _parts(topic: Topic, reply: Mapping[str, Any] | None, seen: set[str]) -> list[Topic]:
    """The parts that stand nowhere yet, those that people need most first; none where the division failed."""
    found: list[Topic] = []
    for part in sorted(reply["parts"] if reply else (), key=lambda part: -part["weight"]):
        name = " ".join(part["name"].split())
        if name and name.casefold() not in seen:
            seen.add(name.casefold())
            found.append(Topic((*topic.path, name), part["about"].strip(), part["is_leaf"]))
    return found


def _spread(topic: Topic, parts_of: Mapping[Topic, Sequence[Topic]]) -> list[Topic]:
    """The leaves below a topic, one of each part in turn."""
    parts = parts_of.get(topic)
    if not parts:
        return [topic]
    turns: Iterable[tuple[Topic | None, ...]] = zip_longest(*(_spread(part, parts_of) for part in parts))
    return [leaf for turn in turns for leaf in turn if leaf is not None]
