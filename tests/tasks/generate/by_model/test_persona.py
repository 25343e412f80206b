"""Personas and what they ask, with replies handed in; and invented people."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.by_model.people import LOCALES, OLDEST, YOUNGEST, invent_person
from tasks.generate.by_model.persona import Persona
from tests.tasks.generate.by_model.playing import Played, brief, item, play
from tilth.fingerprint import digest
from tilth.llm.conversation import Unfit

TEXT = item("Our shop loans seed drills by the day, with a deposit.")
MASON = {"persona": "A retired mason who keeps bees on a slope above the village.", "expertise": "hobby"}
SISTER = {"persona": "His sister, who sells the honey and distrusts him with money.", "expertise": "trained"}
REQUEST = "My bees swarm every May. What am I doing wrong?"
ALONE = Persona(related_ratio=0)
DIRECT = [{"personas": [MASON]}, {"requests": [REQUEST]}, "They lack room."]


def asked(config: Persona = ALONE, ordinal: int = 0, **more: Any) -> Played:
    return play(config, brief(None, ordinal, **more), DIRECT)


def test_a_persona_inferred_from_a_passage_asks_and_is_answered() -> None:
    played = play(ALONE, brief(TEXT), DIRECT)
    draft = played.drafts[0]
    assert [turn.content for turn in draft.turns] == [REQUEST, "They lack room."]
    assert draft.extra == MASON
    assert TEXT.text in played.said[0]
    assert MASON["persona"] in played.said[1]
    # Who asks is not told to who answers.
    assert MASON["persona"] not in played.said[2]


def test_without_a_passage_the_candidate_draws_the_circumstances() -> None:
    said = [asked(ordinal=ordinal).said[0] for ordinal in range(30)]
    assert said == [asked(ordinal=ordinal).said[0] for ordinal in range(30)]
    assert len(set(said)) == 30
    assert all(line in said[0] for line in ("Age: ", "Place: ", "Occupation: "))
    assert "日本" in asked(Persona(related_ratio=0, locales=("ja_JP",))).said[0]


def test_a_share_of_personas_is_replaced_by_somebody_who_has_to_do_with_them() -> None:
    played = play(Persona(related_ratio=1), brief(TEXT), [DIRECT[0], {"personas": [SISTER]}, *DIRECT[1:]])
    assert played.drafts[0].extra == {**SISTER, "related_to": MASON["persona"]}
    assert MASON["persona"] in played.said[1]


def test_the_cell_and_what_there_is_enough_of_reach_the_request() -> None:
    played = asked(cell={"category": "troubleshooting"}, avoid=("roses",))
    assert played.said[1].startswith("Wanted category: troubleshooting\nThere is enough about: roses.")


@pytest.mark.parametrize(
    ("request_", "avoid", "reason"),
    [
        (MASON["persona"], (), "request_is_the_persona"),
        (REQUEST, (REQUEST.upper(),), "too_near_another"),
        ("Why, my bees?", (), "instruction_too_short"),
    ],
)
def test_a_request_that_a_rule_refuses_is_not_answered(
    request_: str, avoid: tuple[str, ...], reason: str
) -> None:
    with pytest.raises(Unfit, match=reason):
        play(ALONE, brief(None, avoid=avoid), [DIRECT[0], {"requests": [request_]}])


@given(st.integers(0, 2**32), st.sampled_from(LOCALES), st.integers(0, 60), st.integers(0, 60))
def test_a_person_is_of_the_locale_and_the_age_asked_for(
    number: int, locale: Any, least: int, more: int
) -> None:
    identity = digest(str(number))
    person = invent_person(identity, (locale,), (least, least + more))
    assert person.locale == locale
    assert least <= person.age <= least + more
    assert person.given in person.name
    assert person.family in person.name
    assert all(person._asdict().values()) or person.age == 0
    assert person == invent_person(identity, (locale,), (least, least + more))


def test_people_are_many_and_of_all_places() -> None:
    people = [invent_person(digest(str(number))) for number in range(2000)]
    assert {person.locale for person in people} == set(LOCALES)
    assert len({person.name for person in people}) > 1200
    assert all(YOUNGEST <= person.age <= OLDEST for person in people)
    assert not any("/" in person.occupation or "," in person.occupation for person in people)
