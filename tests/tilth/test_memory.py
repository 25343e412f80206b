"""Memory that is settled, and what becomes of it at the end."""

from __future__ import annotations

import subprocess
import sys

from tilth.fingerprint import ROOT

_WORKS = """
from tilth.memory import settle
from tilth.query import connect
with connect() as connection:
    connection.execute("SELECT 1").fetchall()
settle("work")
"""


def test_a_process_that_settled_ends_without_a_word() -> None:
    # DuckDB's binding lists on stderr what outlives it.
    ended = subprocess.run(
        [sys.executable, "-c", _WORKS], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert ended.stdout + ended.stderr == ""
