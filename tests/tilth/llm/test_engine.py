"""The engine against a server on a real socket and a ledger on a real disk."""

from __future__ import annotations

import asyncio
import json
from collections import Counter
from typing import Any

import pytest

from tests.llm_server.asking import FlatPrice, prompts
from tests.llm_server.server import running
from tilth.errors import RequestError
from tilth.ledger.database import LedgerError
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger
from tilth.llm.config import EngineConfig
from tilth.llm.engine import Engine
from tilth.llm.limits import ModelLimits
from tilth.llm.providers import Provider
from tilth.llm.request import ChatAnswer, ChatRequest

KEY = "sk-a-key-that-must-not-be-seen"
# Retries within the test's patience: the first wait that no server asked for is 20 ms.
QUICK: dict[str, Any] = {"backoff_s": 0.02, "timeout_s": 20.0}


def provider(server, name="stand-in"):
    return Provider(name, server.url, needs_key=False)


def collect(tmp_path, server, requests, *, keys=None, providers=None, is_replay=False, **options):
    """All outcomes by place, and the lanes' progress."""
    budgets, price = options.pop("budgets", ()), options.pop("price", None)
    config = EngineConfig(**{**QUICK, **options})

    async def work():
        async with open_ledger(tmp_path / "ledger.db", is_replay=is_replay) as book:
            known = providers or [provider(server)]
            async with Engine(book, known, keys=keys, config=config, budgets=budgets, price=price) as engine:
                outcomes = {index: outcome async for index, outcome in engine.answer_all(requests)}
                return outcomes, engine.progress()

    return asyncio.run(work())


def texts(outcomes):
    return [outcomes[index].text for index in sorted(outcomes)]


def kinds(outcomes):
    return Counter("ok" if isinstance(o, ChatAnswer) else o.kind for o in outcomes.values())


def test_every_request_gets_its_own_answer(tmp_path):
    with running(latency_s=0.01) as server:
        outcomes, (lane,) = collect(tmp_path, server, prompts(100))
    assert texts(outcomes) == [f"About: What grows in field {index}?" for index in range(100)]
    assert (lane.answered, lane.sent, lane.replayed, lane.in_flight) == (100, 100, 0, 0)
    assert server.stats.peak_in_flight <= 64


def test_recorded_answers_are_not_asked_for_again(tmp_path):
    with running() as server:
        first, _ = collect(tmp_path, server, prompts(50))
        again, (lane,) = collect(tmp_path, server, prompts(50))
    assert (texts(first), server.stats.requests, lane.replayed) == (texts(again), 50, 50)
    assert all(outcome.is_replayed for outcome in again.values())


def test_one_of_two_hundred_inputs_edited_is_one_new_call(tmp_path):
    with running() as server:
        collect(tmp_path, server, prompts(200))
        outcomes, _ = collect(tmp_path, server, prompts(200, edited=77))
    assert (server.stats.requests, server.stats.repeats, len(outcomes)) == (201, 0, 200)
    assert outcomes[77].text == "About: What grows in field 77? Say why."


def test_equal_requests_of_one_run_are_paid_once(tmp_path):
    with running(latency_s=0.02) as server:
        outcomes, _ = collect(tmp_path, server, [request for request in prompts(5) for _ in range(4)])
    assert (len(outcomes), server.stats.requests) == (20, 5)


def test_a_replay_needs_no_server_and_says_what_is_not_recorded(tmp_path):
    with running() as server:
        collect(tmp_path, server, prompts(3))
    outcomes, (lane,) = collect(tmp_path, server, prompts(4), is_replay=True)
    assert (kinds(outcomes), lane.sent) == ({"ok": 3, "not_recorded": 1}, 0)


def test_a_429_on_the_very_first_call_is_survived(tmp_path):
    with running(refused_at_first=1, retry_after_s=0.1) as server:
        outcomes, _ = collect(tmp_path, server, prompts(3))
    assert (kinds(outcomes), server.stats.early) == ({"ok": 3}, 0)


