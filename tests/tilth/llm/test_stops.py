"""What becomes of paid calls when the asker stops: at its own wish, by Ctrl-C, by kill -9."""

from __future__ import annotations

import asyncio
import json
import signal
import subprocess
import sys
import time

from tests.house.checkout import ROOT
from tests.llm_server.asking import prompts
from tests.llm_server.server import running
from tilth.ledger.ledger import open_ledger
from tilth.llm.config import EngineConfig
from tilth.llm.engine import Engine
from tilth.llm.providers import Provider
from tilth.llm.request import ChatAnswer


async def ask_all(tmp_path, server, count, stop_at=None, max_in_flight=20):
    """Outcomes that were read; `stop_at` stops reading after so many."""
    config, outcomes = EngineConfig(max_in_flight=max_in_flight, backoff_s=0.02), []
    async with (
        open_ledger(tmp_path / "ledger.db") as book,
        Engine(book, [Provider("stand-in", server.url)], config=config) as engine,
    ):
        async for _, outcome in engine.answer_all(prompts(count)):
            outcomes.append(outcome)
            if len(outcomes) == stop_at:
                break
    return outcomes


def finish(tmp_path, server, count):
    """Ask for all; how many were replayed. Nothing may be missing."""
    outcomes = asyncio.run(ask_all(tmp_path, server, count))
    assert len(outcomes) == count
    assert all(isinstance(outcome, ChatAnswer) for outcome in outcomes)
    return sum(outcome.is_replayed for outcome in outcomes)


def test_who_stops_reading_keeps_what_was_on_the_wire(tmp_path):
    with running(latency_s=0.05) as server:
        asyncio.run(ask_all(tmp_path, server, 200, stop_at=30))
        paid = server.stats.answered
        replayed = finish(tmp_path, server, 200)
    assert 30 <= paid < 200
    assert (replayed, server.stats.repeats) == (paid, 0)


def test_a_cancelled_task_keeps_what_was_on_the_wire(tmp_path):
    async def main(server):
        task = asyncio.create_task(ask_all(tmp_path, server, 200))
        while server.stats.answered < 50:
            await asyncio.sleep(0.01)
        task.cancel()
        await asyncio.wait([task])
        return task.cancelled()

    with running(latency_s=0.05) as server:
        assert asyncio.run(main(server))
        paid = server.stats.answered
        replayed = finish(tmp_path, server, 200)
    assert 50 <= paid < 200
    assert (replayed, server.stats.repeats) == (paid, 0)


def test_calls_that_do_not_come_in_are_given_up_after_the_grace(tmp_path):
    async def main(server):
        config = EngineConfig(max_in_flight=5, grace_s=0.1)
        async with (
            open_ledger(tmp_path / "ledger.db") as book,
            Engine(book, [Provider("stand-in", server.url)], config=config) as engine,
        ):
            task = asyncio.ensure_future(anext(engine.answer_all(prompts(10))))
            while server.stats.requests < 5:
                await asyncio.sleep(0.01)
            task.cancel()
            await asyncio.wait([task])

    with running(hang=1.0) as server:
        asyncio.run(main(server))
        server.order(hang=0.0)
        assert finish(tmp_path, server, 10) == 0


def asking(server, ledger, *options):
    command = [sys.executable, "-m", "tests.llm_server.asking", server.url, str(ledger), *options]
    return subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)


def test_ctrl_c_loses_nothing_that_was_paid_for(tmp_path):
    with running(latency_s=0.1) as server:
        process = asking(server, tmp_path / "ledger.db", "--prompts", "300", "--max-in-flight", "30")
        while server.stats.answered < 60 and process.poll() is None:
            time.sleep(0.01)
        process.send_signal(signal.SIGINT)
        _, errors = process.communicate(timeout=60)
        assert "KeyboardInterrupt" in errors
        paid = server.stats.answered
        replayed = finish(tmp_path, server, 300)
    assert 60 <= paid < 300
    assert (replayed, server.stats.repeats) == (paid, 0)


def test_fifty_kills_in_a_row_lose_nothing_and_pay_again_no_more_than_what_was_in_flight(tmp_path):
    kills, in_flight, count = 50, 10, 2000
    with running(latency_s=0.02) as server:
        options = ["--prompts", str(count), "--max-in-flight", str(in_flight), "--kills", str(kills)]
        process = asking(server, tmp_path / "ledger.db", *options, "--kill-after-s", "0.15")
        output, errors = process.communicate(timeout=300)
        assert (process.returncode, errors) == (0, "")
        summary = json.loads(output.splitlines()[-1])
        assert summary["answered"] + summary["replayed"] == count
        assert summary["replayed"] > 200
        assert server.stats.answered - server.stats.repeats == count
        assert server.stats.repeats <= kills * in_flight
        assert finish(tmp_path, server, count) == count


def test_two_processes_on_one_ledger_share_the_work(tmp_path):
    with running(latency_s=0.02) as server:
        both = [asking(server, tmp_path / "ledger.db", "--prompts", "200") for _ in range(2)]
        summaries = [json.loads(process.communicate(timeout=120)[0]) for process in both]
    assert (server.stats.answered, server.stats.repeats) == (200, 0)
    done = [summary.get("answered", 0) + summary.get("replayed", 0) for summary in summaries]
    assert done == [200, 200]
