"""What the ledger asks of a database, and the trouble that one can make.

Two databases answer: `sqlite` and `postgres`. Each is used by one thread at a time.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from contextlib import AbstractContextManager
from typing import Any, Literal, Protocol

from tilth.errors import LakeError

Row = tuple[Any, ...]


class LedgerError(LakeError):
    """The ledger cannot be read or written: its disk is full, its server is away, or it is damaged or newer."""


class Trouble(Exception):
    """A statement failed. `kind` says what helps: `full` room on the disk, `busy` patience, `broken` nothing."""

    def __init__(self, kind: Literal["full", "busy", "broken"], detail: str) -> None:
        super().__init__(kind, detail)
        self.kind = kind
        self.detail = detail


class Database(Protocol):
    """An open ledger's tables. Placeholders are `?`; every method may raise `Trouble`."""

    owner: str
    is_replay: bool

    def execute(self, sql: str, values: Sequence[Any] = ()) -> list[Row]:
        """The rows of one statement, all of them."""

    def execute_many(self, sql: str, rows: Iterable[Sequence[Any]]) -> None:
        """One statement for each row of values."""

    def among(self, column: str) -> str:
        """A condition: the column's value is one of those that the placeholder's `listed` holds."""

    def listed(self, values: Sequence[str]) -> Any:
        """The value to bind to the placeholder of `among`."""

    def transaction(self) -> AbstractContextManager[float]:
        """Excludes every other writer, commits durably at the end, gives the time in seconds since 1970."""

    def now(self) -> float:
        """The time in seconds since 1970, by the clock that all processes of this ledger share."""

    def dead(self, owners: Sequence[str]) -> list[str]:
        """Those of the owners whose process is gone for certain."""

    def has_room(self) -> bool:
        """Whether what is claimed now can still be settled should the disk fill up meanwhile."""

    def make_room(self) -> None:
        """Gives up what was kept for the time when the disk is full."""

    def close(self) -> None:
        """Ends the owner: from now on its claims count as those of a dead one."""
