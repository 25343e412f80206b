"""Conversations of several turns, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.generate.by_model.multi_turn import MultiTurn
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

PLUMS = item("Prune plums in summer; silver leaf enters winter cuts.", title="Plums")
PLAN: dict[str, Any] = {
    "goal": "To save the tree.",
    "intentions": ["Asks when to prune.", "Says it is done.", "Wants to know what now."],
}
ASKS: list[dict[str, Any]] = [
    {"message": "When do I prune my plum?", "is_last": False},
    {"message": "Oh. I did it in January.", "is_last": False},
    {"message": "What should I look for then?", "is_last": False},
]
SAYS = ["In summer.", "Then watch the leaves in May.", "A silver sheen on them."]
RIGHT: dict[str, Any] = {"faults": [], "wrong_answers": [], "is_natural": True}
THREE = MultiTurn(min_turns=3, max_turns=3)


def talk(turns: int) -> list[Any]:
    return [reply for pair in zip(ASKS[:turns], SAYS[:turns], strict=True) for reply in pair]


def test_person_and_assistant_speak_in_turn_and_the_assistant_alone_is_trained() -> None:
    played = play(THREE, brief(PLUMS), [PLAN, *talk(3), RIGHT])
    draft = played.drafts[0]
    assert [turn.role for turn in draft.turns] == ["user", "assistant"] * 3
    assert [turn.is_trained for turn in draft.turns] == [False, True] * 3
    assert (draft.task, draft.oracle, draft.extra["turns"]) == ("converse", "model_check", 3)
    assert draft.subject == "\n".join(ask["message"] for ask in ASKS)


def test_the_person_sees_no_material_and_the_assistant_no_plan() -> None:
    played = play(THREE, brief(PLUMS), [PLAN, *talk(3), RIGHT])
    plan, first, answer, second = played.said[:4]
    assert PLUMS.text in plan
    assert PLUMS.text in answer
    assert PLUMS.text not in first + second
    assert "Intention" not in answer
    assert "assistant: In summer." in second
    bare = play(THREE.model_copy(update={"is_grounded": False}), brief(PLUMS), [PLAN, *talk(3), RIGHT])
    assert PLUMS.text not in "".join(bare.said[1:])


def test_a_wrong_answer_stays_and_is_not_trained_on_unless_it_is_the_last() -> None:
    draft = play(THREE, brief(PLUMS), [PLAN, *talk(3), {**RIGHT, "wrong_answers": [1]}]).drafts[0]
    assert [turn.is_trained for turn in draft.turns if turn.role == "assistant"] == [False, True, True]
    with pytest.raises(Unfit, match="last_answer_wrong"):
        play(THREE, brief(PLUMS), [PLAN, *talk(3), {**RIGHT, "wrong_answers": [3]}])


def test_a_conversation_ends_when_the_matter_is_settled_within_its_bounds() -> None:
    settled = [ASKS[0], SAYS[0], {**ASKS[1], "is_last": True}, SAYS[1]]
    config = MultiTurn(min_turns=2, max_turns=4)
    given = brief(PLUMS, cell={"turns": "3"})
    assert len(play(config, given, [PLAN, *settled, RIGHT]).drafts[0].turns) == 4
    with pytest.raises(Unfit, match="too_few_turns"):
        play(THREE, brief(PLUMS), [PLAN, *settled])


def test_the_number_of_turns_is_the_cells_within_the_bounds_and_drawn_otherwise() -> None:
    plan = {**PLAN, "intentions": PLAN["intentions"] * 3}
    config = MultiTurn(min_turns=2, max_turns=3, is_checked=False)
    played = play(config, brief(PLUMS, cell={"turns": "9"}), [plan, *talk(3)])
    assert "Turns of the person: 3\n" in played.said[0]
    drawn = {
        play(config, brief(PLUMS, ordinal), [plan, *talk(3)]).drafts[0].extra["turns"]
        for ordinal in range(20)
    }
    assert drawn == {2, 3}


@pytest.mark.parametrize(
    ("reason", "replies"),
    [
        ("plan_too_short", [{**PLAN, "intentions": PLAN["intentions"][:2]}]),
        ("repeated_turn", [PLAN, ASKS[0], SAYS[0], ASKS[0]]),
        ("prompt_leaked", [PLAN, ASKS[0], "It says so in the <material>."]),
        ("empty_turn", [PLAN, ASKS[0], "assistant: "]),
        (
            "other_language",
            [PLAN, *talk(2), ASKS[2], "Серебристый блеск листьев. " * 6],
        ),
        ("not_natural", [PLAN, *talk(3), {**RIGHT, "is_natural": False}]),
    ],
)
def test_what_a_rule_or_the_check_speaks_against_is_refused(reason: str, replies: list[Any]) -> None:
    with pytest.raises(Unfit) as refused:
        play(THREE, brief(PLUMS), replies)
    assert refused.value.reason == reason


def test_a_role_before_a_message_is_taken_off() -> None:
    replies = [PLAN, *talk(2), ASKS[2], "Assistant: A silver sheen.", RIGHT]
    assert play(THREE, brief(PLUMS), replies).drafts[0].turns[-1].content == "A silver sheen."


def test_cell_persona_domain_and_what_there_is_enough_of_reach_the_plan() -> None:
    config = MultiTurn(min_turns=3, max_turns=3, domain="legal", is_checked=False)
    given = brief(
        PLUMS, cell={"pattern": "disagree", "difficulty": "hard", "persona": "a tenant", "language": "Klingon"},
        avoid=("deposits",),
    )  # fmt: skip
    played = play(config, given, [PLAN, *talk(3)])
    assert "How it goes: disagree\ndifficulty: hard\nThere is enough about: deposits." in played.said[0]
    assert "a tenant" in played.said[0]
    systems = [str(step[0].messages[0]["content"]) for step in played.asked]
    assert "law in everyday and business life" in systems[0]
    assert "cite no statute" in systems[2]
    assert "in Klingon" in systems[1] + systems[2]


def test_a_persona_alone_is_enough_and_nothing_at_all_is_not() -> None:
    config = THREE.model_copy(update={"is_checked": False, "personas": ("a first-time gardener",)})
    one, other = (play(config, brief(None, ordinal), [PLAN, *talk(3)]).asked[0][0] for ordinal in (0, 1))
    assert one.key != other.key
    with pytest.raises(Unfit, match="nothing_to_talk_about"):
        play(THREE, brief(None), [])


def test_bounds_that_leave_no_room_are_an_error() -> None:
    with pytest.raises(ValidationError, match="min_turns must not be above max_turns"):
        MultiTurn(min_turns=5, max_turns=2)
