"""Texts to order, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.generate.by_model.controlled import Controlled
from tests.tasks.generate.by_model.playing import brief, play
from tilth.llm.conversation import Unfit
from tilth.llm.request import ChatRequest

TEXT = (
    "Our loam was hard as a road in May. I dug in two carts of old straw and left it to the rain. By June the first "
    "worms were back. Now the mulch lies a hand deep, and the spade goes in like a knife into bread."
)
CELL = {
    "domain": "soil", "style": "narrative", "tone": "calm", "difficulty": "easy", "words": "40",
    "keywords": "loam, mulch",
}  # fmt: skip
READ = {"domain": "soil", "style": "Narrative", "tone": "calm", "complexity": "easy", "is_specific": True}
PLAIN = Controlled(max_revisions=0)


def test_what_was_ordered_is_asked_for_and_told_in_the_example() -> None:
    given = brief(cell={**CELL, "text_type": "letter"}, avoid=("compost",))
    played = play(PLAIN, given, [{"text": TEXT}, READ])
    draft = played.drafts[0]
    for line in (
        "Field: soil", "Style: narrative", "Tone: calm", "Reading difficulty: easy: short sentences, everyday words",
        "Length: about 40 words", "Keywords: loam, mulch", "text type: letter",
        "There is enough about: compost. Write about none of these.",
    ):  # fmt: skip
        assert line in played.said[0].split("\n")
    asked, answered = (turn.content for turn in draft.turns)
    assert answered == TEXT
    assert all(
        word in asked for word in ("soil", "narrative", "calm", "easy to read", "40 words", "loam, mulch")
    )
    assert (draft.task, draft.difficulty, draft.oracle) == ("write_text", "easy", "model_check")


def test_who_checks_does_not_know_the_order() -> None:
    played = play(PLAIN, brief(cell=CELL), [{"text": TEXT}, READ])
    system = str(played.asked[1][0].messages[0]["content"])
    assert "Styles: argumentative; instructive; matter-of-fact; narrative; something else" in system
    assert played.said[1] == f"<text>\n{TEXT}\n</text>"


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("keyword_missing", {"keywords": "marl"}),
        ("keyword_missing", {"keywords": "mulc"}),
        ("length_missed", {"words": "80"}),
        ("reading_level_missed", {"difficulty": "hard"}),
        ("other_language", {"language": "Greek"}),
    ],
)
def test_what_can_be_counted_is_checked_without_a_call(reason: str, change: dict[str, str]) -> None:
    with pytest.raises(Unfit) as refused:
        play(PLAIN, brief(cell={**CELL, **change}), [{"text": TEXT}])
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("domain_missed", {"domain": "something else"}),
        ("style_missed", {"style": "instructive"}),
        ("tone_missed", {"tone": "worried"}),
        ("unspecific", {"is_specific": False}),
    ],
)
def test_what_reads_otherwise_than_ordered_is_refused(reason: str, change: dict[str, Any]) -> None:
    with pytest.raises(Unfit) as refused:
        play(PLAIN, brief(cell=CELL), [{"text": TEXT}, {**READ, **change}])
    assert refused.value.reason == reason


def test_a_text_that_misses_something_is_mended_with_what_it_missed() -> None:
    short = "Our loam was hard as a road."
    config = Controlled(max_revisions=1)
    played = play(config, brief(cell=CELL), [{"text": short}, {"text": TEXT}, READ])
    assert played.drafts[0].extra["revisions"] == 1
    assert short in played.said[1]
    assert "- The keyword mulch is missing.\n- It has 7 words; about 40 are wanted." in played.said[1]
    with pytest.raises(Unfit, match="keyword_missing"):
        play(config, brief(cell=CELL), [{"text": short}, {"text": short}])


def test_a_domain_pack_gives_topics_and_keywords() -> None:
    config = Controlled(domain="legal", is_checked=False, max_revisions=0)
    with pytest.raises(Unfit) as refused:
        play(config, brief(cell={"difficulty": "easy", "words": "40"}), [{"text": TEXT}])
    assert refused.value.reason == "keyword_missing"
    free = config.model_copy(update={"keywords_per_text": 0})
    played = play(free, brief(cell={"difficulty": "easy", "words": "40"}), [{"text": TEXT}])
    assert "Field: law in everyday and business life\nContracts, tenancy" in played.said[0]
    assert played.drafts[0].extra["topic"]


def test_different_keywords_are_drawn_the_same_for_the_same_candidate() -> None:
    config = Controlled(keywords=("loam", "mulch"), keywords_per_text=5, is_checked=False)
    cell = {name: CELL[name] for name in ("difficulty", "words")}
    orders = [play(config, brief(ordinal=number, cell=cell), [{"text": TEXT}]) for number in (0, 0, 1)]
    assert sorted(orders[0].drafts[0].extra["keywords"]) == ["loam", "mulch"]
    assert orders[0] == orders[1]
    assert orders[0].asked[0][0].key != orders[2].asked[0][0].key


def test_lengths_that_leave_no_room_are_an_error() -> None:
    with pytest.raises(ValidationError, match="min_words must not be above max_words"):
        Controlled(min_words=300, max_words=200)


def test_a_suggested_level_stays_within_those_of_the_recipe_and_a_target_does_not() -> None:
    config = Controlled(levels=("easy",), max_revisions=0)
    for suggested, said in ((frozenset({"difficulty"}), "easy: "), (frozenset[str](), "hard: ")):
        given = brief(cell={**CELL, "difficulty": "hard"}, suggested=suggested)
        with pytest.raises(Unfit):
            play(config, given, stop := Stop())
        assert f"Reading difficulty: {said}" in stop.said


class Stop:
    """Hears the order and writes nothing of use."""

    said = ""

    def __call__(self, request: ChatRequest) -> dict[str, str]:
        self.said = str(request.messages[1]["content"])
        return {"text": "Nothing of the kind was written here."}