def test_refusals_that_do_not_depend_on_load_lose_nothing_and_slow_nothing_down(tmp_path):
    with running(refused=0.2, retry_after_s=0.1, latency_s=0.02) as server:
        outcomes, (lane,) = collect(tmp_path, server, prompts(600), max_in_flight=40)
    assert (kinds(outcomes), server.stats.early, server.stats.repeats) == ({"ok": 600}, 0, 0)
    # At the end it may be trying three quarters of the load once more.
    assert lane.limit >= 27
    assert lane.refused > 100


def test_congestion_shrinks_what_is_in_flight(tmp_path):
    with running(capacity=8, retry_after_s=0.05, latency_s=0.02) as server:
        outcomes, (lane,) = collect(tmp_path, server, prompts(600), max_in_flight=64)
    assert (kinds(outcomes), server.stats.early) == ({"ok": 600}, 0)
    assert lane.limit <= 16
    # Who stays at 64 is refused seven times in eight.
    assert lane.refused < 600


def test_refusals_without_retry_after_are_waited_out_by_jitter(tmp_path):
    with running(refused_silently=0.3) as server:
        outcomes, _ = collect(tmp_path, server, prompts(50))
    assert kinds(outcomes) == {"ok": 50}


@pytest.mark.parametrize("fault", ["server_error", "overloaded", "reset", "half", "bad_json"])
def test_faults_that_may_pass_are_tried_again(tmp_path, fault):
    with running(**{fault: 0.2}) as server:
        outcomes, (lane,) = collect(tmp_path, server, prompts(60), max_attempts=12)
    assert (kinds(outcomes), server.stats.repeats) == ({"ok": 60}, 0)
    assert lane.faults == server.stats.faults[fault] > 0


def test_a_call_that_hangs_times_out_and_is_tried_again(tmp_path):
    with running(hang=0.3, seed=1) as server:
        outcomes, _ = collect(tmp_path, server, prompts(8), timeout_s=0.3, max_attempts=12)
    assert kinds(outcomes) == {"ok": 8}
    assert server.stats.faults["hang"] > 0


def test_an_answer_in_drops_arrives_whole(tmp_path):
    with running(slow=1.0, drop_s=0.01) as server:
        outcomes, _ = collect(tmp_path, server, prompts(5))
    assert texts(outcomes) == [f"About: What grows in field {index}?" for index in range(5)]


def test_a_fault_that_does_not_pass_ends_after_so_many_attempts(tmp_path):
    with running(half=1.0) as server:
        outcomes, _ = collect(tmp_path, server, prompts(1), max_attempts=3)
    assert (kinds(outcomes), server.stats.requests) == ({"truncated": 1}, 3)


def test_an_outage_pauses_and_probes_and_kills_nothing(tmp_path):
    async def main(server):
        task = asyncio.create_task(
            asyncio.to_thread(collect, tmp_path, server, prompts(40), max_in_flight=30)
        )
        while server.stats.requests < 31:
            await asyncio.sleep(0.02)
        asked = server.stats.requests
        server.order(is_down=False)
        return asked, (await task)[0]

    with running(is_down=True) as server:
        asked, outcomes = asyncio.run(main(server))
    assert kinds(outcomes) == {"ok": 40}
    # Thirty were on the wire when it went down; after them single probes.
    assert asked <= 33


def test_an_outage_longer_than_patience_fails_what_waits(tmp_path):
    with running(is_down=True) as server:
        outcomes, (lane,) = collect(tmp_path, server, prompts(300), max_in_flight=20, patience_s=0.5)
    assert kinds(outcomes) == {"server": 300}
    assert server.stats.requests < 40
    assert lane.is_paused


def test_no_server_at_all_is_a_failure_of_the_connection(tmp_path):
    with running() as server:
        pass
    outcomes, _ = collect(tmp_path, server, prompts(5), patience_s=0.1)
    assert kinds(outcomes) == {"connection": 5}


