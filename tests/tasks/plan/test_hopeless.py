from __future__ import annotations

from fractions import Fraction
from math import comb

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.plan.hopeless import DOUBT, at_most, is_hopeless, upper_bound
from tasks.plan.progress import CellProgress


def exactly(successes, trials, share):
    """P(X <= successes) in whole numbers."""
    return sum(
        comb(trials, drawn) * share**drawn * (1 - share) ** (trials - drawn) for drawn in range(successes + 1)
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 120), st.integers(0, 120), st.integers(1, 40))
def test_the_sum_of_a_binomial_is_what_whole_numbers_give(successes, more, attempts):
    trials, share = successes + more, Fraction(1, attempts)
    assert at_most(successes, trials, 1 / attempts) == pytest.approx(
        float(exactly(successes, trials, share)), abs=1e-12
    )


@settings(max_examples=60, deadline=None)
@given(st.integers(0, 60), st.integers(1, 300), st.integers(2, 50))
def test_a_cell_is_hopeless_exactly_when_the_bound_lies_below_one_in_so_many(fruitful, more, attempts):
    trials = fruitful + more
    assert is_hopeless(fruitful, trials, 1 / attempts) == (upper_bound(fruitful, trials) < 1 / attempts)
    assert at_most(fruitful, trials, upper_bound(fruitful, trials)) == pytest.approx(DOUBT, abs=1e-6)


def test_the_bound_of_no_success_is_the_closed_formula():
    for trials in (1, 10, 59, 3000):
        assert upper_bound(0, trials) == pytest.approx(1 - DOUBT ** (1 / trials))
    assert upper_bound(10, 10) == 1


@pytest.mark.parametrize(("attempts", "candidates"), [(1, 1), (2, 5), (10, 29), (20, 59), (1000, 2995)])
def test_without_any_fruit_three_times_so_many_candidates_decide(attempts, candidates):
    cell = CellProgress({}, 1)
    assert not cell.is_hopeless(attempts, candidates - 1)
    assert cell.is_hopeless(attempts, candidates)


def test_candidates_that_give_several_rows_may_succeed_as_much_more_rarely():
    rare = (*([0] * 29), 5, *([0] * 70))
    assert CellProgress({}, 99, recent=tuple(map(bool, rare))).is_hopeless(20)
    assert not CellProgress({}, 99, recent=rare).is_hopeless(20)


def test_only_the_latest_candidates_count():
    dried_up = CellProgress({}, 9999, asked=5000, recent=(*([1] * 3), *([0] * 197)))
    assert dried_up.is_hopeless(20)
    well = CellProgress({}, 9999, asked=5000, recent=(1,) * 200)
    assert not well.is_hopeless(20, 190)
    assert well.is_hopeless(20, 196)
