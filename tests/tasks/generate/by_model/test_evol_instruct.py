"""Evolved tasks, with replies handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.evol_instruct import EvolInstruct
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

SEED = item("Write a function that returns the median of a list.", "seed", input="[3, 1, 2]")
BARE = item("Write a function that returns the median of a list.", "seed")
HARDER = {
    "change": "Memory is bounded.",
    "instruction": "Write a function that returns the median of a list in constant memory.",
    "input": "",
}
RARER = {"change": "Rarer.", "instruction": "Estimate a quantile from a histogram.", "input": ""}
YES = {"is_different": True, "is_answerable": True, "is_self_contained": True, "difficulty": 8, "reason": "x"}
DEEP = EvolInstruct(breadth_ratio=0, operations=("constrain",))
BROAD = EvolInstruct(breadth_ratio=1)


def refusal(config: EvolInstruct, seed: Any, *replies: Any, **more: Any) -> Unfit:
    with pytest.raises(Unfit) as refused:
        play(config, brief(seed, **more), list(replies))
    return refused.value


def test_a_task_that_stood_is_answered_with_the_material_that_it_came_with() -> None:
    played = play(DEEP, brief(SEED), [HARDER, YES, "Keep counts."])
    draft = played.drafts[0]
    assert draft.turns[0].content == f"{HARDER['instruction']}\n\n[3, 1, 2]"
    assert (draft.turns[1].content, draft.difficulty, draft.oracle) == ("Keep counts.", "hard", "model")
    assert draft.extra["operation"] == "constrain"
    assert draft.extra["evolved_from"] == SEED.item_id
    assert "Step: constrain" in played.said[0]


@pytest.mark.parametrize(("level", "band"), [(3, "easy"), (4, "medium"), (7, "medium"), (8, "hard")])
def test_the_judges_scale_becomes_a_band(level: int, band: str) -> None:
    assert (
        play(DEEP, brief(SEED), [HARDER, {**YES, "difficulty": level}, "So be it."]).drafts[0].difficulty
        == band
    )


@pytest.mark.parametrize(
    ("evolved", "reason"),
    [
        ({**HARDER, "instruction": BARE.text.upper()}, "evolution_changed_nothing"),
        ({**HARDER, "instruction": "Solve the given prompt in constant memory."}, "words_of_the_prompt"),
        ({**HARDER, "instruction": f"<task>{BARE.text} Twice.</task>"}, "words_of_the_prompt"),
        ({**HARDER, "instruction": BARE.text + " more" * 81}, "evolution_too_long"),
    ],
)
def test_a_failed_evolution_is_eliminated_without_another_call(evolved: Any, reason: str) -> None:
    assert refusal(DEEP, SEED, evolved).reason == reason


def test_words_that_the_seed_uses_itself_are_no_trace_of_the_prompt() -> None:
    seed = item("Say why the original task failed in the log.", "seed")
    evolved = {**HARDER, "instruction": "Say why the original task failed in the log, in two words."}
    assert play(DEEP, brief(seed), [evolved, YES, "Full disk."]).drafts


def test_a_block_of_code_must_be_kept_where_changing_it_is_not_the_step() -> None:
    seed = item("Mend this.\n```\nx = = 1\n```", "seed")
    lost = {**HARDER, "instruction": "Mend this in one edit.\n```\ny = = 1\n```"}
    assert refusal(DEEP, seed, lost).reason == "material_lost"
    changed = EvolInstruct(breadth_ratio=0, operations=("complicate_input",))
    assert play(changed, brief(seed), [lost, YES, "One equals sign."]).drafts


def test_material_is_complicated_only_where_there_is_any() -> None:
    config = EvolInstruct(breadth_ratio=0, operations=("complicate_input",))
    new = {**HARDER, "input": "[3, null, 2]"}
    played = play(config, brief(SEED), [new, YES, "Drop what is null."])
    assert played.drafts[0].turns[0].content.endswith("[3, null, 2]")
    assert play(config, brief(BARE), [RARER, YES, "Sum up."]).drafts[0].extra["operation"] == "broaden"


def test_breadth_asks_for_another_task_and_refuses_one_near_the_seed() -> None:
    played = play(BROAD, brief(BARE, avoid=("sorting",)), [RARER, YES, "Sum up."])
    assert "There is enough about: sorting." in played.said[0]
    near = {**RARER, "instruction": "Write a function that returns the mean of a list."}
    assert refusal(BROAD, BARE, near).reason == "too_near_its_seed"


@pytest.mark.parametrize("quality", ["is_different", "is_answerable", "is_self_contained"])
def test_what_the_judge_finds_wanting_is_eliminated(quality: str) -> None:
    refused = refusal(DEEP, SEED, HARDER, {**YES, quality: False, "reason": "Lacks a list."})
    assert (refused.reason, refused.detail) == (quality.replace("is_", "evolution_not_"), "Lacks a list.")


def test_without_the_check_the_cell_says_the_difficulty() -> None:
    config = EvolInstruct(breadth_ratio=0, operations=("constrain",), is_checked=False)
    played = play(config, brief(SEED, cell={"difficulty": "hard"}), [HARDER, "Keep counts."])
    assert played.drafts[0].difficulty == "hard"
    assert "Wanted difficulty: hard" in played.said[0]


def test_the_cell_may_name_the_step() -> None:
    assert (
        "Step: reason"
        in play(BROAD, brief(SEED, cell={"operation": "reason"}), [HARDER, YES, "So be it."]).said[0]
    )


def test_a_step_that_there_is_not_is_refused_before_any_call() -> None:
    assert refusal(DEEP, SEED, cell={"operation": "shorten"}).reason == "unknown_operation"


def test_generations_go_on_from_the_last_task_that_stood() -> None:
    config = EvolInstruct(breadth_ratio=0, operations=("constrain",), generations=3)
    third = {**HARDER, "instruction": HARDER["instruction"] + " Name its cost."}
    no = {**YES, "is_answerable": False}
    replies = [
        HARDER,
        YES,
        {**third, "instruction": "Nobody can answer this thing."},
        no,
        third,
        YES,
        "One.",
        "Two.",
    ]
    played = play(config, brief(SEED), replies)
    assert [draft.extra["generation"] for draft in played.drafts] == [1, 3]
    # The second evolution failed, so the third starts where the first ended.
    assert HARDER["instruction"] in played.said[4]
    last = config.model_copy(update={"keeps_every_generation": False})
    assert [draft.turns[1].content for draft in play(last, brief(SEED), [*replies[:6], "Two."]).drafts] == [
        "Two."
    ]


def test_the_step_is_drawn_by_the_candidate() -> None:
    config = EvolInstruct(breadth_ratio=0.3)

    def step(ordinal: int) -> str:
        played = play(config, brief(SEED, ordinal), _reply)
        return str(played.drafts[0].extra["operation"])

    steps = [step(ordinal) for ordinal in range(40)]
    assert steps == [step(ordinal) for ordinal in range(40)]
    assert set(steps) == {"broaden", "constrain", "deepen", "concretise", "reason", "complicate_input"}


def _reply(request: Any) -> Any:
    if request.schema is None:
        return "So be it."
    return YES if "is_different" in request.schema["required"] else {**RARER, "input": "[1]"}
