"""Preference pairs, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.preference import Preference
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit
from tilth.llm.request import ChatRequest

SEED = item("Name three vegetables for a shady bed.", "seed", answer="Chard, spinach and rocket.")
GOOD, FAIR, BAD = (
    "Chard, spinach and rocket.",
    "Chard and perhaps spinach, one might say.",
    "Many plants tolerate shade.",
)
RANK = {GOOD: 3, FAIR: 2, BAD: 1}
DRAWN = Preference(worsened_ratio=0)


def verdict(winner: str, margin: str = "clear") -> dict[str, Any]:
    return {"flaws_a": "flaw of a", "flaws_b": "flaw of b", "winner": winner, "margin": margin}


def judge(drawn: tuple[str, ...], by: Any = None) -> Any:
    """Says the drawn answers by their samples, and judges by rank unless told otherwise."""

    def answer(request: ChatRequest) -> Any:
        said = str(request.messages[-1]["content"])
        if "<answer_a>" not in said:
            return drawn[request.sample]
        first, second = said.split("<answer_a>\n")[1].split("\n</answer_a>\n\n<answer_b>\n")
        second = second.split("\n</answer_b>")[0]
        return by(first, second) if by else verdict("a" if RANK[first] > RANK[second] else "b")

    return answer


def test_the_answers_farthest_apart_make_the_pair() -> None:
    played = play(DRAWN, brief(SEED), judge((FAIR, BAD, GOOD)))
    draft = played.drafts[0]
    assert (draft.kind, draft.task, draft.turns[0].content) == ("preference", "prefer_answer", SEED.text)
    assert (draft.chosen[0].content, draft.rejected[0].content) == (GOOD, BAD)
    assert (draft.chosen[0].is_trained, draft.rejected[0].is_trained) == (True, False)
    assert draft.extra["rejected_for"] in ("flaw of a", "flaw of b")
    # Three draws of one prompt, then each of three pairs in both orders.
    assert [len(step) for step in played.asked] == [3, 6]
    assert [request.sample for request in played.asked[0]] == [0, 1, 2]
    assert len({request.messages[-1]["content"] for request in played.asked[0]}) == 1


def test_a_judge_who_goes_by_the_place_makes_no_pair() -> None:
    with pytest.raises(Unfit) as refused:
        play(DRAWN, brief(SEED), judge((GOOD, FAIR, BAD), lambda first, second: verdict("a")))
    assert (refused.value.reason, refused.value.detail) == (
        "all_ties",
        "3 answers, 3 verdicts followed the place",
    )


def test_a_tie_in_one_order_is_a_tie() -> None:
    def half(first: str, second: str) -> Any:
        return verdict("tie", "none") if RANK[first] > RANK[second] else verdict("b")

    with pytest.raises(Unfit, match="all_ties"):
        play(DRAWN, brief(SEED), judge((GOOD, FAIR, BAD), half))


def test_a_comparison_that_failed_costs_its_pair_alone() -> None:
    def without_best(first: str, second: str) -> Any:
        return None if GOOD in (first, second) else verdict("a" if RANK[first] > RANK[second] else "b")

    draft = play(DRAWN, brief(SEED), judge((GOOD, FAIR, BAD), without_best)).drafts[0]
    assert (draft.chosen[0].content, draft.rejected[0].content) == (FAIR, BAD)


@pytest.mark.parametrize(
    "drawn", [(GOOD, GOOD, GOOD.upper()), (GOOD, "", " "), (GOOD, "<answer>x</answer>", "")]
)
def test_draws_that_do_not_differ_are_not_compared(drawn: tuple[str, ...]) -> None:
    with pytest.raises(Unfit, match="answers_alike"):
        play(DRAWN, brief(SEED), judge(drawn))


def test_length_is_noted_and_a_far_longer_winner_refused() -> None:
    long = GOOD + " They grow well and taste better each day of the year." * 4
    RANK[long] = 4
    draft = play(
        Preference(worsened_ratio=0, answers=2, max_length_ratio=20), brief(SEED), judge((long, BAD))
    ).drafts[0]
    assert (draft.extra["chosen_words"], draft.extra["rejected_words"]) == (48, 4)
    with pytest.raises(Unfit, match="length_may_have_decided"):
        play(Preference(worsened_ratio=0, answers=2), brief(SEED), judge((long, BAD)))


FLAWED = {"flaw": "It names two.", "answer": "Chard and spinach."}


def test_a_flaw_put_into_the_seeds_answer_must_lose_in_both_orders() -> None:
    given = brief(SEED, cell={"flaw": "incomplete"})
    played = play(DRAWN, given, [FLAWED, verdict("a"), verdict("b")])
    draft = played.drafts[0]
    assert (draft.chosen[0].content, draft.rejected[0].content) == (SEED.answer, FLAWED["answer"])
    assert (draft.extra["flaw"], draft.extra["flaw_put_in"]) == ("incomplete", FLAWED["flaw"])
    assert played.said[0].startswith("Kind of flaw: incomplete")


@pytest.mark.parametrize(
    ("reason", "replies"),
    [
        ("flaw_not_seen", [FLAWED, verdict("tie", "none"), verdict("tie", "none")]),
        ("flawed_answer_won", [FLAWED, verdict("b"), verdict("a")]),
        ("answers_alike", [{**FLAWED, "answer": SEED.answer}]),
        (
            "prompt_leaked",
            [{**FLAWED, "answer": "<request>Chard.</request>"}],
        ),
    ],
)
def test_a_flaw_that_nobody_sees_makes_no_pair(reason: str, replies: list[Any]) -> None:
    with pytest.raises(Unfit) as refused:
        play(Preference(worsened_ratio=1), brief(SEED), replies)
    assert refused.value.reason == reason


def test_rubric_and_domain_reach_the_prompts() -> None:
    config = Preference(worsened_ratio=0, criteria=("is it kind",), domain="medical")
    played = play(config, brief(SEED), judge((GOOD, FAIR, BAD)))
    answers, compares = ([str(request.messages[0]["content"]) for request in step] for step in played.asked)
    assert "Words of the field" in answers[0]
    assert "1. is it kind\n" in compares[0]