def test_keys_are_used_in_turn_and_a_rejected_one_is_set_aside(tmp_path):
    with running(keys="good-1,good-2") as server:
        keys = {"stand-in": ["good-1", KEY, "good-2"]}
        outcomes, _ = collect(tmp_path, server, prompts(60), keys=keys, max_in_flight=4)
    assert kinds(outcomes) == {"ok": 60}
    assert server.stats.keys[KEY] <= 4
    assert min(server.stats.keys["good-1"], server.stats.keys["good-2"]) >= 25


def test_without_a_good_key_everything_fails_at_once_and_no_key_is_shown(tmp_path):
    with running(keys="other") as server:
        outcomes, lanes = collect(tmp_path, server, prompts(200), keys={"stand-in": [KEY]}, max_in_flight=4)
    assert (kinds(outcomes), server.stats.requests <= 8) == ({"bad_key": 200}, True)
    written = b"".join(path.read_bytes() for path in tmp_path.rglob("*") if path.is_file())
    assert KEY not in repr(outcomes) + repr(lanes)
    assert KEY.encode() not in written


def test_an_unknown_model_is_asked_for_once_and_not_two_hundred_times(tmp_path):
    with running(models="large") as server:
        outcomes, _ = collect(tmp_path, server, prompts(200), max_in_flight=4)
    assert (kinds(outcomes), server.stats.requests <= 4) == ({"unknown_model": 200}, True)


def test_a_web_page_instead_of_an_api_is_said_to_be_one(tmp_path):
    with running(html=1.0) as server:
        outcomes, _ = collect(tmp_path, server, prompts(50), max_in_flight=4)
    assert (kinds(outcomes), server.stats.requests <= 4) == ({"not_json": 50}, True)
    assert "a web page called 'Welcome'" in outcomes[0].detail


def test_the_next_model_of_the_chain_answers_when_the_first_cannot(tmp_path):
    with running(models="large") as server:
        chain = (("stand-in", "tiny"), ("stand-in", "large"))
        outcomes, lanes = collect(tmp_path, server, prompts(20), fallbacks=chain)
    assert {outcome.model for outcome in outcomes.values()} == {"large"}
    assert [(lane.model, lane.answered) for lane in lanes] == [("small", 0), ("tiny", 0), ("large", 20)]


def test_a_paused_model_hands_over_at_once(tmp_path):
    with running(is_down=True) as down, running() as up:
        providers = [provider(down), provider(up, "other")]
        options = {"fallbacks": (("other", "small"),), "max_attempts": 2, "max_in_flight": 10}
        outcomes, _ = collect(tmp_path, down, prompts(60), providers=providers, **options)
    assert kinds(outcomes) == {"ok": 60}
    assert down.stats.requests <= 40


def test_a_schema_reaches_the_server_as_the_form_of_the_answer(tmp_path):
    schema = {"type": "object", "properties": {"crop": {"type": "string"}}, "additionalProperties": False}
    messages = ({"role": "user", "content": "Rye?"},)
    with running() as server:
        asked = ChatRequest("stand-in", "small", messages, {"temperature": 0.5}, schema, 3)
        outcomes, _ = collect(tmp_path, server, [asked])
    assert json.loads(outcomes[0].text) == {"crop": "About: Rye?"}


def test_a_refusal_is_an_answer_that_says_so_and_is_paid_once(tmp_path):
    with running(declined=1.0) as server:
        outcomes, _ = collect(tmp_path, server, prompts(1))
        collect(tmp_path, server, prompts(1))
    assert (outcomes[0].refusal, outcomes[0].text) == ("I cannot help with that.", "")
    assert server.stats.requests == 1


