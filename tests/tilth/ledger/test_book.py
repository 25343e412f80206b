from __future__ import annotations

import asyncio
import tempfile
from pathlib import Path

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tilth.ledger.calls import COST, RATE_LIMITED, RESERVED, answer, ask, reserve
from tilth.ledger.account import Account
from tilth.ledger.admission import Ask, admit
from tilth.ledger.book import Book, answer_json, failure_json, find_accounts
from tilth.ledger.entry import Budget, Claim
from tilth.ledger.sqlite import SqliteDatabase

BUDGET = Budget("run", max_microusd=20 * RESERVED)

# A batch: which questions are asked, how many open claims are settled and how many released, whether an owner dies,
# and how often the batch is done because its commit was not confirmed.
BATCHES = st.lists(
    st.tuples(
        st.lists(st.integers(0, 30), max_size=8),
        st.integers(0, 4),
        st.integers(0, 2),
        st.booleans(),
        st.integers(1, 2),
    ),
    max_size=12,
)


def _claim(number: int, name: str) -> Claim:
    request = ask(number)
    return Claim(name, request.key, request.provider, request.model, request.input_bytes, 50, reserve(BUDGET))


def _account(database: SqliteDatabase) -> Account:
    return (find_accounts(database, ["run"]) or [Account("run")])[0]


@settings(max_examples=40, deadline=None)
@given(BATCHES)
def test_a_batch_done_twice_counts_once_and_every_call_is_accounted_for(batches):
    loop = asyncio.new_event_loop()
    with tempfile.TemporaryDirectory() as folder:
        database = SqliteDatabase(Path(folder) / "ledger.sqlite", is_replay=False)
        # What the last commit makes durable is not what is tested here.
        database.execute("PRAGMA synchronous=OFF")
        open_claims: list[Claim] = []
        granted = settled = released = lost = names = 0
        for asked, settles, releases, dies, times in batches:
            asks = [
                Ask(_claim(number, f"{names + at}"), loop.create_future()) for at, number in enumerate(asked)
            ]
            names += len(asks)
            done = open_claims[:settles]
            failed = open_claims[settles : settles + releases]
            for _ in range(times):
                with database.transaction() as now:
                    book = Book(database, now)
                    book.settle([(claim, answer(), answer_json(answer())) for claim in done])
                    book.release([(claim, RATE_LIMITED, failure_json(RATE_LIMITED)) for claim in failed])
                    decided = admit(database, book, [], asks, frozenset())
                    book.close()
            open_claims = open_claims[settles + releases :]
            open_claims += [claim for _, claim in decided if isinstance(claim, Claim)]
            granted += sum(isinstance(decision, Claim) for _, decision in decided)
            settled, released = settled + len(done), released + len(failed)
            if dies:
                for _ in range(times):
                    with database.transaction() as now:
                        book = Book(database, now)
                        book.reap([database.owner])
                        book.close()
                lost, open_claims = lost + len(open_claims), []
            account = _account(database)
            assert account.in_flight == len(open_claims) == granted - settled - released - lost
            assert account.reserved_microusd == RESERVED * len(open_claims)
            assert account.microusd == COST * settled + RESERVED * lost
            assert (account.answers, account.failures, account.lost) == (settled, released, lost)
            assert account.microusd + account.reserved_microusd <= (BUDGET.max_microusd or 0)
            assert len({claim.key for claim in open_claims}) == len(open_claims)
        database.close()
    loop.close()


def test_the_clock_of_a_budget_stops_when_the_last_call_of_a_dead_process_must_have_ended(tmp_path):
    loop = asyncio.new_event_loop()
    database = SqliteDatabase(tmp_path / "ledger.sqlite", is_replay=False)
    book = Book(database, 1000.0)
    # It may take a second.
    admit(database, book, [], [Ask(_claim(1, "a"), loop.create_future())], frozenset())
    book.close()
    book = Book(database, 5000.0)
    book.reap([database.owner])
    book.close()
    assert _account(database).seconds == 1.0
    database.close()
    loop.close()
