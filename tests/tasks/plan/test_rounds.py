from __future__ import annotations

import random
from collections import Counter
from dataclasses import replace

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.plan.acceptance import Judged, JudgedDraft, accept
from tasks.plan.config import PlanConfig, Target
from tasks.plan.outcome import summary
from tasks.plan.progress import Progress, begin, cell_of, stop
from tasks.plan.rounds import next_round
from tests.tasks.plan.worlds import World, answer, run
from tilth.errors import TilthError

YIELDS = st.sampled_from([0.0, 0.02, 0.1, 0.3, 0.7, 1.0])


def plan(*counts, **options):
    """A plan of cells by number with these counts."""
    targets = tuple(Target(cell={"category": f"c{index}"}, count=count) for index, count in enumerate(counts))
    return PlanConfig(targets=targets, **options)


@st.composite
def cases(draw):
    counts = draw(st.lists(st.integers(1, 40), min_size=1, max_size=4))
    config = plan(
        *counts,
        max_attempts=draw(st.sampled_from([1, 3, 20])),
        max_round=draw(st.sampled_from([1, 7, 100, 4096])),
    )
    world = World(
        yields=tuple(draw(YIELDS) for _ in counts),
        drafts=draw(st.integers(1, 4)),
        topics=draw(st.sampled_from([None, 5, 30, 1000])),
        seed=draw(st.integers(0, 999)),
    )
    return config, world


@settings(max_examples=60, deadline=None)
@given(cases())
def test_each_cell_has_exactly_what_was_asked_or_says_why_not(case):
    config, world = case
    progress, decisions, _ = run(config, world)
    kept = [row_id for cell in progress.cells for row_id in cell.accepted_ids]
    assert len(kept) == len(set(kept))
    for line in summary(progress, config):
        assert (line.accepted == line.wanted) == (line.state == "full")
        assert line.accepted <= line.wanted
        assert line.state in {"full", "hopeless"}
        assert line.sentence.endswith(".")
    assert [each.draft_id for each in decisions if each.reason is None and each.cell == 0] == list(
        progress.cells[0].accepted_ids
    )
    topics = [world.topic(row_id) for row_id in kept if world.topics is not None]
    assert len(topics) == len(set(topics))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_nothing_is_lost_every_draft_and_every_candidate_without_one_has_a_decision(case):
    config, world = case
    progress, decisions, rounds = run(config, world)
    assert len(decisions) == len({each[:3] for each in decisions})
    for index, cell in enumerate(progress.cells):
        own = [each for each in decisions if each.cell == index]
        asked = [each.ordinal for one in rounds for each in one.candidates() if each.cell == index]
        assert asked == list(range(cell.asked)) == sorted({each.ordinal for each in own})
        assert cell.made == sum(each.draft is not None for each in own)
        assert len(own) == cell.accepted + cell.surplus + sum(cell.rejects.values())
        reasons = Counter(each.reason for each in own if each.reason not in {None, "surplus"})
        assert reasons == cell.rejects
        assert cell.cost_microusd == 10 * cell.asked


@settings(max_examples=40, deadline=None)
@given(cases(), st.integers(0, 99))
def test_the_order_in_which_answers_come_does_not_matter(case, seed):
    config, world = case
    mixed = random.Random(seed)
    assert run(config, world) == run(config, world, shuffle=lambda items: mixed.sample(items, len(items)))


@settings(max_examples=40, deadline=None)
@given(cases())
def test_a_round_is_at_most_twice_what_is_short_or_was_asked_and_stops_where_a_cell_would_be_given_up(case):
    config, world = case
    progress = begin(config)
    while asked := next_round(progress, config):
        for index, first, number in asked.asks:
            before = progress.cells[index]
            assert first == before.asked
            assert 1 <= number <= 2 * max(before.short, before.asked)
            if not any(before.recent):
                # Nothing came yet: if nothing comes now, this very candidate is the one that decides.
                assert not before.is_hopeless(config.max_attempts, number - 1)
        kept = [row_id for cell in progress.cells for row_id in cell.accepted_ids]
        progress, _ = accept(progress, asked, answer(world, asked, kept), config)
    for cell in progress.cells:
        # What its rows may cost, and thrice as much again for what was in vain at the end.
        assert cell.asked <= config.max_attempts * (cell.accepted + 3) * 4


