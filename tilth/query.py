"""DuckDB as Tilth uses it: bounded in memory, spilling into the lake, deterministic."""

from __future__ import annotations

from functools import lru_cache
from pathlib import Path

import duckdb

from tilth.settings import settings

# Extensions come from the wheel or not at all: DuckDB would fetch one that a query seems to need.
OFFLINE: dict[str, str | bool | int | float | list[str]] = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}


def connect(spill: Path | None = None, *, memory_mb: int | None = None) -> duckdb.DuckDBPyConnection:
    """A connection of its own, in memory: what it registers or creates as TEMP nobody else sees.

    `spill` is where DuckDB puts what exceeds `memory_mb`; without it, exceeding is an error. The bound is one for
    all connections with the same spill. One thread: tasks run side by side already, and sums come out the same on
    every machine.
    """
    return _database(spill, memory_mb or settings().memory_mb).cursor()


# Opening a database takes 20 ms of CPU, a cursor on an open one 0.2 ms; a build opens some thousands. A process
# works in one lake, with and without spill; tests use some more.
@lru_cache(maxsize=4)
def _database(spill: Path | None, memory_mb: int) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(
        config={
            "threads": 1,
            "memory_limit": f"{memory_mb}MiB",
            "preserve_insertion_order": "true",
            **OFFLINE,
        }
    )
    connection.execute("SET enable_progress_bar = false")
    if spill is not None:
        connection.execute("SET temp_directory = $folder", {"folder": str(spill)})
    return connection


def close_databases() -> None:
    """Let go of what the open databases hold for later: up to `memory_mb` each, which DuckDB does not give back.

    Connections that are in use keep theirs; the next call of `connect` opens a new one.
    """
    _database.cache_clear()


def quoted(text: str) -> str:
    """A string literal of SQL, for places where DuckDB takes no parameter (a view's file names).

    >>> quoted("it's")
    "'it''s'"
    """
    return "'" + text.replace("'", "''") + "'"


def parquet(*paths: Path, named: bool = False) -> str:
    """The SQL table function that reads some Parquet files in their order; `named` adds the column `filename`."""
    files = ", ".join(quoted(str(path)) for path in paths)
    return f"read_parquet([{files}], filename = true)" if named else f"read_parquet([{files}])"
