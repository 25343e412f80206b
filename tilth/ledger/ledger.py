"""The door of the ledger: what a process does with it, from its event loop."""

from __future__ import annotations

import asyncio
import itertools
import os
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from types import TracebackType
from typing import Any, Literal, cast

from tilth.errors import RequestError
from tilth.ledger.account import Hold
from tilth.ledger.admission import Ask
from tilth.ledger.batches import entrust, entrusted, open_batches
from tilth.ledger.book import answer_json, failure_json
from tilth.ledger.database import Database, LedgerError
from tilth.ledger.entry import Claim, Lease, Refusal, Reservation, Spend, Usage
from tilth.ledger.reads import RowPage, find_history, find_spend, read_page, take_lease
from tilth.ledger.writer import End, Entry, Stop, Work, Writer
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest

# What JSON and the databases hold exactly, sums of thousands included.
_LARGEST = 2**53

_POSTGRES = ("postgresql://", "postgres://")


def open_ledger(url_or_path: str | Path, *, is_replay: bool = False) -> Ledger:
    """The ledger in a SQLite file, made when it is not there, or in PostgreSQL (`postgresql://…`).

    With `is_replay` nothing is written and no request allowed: what is not recorded is refused. Raises `RequestError`
    for what cannot be a ledger, `LedgerError` for one that is damaged, away, or written by a newer Tilth.
    """
    if str(url_or_path).startswith(_POSTGRES):
        from tilth.ledger.postgres import PostgresDatabase

        return Ledger(PostgresDatabase(str(url_or_path), is_replay=is_replay))
    from tilth.ledger.sqlite import SqliteDatabase

    return Ledger(SqliteDatabase(Path(url_or_path), is_replay=is_replay))