@pytest.mark.parametrize("count", [1, 10, 59, 1000, 100_000])
def test_a_cell_that_gives_nothing_is_given_up_after_fifty_nine_candidates(count):
    config = plan(count)
    progress, _, rounds = run(config, World(yields=(0.0,)))
    assert progress.cells[0].asked == 59
    assert len(rounds) <= 6
    (line,) = summary(progress, config)
    assert line.state == "hopeless"
    assert line.sentence.startswith(
        f"category=c0: 0 of {count:,} row{'s' if count > 1 else ''}, given up: of its 59 candidates 0 gave a "
        "good row, at best one row in 20 (95 % sure), and max_attempts is 20. Most often left out for "
    )


def test_a_cell_whose_topics_are_used_up_is_given_up_however_much_it_gave_before():
    config = plan(2000)
    progress, _, _ = run(config, World(yields=(1.0,), topics=300))
    (line,) = summary(progress, config)
    assert line.state == "hopeless"
    assert line.accepted > 290
    # Coupons: to find 290 of 300 takes about 1,000 draws.
    assert line.asked < 1500


@pytest.mark.parametrize("share", [0.1, 0.3, 0.6, 0.9])
def test_what_is_over_is_little_and_the_rounds_are_few(share):
    over, rounds = [], []
    for seed in range(20):
        progress, _, asked = run(plan(300), World(yields=(share,), seed=seed))
        assert progress.cells[0].short == 0
        over.append(progress.cells[0].surplus / 300)
        rounds.append(len(asked))
    assert sum(over) / len(over) < 0.08
    assert max(rounds) <= 12


def test_candidates_of_several_drafts_are_asked_for_by_what_they_give():
    progress, _, _ = run(plan(400), World(yields=(1.0,), drafts=4))
    assert progress.cells[0].asked < 400 / 2
    first = next_round(begin(plan(40)), plan(40), drafts_per_candidate=5)
    assert len(first) == 8


def test_a_cell_without_history_leans_on_what_the_others_gave():
    config = plan(100, 10)
    known, new = begin(config).cells
    known = replace(known, asked=40, good=25, recent=(1, 0, 1, 0, 1, 1, 0, 1) * 5)
    asks = next_round(Progress((known, new)), config).asks
    assert [ask.number for ask in asks if ask.cell == 1] == [16]


def test_no_cell_starves_when_a_round_is_smaller_than_the_plan():
    config = plan(*[5] * 30, max_round=7)
    progress = begin(config)
    seen: Counter[int] = Counter()
    for _ in range(5):
        asked = next_round(progress, config)
        assert len(asked) == 7
        seen.update(each.cell for each in asked.candidates())
        progress, _ = accept(
            progress, asked, [Judged(each.cell, each.ordinal) for each in asked.candidates()], config
        )
    assert sorted(seen) == list(range(30))


def test_when_money_ends_halfway_every_cell_has_had_its_part():
    asked = next_round(begin(plan(40, 10, 20)), plan(40, 10, 20))
    half = Counter(each.cell for each in asked.in_turn()[:35])
    assert half == {0: 20, 1: 5, 2: 10}
    assert sorted(asked.in_turn()) == list(asked.candidates())


def test_a_round_never_asks_more_than_it_may():
    config = plan(1000, 10, 300, max_round=64)
    _, _, rounds = run(config, World(yields=(0.3, 0.5, 0.9)))
    assert max(map(len, rounds)) == 64


