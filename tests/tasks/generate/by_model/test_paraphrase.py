"""Texts in other words, other styles and other fields, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.paraphrase import Paraphrase
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

TEXT = item(
    "Water deeply once a week, 20 litres each time; a daily sprinkle teaches roots to stay at the surface."
)
SEED = item("How often should I water my tomatoes in July?", "seed", answer="Every three days, deeply.")
NEW = {"text": "Roots that get a little each day never go down. Every seven days give plenty: 20 litres."}
SAME = {"lost": [], "added": [], "is_same": True, "style": "plain"}
MOVED = {
    "is_possible": True,
    "counterparts": ["tomatoes → logs"],
    "text": "At what interval do the logs of a small server need rotation?",
}
FINE = {"faults": [], "is_true": True, "is_parallel": True}


def of(way: str, **more: Any) -> Paraphrase:
    return Paraphrase(ways=(way,), **more)  # type: ignore[arg-type]


def test_a_passage_gives_the_request_for_the_new_version_and_the_version() -> None:
    draft = play(of("paraphrase"), brief(TEXT), [NEW, SAME]).drafts[0]
    asked, answered = draft.turns
    assert asked.content.endswith(TEXT.text)
    assert (answered.content, answered.is_trained, draft.task) == (NEW["text"], True, "rewrite_text")
    assert (draft.oracle, draft.subject) == ("model_check", NEW["text"])


def test_a_seed_keeps_its_answer_under_its_new_wording() -> None:
    reply = {"text": "What is a good interval for giving tomatoes water at midsummer?"}
    draft = play(of("paraphrase"), brief(SEED), [reply, SAME]).drafts[0]
    assert [turn.content for turn in draft.turns] == [reply["text"], SEED.answer]
    assert draft.task == "follow_instruction"


def test_a_style_is_drawn_or_taken_from_the_cell_and_stands_in_the_request() -> None:
    given = brief(TEXT, cell={"style": "as a telegram", "way": "restyle"})
    played = play(of("paraphrase"), given, [NEW, SAME])
    assert played.said[0].startswith("Style: as a telegram")
    assert "as a telegram" in played.drafts[0].turns[0].content
    assert played.drafts[0].extra["style_seen"] == "plain"


def test_a_request_is_carried_to_another_field_and_answered_there() -> None:
    played = play(of("transfer"), brief(SEED, cell={"domain": "software"}), [MOVED, FINE, "Once a day."])
    assert [turn.content for turn in played.drafts[0].turns] == [MOVED["text"], "Once a day."]
    # A domain pack gives its title and what a writer of the field keeps to.
    assert played.said[0].startswith("New field: software engineering\n")
    assert "Words of the field" in played.said[0]
    # Nobody looked at the answer.
    assert played.drafts[0].oracle == "model"
    assert [len(step) for step in played.asked] == [1, 2]


def test_a_passage_is_carried_to_a_field_in_words_of_ones_own() -> None:
    played = play(of("transfer", domains=("bee-keeping",), is_checked=False), brief(TEXT), [MOVED])
    assert played.drafts[0].extra["domain"] == "bee-keeping"
    assert "bee-keeping" in played.drafts[0].turns[0].content


@pytest.mark.parametrize(
    ("reason", "way", "replies"),
    [
        ("too_near_original", "paraphrase", [{"text": TEXT.text.replace("deeply", "well")}]),
        ("prompt_leaked", "paraphrase", [{"text": f"<text>{NEW['text']}</text>"}]),
        ("figure_changed", "paraphrase", [{"text": NEW["text"].replace("20", "30")}]),
        ("meaning_changed", "restyle", [NEW, {**SAME, "is_same": False, "lost": ["once a week"]}]),
        ("no_counterpart", "transfer", [{**MOVED, "is_possible": False, "text": ""}]),
        ("not_natural_in_field", "transfer", [MOVED, {**FINE, "is_parallel": False}]),
    ],
)
def test_what_a_rule_or_the_check_speaks_against_is_refused(
    reason: str, way: str, replies: list[Any]
) -> None:
    with pytest.raises(Unfit) as refused:
        play(of(way), brief(TEXT), replies)
    assert refused.value.reason == reason


def test_code_and_names_of_code_stay() -> None:
    with pytest.raises(Unfit) as refused:
        play(of("paraphrase"), brief(item("Call `read_rows` before you close the file.")), [NEW])
    assert (refused.value.reason, refused.value.detail) == ("fixed_part_lost", "read_rows")


def test_a_seed_without_an_answer_is_only_carried_over_and_only_if_it_is_answered() -> None:
    bare = SEED._replace(answer="")
    with pytest.raises(Unfit, match="seed_without_answer"):
        play(of("restyle"), brief(bare), [])
    with pytest.raises(Unfit, match="not_answered"):
        play(of("transfer"), brief(bare), [MOVED, FINE, None])


def test_the_same_candidate_asks_the_same() -> None:
    def asked() -> Any:
        return play(Paraphrase(ways=("restyle",)), brief(TEXT), [NEW, SAME]).asked

    assert asked() == asked()
