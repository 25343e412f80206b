"""The breaker, told the time by its tests."""

from __future__ import annotations

from tilth.llm.breaker import Breaker


def opened(at=100.0):
    breaker = Breaker()
    for _ in range(5):
        breaker.fail(at)
    return breaker


def test_some_faults_among_answers_do_not_open_it():
    breaker = Breaker()
    for _ in range(100):
        breaker.fail(1.0)
        breaker.succeed()
    assert (breaker.opened_at, breaker.wait_s(2.0)) == (None, 0.0)


def test_nothing_but_faults_opens_it_and_the_pause_ends_in_one_probe():
    breaker = opened()
    assert breaker.wait_s(100.0) == 1.0
    assert breaker.wait_s(101.0) == 0.0
    assert breaker.wait_s(101.0) > 0


def test_a_probe_that_comes_back_closes_it():
    breaker = opened()
    breaker.wait_s(101.0)
    breaker.succeed()
    assert (breaker.opened_at, breaker.wait_s(101.0)) == (None, 0.0)


def test_each_probe_that_fails_doubles_the_pause_up_to_half_a_minute():
    breaker, now, pauses = opened(), 100.0, []
    for _ in range(8):
        pause = breaker.wait_s(now)
        now += pause
        pauses.append(pause)
        assert breaker.wait_s(now) == 0.0
        breaker.fail(now)
    assert pauses == [1, 2, 4, 8, 16, 30, 30, 30]


def test_faults_of_calls_sent_before_the_pause_do_not_lengthen_it():
    breaker = opened()
    for _ in range(100):
        breaker.fail(100.5)
    assert breaker.wait_s(101.0) == 0.0


def test_a_probe_that_was_not_sent_leaves_its_place_to_the_next():
    breaker = opened()
    breaker.wait_s(101.0)
    breaker.abandon_probe()
    assert breaker.wait_s(101.0) == 0.0
