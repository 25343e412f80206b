"""The bound of calls in flight, against providers that are simulated outcome by outcome."""

from __future__ import annotations

import random
from statistics import mean

import pytest

from tilth.llm.congestion import Congestion


def bounds(most, refuses, seed, outcomes=12_000):
    """The bound after every outcome, of a client that always has as much in flight as it may."""
    draw, control = random.Random(seed), Congestion(most)
    found: list[float] = []
    flight: list[tuple[int, int]] = []
    for _ in range(outcomes):
        while len(flight) < max(1, int(control.limit)):
            flight.append((control.epoch, len(flight) + 1))
        epoch, sent_at = flight.pop(draw.randrange(len(flight)))
        load = len(flight) + 1
        control.observe(epoch, max(load, sent_at), draw.random() < refuses(load))
        found.append(control.limit)
    return found


@pytest.mark.parametrize("share", [0.02, 0.2, 0.5, 0.9])
@pytest.mark.parametrize("seed", range(3))
def test_refusals_that_do_not_depend_on_load_cost_little(share, seed):
    found = bounds(64, lambda load: share, seed)
    assert mean(found) > 0.8 * 64


@pytest.mark.parametrize("capacity", [2, 10, 100])
@pytest.mark.parametrize("seed", range(3))
def test_a_provider_that_serves_so_many_at_once_is_asked_for_about_so_many(capacity, seed):
    found = bounds(500, lambda load: max(0.0, 1 - capacity / load), seed)
    settled = found[len(found) // 2 :]
    assert 0.6 * capacity <= mean(settled) <= 1.6 * capacity + 1


def test_both_kinds_of_refusals_at_once_are_told_apart():
    found = bounds(500, lambda load: 1 - 0.9 * min(1.0, 60 / load), seed=0)
    assert 30 <= mean(found[len(found) // 2 :]) <= 110


def test_the_bound_grows_again_when_the_provider_recovers():
    control, draw = Congestion(100), random.Random(0)
    for _ in range(2000):
        load = max(1, int(control.limit))
        control.observe(control.epoch, load, draw.random() < max(0.0, 1 - 10 / load))
    assert control.limit < 20
    for _ in range(6000):
        control.observe(control.epoch, max(1, int(control.limit)), False)
    assert control.limit == 100


def test_outcomes_of_calls_sent_under_an_older_bound_do_not_count():
    control = Congestion(100)
    for _ in range(500):
        control.observe(control.epoch - 1, 100, True)
    assert control.limit == 100


def test_one_at_a_time_is_the_least():
    control = Congestion(1)
    for _ in range(500):
        control.observe(control.epoch, 1, True)
    assert control.limit == 1
