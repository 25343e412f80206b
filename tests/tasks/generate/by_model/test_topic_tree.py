"""Coverage by a tree of topics, with replies handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.protocol import Brief
from tasks.generate.by_model.topic_tree import TopicTree
from tests.tasks.generate.by_model.playing import Played, brief, play
from tilth.fingerprint import digest
from tilth.llm.conversation import Unfit
from tilth.llm.request import ChatRequest

CONFIG = TopicTree(domain="gardening", requests_per_leaf=1)


def part(name: str, weight: int = 3, is_leaf: bool = False) -> dict[str, Any]:
    return {"name": name, "about": f"All of {name}.", "is_leaf": is_leaf, "weight": weight}


TREE = {
    "gardening": [part("Tools", 1, is_leaf=True), part("Soil", 5), part("Water", 4)],
    "Soil": [part("Clay"), part("Loam"), part("Compost", 4)],
    "Water": [part("Rain"), part("soil"), part("CLAY")],
}


def model(request: ChatRequest, tree: Any = TREE) -> Any:
    said = str(request.messages[1]["content"])
    topic = said.partition("Topic: ")[2].partition("\n")[0].split(" > ")[-1]
    if request.schema is None:
        return "Dig it in."
    if "parts" in request.schema["properties"]:
        return None if tree.get(topic) is None else {"parts": tree[topic]}
    return {"requests": [f"What should I know about {topic} in spring?"]}


def at(ordinal: int, **more: Any) -> Played:
    return play(CONFIG, brief(None, ordinal, **more), model)


def leaf(played: Played) -> str:
    return str(played.drafts[0].extra["topic"][-1])


def test_as_many_candidates_as_leaves_meet_each_once_and_branches_in_turn() -> None:
    # A part that stands elsewhere is dropped; those that people need most come first.
    order = ["Compost", "Rain", "Tools", "Clay", "Loam"]
    assert [leaf(at(ordinal)) for ordinal in range(7)] == [*order, "Compost", "Rain"]


def test_a_leaf_that_comes_again_is_asked_anew() -> None:
    first, again = at(1).asked[-2][0], at(6).asked[-2][0]
    assert first.messages == again.messages
    assert first.key != again.key


def test_all_candidates_grow_the_tree_by_the_same_requests() -> None:
    one = at(0)
    other = play(
        CONFIG, Brief(digest("other"), 9, {"difficulty": "hard"}, avoid=("moles",), lap=2, turn=3), model
    )
    for mine, theirs in zip(one.asked[:2], other.asked[:2], strict=True):
        assert [request.key for request in mine] == [request.key for request in theirs]
    assert [len(step) for step in one.asked] == [1, 2, 1, 1]


def test_siblings_are_shown_so_that_parts_do_not_reach_into_them() -> None:
    assert "Beside it, not to be touched: Water; Tools" in at(0).said[1]


def test_the_leaf_the_cell_and_what_there_is_enough_of_reach_the_request() -> None:
    played = at(0, cell={"difficulty": "hard"}, avoid=("moles",))
    assert played.said[3].startswith("Wanted difficulty: hard\nThere is enough about: moles.")
    assert "Topic: gardening > Soil > Compost\nWhat belongs to it: All of Compost." in played.said[3]
    assert played.drafts[0].category == "Soil"
    assert at(0, cell={"category": "howto"}).drafts[0].category == "howto"


def test_a_topic_whose_division_failed_is_a_leaf_itself() -> None:
    tree = {**TREE, "Water": None}
    played = play(CONFIG, brief(None, 1), lambda request: model(request, tree))
    assert leaf(played) == "Water"


def test_one_level_asks_once_for_the_tree() -> None:
    config = TopicTree(domain="gardening", levels=1)
    played = play(config, brief(None, 0), model)
    assert [len(step) for step in played.asked] == [1, 1, 1]
    assert leaf(played) == "Soil"


def test_a_field_without_topics_is_refused() -> None:
    with pytest.raises(Unfit, match="domain_without_topics"):
        play(CONFIG, brief(None, 0), [{"parts": []}])


def test_requests_near_what_there_is_enough_of_are_refused() -> None:
    with pytest.raises(Unfit, match="too_near_another"):
        at(0, avoid=("What should I know about compost in spring?",))
