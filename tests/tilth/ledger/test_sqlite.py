from __future__ import annotations

import asyncio
import json
import shutil
import sqlite3
import subprocess
import sys

import pytest

from tests.house.checkout import ROOT
from tests.tilth.ledger.calls import ask, paid, reserve
from tilth.errors import RequestError
from tilth.ledger.database import LedgerError
from tilth.ledger.ledger import open_ledger


@pytest.fixture
def recorded(tmp_path):
    """The path of a ledger that holds one answer and is closed."""
    path = tmp_path / "ledger.sqlite"

    async def scenario():
        async with open_ledger(path) as ledger:
            await paid(ledger, 1)

    asyncio.run(scenario())
    return path


def test_a_closed_ledger_is_one_file(recorded):
    assert [path.name for path in recorded.parent.iterdir()] == ["ledger.sqlite"]


def test_a_ledger_written_by_a_newer_version_is_refused_and_left_alone(recorded):
    with sqlite3.connect(recorded) as connection:
        connection.execute("UPDATE ledger SET format = 99")
    connection.close()
    before = recorded.read_bytes()
    for is_replay in (False, True):
        with pytest.raises(LedgerError, match=r"format 99.*newer Tilth"):
            open_ledger(recorded, is_replay=is_replay)
    assert recorded.read_bytes() == before


def test_what_is_no_ledger_is_refused_and_left_alone(tmp_path):
    text, database = tmp_path / "notes.txt", tmp_path / "other.sqlite"
    text.write_text("dear diary " * 100)
    with sqlite3.connect(database) as connection:
        connection.execute("CREATE TABLE birds (name TEXT)")
    connection.close()
    cases = [
        (text, "no ledger"),
        (database, "no ledger"),
        (tmp_path, "is a folder"),
        (tmp_path / "none" / "ledger.sqlite", "no folder"),
    ]
    for path, words in cases:
        with pytest.raises(RequestError, match=words):
            open_ledger(path)
    assert text.read_text() == "dear diary " * 100


def test_there_is_nothing_to_replay_where_nothing_was_recorded(tmp_path):
    with pytest.raises(RequestError, match="no ledger at"):
        open_ledger(tmp_path / "ledger.sqlite", is_replay=True)
    assert list(tmp_path.iterdir()) == []


def test_a_damaged_ledger_is_said_to_be_damaged(recorded):
    content = bytearray(recorded.read_bytes())
    content[4096:] = bytes(b ^ 0x5A for b in content[4096:])
    recorded.write_bytes(content)

    async def scenario():
        async with open_ledger(recorded) as ledger:
            await ledger.claim(ask(1), reserve())

    with pytest.raises(LedgerError, match="damaged"):
        asyncio.run(scenario())


def test_a_ledger_opened_before_a_fork_is_refused_after_it(tmp_path):
    program = """
import asyncio, os, sys
from tests.tilth.ledger.calls import ask, reserve
from tilth.ledger.database import LedgerError
from tilth.ledger.ledger import open_ledger

ledger = open_ledger(sys.argv[1])
child = os.fork()
if child == 0:
    try:
        asyncio.run(ledger.claim(ask(1), reserve()))
    except LedgerError as error:
        os._exit(7 if "fork" in str(error) else 1)
    os._exit(2)
sys.exit(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]))
"""
    result = subprocess.run(
        [sys.executable, "-c", program, tmp_path / "ledger.sqlite"], cwd=ROOT, check=False
    )
    assert result.returncode == 7


def test_the_ledger_is_light():
    program = """
import sys
import tilth.ledger.ledger, tilth.ledger.sqlite
heavy = {"prefect", "pyarrow", "duckdb", "numpy", "pydantic", "psycopg"} & set(sys.modules)
assert not heavy, heavy
"""
    subprocess.run([sys.executable, "-c", program], cwd=ROOT, check=True)


def test_on_a_full_disk_no_call_is_begun_and_no_paid_answer_is_lost(tmp_path):
    program = f"{sys.executable} -m tests.tilth.ledger.full_disk {tmp_path}"
    mount = f"mount -t tmpfs -o size=48m tilth-test {tmp_path} && exec {program}"
    unshare = shutil.which("unshare")
    command = [str(unshare), "--user", "--map-root-user", "--mount", "sh", "-c", mount]
    if unshare is None or subprocess.run([*command[:4], "true"], capture_output=True, check=False).returncode:
        pytest.skip("no namespace for a small disk of its own: a full one under the ledger is NOT proven")
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True, check=False)
    assert result.returncode == 0, result.stderr
    seen = json.loads(result.stdout)
    assert len(seen["refusals"]) == 2
    assert all("Free some space" in refusal for refusal in seen["refusals"])
    assert (seen["replayed"], seen["answers"]) == (200, 200)