def test_rows_that_there_are_count_and_no_more_than_are_wanted():
    config = plan(2, 3)
    held = [({"category": "c0"}, f"row {number}") for number in range(5)]
    progress, _, _ = run(config, World(yields=(1.0, 1.0)), held=[*held, ({"category": "other"}, "row 9")])
    assert progress.cells[0].accepted_ids == ("row 0", "row 1")
    assert [(cell.held, cell.asked) for cell in progress.cells] == [(2, 0), (0, 3)]
    assert [cell_of({"category": value}, progress) for value in ("c1", "c7", ["c1"])] == [1, None, None]


def test_a_draft_that_is_alike_to_one_that_was_not_taken_stays():
    config = plan(1, 1)
    progress = begin(config)
    judged = [
        Judged(0, 0, (JudgedDraft("a"), JudgedDraft("over"))),
        Judged(1, 0, (JudgedDraft("like a", alike=("a",)), JudgedDraft("like over", alike=("over",)))),
    ]
    _, decisions = accept(progress, next_round(progress, config), judged, config)
    assert [(each.draft_id, each.reason, each.detail) for each in decisions] == [
        ("a", None, None),
        ("over", "surplus", None),
        ("like a", "near_duplicate", "a"),
        ("like over", None, None),
    ]


def test_the_same_row_is_not_taken_twice_and_likeness_counts_in_both_directions():
    config = plan(4)
    progress = begin(config)
    judged = [
        Judged(0, 0, (JudgedDraft("a", alike=("c",)),)),
        Judged(0, 1, (JudgedDraft("a"),)),
        Judged(0, 2, (JudgedDraft("c"),)),
        Judged(0, 3, reason="refused", detail="the model would not"),
    ]
    after, decisions = accept(progress, next_round(progress, config), judged, config)
    assert [each.reason for each in decisions] == [None, "duplicate", "near_duplicate", "refused"]
    assert after.cells[0].recent == (1, 0, 0, 0)
    assert after.cells[0].rejects == {"duplicate": 1, "near_duplicate": 1, "refused": 1}


def test_a_budget_that_ends_within_a_round_keeps_what_was_paid_for_and_says_so():
    config = plan(10, 1)
    progress = begin(config)
    asked = next_round(progress, config)
    judged = [Judged(0, number, (JudgedDraft(f"row {number}"),), cost_microusd=7) for number in (0, 2, 3)]
    judged.append(Judged(1, 0, (JudgedDraft("other"),)))
    progress, _ = accept(progress, asked, judged, config, stopped="budget")
    assert not next_round(progress, config)
    short, full = summary(progress, config)
    assert (short.state, short.asked, short.accepted, short.cost_microusd) == ("budget", 3, 3, 21)
    assert short.sentence == (
        "category=c0: 3 of 10 rows, stopped when the budget was spent; raise it and run again."
    )
    assert full.state == "full"


def test_a_plan_that_is_cancelled_asks_nothing_more():
    config = plan(10)
    progress = stop(begin(config), "cancelled")
    assert len(next_round(progress, config)) == 0
    assert [line.sentence for line in summary(progress, config)] == [
        "category=c0: 0 of 10 rows, stopped by request; run again to go on."
    ]


@pytest.mark.parametrize(
    ("numbers", "fact"),
    [
        ([(0, 0)], "candidate 1 of cell 0 is not judged"),
        ([(0, 0), (0, 1), (0, 1)], "candidate 1 of cell 0 is judged twice"),
        ([(0, 0), (0, 1), (0, 2)], "candidate 2 of cell 0 is judged twice or was not asked for"),
    ],
)
def test_a_round_that_was_not_judged_as_it_was_asked_is_an_error(numbers, fact):
    config = plan(2)
    progress = begin(config)
    with pytest.raises(TilthError, match=fact):
        accept(progress, next_round(progress, config), [Judged(*each) for each in numbers], config)
