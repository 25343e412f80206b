"""Tasks after the pattern of seeds, with replies handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.self_instruct import SelfInstruct
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

SEED = item("Plan a crop rotation for four beds.", "seed", input="Beds: A, B, C and D.")
OTHER = item("Explain why seedlings become leggy.", "seed")
OPEN: dict[str, Any] = {
    "instruction": "Draw up a sowing calendar for a balcony.",
    "input": "",
    "options": [],
    "difficulty": "medium",
}
CLOSED: dict[str, Any] = {
    "instruction": "Which crop fixes nitrogen: peas or leeks?",
    "input": "",
    "options": ["peas", "leeks"],
    "difficulty": "easy",
}
CHOSEN = {"reasoning": "Peas are legumes.", "is_decidable": True, "option": "Peas"}
PLAIN = SelfInstruct()


def refusal(task: dict[str, Any], *replies: Any, config: SelfInstruct = PLAIN, **more: Any) -> str:
    with pytest.raises(Unfit) as refused:
        play(config, brief(SEED, **more), [{"tasks": [task]}, *replies], corpus=[OTHER])
    return refused.value.reason


def test_an_open_task_is_answered_as_text_and_a_closed_one_by_an_option() -> None:
    played = play(
        PLAIN, brief(SEED), [{"tasks": [OPEN, CLOSED]}, "Cress from March.", CHOSEN], corpus=[OTHER]
    )
    assert [turn.content for draft in played.drafts for turn in draft.turns] == [
        OPEN["instruction"], "Cress from March.", CLOSED["instruction"], "peas",
    ]  # fmt: skip
    assert [draft.task for draft in played.drafts] == ["follow_instruction", "choose_option"]
    assert [draft.difficulty for draft in played.drafts] == ["medium", "easy"]
    assert len(played.asked) == 2


def test_the_seeds_the_cell_and_what_there_is_enough_of_reach_the_prompt() -> None:
    played = play(
        SelfInstruct(tasks_per_call=7, form="open"),
        brief(SEED, cell={"category": "planning", "text_type": "letter"}, avoid=("watering tomatoes",)),
        [{"tasks": [OPEN]}, "Cress from March."],
        corpus=[OTHER],
    )
    said = played.said[0]
    assert "Wanted category: planning\nWanted text type: letter\nAll tasks are open." in said
    assert "watering tomatoes" in said
    assert all(text in said for text in (SEED.text, SEED.input, OTHER.text))
    assert "Propose 7 tasks" in str(played.asked[0][0].messages[0]["content"])


def test_what_the_cell_says_goes_before_what_the_model_thinks_of_the_difficulty() -> None:
    replies = [{"tasks": [OPEN]}, "Cress from March."]
    assert play(PLAIN, brief(SEED, cell={"difficulty": "hard"}), replies).drafts[0].difficulty == "hard"


def test_a_form_other_than_open_and_closed_is_asked_for_in_words() -> None:
    played = play(PLAIN, brief(SEED, cell={"form": "letter"}), [{"tasks": [OPEN]}, "Cress from March."])
    assert "Wanted form: letter" in played.said[0]


def test_material_of_a_task_becomes_part_of_its_question() -> None:
    task = {**OPEN, "input": "The balcony faces north."}
    played = play(PLAIN, brief(SEED), [{"tasks": [task]}, "Cress from March."])
    assert played.drafts[0].turns[0].content == f"{task['instruction']}\n\n{task['input']}"


@pytest.mark.parametrize(
    ("task", "reason"),
    [
        ({**OPEN, "instruction": "Plan a good crop rotation for four beds."}, "too_near_another"),
        ({**OPEN, "instruction": "Write a few lines about watering roses."}, "too_near_another"),
        ({**OPEN, "instruction": "Draw up something"}, "instruction_too_short"),
        ({**OPEN, "instruction": "word " * 151}, "instruction_too_long"),
        ({**OPEN, "input": SEED.input}, "input_of_a_seed"),
        ({**CLOSED, "options": ["peas", "beans"]}, "options_not_in_task"),
        ({**CLOSED, "options": ["peas"]}, "options_not_in_task"),
    ],
)
def test_a_task_that_a_rule_refuses_is_not_answered(task: dict[str, Any], reason: str) -> None:
    assert refusal(task, avoid=("Write a few lines about watering roses",)) == reason


def test_tasks_of_the_other_form_are_refused() -> None:
    assert refusal(CLOSED, config=SelfInstruct(form="open")) == "other_form"
    assert refusal(OPEN, cell={"form": "closed"}) == "other_form"


@pytest.mark.parametrize(
    ("task", "said", "reason"),
    [
        (OPEN, "I'm sorry, but I can't do that.", "answer_refuses"),
        (OPEN, "…", "answer_says_nothing"),
        (OPEN, OPEN["instruction"], "answer_repeats_the_task"),
        (CLOSED, {**CHOSEN, "option": "beans"}, "answer_is_no_option"),
        (CLOSED, {**CHOSEN, "is_decidable": False}, "no_one_option_is_right"),
    ],
)
def test_an_answer_that_is_none_is_refused(task: dict[str, Any], said: Any, reason: str) -> None:
    assert refusal(task, said) == reason


def test_two_alike_of_one_call_give_one_task_and_a_failed_answer_costs_its_task_alone() -> None:
    twice = [OPEN, {**OPEN, "instruction": OPEN["instruction"].upper()}, CLOSED]
    played = play(PLAIN, brief(SEED), [{"tasks": twice}, None, CHOSEN])
    assert [draft.subject for draft in played.drafts] == [CLOSED["instruction"]]


def test_each_candidate_is_shown_other_seeds_and_the_same_ones_in_every_run() -> None:
    seeds = [item(f"Explain matter number {number} of the field.", "seed") for number in range(40)]

    def shown(ordinal: int) -> str:
        replies = [{"tasks": [OPEN]}, "Cress from March."]
        return play(SelfInstruct(seeds_per_prompt=3), brief(SEED, ordinal), replies, seeds).said[0]

    assert shown(1) == shown(1)
    assert len({shown(ordinal) for ordinal in range(10)}) == 10
