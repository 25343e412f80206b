from __future__ import annotations

import asyncio

import pytest

from tests.tilth.ledger.calls import COST, RATE_LIMITED, answer, claimed, paid, replayed
from tilth.errors import RequestError
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger


def test_claims_of_a_batch_outlive_their_process_and_are_ended_by_another(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claims = [await claimed(ledger, number, Budget("run")) for number in range(3)]
            await ledger.entrust(claims, "nightly 7")
        async with open_ledger(address) as ledger:
            assert await ledger.batches() == ["nightly 7"]
            found = await ledger.entrusted("nightly 7")
            assert [claim.claim_id for claim in found] == [claim.claim_id for claim in claims]
            assert [claim.input_bytes for claim in found] == [claim.input_bytes for claim in claims]
            assert (await ledger.spent("run")).in_flight == 3
            for claim in found[:2]:
                await ledger.settle(claim, answer())
            await ledger.release(found[2], RATE_LIMITED)
            # Another process that collects the same batch changes nothing any more.
            await ledger.settle(found[0], answer("late"))
            assert (await replayed(ledger, 0)).text == "an answer"
            spend = await ledger.spent("run")
            assert (spend.microusd, spend.answers, spend.failures, spend.in_flight) == (2 * COST, 2, 1, 0)
            assert (await ledger.batches(), await ledger.entrusted("nightly 7")) == ([], [])

    asyncio.run(scenario())


def test_who_asks_for_an_answer_of_a_batch_waits_for_it(address):
    async def scenario():
        async with open_ledger(address) as one, open_ledger(address) as two:
            claim = await claimed(one, 1)
            await one.entrust([claim], "b")
            waiting = asyncio.ensure_future(replayed(two, 1))
            await asyncio.sleep(0.15)
            assert not waiting.done()
            await one.settle(claim, answer())
            await waiting

    asyncio.run(scenario())


def test_a_claim_that_has_ended_cannot_go_into_a_batch(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim, other = await claimed(ledger, 1), await claimed(ledger, 2)
            await ledger.settle(claim, answer())
            with pytest.raises(RequestError, match="has ended"):
                await ledger.entrust([other, claim], "b")
            assert await ledger.batches() == []
            await paid(ledger, 3)

    asyncio.run(scenario())
