"""The one thread of a process that reads and writes its ledger, and the group commit.

What tasks ask arrives in a queue; a batch of it becomes one transaction, and whoever asked hears of it when that is on
the disk. Claims that cannot be decided yet are parked: behind a call for the same answer, or behind calls in flight
that hold the rest of a budget. They are looked at again when something ends here, and every `_POLL_S` for what ends
elsewhere.
"""

from __future__ import annotations

import time
from asyncio import AbstractEventLoop, Future
from collections.abc import Callable, Iterable, Iterator
from contextlib import suppress
from dataclasses import dataclass, field
from queue import Empty, SimpleQueue
from threading import Thread
from typing import Any

from tilth.errors import RequestError, TilthError
from tilth.ledger.admission import Ask, Wait, admit
from tilth.ledger.book import Book, failure_json, find_answers
from tilth.ledger.database import Database, LedgerError, Trouble
from tilth.ledger.entry import Claim, Refusal
from tilth.llm.request import ChatAnswer, ChatFailure

# A commit waits this long for company when calls are many. With the flush to the disk it stays far below the 50 ms
# after which an answer has to be safe, and 2,000 entries a second become 100 commits.
_LINGER_S = 0.005

# Below so many calls in flight there is no company worth waiting for.
_BUSY = 16

# How soon parked claims see what other processes did. A call takes some hundred milliseconds at least.
_POLL_S = 0.1

# How often the dead are looked for while claims are parked: a system call for each process that has the ledger open.
_WATCH_S = 0.5

# So many of those that wait for one budget are looked at in a commit: more than what ends in one, and bounded.
_ADMITTED = 64

# Paid answers are kept in memory this long while the database takes none; a server's restart takes some seconds.
_PATIENCE_S = 30.0


@dataclass(slots=True, eq=False)
class End:
    """A claim that ends, with what it brought."""

    claim: Claim
    result: ChatAnswer | ChatFailure
    # What the result says, as JSON; made by the caller, so that no transaction waits for it.
    body: str
    future: Future[Any] | None = None


@dataclass(slots=True, eq=False)
class Work:
    """Anything else: a read of what is committed, or with `is_writing` a part of the next transaction."""

    run: Callable[[Database], Any]
    future: Future[Any]
    is_writing: bool = False


@dataclass(slots=True, eq=False)
class Stop:
    """The last thing that a writer does."""

    future: Future[Any]


Entry = Ask | End | Work | Stop
Told = tuple[Future[Any] | None, Any]


@dataclass(slots=True)
class _Batch:
    """What goes into one transaction; all parked claims are looked at in a poll."""

    asks: list[Ask] = field(default_factory=list)
    ends: list[End] = field(default_factory=list)
    works: list[Work] = field(default_factory=list)
    is_poll: bool = False

    @classmethod
    def of(cls, entries: Iterable[Entry]) -> _Batch:
        batch = cls()
        for entry in entries:
            if isinstance(entry, Ask):
                batch.asks.append(entry)
            elif isinstance(entry, End):
                batch.ends.append(entry)
            elif isinstance(entry, Work):
                batch.works.append(entry)
        return batch

    def __bool__(self) -> bool:
        return bool(self.asks or self.ends or self.works or self.is_poll)


