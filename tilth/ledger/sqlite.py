"""A ledger in one SQLite file, shared by the processes of one machine.

In WAL mode, each commit flushed to the disk. Beside the file lie `-wal` and `-shm` (SQLite's), `-owners` (who has it
open) and `-spare`: room kept for the answers in flight, given up when the disk is full. Not for network file systems,
on which SQLite's WAL does not work; several machines share PostgreSQL.
"""

from __future__ import annotations

import json
import os
import sqlite3
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

from tilth.errors import RequestError
from tilth.ledger.database import LedgerError, Row, Trouble
from tilth.ledger.owner import OwnerFile, clear_strays, is_gone
from tilth.ledger.schema import FORMAT, check_format, statements

# 1,000 answers in flight of 8 KiB each, written twice: to the log and, at a checkpoint, to the file.
SPARE_BYTES = 16 << 20

# Another process holds the lock for one group commit, some milliseconds; longer than this it is something else.
_BUSY_TIMEOUT_S = 20

# The log is cut back to this after a burst; SQLite's checkpoint empties it at 4 MiB when nobody reads.
_LOG_BYTES = 32 << 20


class SqliteDatabase:
    """The tables of the ledger in one file; made when there is none, unless it is only to be replayed.

    Raises `RequestError` for a path that cannot be a ledger, `LedgerError` for one written by a newer Tilth.
    """

    def __init__(self, path: Path, *, is_replay: bool) -> None:
        self.is_replay = is_replay
        self._path = path
        self._folder = path.with_name(f"{path.name}-owners")
        self._spare = path.with_name(f"{path.name}-spare")
        self._owner: OwnerFile | None = None
        try:
            self._connection = _connect(path, is_replay)
            self._open_tables()
            if not is_replay:
                self._owner = OwnerFile(self._folder)
        except sqlite3.Error as error:
            raise _unusable(path, error) from None
        except OSError as error:
            raise RequestError(
                f"No ledger can be kept at {path}: {error.strerror}. Name another file."
            ) from None
        self.owner = self._owner.name if self._owner else ""

    def _open_tables(self) -> None:
        if not self.is_replay:
            self._to_wal()
            self._connection.execute("PRAGMA synchronous=FULL")
            self._connection.execute(f"PRAGMA journal_size_limit={_LOG_BYTES}")
        names = {
            name
            for (name,) in self._connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'")
        }
        if not names and not self.is_replay:
            self._make_tables()
            return
        if "ledger" not in names:
            raise RequestError(f"{self._path} is a database, but no ledger of Tilth's. Name another file.")
        ((version,),) = self._connection.execute("SELECT format FROM ledger").fetchall()
        check_format(version, str(self._path))

    def _to_wal(self) -> None:
        deadline = time.monotonic() + _BUSY_TIMEOUT_S
        while True:
            try:
                self._connection.execute("PRAGMA journal_mode=WAL")
                return
            except sqlite3.OperationalError as error:
                # SQLite does not wait by itself here, when two processes open a new file at once.
                if error.sqlite_errorcode & 0xFF != sqlite3.SQLITE_BUSY or time.monotonic() > deadline:
                    raise
                time.sleep(0.01)

    def _make_tables(self) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        try:
            if not self._connection.execute("SELECT 1 FROM sqlite_master WHERE name = 'ledger'").fetchall():
                for statement in statements("INTEGER PRIMARY KEY"):
                    self._connection.execute(statement)
                self._connection.execute("INSERT INTO ledger (format) VALUES (?)", (FORMAT,))
            self._connection.execute("COMMIT")
        finally:
            if self._connection.in_transaction:
                self._connection.execute("ROLLBACK")

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """See `Database`."""
        try:
            return self._connection.execute(sql, values).fetchall()
        except sqlite3.Error as error:
            raise _trouble(error, self._path) from None

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """See `Database`."""
        try:
            self._connection.executemany(sql, rows)
        except sqlite3.Error as error:
            raise _trouble(error, self._path) from None

    def among(self, column: str) -> str:
        """See `Database`."""
        return f"{column} IN (SELECT value FROM json_each(?))"

    def listed(self, values: Sequence[str]) -> str:
        """See `Database`."""
        return json.dumps(values)

    @contextmanager
    def transaction(self) -> Iterator[float]:
        """See `Database`."""
        self.execute("BEGIN IMMEDIATE")
        try:
            yield time.time()
            self.execute("COMMIT")
        finally:
            # A full disk ends some transactions by itself.
            if self._connection.in_transaction:
                with suppress(sqlite3.Error):
                    self._connection.execute("ROLLBACK")

    def now(self) -> float:
        """See `Database`."""
        return time.time()

    def dead(self, owners: Sequence[str]) -> list[str]:
        """See `Database`."""
        found = [owner for owner in owners if owner != self.owner and is_gone(self._folder / owner)]
        clear_strays(self._folder, set(owners) | {self.owner})
        return found

    def has_room(self) -> bool:
        """See `Database`."""
        if self._spare.exists():
            return True
        draft = self._spare.with_name(f"{self._spare.name}.{self.owner}")
        try:
            descriptor = os.open(draft, os.O_CREAT | os.O_WRONLY | os.O_CLOEXEC, 0o666)
            try:
                os.posix_fallocate(descriptor, 0, SPARE_BYTES)
            finally:
                os.close(descriptor)
            draft.rename(self._spare)
        except OSError:
            with suppress(OSError):
                draft.unlink(missing_ok=True)
            return False
        return True

    def make_room(self) -> None:
        """See `Database`."""
        with suppress(OSError):
            self._spare.unlink(missing_ok=True)

    def close(self) -> None:
        """See `Database`."""
        if self._owner is not None:
            with suppress(Trouble):
                self.execute("DELETE FROM owners WHERE owner = ?", (self.owner,))
                if not self.execute("SELECT 1 FROM owners LIMIT 1"):
                    self.make_room()
        with suppress(sqlite3.Error):
            self._connection.close()
        if self._owner is not None:
            self._owner.close()
            # Fails as long as another process has its file there.
            with suppress(OSError):
                self._folder.rmdir()


