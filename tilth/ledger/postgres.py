"""A ledger in a schema of a PostgreSQL database, shared by processes on any machines.

An owner lives as long as its session holds an advisory lock. A session that breaks is opened again, and only an owner
that has been without one for a while counts as dead, so that a short break does not let two processes pay for one
answer; a process cut off for longer, with its call in flight, is paid for twice. The clock is the server's.
Not through a pooler that deals out connections by transaction: the lock belongs to a session.
"""

from __future__ import annotations

import secrets
import time
from collections.abc import Iterable, Iterator, Sequence
from contextlib import contextmanager, suppress
from functools import cache
from typing import Any

from tilth.errors import MissingExtra, RequestError
from tilth.ledger.database import LedgerError, Row, Trouble
from tilth.ledger.schema import FORMAT, check_format, statements

try:
    import psycopg
    from psycopg import conninfo, errors
except ImportError:
    raise MissingExtra("psycopg", "postgres", "A ledger in PostgreSQL") from None

# A living process opens a broken session again within its next commit, at most about a second later.
_GRACE_S = 5.0

_CONNECT_TIMEOUT_S = 10

# The server finds a client's machine gone after about 30 s of silence, and ends its session and its lock.
_KEEPALIVE = (
    "-c tcp_keepalives_idle=10 -c tcp_keepalives_interval=5 -c tcp_keepalives_count=4 -c search_path=tilth "
    "-c synchronous_commit=on"
)


# Read from the catalogue: `to_regclass` would go on saying no from its cache after another session has made it.
_IS_MADE = "SELECT 1 FROM pg_catalog.pg_tables WHERE schemaname = 'tilth' AND tablename = 'ledger'"

# A lock's key of 64 bits stands in two columns of 32.
_ADVISORY_LOCKS = """
SELECT (CAST(classid AS BIGINT) << 32) | CAST(objid AS BIGINT)
FROM pg_locks
WHERE locktype = 'advisory'
    AND objsubid = 1
    AND granted
    AND database = (SELECT oid FROM pg_database WHERE datname = current_database())
"""