@pytest.mark.parametrize("in_flight", [1, 50])
def test_a_budget_is_never_exceeded_and_nearly_used(tmp_path, in_flight):
    # 100 answers of 100 tokens cost 100,000; a request may take 200 tokens, so that twice as much is reserved.
    with running(output_tokens=100, latency_s=0.005) as server:
        options = {"price": lambda provider, model: FlatPrice(), "max_in_flight": in_flight}
        small, large = Budget("run", max_microusd=100_000), Budget("run", max_microusd=1_000_000)
        outcomes, (lane,) = collect(tmp_path, server, prompts(150), budgets=(small,), **options)
        paid = server.stats.answered
        assert 90 <= paid <= 100
        assert lane.cost_microusd == 1000 * paid
        assert kinds(outcomes) == {"ok": paid, "budget": 150 - paid}
        outcomes, _ = collect(tmp_path, server, prompts(150), budgets=(large,), **options)
    assert (kinds(outcomes), server.stats.repeats, server.stats.answered) == ({"ok": 150}, 0, 150)


def test_a_request_without_a_bound_is_not_sent_under_a_budget(tmp_path):
    open_ended = ChatRequest("stand-in", "small", ({"role": "user", "content": "x"},))
    with running() as server:
        outcomes, _ = collect(tmp_path, server, [open_ended], budgets=(Budget("run", max_tokens=1000),))
    assert (kinds(outcomes), server.stats.requests) == ({"bad_request": 1}, 0)
    assert "max_tokens" in outcomes[0].detail


def test_rates_hold_back_what_is_sent(tmp_path):
    # 240 a minute, eight at once: the other four come one in a quarter of a second.
    limits = {"small": ModelLimits(requests_per_minute=240)}
    with running() as server:
        outcomes, _ = collect(tmp_path, server, prompts(12), limits=limits)
    assert kinds(outcomes) == {"ok": 12}
    assert server.stats.last_s - server.stats.first_s >= 0.75


def test_requests_are_read_as_there_is_room(tmp_path):
    drawn = 0

    async def source():
        nonlocal drawn
        for request in prompts(400):
            drawn += 1
            yield request

    async def work(server):
        config = EngineConfig(**QUICK, max_in_flight=10)
        async with (
            open_ledger(tmp_path / "ledger.db") as book,
            Engine(book, [provider(server)], config=config) as engine,
        ):
            seen, ahead = 0, 0
            async for _ in engine.answer_all(source()):
                seen += 1
                ahead = max(ahead, drawn - seen)
            return seen, ahead

    with running() as server:
        seen, ahead = asyncio.run(work(server))
    assert (seen, ahead <= 41) == (400, True)


def test_what_the_source_raises_reaches_the_caller(tmp_path):
    def source():
        yield from prompts(3)
        raise RequestError("row 4 has no prompt")

    with running() as server, pytest.raises(RequestError, match="row 4"):
        collect(tmp_path, server, source())


def test_a_provider_that_is_not_known_is_named(tmp_path):
    stranger = ChatRequest("farm", "small", ({"role": "user", "content": "x"},))
    with running() as server, pytest.raises(RequestError, match="'farm'; the engine knows stand-in"):
        collect(tmp_path, server, [stranger])


def test_a_ledger_that_fails_is_raised_and_not_swallowed(tmp_path):
    async def work(server):
        book = open_ledger(tmp_path / "ledger.db")
        async with Engine(book, [provider(server)], config=EngineConfig(**QUICK)) as engine:
            async for _ in engine.answer_all(prompts(500), max_in_flight=5):
                await book.close()

    with running(latency_s=0.01) as server, pytest.raises(LedgerError, match="closed"):
        asyncio.run(work(server))


def test_failures_are_recorded_and_cost_nothing(tmp_path):
    async def spent():
        async with open_ledger(tmp_path / "ledger.db") as book:
            return await book.spent("run")

    with running(models="large") as server:
        collect(tmp_path, server, prompts(1), budgets=(Budget("run", max_tokens=100_000),))
    spend = asyncio.run(spent())
    assert (spend.failures, spend.answers, spend.tokens) == (1, 0, 0)
