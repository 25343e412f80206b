from __future__ import annotations

import asyncio
from dataclasses import replace

import pytest

from tests.tilth.ledger.calls import (
    COST,
    RATE_LIMITED,
    RESERVED,
    answer,
    ask,
    claimed,
    paid,
    refused,
    replayed,
    reserve,
)
from tilth.errors import RequestError
from tilth.ledger.database import LedgerError
from tilth.ledger.entry import Budget, Claim, Usage
from tilth.ledger.ledger import open_ledger
from tilth.llm.request import ChatAnswer, ChatFailure


async def record(address, *numbers):
    async with open_ledger(address) as ledger:
        for number in numbers:
            await paid(ledger, number, f"answer {number}")


def test_a_settled_answer_is_replayed_and_never_paid_again(address):
    async def scenario():
        await record(address, 1)
        async with open_ledger(address) as ledger:
            found = await replayed(ledger, 1)
            assert found == replace(answer("answer 1"), is_replayed=True)
            assert isinstance(await ledger.claim(ask(2), reserve()), Claim)

    asyncio.run(scenario())


def test_who_asks_the_same_waits_for_the_first_and_gets_its_answer(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 1)
            others = [asyncio.ensure_future(ledger.claim(ask(1), reserve())) for _ in range(20)]
            await asyncio.sleep(0.05)
            assert not any(other.done() for other in others)
            await ledger.settle(claim, answer())
            replays = await asyncio.gather(*others)
            assert replays == [replace(answer(), is_replayed=True)] * 20

    asyncio.run(scenario())


def test_two_ledgers_open_on_one_database_never_hold_one_claim_together(address):
    async def scenario():
        async with open_ledger(address) as one, open_ledger(address) as two:
            both = [one.claim(ask(n), reserve()) for n in range(20)]
            both += [two.claim(ask(n), reserve()) for n in range(20)]
            waiting = [asyncio.ensure_future(claim) for claim in both]
            granted: list[Claim] = []
            while len(granted) < 20:
                await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
                for index, task in enumerate(waiting):
                    claim = task.result() if task.done() else None
                    if isinstance(claim, Claim) and claim not in granted:
                        granted.append(claim)
                        await (one if index < 20 else two).settle(claim, answer())
            results = await asyncio.gather(*waiting)
            assert len({claim.key for claim in granted}) == 20
            assert sum(isinstance(result, ChatAnswer) for result in results) == 20

    asyncio.run(scenario())


def test_a_claim_given_back_goes_to_who_waits_for_it(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 1)
            other = asyncio.ensure_future(ledger.claim(ask(1), reserve()))
            await asyncio.sleep(0.05)
            await ledger.release(claim, RATE_LIMITED)
            assert isinstance(await other, Claim)

    asyncio.run(scenario())


def test_who_stops_waiting_leaves_no_claim_behind(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 1)
            waiting = [asyncio.ensure_future(ledger.claim(ask(1), reserve())) for _ in range(3)]
            sent = asyncio.ensure_future(ledger.claim(ask(2), reserve()))
            await asyncio.sleep(0)
            for task in (waiting[0], sent):
                task.cancel()
            await ledger.release(claim, RATE_LIMITED)
            again = await asyncio.wait_for(waiting[1], 5)
            assert isinstance(again, Claim)
            assert isinstance(await asyncio.wait_for(ledger.claim(ask(2), reserve()), 5), Claim)
            waiting[2].cancel()

    asyncio.run(scenario())


def test_a_replayed_ledger_answers_what_it_holds_and_refuses_the_rest(address):
    async def scenario():
        await record(address, 1)
        async with open_ledger(address, is_replay=True) as ledger:
            assert (await replayed(ledger, 1)).text == "answer 1"
            refusal = await refused(ledger, 2)
            assert refusal.kind == "not_recorded"
            assert ask(2).key in refusal.detail
            assert (await ledger.lease("requests", 60, 60, 5)).granted == 5

    asyncio.run(scenario())


def test_answers_of_any_characters_come_back_as_they_were(address):
    texts = ["", "\x00 and \ud800 and 漢字", '{"a": "\\u0000"}', "line\r\nline\u2028"]

    async def scenario():
        async with open_ledger(address) as ledger:
            for number, text in enumerate(texts):
                await paid(ledger, number, text)
            found = [await replayed(ledger, number) for number in range(len(texts))]
            assert [each.text for each in found] == texts
            assert [each.raw["choices"][0]["message"]["content"] for each in found] == texts

    asyncio.run(scenario())


