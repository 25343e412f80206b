from __future__ import annotations

import asyncio
import json
import sqlite3
import subprocess
import sys
from contextlib import closing

import pytest

from tests.house.checkout import ROOT
from tests.tilth.ledger.calls import COST, RESERVED, ask, reserve
from tilth.ledger.entry import Claim
from tilth.ledger.ledger import open_ledger
from tilth.llm.request import ChatAnswer

ROUNDS = 25


@pytest.fixture(scope="module")
def killed(tmp_path_factory):
    """A ledger after fifty kills in a row, what its owners wrote down, and what was seen meanwhile."""
    folder = tmp_path_factory.mktemp("kills")
    program = [sys.executable, "-m", "tests.tilth.ledger.killed_owners", str(folder), str(ROUNDS)]
    result = subprocess.run(program, cwd=ROOT, capture_output=True, text=True, check=True, timeout=300)
    return folder, json.loads(result.stdout)


def _noted(folder, name):
    return [line.split() for line in (folder / name).read_text().splitlines() if len(line.split()) == 2]


def _query(folder, sql):
    with closing(sqlite3.connect(folder / "ledger.sqlite")) as connection:
        return connection.execute(sql).fetchall()


def test_the_kills_came_while_calls_were_in_flight(killed):
    folder, seen = killed
    assert seen["in_flight"] > ROUNDS
    assert len(_noted(folder, "done")) > 10 * ROUNDS
    assert seen["refused_rounds"] > 0


def test_the_budget_was_never_passed_at_any_kill(killed):
    assert killed[1]["over"] == 0


def test_no_settled_answer_is_lost(killed):
    folder, _ = killed

    async def scenario():
        async with open_ledger(folder / "ledger.sqlite", is_replay=True) as ledger:
            for _, number in _noted(folder, "done"):
                found = await ledger.claim(ask(int(number)), reserve())
                assert isinstance(found, ChatAnswer)
                assert found.text == f"answer {number}"

    asyncio.run(scenario())


def test_no_answer_that_was_settled_is_paid_for_again(killed):
    folder, _ = killed
    answered = dict(_query(folder, "SELECT claim_id, key FROM answers"))
    assert len(set(answered.values())) == len(answered)
    sent = _noted(folder, "sent")
    assert len({claim_id for claim_id, _ in sent}) == len(sent)
    keys = {ask(int(number)).key: number for _, number in sent}
    # Each call that was sent has ended in one way: answered, failed, or lost with its owner.
    failed = {claim_id for (claim_id,) in _query(folder, "SELECT claim_id FROM failures")}
    assert not failed & set(answered)
    assert set(answered.values()) <= set(keys)


def test_what_was_in_flight_is_freed_and_counts_as_spent(killed):
    folder, _ = killed

    async def scenario():
        async with open_ledger(folder / "ledger.sqlite") as ledger:
            for number in range(50):
                found = await asyncio.wait_for(ledger.claim(ask(number), reserve()), 5)
                assert isinstance(found, Claim | ChatAnswer)
            return await ledger.spent("run")

    spend = asyncio.run(scenario())
    assert (spend.in_flight, spend.reserved_microusd, spend.reserved_tokens) == (0, 0, 0)
    assert spend.lost > ROUNDS
    assert spend.microusd == spend.answers * COST + spend.lost * RESERVED
    ended = {
        claim_id
        for (claim_id,) in _query(folder, "SELECT claim_id FROM answers UNION SELECT claim_id FROM failures")
    }
    assert {claim_id for claim_id, _ in _noted(folder, "sent")} <= ended
