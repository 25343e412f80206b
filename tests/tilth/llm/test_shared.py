"""One engine asked from several threads."""

from __future__ import annotations

import os
import signal
import threading
from concurrent.futures import ThreadPoolExecutor
from contextlib import asynccontextmanager

import pytest

from tests.llm_server.asking import prompts
from tests.llm_server.server import running
from tilth.errors import RequestError
from tilth.ledger.ledger import open_ledger
from tilth.llm.config import EngineConfig
from tilth.llm.engine import Engine
from tilth.llm.providers import Provider
from tilth.llm.request import ChatAnswer
from tilth.llm.shared import shared_engine


def maker(tmp_path, server, **options):
    @asynccontextmanager
    async def make():
        async with open_ledger(tmp_path / "ledger.db") as book:
            config = EngineConfig(**options)
            async with Engine(book, [Provider("stand-in", server.url)], config=config) as engine:
                yield engine

    return make


def test_shards_in_threads_share_one_engine_and_its_bound(tmp_path):
    work = list(prompts(90))
    with running(latency_s=0.01) as server, shared_engine(maker(tmp_path, server, max_in_flight=8)) as engine:
        with ThreadPoolExecutor(3) as pool:
            shards = list(pool.map(lambda shard: dict(engine.answer_all(work[shard::3])), range(3)))
        (lane,) = engine.progress()
    assert [len(shard) for shard in shards] == [30, 30, 30]
    assert isinstance(shards[1][0], ChatAnswer)
    assert shards[1][0].text == "About: What grows in field 1?"
    assert (lane.answered, server.stats.peak_in_flight) == (90, 8)


def test_who_stops_reading_keeps_what_was_on_the_wire(tmp_path):
    with (
        running(latency_s=0.03) as server,
        shared_engine(maker(tmp_path, server, max_in_flight=10)) as engine,
    ):
        outcomes = engine.answer_all(prompts(100))
        next(outcomes)
        outcomes.close()
        paid = server.stats.answered
        again = [answer for _, answer in engine.answer_all(prompts(100))]
        assert sum(isinstance(answer, ChatAnswer) and answer.is_replayed for answer in again) == paid
    assert (server.stats.repeats, 0 < paid < 100) == (0, True)


def test_what_keeps_the_engine_from_starting_reaches_the_caller(tmp_path):
    (tmp_path / "ledger.db").mkdir()
    with running() as server, pytest.raises(RequestError), shared_engine(maker(tmp_path, server)):
        pass


def test_what_the_source_raises_reaches_its_own_thread_only(tmp_path):
    def source():
        yield from prompts(2)
        raise RequestError("row 3 has no prompt")

    with running() as server, shared_engine(maker(tmp_path, server)) as engine:
        with pytest.raises(RequestError, match="row 3"):
            list(engine.answer_all(source()))
        assert len(list(engine.answer_all(prompts(5)))) == 5


def test_ctrl_c_while_waiting_keeps_what_was_on_the_wire(tmp_path):
    with running(latency_s=0.3) as server, shared_engine(maker(tmp_path, server, max_in_flight=10)) as engine:
        threading.Timer(0.15, os.kill, [os.getpid(), signal.SIGINT]).start()
        with pytest.raises(KeyboardInterrupt):
            list(engine.answer_all(prompts(100)))
        paid = server.stats.answered
        again = [answer for _, answer in engine.answer_all(prompts(100))]
    assert 10 <= paid < 100
    assert sum(isinstance(answer, ChatAnswer) and answer.is_replayed for answer in again) == paid