def _connect(path: Path, is_replay: bool) -> sqlite3.Connection:
    if path.is_dir() or not path.parent.is_dir():
        fact = "is a folder" if path.is_dir() else f"lies in {path.parent}, which is no folder"
        raise RequestError(f"The ledger {path} {fact}. Name a file in a folder that exists.")
    if is_replay and not path.is_file():
        raise RequestError(f"There is no ledger at {path} to replay. Record one first, or name another file.")
    address = path.absolute().as_uri()
    if not is_replay:
        return _opened(f"{address}?mode=rwc")
    log = path.with_name(f"{path.name}-wal")
    if not log.exists() and not os.access(path.parent, os.W_OK):
        # Read-only media: SQLite could not put its own files there, and nobody else writes.
        return _opened(f"{address}?mode=ro&immutable=1")
    return _opened(f"{address}?mode=ro")


def _opened(address: str) -> sqlite3.Connection:
    return sqlite3.connect(
        address, uri=True, timeout=_BUSY_TIMEOUT_S, isolation_level=None, check_same_thread=False
    )


def _unusable(path: Path, error: sqlite3.Error) -> RequestError | LedgerError:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_NOTADB:
        return RequestError(f"{path} is no ledger: {error}. Name another file.")
    if code in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return RequestError(f"The ledger {path} cannot be opened for writing: {error}. Name another file.")
    return LedgerError(_trouble(error, path).detail)


def _trouble(error: sqlite3.Error, path: Path) -> Trouble:
    code = getattr(error, "sqlite_errorcode", 0) & 0xFF
    if code == sqlite3.SQLITE_FULL:
        return Trouble("full", f"The disk under the ledger {path} is full. Free some space and start again.")
    if code in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Trouble("busy", f"The ledger {path} is locked by another program. End it and start again.")
    if code in (sqlite3.SQLITE_CORRUPT, sqlite3.SQLITE_NOTADB):
        advice = "Restore it from a copy, or name another ledger."
        return Trouble("broken", f"The ledger {path} is damaged: {error}. {advice}")
    return Trouble("broken", f"The ledger {path} cannot be used: {error}. Look at its disk and permissions.")
