"""Slots and shared rates."""

from __future__ import annotations

import asyncio

from tilth.ledger.entry import Lease
from tilth.llm.limits import Bucket, Slot, Window


def test_no_more_enter_than_the_limit_says_and_retries_come_first():
    async def work():
        window, order = Window(lambda: 1), []
        await window.enter()

        async def come(name, is_retry):
            await window.enter(is_retry)
            order.append(name)
            window.leave()

        tasks = [asyncio.create_task(come(name, name.startswith("retry"))) for name in ("a", "b", "retry")]
        await asyncio.sleep(0)
        assert (window.load, order) == (1, [])
        window.leave()
        await asyncio.gather(*tasks)
        return order, window.load

    assert asyncio.run(work()) == (["retry", "a", "b"], 0)


def test_a_limit_that_grows_lets_the_waiting_in():
    async def work():
        limit = 1.0
        window = Window(lambda: limit)
        await window.enter()
        waiting = [asyncio.create_task(window.enter()) for _ in range(3)]
        await asyncio.sleep(0)
        limit = 3.9
        window.wake()
        await asyncio.sleep(0)
        done = sum(task.done() for task in waiting)
        waiting[2].cancel()
        await asyncio.gather(*waiting, return_exceptions=True)
        return done, window.load

    assert asyncio.run(work()) == (2, 3)


def test_who_is_cancelled_while_the_slot_is_handed_over_gives_it_back():
    async def work():
        window = Window(lambda: 1)
        await window.enter()
        waiting = asyncio.create_task(window.enter())
        await asyncio.sleep(0)
        window.leave()
        waiting.cancel()
        await asyncio.wait([waiting])
        return window.load

    assert asyncio.run(work()) == 0


def test_a_slot_in_two_windows_is_left_in_both_and_only_once():
    async def work():
        windows = [Window(lambda: 2), Window(lambda: 2)]
        slot = Slot(windows)
        await slot.enter(is_retry=False)
        inside = [window.load for window in windows]
        slot.leave()
        slot.leave()
        return inside, [window.load for window in windows]

    assert asyncio.run(work()) == ([1, 1], [0, 0])


class Tap:
    """Grants what it is asked for, up to ten units a time, and remembers how often."""

    def __init__(self):
        self.calls, self.granted = 0, 0.0

    async def lease(self, name, per_minute, burst, wanted):
        self.calls += 1
        self.granted += min(10.0, wanted)
        return Lease(min(10.0, wanted), 0.0)


def test_a_bucket_takes_several_units_at_once_and_no_more_than_it_needs():
    async def work():
        tap = Tap()
        # 1,200 a minute: a sixth of a second holds 3.3.
        bucket = Bucket(tap, "model/requests", 1200.0)
        for _ in range(100):
            await bucket.take(1.0)
        return tap

    tap = asyncio.run(work())
    assert tap.calls <= 100 / 3
    assert 100 <= tap.granted <= 104


def test_a_request_larger_than_the_bucket_passes_when_it_is_full():
    async def work():
        tap = Tap()
        await Bucket(tap, "model/input_tokens", 600.0).take(1_000_000)
        return tap.granted

    assert asyncio.run(work()) == 20.0


def test_what_a_call_used_beyond_its_estimate_is_owed_by_the_next():
    async def work():
        tap = Tap()
        bucket = Bucket(tap, "model/output_tokens", 600.0)
        await bucket.take(1.0)
        bucket.correct(5.0)
        await bucket.take(1.0)
        return tap.granted

    assert asyncio.run(work()) >= 7.0
