"""A process that asks: prompts through the engine and the ledger, for what needs a process of its own.

`python -m tests.llm_server.asking URL LEDGER --prompts 1000 --max-in-flight 50` prints one JSON object at its end. With
`--kills` the work is done by children that are killed (SIGKILL) one after another, and by a last one that may finish.
"""

from __future__ import annotations

import argparse
import asyncio
import json
import os
import random
import resource
import signal
import sys
import time
from collections import Counter
from collections.abc import Iterator
from typing import Any

import aiohttp  # a child that is forked has it already  # noqa: F401

from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger
from tilth.llm.config import EngineConfig
from tilth.llm.engine import Engine
from tilth.llm.providers import provider_named
from tilth.llm.request import ChatAnswer, ChatRequest


class FlatPrice:
    """Ten millionths of a dollar a token of output, nothing for input: 100 tokens cost a tenth of a cent."""

    def cost_microusd(
        self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, cache_write_tokens: int = 0
    ) -> int:
        return 10 * output_tokens

    def bound_microusd(self, input_tokens: int, output_tokens: int) -> int:
        return 10 * output_tokens


def prompts(count: int, edited: int = -1) -> Iterator[ChatRequest]:
    """So many requests, distinct; the one at the place `edited` reads differently."""
    for index in range(count):
        words = f"What grows in field {index}?" + (" Say why." if index == edited else "")
        yield ChatRequest("stand-in", "small", ({"role": "user", "content": words},), {"max_tokens": 200})


async def ask(options: argparse.Namespace) -> dict[str, Any]:
    """Ask everything; what came of it, and what it cost this process."""
    outcomes: Counter[str] = Counter()
    budgets = (Budget("run", max_microusd=options.budget_microusd),) if options.budget_microusd else ()
    config = EngineConfig(max_in_flight=options.max_in_flight, backoff_s=0.05)
    async with open_ledger(options.ledger) as ledger:
        started = time.monotonic()
        provider = provider_named("stand-in", {}, options.url)
        price = (lambda provider, model: FlatPrice()) if budgets else None
        async with Engine(ledger, [provider], config=config, budgets=budgets, price=price) as engine:
            async for _, outcome in engine.answer_all(prompts(options.prompts, options.edited)):
                if isinstance(outcome, ChatAnswer):
                    outcomes["replayed" if outcome.is_replayed else "answered"] += 1
                else:
                    outcomes[outcome.kind] += 1
        seconds = time.monotonic() - started
        spend = await ledger.spent("run")
    used = resource.getrusage(resource.RUSAGE_SELF)
    return {
        **outcomes,
        "seconds": round(seconds, 3),
        "cpu_s": round(used.ru_utime + used.ru_stime, 3),
        "peak_mib": round(used.ru_maxrss / 1024, 1),
        "spent_microusd": spend.microusd,
    }


def _child(options: argparse.Namespace) -> int:
    pid = os.fork()
    if pid == 0:
        sys.stdout.write(json.dumps(asyncio.run(ask(options))) + "\n")
        sys.stdout.flush()
        os._exit(0)
    return pid


def main() -> None:
    """Ask, or let children ask and kill them."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("url")
    parser.add_argument("ledger")
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--max-in-flight", type=int, default=50)
    parser.add_argument("--budget-microusd", type=int, default=0)
    parser.add_argument("--edited", type=int, default=-1)
    parser.add_argument("--kills", type=int, default=0)
    parser.add_argument("--kill-after-s", type=float, default=0.2, help="mean life of a child")
    options = parser.parse_args()
    lives = random.Random(0)
    for _ in range(options.kills):
        pid = _child(options)
        time.sleep(options.kill_after_s * (0.5 + lives.random()))
        os.kill(pid, signal.SIGKILL)
        os.waitpid(pid, 0)
    if options.kills:
        os.waitpid(_child(options), 0)
    else:
        sys.stdout.write(json.dumps(asyncio.run(ask(options))) + "\n")


if __name__ == "__main__":
    main()