@pytest.mark.parametrize(
    "raw", [{}, {"choices": []}, {"choices": [{"message": None}]}, {"text": "an answer"}]
)
def test_an_answer_comes_back_whatever_its_raw_response_looks_like(tmp_path, raw):
    async def scenario():
        async with open_ledger(tmp_path / "ledger.sqlite") as ledger:
            given = replace(answer(), raw=raw)
            await ledger.settle(await claimed(ledger, 1), given)
            assert await replayed(ledger, 1) == replace(given, is_replayed=True)

    asyncio.run(scenario())


def test_counts_that_no_server_can_mean_are_bounded_and_nothing_breaks(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 1, Budget("run"))
            await ledger.settle(claim, replace(answer(), input_tokens=10**30, output_tokens=-5, model="a\0b"))
            found = await replayed(ledger, 1)
            assert (found.output_tokens, found.model) == (0, "ab")
            assert (await ledger.spent("run")).tokens == found.input_tokens

    asyncio.run(scenario())


def test_history_tells_the_latest_calls_of_one_model(address):
    async def scenario():
        await record(address, 1, 2, 3)
        async with open_ledger(address) as ledger:
            claim = await ledger.claim(ask(4, "large"), reserve())
            assert isinstance(claim, Claim)
            await ledger.settle(claim, answer())
            usage = await ledger.history("local", "small", limit=2)
            assert usage == [Usage(ask(1).input_bytes, 50, 30, 20, 0, COST, 0.2)] * 2
            assert await ledger.history("local", "unheard of") == []

    asyncio.run(scenario())


def test_rows_come_in_pages_with_failures_beside_answers(address):
    async def scenario():
        await record(address, *range(5))
        async with open_ledger(address) as ledger:
            claim = await claimed(ledger, 9, Budget("run"))
            await ledger.release(claim, ChatFailure("not_json", "HTML", 200, raw={"body": "<html>"}))
            first = await ledger.rows("answers", limit=3)
            second = await ledger.rows("answers", after=first.after, limit=3)
            assert [row["text"] for row in (*first.rows, *second.rows)] == [f"answer {n}" for n in range(5)]
            (failed,) = (await ledger.rows("failures")).rows
            assert (failed["kind"], failed["detail"], failed["raw"]) == (
                "not_json",
                "HTML",
                '{"body": "<html>"}',
            )
            assert (failed["key"], failed["budgets"]) == (ask(9).key, '["run"]')

    asyncio.run(scenario())


def test_a_closed_ledger_says_so_and_counts_what_was_in_flight(address):
    async def scenario():
        ledger = open_ledger(address)
        await ledger.claim(ask(1), reserve(Budget("run")))
        waiting = asyncio.ensure_future(ledger.claim(ask(1), reserve()))
        await asyncio.sleep(0.02)
        await ledger.close()
        with pytest.raises(LedgerError, match="closed"):
            await waiting
        with pytest.raises(LedgerError, match="closed"):
            await ledger.spent("run")
        await ledger.close()
        async with open_ledger(address) as again:
            spend = await again.spent("run")
            assert (spend.microusd, spend.failures, spend.in_flight) == (RESERVED, 1, 0)
            assert isinstance(await again.claim(ask(1), reserve()), Claim)

    asyncio.run(scenario())


def test_a_bad_reservation_or_name_is_refused_before_it_reaches_the_database(address):
    async def scenario():
        async with open_ledger(address) as ledger:
            with pytest.raises(RequestError, match="reserve"):
                await ledger.claim(ask(1), reserve(microusd=10**20))
            with pytest.raises(RequestError, match="printable"):
                await ledger.claim(ask(1), reserve(Budget("a\0b")))
            with pytest.raises(RequestError, match="rate"):
                await ledger.lease("requests", 0, 1, 1)

    asyncio.run(scenario())


def test_processes_draw_on_one_rate(address):
    async def scenario():
        async with open_ledger(address) as one, open_ledger(address) as two:
            # A bucket that fills so slowly that nothing comes in during the test.
            leases = [await ledger.lease("requests", 0.001, 10, 4) for ledger in (one, two, one, two)]
            assert [round(lease.granted, 3) for lease in leases] == [4, 4, 2, 0]
            assert leases[-1].wait_s == pytest.approx(4 * 60 / 0.001, rel=0.01)

    asyncio.run(scenario())