class Ledger:
    """One process's door to the ledger; every method may be called from any number of tasks at once.

    `async with open_ledger(path) as ledger:` closes it; a claim open then counts as spent in full.
    """

    def __init__(self, database: Database) -> None:
        self._owner = database.owner
        self._is_replay = database.is_replay
        self._numbers = itertools.count()
        self._pid = os.getpid()
        self._is_closed = False
        self._writer = Writer(database)

    async def __aenter__(self) -> Ledger:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def claim(self, request: ChatRequest, reservation: Reservation) -> ChatAnswer | Claim | Refusal:
        """The recorded answer (`is_replayed`), or the right to send the request, or why not.

        Waits while another call for the same answer is in flight, here or in another living process, and while the
        budget is only short because of calls in flight. Who stops waiting holds no claim.
        """
        names = (request.provider, request.model, *(budget.name for budget in reservation.budgets))
        for name in names:
            # A NUL or half a surrogate pair is no name, and PostgreSQL takes neither.
            if not name.isprintable():
                raise RequestError(
                    f"{name!r} is no name of a provider, model or budget: it is not printable."
                )
        hold = Hold.of(reservation)
        if not (0 <= (hold.microusd or 0) < _LARGEST and 0 <= hold.tokens < _LARGEST and hold.seconds >= 0):
            raise RequestError(f"A call cannot reserve {reservation}: amounts are whole, from 0 to 2^53.")
        claim = Claim(
            claim_id=f"{self._owner}-{next(self._numbers)}",
            key=request.key,
            provider=request.provider,
            model=request.model,
            input_bytes=request.input_bytes,
            max_output_tokens=request.max_output_tokens,
            reservation=reservation,
        )
        decision = await self._put(lambda future: Ask(claim, future))
        return cast("ChatAnswer | Claim | Refusal", decision)

    async def settle(self, claim: Claim, answer: ChatAnswer) -> None:
        """Returns when the answer is on disk. Settle all that was paid for and is whole, parsable or not."""
        answer = _plausible(answer)
        body = answer_json(answer)
        await self._put(lambda future: End(claim, answer, body, future))

    async def release(self, claim: Claim, failure: ChatFailure) -> None:
        """Gives the claim back; who waits for it gets it next. What the failure cost counts as spent.

        To try again after a failure that cost something, release and claim anew; a free one may keep its claim.
        """
        failure = replace(
            failure,
            input_tokens=_bounded(failure.input_tokens),
            output_tokens=_bounded(failure.output_tokens),
            cost_microusd=None if failure.cost_microusd is None else _bounded(failure.cost_microusd),
        )
        body = failure_json(failure)
        await self._put(lambda future: End(claim, failure, body, future))

    async def spent(self, budget: str) -> Spend:
        """What the budget of this name has seen so far, in all processes and runs."""
        return cast("Spend", await self._work(lambda database: find_spend(database, budget)))

    async def history(self, provider: str, model: str, limit: int = 1000) -> list[Usage]:
        """The latest answered calls of a model, newest first."""
        run = lambda database: find_history(database, provider, model, limit)  # noqa: E731 - it is passed on
        return cast("list[Usage]", await self._work(run))

    async def rows(self, table: Literal["answers", "failures"], after: int = 0, limit: int = 1000) -> RowPage:
        """A page of one of the tables, for export: the rows that were written after the entry `after`."""
        return cast("RowPage", await self._work(lambda database: read_page(database, table, after, limit)))

    async def entrust(self, claims: Sequence[Claim], batch: str) -> None:
        """Makes claims outlive this process: they belong to the batch of this name, about to be submitted.

        From then on nothing ends them but `settle` and `release`, by whatever process finds the batch again.
        """
        if not batch.isprintable():
            raise RequestError(f"{batch!r} is no name of a batch: it is not printable.")
        await self._work(lambda database: entrust(database, claims, batch), is_writing=True)
        await self._work(lambda _: self._writer.disown(claims))

    async def entrusted(self, batch: str) -> list[Claim]:
        """The claims of a batch that are still open; of their budgets only the names are known."""
        return cast("list[Claim]", await self._work(lambda database: entrusted(database, batch)))

    async def batches(self) -> list[str]:
        """The names of the batches that have open claims."""
        return cast("list[str]", await self._work(open_batches))

    async def lease(self, name: str, per_minute: float, burst: float, wanted: float) -> Lease:
        """Takes up to `wanted` units out of the bucket `name` that all processes share.

        The bucket fills by `per_minute` and holds `burst` at most. Ask for a fraction of a second's worth at once.
        """
        if per_minute <= 0 or burst <= 0:
            raise RequestError(
                f"The rate {name} is {per_minute:g} a minute, {burst:g} at once. Name rates above 0."
            )
        if self._is_replay:
            return Lease(wanted, 0.0)
        run = lambda database: take_lease(database, name, per_minute, burst, wanted)  # noqa: E731 - it is passed on
        return cast("Lease", await self._work(run, is_writing=True))

    async def close(self) -> None:
        """Ends this process's part in the ledger; claims still open are released and count as spent in full."""
        if not self._is_closed:
            stopped = self._put(Stop)
            self._is_closed = True
            await asyncio.shield(stopped)

    async def _work(self, run: Callable[[Database], Any], *, is_writing: bool = False) -> Any:
        return await self._put(lambda future: Work(run, future, is_writing))

    def _put(self, entry: Callable[[asyncio.Future[Any]], Entry]) -> asyncio.Future[Any]:
        if self._is_closed:
            raise LedgerError("The ledger is closed. Open it again.")
        if os.getpid() != self._pid:
            raise LedgerError("The ledger was opened by another process, before a fork. Open it again.")
        future: asyncio.Future[Any] = asyncio.get_running_loop().create_future()
        self._writer.put(entry(future))
        return future


def _plausible(answer: ChatAnswer) -> ChatAnswer:
    """The answer with what a broken server may have counted brought within what can be added up and written."""
    counts = (answer.input_tokens, answer.output_tokens, answer.cached_tokens, answer.cost_microusd or 0)
    if all(0 <= count < _LARGEST for count in counts) and answer.model.isprintable():
        return answer
    cost = None if answer.cost_microusd is None else _bounded(answer.cost_microusd)
    return replace(
        answer,
        input_tokens=_bounded(answer.input_tokens),
        output_tokens=_bounded(answer.output_tokens),
        cached_tokens=_bounded(answer.cached_tokens),
        cost_microusd=cost,
        model="".join(filter(str.isprintable, answer.model)),
    )


def _bounded(count: int) -> int:
    return max(0, min(count, _LARGEST - 1))
