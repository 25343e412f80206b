"""Batches at the stand-in, found again after their process has gone."""

from __future__ import annotations

import asyncio

from tests.llm_server.asking import FlatPrice, prompts
from tests.llm_server.server import running
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger
from tilth.llm.batches import BatchCaller
from tilth.llm.providers import Provider
from tilth.llm.request import ChatAnswer


def collect(tmp_path, server, requests, *, stop_after_submit=False, **options):
    async def work():
        async with open_ledger(tmp_path / "ledger.db") as book:
            provider = Provider("stand-in", server.url)
            caller = BatchCaller(book, provider, "sk-secret", poll_s=0.02, **options)

            async def read():
                return {index: outcome async for index, outcome in caller.answer_all(list(requests))}

            task = asyncio.create_task(read())
            while stop_after_submit and not server.state.batches.batches:
                await asyncio.sleep(0.01)
            if stop_after_submit:
                task.cancel()
                await asyncio.wait([task])
                return {}
            return await task

    return asyncio.run(work())


def test_a_batch_answers_everything_once_and_the_ledger_keeps_it(tmp_path):
    with running() as server:
        asked = [*prompts(20), *prompts(3)]
        outcomes = collect(tmp_path, server, asked)
        again = collect(tmp_path, server, asked)
        batches = server.state.batches
        assert (len(batches.batches), batches.answered) == (1, 20)
    assert [outcomes[index].text for index in (0, 19, 20)] == [
        "About: What grows in field 0?",
        "About: What grows in field 19?",
        "About: What grows in field 0?",
    ]
    assert len(outcomes) == len(again) == 23
    assert all(outcome.is_replayed for outcome in again.values())


def test_a_batch_whose_process_stopped_is_found_again_and_not_submitted_twice(tmp_path):
    with running() as server:
        server.state.batches.polls = 10
        collect(tmp_path, server, prompts(10), stop_after_submit=True)
        # Two inputs more, and one edited: ten less one are in the first batch.
        outcomes = collect(tmp_path, server, prompts(12, edited=4))
        batches = server.state.batches
        assert len(batches.batches) == 2
        assert batches.answered == 10 + 3
    assert all(isinstance(outcome, ChatAnswer) for outcome in outcomes.values())
    assert outcomes[4].text == "About: What grows in field 4? Say why."


def test_a_batch_that_expires_gives_failures(tmp_path):
    with running() as server:
        server.state.batches.fails = "expired"
        outcomes = collect(tmp_path, server, prompts(3))
    assert {(outcome.kind, outcome.detail) for outcome in outcomes.values()} == {
        ("server", "the batch batch0 is expired without this request")
    }


def test_a_budget_that_is_short_makes_two_batches_of_one(tmp_path):
    # Each request reserves 200 tokens at 10 and uses eight: with 4,000 two fit at once, and three in the end.
    budgets = (Budget("run", max_microusd=4000),)
    with running() as server:
        outcomes = collect(tmp_path, server, prompts(3), budgets=budgets, price=FlatPrice())
        assert len(server.state.batches.batches) == 2
    assert sum(outcome.cost_microusd for outcome in outcomes.values()) < 4000


def test_a_provider_without_batches_is_told_of(tmp_path):
    with running() as server:
        server.url = server.url.replace("/v1", "/nowhere/v2")
        outcomes = collect(tmp_path, server, prompts(3))
    assert {outcome.kind for outcome in outcomes.values()} == {"bad_request"}
    assert "sk-secret" not in repr(outcomes)
