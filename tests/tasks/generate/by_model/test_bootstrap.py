"""A domain from its pack alone, with replies handed in."""

from __future__ import annotations

from collections import Counter
from typing import Any

import pytest
from pydantic import TypeAdapter

from tasks.generate.by_model.bootstrap import Bootstrap
from tasks.generate.by_model.config import AnyMethod
from tests.tasks.generate.by_model.playing import Played, brief, play
from tilth.errors import RequestError
from tilth.llm.conversation import Unfit
from tilth.llm.prompts import load_domain

PACK = load_domain("medical")
READ = TypeAdapter(AnyMethod).validate_python
CONFIG = READ({"method": "bootstrap", "domain": "medical"})
TASK = {"instruction": "My father, 71, has had a dry cough for weeks. What now?", "points": ["duration"]}
PLACES = sum(len(topic.subtopics) for topic in PACK.topics)


def one(ordinal: int = 0, **more: Any) -> Played:
    return play(CONFIG, brief(None, ordinal, **more), [{"tasks": [TASK]}, "Call the surgery this week."])


def test_a_task_keeps_its_place_and_what_a_good_answer_must_contain() -> None:
    played = one()
    draft = played.drafts[0]
    assert [turn.content for turn in draft.turns] == [TASK["instruction"], "Call the surgery this week."]
    assert draft.category == PACK.topics[0].name == draft.extra["topic"]
    assert draft.extra["points"] == ["duration"]
    assert draft.difficulty in PACK.difficulty
    assert PACK.terms[0] in str(played.asked[0][0].messages[0]["content"])
    assert PACK.cautions[0] in str(played.asked[1][0].messages[0]["content"])


def test_all_places_are_visited_once_before_any_comes_again_and_topics_in_turn() -> None:
    seen = [one(ordinal).drafts[0].extra for ordinal in range(2 * PLACES)]
    places = Counter((where["topic"], where["subtopic"]) for where in seen)
    assert set(places.values()) == {2}
    assert [where["topic"] for where in seen[: len(PACK.topics)]] == [topic.name for topic in PACK.topics]
    assert {where["purpose"] for where in seen} == set(PACK.tasks)


def test_no_two_candidates_ask_the_same_even_when_all_places_have_come() -> None:
    turn = PLACES * len(PACK.tasks)
    cell = {"difficulty": "hard"}
    keys = [one(ordinal, cell=cell).asked[0][0].key for ordinal in range(0, 2 * turn, 15)]
    assert len(set(keys)) == len(keys)
    assert one(3, cell=cell).said[0] == one(3 + turn, cell=cell).said[0]


def test_the_cell_names_topic_subtopic_task_and_difficulty() -> None:
    topic = PACK.topics[2]
    cell = {"topic": topic.name, "subtopic": "side effects", "task": "summarise a case", "difficulty": "hard"}
    said = one(5, cell=cell, avoid=("adherence",)).said[0]
    assert f"Topic: {topic.name} > side effects\nWhat the answer does: summarise a case" in said
    assert f"Difficulty: {PACK.difficulty['hard']}" in said
    assert "- adherence" in said


def test_a_category_is_a_topic_where_the_pack_has_it_and_else_asked_for() -> None:
    topic = PACK.topics[1].name
    assert one(9, cell={"category": topic}).drafts[0].extra["topic"] == topic
    played = one(9, cell={"category": "letters"})
    assert "Wanted category: letters" in played.said[0]
    assert played.drafts[0].category == "letters"


def test_a_topic_that_the_pack_does_not_have_is_asked_for_without_a_part() -> None:
    assert "Topic: Hospices\n" in one(4, cell={"topic": "Hospices"}).said[0]


def test_what_there_is_enough_of_is_not_answered() -> None:
    with pytest.raises(Unfit, match="too_near_another"):
        one(avoid=(str(TASK["instruction"]),))


def test_a_pack_counts_by_its_content_and_may_be_written_out() -> None:
    assert CONFIG.identity()["domain"]["terms"] == list(PACK.terms)
    written = READ({"method": "bootstrap", "domain": PACK.model_dump(mode="json")})
    assert written == CONFIG
    assert isinstance(written, Bootstrap)


def test_an_unknown_pack_is_told_with_those_there_are() -> None:
    with pytest.raises(RequestError, match=r"no domain packs called 'medicine'.*medical"):
        READ({"method": "bootstrap", "domain": "medicine"})
