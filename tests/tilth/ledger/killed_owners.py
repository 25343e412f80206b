"""Processes that pay for calls until they are killed. The test starts this program; it prints what it saw as JSON.

Each round two children work on the same questions, and both are killed without warning at a random moment, the younger
first. What they do they write down first, as a provider's bill and a user's table would: `sent` before a call, `done`
when its answer is said to be safe.
"""

from __future__ import annotations

import asyncio
import json
import os
import random
import signal
import sqlite3
import sys
import time
from contextlib import closing
from pathlib import Path

from tests.tilth.ledger.calls import RATE_LIMITED, RESERVED, answer, ask, reserve
from tilth.ledger.entry import Budget, Claim, Refusal
from tilth.ledger.ledger import open_ledger

QUESTIONS, AT_ONCE, MICROUSD_A_ROUND = 100_000, 12, 22_000


def note(folder: Path, name: str, *words: object) -> None:
    with (folder / name).open("a") as file:
        file.write(" ".join(map(str, words)) + "\n")


async def work(folder: Path, seed: int, budget: Budget) -> None:
    chance = random.Random(seed)
    async with open_ledger(folder / "ledger.sqlite") as ledger:

        async def worker() -> None:
            while True:
                number = chance.randrange(QUESTIONS) if chance.random() < 0.5 else chance.randrange(50)
                claim = await ledger.claim(ask(number), reserve(budget))
                if isinstance(claim, Refusal):
                    await asyncio.sleep(60)
                elif isinstance(claim, Claim):
                    note(folder, "sent", claim.claim_id, number)
                    await asyncio.sleep(chance.random() * 0.02)
                    if chance.random() < 0.1:
                        await ledger.release(claim, RATE_LIMITED)
                        continue
                    await ledger.settle(claim, answer(f"answer {number}"))
                    note(folder, "done", claim.claim_id, number)

        await asyncio.gather(*[worker() for _ in range(AT_ONCE)])


def start(folder: Path, seed: int, budget: Budget) -> int:
    child = os.fork()
    if child == 0:
        asyncio.run(work(folder, seed, budget))
        os._exit(0)
    return child


def books(folder: Path) -> tuple[int, ...]:
    with closing(sqlite3.connect(folder / "ledger.sqlite", timeout=20)) as connection:
        found = connection.execute(
            "SELECT microusd, reserved_microusd, in_flight, answers, lost FROM budgets WHERE name = 'run'"
        ).fetchone()
        return tuple(found or (0, 0, 0, 0, 0))


def main(folder: Path, rounds: int) -> None:
    chance = random.Random(11)
    over, in_flight_at_kill, refused_rounds = 0, 0, 0
    for number in range(rounds):
        limit = (number + 1) * MICROUSD_A_ROUND
        budget = Budget("run", max_microusd=limit)
        children = [start(folder, 2 * number + twin, budget) for twin in range(2)]
        time.sleep(0.05 + chance.random() * 0.15)
        for child in reversed(children):
            os.kill(child, signal.SIGKILL)
            os.waitpid(child, 0)
            spent, reserved, in_flight, _, _ = books(folder)
            over += spent + reserved > limit
        in_flight_at_kill += in_flight
        refused_rounds += spent + reserved + RESERVED > limit
    seen = {"over": over, "in_flight": in_flight_at_kill, "refused_rounds": refused_rounds}
    sys.stdout.write(json.dumps(seen))


if __name__ == "__main__":
    main(Path(sys.argv[1]), int(sys.argv[2]))
