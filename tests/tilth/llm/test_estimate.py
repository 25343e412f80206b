"""Estimates: nine of ten runs end inside, ignorance is wide, and nothing is ever above the ceiling."""

from __future__ import annotations

import random

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.ledger.entry import Usage
from tilth.llm.estimate import Estimate, estimate
from tilth.llm.prices import price_of

PRICE = price_of(input_usd=0.4, output_usd=1.6, cached_input_usd=0.1)
BOUND = 800


def calls(count, seed, mean=5.0):
    """Calls as a model makes them: prompts of 2 to 4 kB at about 4 bytes a token, answers of skewed length."""
    rng = random.Random(seed)
    made = []
    for _ in range(count):
        size = rng.randrange(2000, 4000)
        tokens = round(size / rng.uniform(3.7, 4.3))
        told = min(round(rng.lognormvariate(mean, 0.5)), BOUND)
        made.append(Usage(size, BOUND, tokens, told, tokens // 2, None, rng.uniform(0.5, 2.0)))
    return made


def dollars(made, cached=True):
    return sum(
        PRICE.cost_microusd(u.input_tokens, u.output_tokens, u.cached_tokens if cached else 0) for u in made
    )


@pytest.mark.parametrize("seen", [10, 200])
def test_nine_of_ten_runs_end_inside_the_interval(seen):
    inside, runs = 0, 200
    for run in range(runs):
        history, future = calls(seen, seed=run), calls(300, seed=10_000 + run)
        planned = estimate([u.input_bytes for u in future], BOUND, history, PRICE)
        assert planned.microusd is not None
        inside += planned.microusd.low <= dollars(future) <= planned.microusd.high
    # Three standard errors below nine of ten.
    assert inside >= runs * 0.84


def test_the_interval_of_many_similar_calls_is_narrow():
    planned = estimate([3000] * 1000, BOUND, calls(200, seed=1), PRICE)
    assert planned.basis == "similar calls"
    assert planned.output_tokens is not None
    assert planned.output_tokens.high < 1.15 * planned.output_tokens.expected


def test_calls_of_another_kind_leave_a_wide_interval():
    planned = estimate([300] * 1000, 100, calls(200, seed=1), PRICE)
    assert planned.basis == "other calls of the model"
    assert planned.output_tokens is not None
    assert planned.output_tokens.high == 1000 * 100
    assert planned.output_tokens.low < planned.output_tokens.high / 1.5


def test_without_history_the_interval_reaches_from_a_word_to_the_bound():
    planned = estimate([1000] * 10, BOUND, (), PRICE)
    assert (planned.basis, planned.samples) == ("sizes alone", 0)
    assert planned.output_tokens is not None
    assert planned.output_tokens.high == 10 * BOUND
    assert planned.seconds is None


def test_what_nothing_bounds_is_not_estimated():
    planned = estimate([1000] * 10, None, (), PRICE)
    assert (planned.output_tokens, planned.microusd, planned.ceiling_microusd) == (None, None, None)


def test_a_model_without_a_price_has_tokens_and_no_dollars():
    planned = estimate([3000] * 10, BOUND, calls(20, seed=1))
    assert planned.microusd is None
    assert planned.output_tokens is not None


def test_nothing_to_call_costs_nothing():
    planned = estimate([], BOUND, calls(20, seed=1), PRICE, replayed=50)
    assert (planned.calls, planned.replayed, planned.ceiling_microusd) == (0, 50, 0)
    assert planned.microusd is not None
    assert planned.microusd.high == 0


def test_more_calls_in_flight_take_less_time():
    sizes = [3000] * 1000
    slow, fast = (estimate(sizes, BOUND, calls(50, seed=1), max_in_flight=most).seconds for most in (1, 100))
    assert slow is not None
    assert fast is not None
    assert fast.expected < slow.expected / 50


def test_the_projection_is_what_is_spent_and_what_is_to_come():
    planned = estimate([3000] * 10, BOUND, calls(20, seed=1), PRICE)
    assert planned.microusd is not None
    assert planned.microusd.plus(1000).low == planned.microusd.low + 1000


_USAGE = st.builds(
    lambda size, fed, told, cached, seconds: Usage(
        size, BOUND, min(fed, size), told, min(cached, fed, size), None, seconds
    ),
    st.integers(1, 10**6), st.integers(0, 10**6), st.integers(0, BOUND), st.integers(0, 10**6), st.floats(0, 600),
)  # fmt: skip


@given(
    st.lists(st.integers(1, 10**6), max_size=20),
    st.sampled_from([None, 1, BOUND]),
    st.lists(_USAGE, max_size=30),
)
def test_every_range_is_ordered_and_below_the_ceiling(sizes, bound, history):
    planned: Estimate = estimate(sizes, bound, history, PRICE)
    for found in (planned.input_tokens, planned.output_tokens, planned.microusd, planned.seconds):
        assert found is None or 0 <= found.low <= found.expected <= found.high
    if planned.microusd is not None and planned.ceiling_microusd is not None:
        assert planned.microusd.high <= planned.ceiling_microusd + 1
