from __future__ import annotations

import asyncio
import os
import signal
import subprocess
import sys
import traceback
from concurrent.futures import ThreadPoolExecutor

import pytest

from tests.house.checkout import ROOT
from tests.tilth.ledger.calls import COST, RESERVED, answer, claimed, paid, replayed
from tests.tilth.ledger.conftest import PASSWORD
from tilth.errors import RequestError
from tilth.ledger.database import LedgerError
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger
from tilth.ledger.schema import FORMAT, statements

OWNER = """
import asyncio, sys
from tests.tilth.ledger.calls import claimed, paid
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import open_ledger

async def main():
    async with open_ledger(sys.argv[1]) as ledger:
        await paid(ledger, 1)
        for number in range(10, 15):
            await claimed(ledger, number, Budget("run"))
        print("ready", flush=True)
        await asyncio.sleep(60)

asyncio.run(main())
"""


@pytest.fixture
def owner(postgres_url):
    """A process with one answer settled and five calls in flight."""
    program = [sys.executable, "-c", OWNER, postgres_url]
    with subprocess.Popen(program, cwd=ROOT, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        assert process.stdout.readline() == "ready\n"
        yield process
        process.kill()


def test_claims_end_with_the_process_that_held_them(postgres_url, owner):
    async def scenario():
        async with open_ledger(postgres_url) as ledger:
            await replayed(ledger, 1)
            waiting = [asyncio.ensure_future(claimed(ledger, number)) for number in range(10, 15)]
            await asyncio.sleep(0.3)
            assert not any(task.done() for task in waiting)
            os.kill(owner.pid, signal.SIGKILL)
            assert len(await asyncio.gather(*waiting)) == 5
            spend = await ledger.spent("run")
            assert (spend.microusd, spend.lost, spend.in_flight) == (5 * RESERVED, 5, 0)

    asyncio.run(scenario())


def test_a_server_that_restarts_loses_nothing_and_frees_no_claim_of_the_living(postgres_server, postgres_url):
    async def scenario():
        async with open_ledger(postgres_url) as one, open_ledger(postgres_url) as two:
            await paid(one, 1)
            claim = await claimed(one, 2, Budget("run"))
            postgres_server.stop()
            settled = asyncio.ensure_future(one.settle(claim, answer()))
            other = asyncio.ensure_future(replayed(two, 2))
            await asyncio.sleep(0.3)
            assert not settled.done()
            postgres_server.start()
            await asyncio.gather(settled, other)
            await replayed(one, 1)
            spend = await two.spent("run")
            assert (spend.microusd, spend.answers, spend.lost, spend.in_flight) == (COST, 1, 0, 0)

    asyncio.run(scenario())


def test_an_answer_that_comes_after_its_claim_was_given_up_is_kept_and_counted_once(postgres_url):
    import psycopg

    async def scenario():
        async with open_ledger(postgres_url) as one:
            claim = await claimed(one, 1, Budget("run"))
            async with open_ledger(postgres_url) as two:
                # As after a long break of the network: the session and its lock are gone, the process lives.
                with psycopg.connect(postgres_url, autocommit=True) as connection:
                    connection.execute(
                        "SELECT pg_terminate_backend(pid) FROM pg_locks WHERE locktype = 'advisory'"
                        " AND (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT) = %s",
                        [int(claim.claim_id.split("-")[0])],
                    )
                second = await claimed(two, 1, Budget("run"))
                assert (await two.spent("run")).microusd == RESERVED
                await one.settle(claim, answer("the first"))
                await two.settle(second, answer("the second"))
                assert (await replayed(one, 1)).text == "the first"
                spend = await two.spent("run")
                assert (spend.microusd, spend.answers, spend.lost, spend.in_flight) == (2 * COST, 2, 0, 0)

    asyncio.run(scenario())


def test_no_message_holds_the_password_of_the_address(postgres_server, postgres_url):
    import psycopg

    with psycopg.connect(postgres_url, autocommit=True) as connection:
        connection.execute("CREATE SCHEMA tilth")
        connection.execute("CREATE TABLE tilth.ledger (format BIGINT)")
        connection.execute("INSERT INTO tilth.ledger VALUES (99)")
    wrong = [
        (postgres_url, LedgerError, "newer Tilth"),
        (postgres_server.url("none"), LedgerError, "none"),
        (postgres_url.replace(str(postgres_server.port), "1"), LedgerError, "does not answer"),
        (f"postgresql://tilth:{PASSWORD}@127.0.0.1?what=1", RequestError, "address"),
        (postgres_url.replace(PASSWORD, f"{PASSWORD}-wrong"), LedgerError, "does not answer"),
    ]
    for url, kind, words in wrong:
        with pytest.raises(kind, match=words) as raised:
            open_ledger(url)
        assert PASSWORD not in "".join(traceback.format_exception(raised.value))


def test_there_is_nothing_to_replay_in_a_database_without_a_ledger(postgres_url):
    with pytest.raises(RequestError, match="no ledger"):
        open_ledger(postgres_url, is_replay=True)


def test_without_the_driver_the_extra_is_named():
    program = """
import sys
sys.modules["psycopg"] = None
from tilth.errors import MissingExtra
from tilth.ledger.ledger import open_ledger
try:
    open_ledger("postgresql://127.0.0.1/none")
except MissingExtra as error:
    sys.exit("[postgres]" not in str(error))
sys.exit(2)
"""
    assert subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=False).returncode == 0


def test_who_opens_a_new_database_while_another_makes_its_tables_waits_and_finds_them(postgres_url):
    psycopg = pytest.importorskip("psycopg")
    from tilth.ledger.postgres import PostgresDatabase

    with psycopg.connect(postgres_url) as maker, ThreadPoolExecutor(1) as pool:
        maker.execute("SELECT pg_advisory_xact_lock(hashtext('tilth.ledger'))")
        opening = pool.submit(PostgresDatabase, postgres_url, is_replay=False)
        waiting = "SELECT 1 FROM pg_locks WHERE locktype = 'advisory' AND NOT granted"
        while not maker.execute(waiting).fetchall():
            assert not opening.done()
        maker.execute("CREATE SCHEMA tilth")
        maker.execute("SET LOCAL search_path TO tilth")
        for statement in statements("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"):
            maker.execute(statement)
        maker.execute("INSERT INTO ledger (format) VALUES (%s)", [FORMAT])
        maker.commit()
        assert opening.result(10).execute("SELECT format FROM ledger") == [(FORMAT,)]
