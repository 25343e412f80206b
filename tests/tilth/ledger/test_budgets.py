from __future__ import annotations

import asyncio
import re
from dataclasses import replace

import pytest

from tests.tilth.ledger.calls import COST, RATE_LIMITED, RESERVED, answer, ask, claimed, refused, reserve
from tilth.ledger.entry import Budget, Claim, Refusal, Spend
from tilth.ledger.ledger import open_ledger
from tilth.llm.request import ChatAnswer, ChatFailure


async def spend_all(ledger, budget, numbers, most_seen):
    """Pays for calls one after the other until the budget refuses one; gives how many were paid."""
    paid = 0
    for number in numbers:
        claim = await ledger.claim(ask(number), reserve(budget))
        if isinstance(claim, Refusal):
            return paid
        assert isinstance(claim, Claim)
        spend = await ledger.spent(budget.name)
        most_seen.append(spend.microusd + spend.reserved_microusd)
        await ledger.settle(claim, answer())
        paid += 1
    return paid


def test_a_budget_in_dollars_is_used_to_the_last_call_that_fits_and_never_passed(address):
    budget = Budget("run", max_microusd=10_300)

    async def scenario():
        most_seen: list[int] = []
        async with open_ledger(address) as one, open_ledger(address) as two:
            workers = [
                spend_all(ledger, budget, range(start, 10_000, 20), most_seen)
                for start in range(20)
                for ledger in ((one, two)[start % 2],)
            ]
            paid = sum(await asyncio.wait_for(asyncio.gather(*workers), 30))
            spend = await one.spent("run")
            assert max(most_seen) <= 10_300
            # The next call could cost 1,000 and less than that is left: 9,300 < 24 * 400 <= 10,300.
            assert (paid, spend.microusd, spend.reserved_microusd) == (24, 24 * COST, 0)

    asyncio.run(scenario())


def test_a_call_that_fits_once_others_have_ended_waits_for_them(address):
    budget = Budget("run", max_microusd=1500)

    async def scenario():
        async with open_ledger(address) as ledger:
            first = await claimed(ledger, 1, budget)
            second = asyncio.ensure_future(ledger.claim(ask(2), reserve(budget)))
            await asyncio.sleep(0.05)
            assert not second.done()
            await ledger.settle(first, answer())
            assert isinstance(await second, Claim)

    asyncio.run(scenario())


def test_a_large_call_that_waits_is_not_overtaken_for_ever_by_small_ones(address):
    budget = Budget("run", max_microusd=1000)

    async def scenario():
        async with open_ledger(address) as ledger:
            first = await claimed(ledger, 1, budget, microusd=100)
            large = asyncio.ensure_future(ledger.claim(ask(2), reserve(budget, microusd=950)))
            await asyncio.sleep(0.05)
            small = asyncio.ensure_future(ledger.claim(ask(3), reserve(budget, microusd=10)))
            await asyncio.sleep(0.05)
            assert not small.done()
            await ledger.settle(first, answer(cost=5))
            granted = await large
            assert isinstance(granted, Claim)
            await ledger.settle(granted, answer(cost=5))
            assert isinstance(await small, Claim)

    asyncio.run(scenario())


def test_an_answer_that_is_recorded_needs_no_budget(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            await ledger.settle(await claimed(ledger, 1), answer())
            found = await ledger.claim(ask(1), reserve(Budget("run", max_microusd=0)))
            assert isinstance(found, ChatAnswer)
            assert await ledger.spent("run") == Spend()

    asyncio.run(scenario())


@pytest.mark.parametrize(
    ("budget", "unit", "words"),
    [
        (Budget("run", max_microusd=0), "microusd", r"run of \$0 does not cover"),
        (Budget("run", max_tokens=149), "tokens", "149 tokens .* 150 tokens"),
        (Budget("run", max_seconds=0.5), "seconds", "minutes"),
    ],
)
def test_a_budget_that_covers_no_call_refuses_the_first_and_says_what_is_short(address, budget, unit, words):
    async def scenario():
        async with open_ledger(address) as ledger:
            refusal = await refused(ledger, 1, Budget("all"), budget)
            assert (refusal.kind, refusal.budget, refusal.unit) == ("budget", "run", unit)
            assert re.search(words, refusal.detail)
            assert (await ledger.spent("all")).reserved_microusd == 0

    asyncio.run(scenario())


def test_a_model_without_a_price_runs_only_without_a_budget_in_dollars(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            refusal = await refused(ledger, 1, Budget("run", max_microusd=10**9), microusd=None)
            assert "no price" in refusal.detail
            claim = await claimed(ledger, 1, Budget("run", max_tokens=1000), microusd=None)
            await ledger.settle(claim, answer(cost=None))
            spend = await ledger.spent("run")
            assert (spend.microusd, spend.tokens, spend.unpriced) == (0, 50, 1)

    asyncio.run(scenario())


def test_a_budget_is_kept_across_restarts_and_a_raised_one_goes_on(address):
    async def scenario():
        most_seen: list[int] = []
        for limit, expected in ((2000, 3), (2000, 0), (4000, 5)):
            async with open_ledger(address) as ledger:
                start = 1000 * limit + expected
                paid = await spend_all(ledger, Budget("run", limit), range(start, start + 99), most_seen)
                assert paid == expected

    asyncio.run(scenario())


def test_failures_cost_what_they_say_and_unknown_ones_their_whole_reservation(address):
    cut = ChatFailure(
        "truncated", "stopped at its bound", input_tokens=30, output_tokens=50, cost_microusd=700
    )
    hung = replace(RATE_LIMITED, kind="timeout", is_spend_unknown=True)

    async def scenario():
        async with open_ledger(address) as ledger:
            for failure, microusd, tokens in (
                (RATE_LIMITED, 0, 0),
                (cut, 700, 80),
                (hung, 700 + RESERVED, 230),
            ):
                claim = await claimed(ledger, 1, Budget("run"))
                await ledger.release(claim, failure)
                spend = await ledger.spent("run")
                assert (spend.microusd, spend.tokens) == (microusd, tokens)
            assert (spend.failures, spend.answers, spend.in_flight) == (3, 0, 0)

    asyncio.run(scenario())


def test_every_budget_of_a_call_is_charged(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 1, Budget("run"), Budget("day 2026-11-21"))
            assert (await ledger.spent("run")).reserved_microusd == RESERVED
            await ledger.settle(claim, answer())
            for name in ("run", "day 2026-11-21"):
                spend = await ledger.spent(name)
                assert (spend.microusd, spend.answers, spend.reserved_tokens) == (COST, 1, 0)

    asyncio.run(scenario())


def test_a_budget_in_minutes_counts_the_time_in_which_a_call_is_in_flight(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            calls = [await claimed(ledger, number, Budget("run")) for number in range(3)]
            await asyncio.sleep(0.1)
            for call in calls:
                await ledger.settle(call, answer())
            first = (await ledger.spent("run")).seconds
            # Three at once pass the time once.
            assert first >= 0.1
            await asyncio.sleep(0.05)
            assert (await ledger.spent("run")).seconds == first

    asyncio.run(scenario())
