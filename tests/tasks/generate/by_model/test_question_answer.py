"""Questions from passages, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.question_answer import QuestionAnswer
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

CLAY = item(
    "Clay holds water because its particles are small.\nThey lie close together.", title="Soil > Drainage"
)
ROOTS = item("Roots rot where water stays, as it does in clay.")
PAIR = {
    "question": "Why does clay hold water?",
    "answer": "Small particles.",
    "evidence": "its particles are small. They lie",
}
YES = {"claims": [], "is_supported": True, "is_complete": True, "is_self_contained": True}
ALONE = QuestionAnswer(across_ratio=0)
ACROSS = QuestionAnswer(across_ratio=1)


def test_a_question_whose_evidence_stands_in_the_passage_and_holds_becomes_a_chat() -> None:
    played = play(ALONE, brief(CLAY), [{"pairs": [PAIR]}, YES])
    assert [turn.content for turn in played.drafts[0].turns] == [PAIR["question"], PAIR["answer"]]
    assert played.drafts[0].oracle == "model_check"
    assert CLAY.text in played.said[0]


def test_an_invented_quotation_is_refused_without_another_call() -> None:
    with pytest.raises(Unfit) as refused:
        play(ALONE, brief(CLAY), [{"pairs": [{**PAIR, "evidence": "Clay is blue."}]}])
    assert refused.value.reason == "evidence_not_in_passage"


def test_only_the_questions_that_pass_the_check_are_kept() -> None:
    second = {**PAIR, "question": "What lies close together in clay?"}
    played = play(ALONE, brief(CLAY), [{"pairs": [PAIR, second]}, {**YES, "is_supported": False}, YES])
    assert [draft.subject for draft in played.drafts] == [second["question"]]


def test_a_check_that_failed_costs_its_question_alone() -> None:
    second = {**PAIR, "question": "What lies close together in clay?"}
    played = play(ALONE, brief(CLAY), [{"pairs": [PAIR, second]}, None, YES])
    assert len(played.drafts) == 1


def test_the_cell_says_which_form_and_difficulty_are_asked_for() -> None:
    played = play(
        ALONE, brief(CLAY, cell={"form": "comparison", "difficulty": "hard"}), [{"pairs": [PAIR]}, YES]
    )
    assert "Kind of question: comparison\nDifficulty: hard" in played.said[0]


def test_a_question_across_passages_needs_a_part_of_two_of_them() -> None:
    reply: dict[str, Any] = {
        "is_possible": True,
        "parts": [{"id": "1", "fact": "clay holds water"}, {"id": "2", "fact": "roots rot"}],
        "question": "Why do roots rot in clay?",
        "answer": "It holds water.",
    }
    played = play(ACROSS, brief(CLAY), [reply, YES], corpus=[ROOTS])
    assert played.drafts[0].extra["passages"] == [CLAY.item_id, ROOTS.item_id]
    assert played.drafts[0].beside == (ROOTS,)
    with pytest.raises(Unfit, match="one_passage_is_enough"):
        play(ACROSS, brief(CLAY), [{**reply, "parts": reply["parts"][:1]}], corpus=[ROOTS])


def test_a_passage_like_no_other_is_not_asked_across() -> None:
    with pytest.raises(Unfit, match="no_passage_beside"):
        play(ACROSS, brief(CLAY), [], corpus=[item("Bread rises.")])