class PostgresDatabase:
    """The tables of the ledger in the schema `tilth` of a database; made when they are not there.

    Raises `RequestError` for an address that is none, `LedgerError` for a server that does not answer or a ledger
    written by a newer Tilth. No message holds the address, which may hold a password.
    """

    def __init__(self, url: str, *, is_replay: bool) -> None:
        self.is_replay = is_replay
        # Positive and of 63 bits: the key of the advisory lock as well.
        self._lock = secrets.randbits(63)
        self.owner = str(self._lock)
        self._absent_since: dict[str, float] = {}
        try:
            parts = conninfo.conninfo_to_dict(url)
        except psycopg.ProgrammingError:
            raise RequestError(
                "The ledger's address is none of PostgreSQL's. Write postgresql://user@host/database."
            ) from None
        self._url = url
        self._name = f"{parts.get('dbname', '')} on {parts.get('host', 'this machine')}"
        try:
            self._connection = self._connect()
            self._open_tables()
        except psycopg.Error as error:
            raise LedgerError(self._trouble(error).detail) from None
        except Trouble as trouble:
            raise LedgerError(trouble.detail) from None

    def _connect(self) -> psycopg.Connection[Row]:
        connection = psycopg.connect(
            self._url, autocommit=True, connect_timeout=_CONNECT_TIMEOUT_S, options=_KEEPALIVE
        )
        if not self.is_replay:
            connection.execute("SELECT pg_advisory_lock(%s)", [self._lock])
        return connection

    def _open_tables(self) -> None:
        if not self._connection.execute(_IS_MADE).fetchall():
            if self.is_replay:
                raise RequestError(
                    f"There is no ledger in {self._name} to replay. Record one first, or name another."
                )
            self._make_tables()
        ((version,),) = self._connection.execute("SELECT format FROM ledger").fetchall()
        check_format(version, self._name)

    def _make_tables(self) -> None:
        with self._connection.transaction():
            # Two that make the schema at once: the second waits, and finds it made.
            self._connection.execute("SELECT pg_advisory_xact_lock(hashtext('tilth.ledger'))")
            if not self._connection.execute(_IS_MADE).fetchall():
                self._connection.execute("CREATE SCHEMA IF NOT EXISTS tilth")
                for statement in statements("BIGINT GENERATED ALWAYS AS IDENTITY PRIMARY KEY"):
                    self._connection.execute(statement.encode())
                self._connection.execute("INSERT INTO ledger (format) VALUES (%s)", [FORMAT])

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """See `Database`."""
        try:
            if self._connection.closed:
                self._connection = self._connect()
            cursor = self._connection.execute(_marked(sql), values)
            return cursor.fetchall() if cursor.description else []
        except psycopg.Error as error:
            raise self._trouble(error) from None

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """See `Database`."""
        try:
            with self._connection.cursor() as cursor:
                cursor.executemany(_marked(sql), rows)
        except psycopg.Error as error:
            raise self._trouble(error) from None

    def among(self, column: str) -> str:
        """See `Database`."""
        return f"{column} = ANY(?)"

    def listed(self, values: Sequence[str]) -> list[str]:
        """See `Database`."""
        return list(values)

    @contextmanager
    def transaction(self) -> Iterator[float]:
        """See `Database`."""
        self.execute("BEGIN")
        try:
            # Writers follow each other, as in SQLite; who only reads is not held up.
            self.execute("LOCK TABLE ledger IN EXCLUSIVE MODE")
            yield self.now()
            self.execute("COMMIT")
        finally:
            if not self._connection.closed and self._connection.info.transaction_status:
                with suppress(psycopg.Error):
                    self._connection.execute("ROLLBACK")

    def now(self) -> float:
        """See `Database`."""
        ((seconds,),) = self.execute("SELECT CAST(extract(epoch FROM clock_timestamp()) AS DOUBLE PRECISION)")
        return float(seconds)

    def dead(self, owners: Sequence[str]) -> list[str]:
        """See `Database`. An owner is dead when it has had no session for a while."""
        living = {str(lock) for (lock,) in self.execute(_ADVISORY_LOCKS)} | {self.owner}
        now = time.monotonic()
        absent = [owner for owner in owners if owner not in living]
        self._absent_since = {owner: self._absent_since.get(owner, now) for owner in absent}
        return [owner for owner, since in self._absent_since.items() if now - since >= _GRACE_S]

    def has_room(self) -> bool:
        """See `Database`: the server's disk is its administrator's."""
        return True

    def make_room(self) -> None:
        """See `Database`."""

    def close(self) -> None:
        """See `Database`."""
        if not self.is_replay:
            with suppress(Trouble):
                self.execute("DELETE FROM owners WHERE owner = ?", [self.owner])
        self._connection.close()

    def _trouble(self, error: psycopg.Error) -> Trouble:
        # The server's own words for the fault, without the address.
        said = error.diag.message_primary or type(error).__name__
        if isinstance(error, errors.DiskFull):
            return Trouble(
                "full", f"The disk of the ledger's server is full ({self._name}). Free some space."
            )
        if isinstance(error, psycopg.OperationalError | psycopg.InterfaceError):
            with suppress(AttributeError, psycopg.Error):
                if self._connection.broken:
                    self._connection.close()
            return Trouble(
                "busy",
                f"The ledger's server does not answer or lets nobody in: {self._name}: {said}. "
                "Start it, or look at the address with its user and password, and try again.",
            )
        return Trouble(
            "broken", f"The ledger in {self._name} cannot be used: {said}. Look at the server's log."
        )


@cache
def _marked(sql: str) -> bytes:
    """The statement with psycopg's placeholders; bytes, because it is made of constants of our own.

    >>> _marked("SELECT ?")
    b'SELECT %s'
    """
    return sql.replace("%", "%%").replace("?", "%s").encode()