class Writer:
    """The thread and its queue. `put` may be called from any thread; futures are resolved in their own loops."""

    def __init__(self, database: Database) -> None:
        self._database = database
        self._queue: SimpleQueue[Entry] = SimpleQueue()
        self._open: dict[str, Claim] = {}
        self._parked: dict[Ask, Wait] = {}
        self._polled_at = self._watched_at = float("-inf")
        self._ended: LedgerError | None = None
        # A daemon: a process that ends without closing its ledger must not hang; its claims end with it.
        self._thread = Thread(target=self._run, name="ledger", daemon=True)
        self._thread.start()

    def put(self, entry: Entry) -> None:
        """Hands in an entry; its future is resolved when it is committed, refused or failed."""
        self._queue.put(entry)
        if self._ended is not None:
            self._fail(self._drain(), self._ended)

    def disown(self, claims: Iterable[Claim]) -> None:
        """Forgets claims that have another owner now; only for use within `Work`, on the writer's own thread."""
        for claim in claims:
            self._open.pop(claim.claim_id, None)

    def _run(self) -> None:
        stop: Stop | None = None
        try:
            if not self._database.is_replay:
                self._commit(_Batch())
            while stop is None:
                stop = self._turn(self._take())
        except BaseException as error:
            self._ended = LedgerError(f"The ledger stopped: {error!r}. Start again: what is settled is safe.")
            raise
        finally:
            self._ended = self._ended or LedgerError("The ledger is closed. Open it again.")
            self._fail([*self._parked, *self._drain()], self._ended)
            self._database.close()
            if stop is not None:
                self._tell([(stop.future, None)])

    def _take(self) -> list[Entry]:
        """What has arrived: whenever that may be, or nothing after a while when claims are parked."""
        with suppress(Empty):
            return [self._queue.get(timeout=_POLL_S if self._parked else None), *self._drain()]
        return []

    def _drain(self) -> Iterator[Entry]:
        with suppress(Empty):
            while True:
                yield self._queue.get_nowait()

    def _turn(self, arrived: list[Entry]) -> Stop | None:
        entries = self._read(arrived)
        if entries and len(self._open) + len(entries) >= _BUSY and not self._database.is_replay:
            time.sleep(_LINGER_S)
            entries += self._read(list(self._drain()))
        batch = _Batch.of(entries)
        stop = next((entry for entry in entries if isinstance(entry, Stop)), None)
        if stop is not None:
            self._abandon(batch)
        batch.is_poll = bool(self._parked) and time.monotonic() - self._polled_at >= _POLL_S
        if batch:
            self._commit(batch)
        return stop

    def _abandon(self, batch: _Batch) -> None:
        """Ends the claims that nobody ended before the ledger was closed: whether they were sent is not known."""
        ended = {end.claim.claim_id for end in batch.ends}
        failure = ChatFailure("cancelled", "the ledger was closed in flight", is_spend_unknown=True)
        left = [claim for name, claim in self._open.items() if name not in ended]
        batch.ends += [End(claim, failure, failure_json(failure)) for claim in left]
        self._fail([*batch.asks, *self._parked], LedgerError("The ledger is closed. Open it again."))
        batch.asks.clear()
        self._parked.clear()

    def _read(self, arrived: list[Entry]) -> list[Entry]:
        """Answers what needs no transaction: reads, and claims whose answers are recorded. Gives the rest."""
        told: list[Told] = []
        rest: list[Entry] = []
        answers: dict[str, ChatAnswer] = {}
        try:
            keys = [entry.claim.key for entry in arrived if isinstance(entry, Ask)]
            answers = find_answers(self._database, keys)
        except Trouble as trouble:
            # The transaction looks again, and is patient.
            if self._database.is_replay:
                self._fail(
                    [entry for entry in arrived if isinstance(entry, Ask)], LedgerError(trouble.detail)
                )
                arrived = [entry for entry in arrived if not isinstance(entry, Ask)]
        for entry in arrived:
            if isinstance(entry, Ask) and entry.claim.key in answers:
                told.append((entry.future, answers[entry.claim.key]))
            elif isinstance(entry, Ask) and self._database.is_replay:
                told.append((entry.future, _not_recorded(entry.claim)))
            elif isinstance(entry, Work) and not entry.is_writing:
                told.append((entry.future, self._read_by(entry)))
            else:
                rest.append(entry)
        self._tell(told)
        return rest

    def _result(self, work: Work) -> Any:
        try:
            return work.run(self._database)
        except RequestError as error:
            return error

    def _read_by(self, work: Work) -> Any:
        try:
            return self._result(work)
        except Trouble as trouble:
            return LedgerError(trouble.detail)

    def _commit(self, batch: _Batch) -> None:
        """Commits a batch; those in it whom patience does not help are told so."""
        began = time.monotonic()
        while True:
            try:
                self._tell(self._transact(batch))
                return
            except Trouble as trouble:
                error, passed = LedgerError(trouble.detail), time.monotonic() - began
                if trouble.kind == "full":
                    # No new call is begun that could not be settled; what is paid for gets the room kept for it.
                    self._turn_away(batch, error)
                    self._database.make_room()
                if trouble.kind == "broken" or passed > _PATIENCE_S:
                    self._turn_away(batch, error)
                    self._fail(batch.ends, error)
                    return
            if not batch:
                return
            # The first time at once: there may be room now, or a new connection.
            time.sleep(min(passed, 1.0))

    def _turn_away(self, batch: _Batch, error: LedgerError) -> None:
        """Fails all that has not been paid for."""
        self._fail([*batch.asks, *batch.works, *self._parked], error)
        batch.asks, batch.works, batch.is_poll = [], [], False
        self._parked.clear()

    def _transact(self, batch: _Batch) -> list[Told]:
        dead = self._dead()
        if not (batch or dead):
            return []
        if (batch.asks or self._parked) and not self._database.has_room():
            raise Trouble(
                "full", "The disk under the ledger has no room for another call's answer. Free some space."
            )
        with self._database.transaction() as now:
            book = Book(self._database, now)
            freed = set(book.reap(dead)) if dead else set()
            freed |= {end.claim.key for end in batch.ends}
            book.settle([(e.claim, e.result, e.body) for e in batch.ends if isinstance(e.result, ChatAnswer)])
            book.release(
                [(e.claim, e.result, e.body) for e in batch.ends if isinstance(e.result, ChatFailure)]
            )
            again, blocked = self._look_again(batch, freed)
            decided = admit(self._database, book, again, batch.asks, blocked)
            done: list[Told] = [(work.future, self._result(work)) for work in batch.works]
            book.close()
        for end in batch.ends:
            self._open.pop(end.claim.claim_id, None)
            done.append((end.future, None))
        for ask, decision in decided:
            if isinstance(decision, Wait):
                self._parked[ask] = decision
                continue
            self._parked.pop(ask, None)
            if isinstance(decision, Claim):
                self._open[decision.claim_id] = decision
            done.append((ask.future, decision))
        return done

    def _dead(self) -> list[str]:
        """Owners who died, looked for at the start and while claims are parked."""
        now = time.monotonic()
        if now - self._watched_at < _WATCH_S or (not self._parked and self._watched_at > 0):
            return []
        self._watched_at = now
        return self._database.dead([owner for (owner,) in self._database.execute("SELECT owner FROM owners")])

    def _look_again(self, batch: _Batch, freed: set[str]) -> tuple[list[Ask], frozenset[str]]:
        """The parked claims that may be decided now, and the budgets for which others still wait."""
        for ask in [ask for ask in self._parked if ask.future.cancelled()]:
            del self._parked[ask]
        if not (batch.is_poll or freed):
            return [], frozenset(wait.budget for wait in self._parked.values() if wait.budget)
        self._polled_at = time.monotonic() if batch.is_poll else self._polled_at
        again: list[Ask] = []
        looked_at: dict[str, int] = {}
        for ask, wait in self._parked.items():
            if wait.budget is not None:
                looked_at[wait.budget] = looked_at.get(wait.budget, 0) + 1
                if looked_at[wait.budget] <= _ADMITTED:
                    again.append(ask)
            elif batch.is_poll or wait.key in freed:
                again.append(ask)
        return again, frozenset(name for name, count in looked_at.items() if count > _ADMITTED)

    def _fail(self, entries: Iterable[Entry], error: LedgerError) -> None:
        self._tell([(entry.future, error) for entry in entries])

    def _tell(self, told: list[Told]) -> None:
        """Hands results to the loops that wait for them, each loop woken once."""
        loops: dict[AbstractEventLoop, list[tuple[Future[Any], Any]]] = {}
        for future, result in told:
            if future is not None:
                loops.setdefault(future.get_loop(), []).append((future, result))
        for loop, pairs in loops.items():
            try:
                loop.call_soon_threadsafe(self._resolve, pairs)
            except RuntimeError:
                # The loop is closed: nobody waits any more.
                self._give_back([result for _, result in pairs])

    def _resolve(self, pairs: list[tuple[Future[Any], Any]]) -> None:
        given_back = []
        for future, result in pairs:
            if future.done():
                given_back.append(result)
            elif isinstance(result, TilthError):
                future.set_exception(result)
            else:
                future.set_result(result)
        self._give_back(given_back)

    def _give_back(self, results: Iterable[Any]) -> None:
        """A claim whose caller is gone was not sent and costs nothing."""
        failure = ChatFailure("cancelled", "the caller stopped waiting for its claim")
        for result in results:
            if isinstance(result, Claim):
                self._queue.put(End(result, failure, failure_json(failure)))


def _not_recorded(claim: Claim) -> Refusal:
    return Refusal(
        "not_recorded",
        f"The ledger holds no answer of {claim.model} ({claim.provider}) to the request {claim.key}, and it is only "
        "replayed. Record it by a run with network.",
    )
