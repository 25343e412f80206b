"""Answers for any number of requests: claim in the ledger, call, settle; retry what may pass, fall back where told.

The one place where calls of models are made. An `Engine` lives in one event loop and is shared by all that its
process asks; `answer_all` streams requests in and outcomes out, holding a few times `max_in_flight` of them at
once. A claim lasts for one attempt: while a request waits to be tried again it holds neither claim, money nor slot.

What it does not do: read texts as JSON, know prices, or decide what to ask. When its caller stops, calls that were
sent get some seconds to come in and are settled, so that what is paid for is kept.
"""

from __future__ import annotations

import asyncio
import random
from collections.abc import AsyncGenerator, AsyncIterable, Callable, Iterable, Mapping, Sequence
from contextlib import aclosing
from dataclasses import dataclass, field, replace
from types import TracebackType
from typing import Self

from tilth.errors import RequestError
from tilth.ledger.entry import Budget, Claim, Refusal, Reservation
from tilth.ledger.ledger import Ledger
from tilth.llm.batches import BatchCaller
from tilth.llm.client import ChatClient
from tilth.llm.config import EngineConfig
from tilth.llm.lane import Lane, LaneProgress
from tilth.llm.limits import ModelLimits, Slot, Window
from tilth.llm.providers import KeyRing, Provider
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest
from tilth.llm.retries import Retries
from tilth.llm.spending import Price, priced, reservation_for
from tilth.llm.structured import ModeBook

Outcome = ChatAnswer | ChatFailure

# While one call is in flight, so many more may wait for their next attempt: at one refusal in five, a wait of a
# second and answers in 0.2 s, as many wait as are in flight; slower providers have fewer waiting.
_PENDING = 4
# A claim is granted within a group commit (50 ms). One that takes longer waits for another process's answer or for
# a budget, and lends its slot to others meanwhile.
_PATIENT_CLAIM_S = 0.25
# Failures that another model would share, or that are nobody's fault.
_FINAL = frozenset({"budget", "cancelled", "refused"})


@dataclass(slots=True)
class _Run:
    """One call of `answer_all`: its tasks, those of them with a call on the wire, and what came of them."""

    room: asyncio.Semaphore
    window: Window | None
    results: asyncio.Queue[tuple[int, Outcome] | BaseException | None] = field(default_factory=asyncio.Queue)
    tasks: set[asyncio.Task[None]] = field(default_factory=set)
    sent: set[asyncio.Task[None]] = field(default_factory=set)
    is_stopping: bool = False

    def tell(self, task: asyncio.Task[None]) -> None:
        """What a task raised, or the caller's own iterable, is raised to whoever reads the results."""
        if not task.cancelled() and (error := task.exception()) is not None:
            self.results.put_nowait(error)


class Engine:
    """`async with Engine(…) as engine:` stops what runs and closes the connections; the ledger stays open."""

    def __init__(
        self,
        ledger: Ledger,
        providers: Iterable[Provider],
        *,
        keys: Mapping[str, Sequence[str]] | None = None,
        config: EngineConfig | None = None,
        budgets: tuple[Budget, ...] = (),
        price: Callable[[str, str], Price | None] | None = None,
        batches: BatchCaller | None = None,
    ) -> None:
        #: The batch API that conversations are to use, if any; the engine itself calls live.
        self.batches = batches
        self._ledger, self._config, self._budgets, self._price_of = (
            ledger,
            config or EngineConfig(),
            budgets,
            price,
        )
        self._providers = {provider.name: provider for provider in providers}
        self._keys = {name: KeyRing((keys or {}).get(name, ())) for name in self._providers}
        self._client: ChatClient | None = None
        self._lanes: dict[tuple[str, str], Lane] = {}
        self._prices: dict[tuple[str, str], Price | None] = {}
        self._runs: list[_Run] = []
        # Only spreads retries in time; nothing that is kept depends on it.
        self._random = random.Random(0)

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self.close()

    async def close(self) -> None:
        """Send nothing more, take in what is on the wire, close the connections."""
        for run in list(self._runs):
            await self._stop(run)
        if self._client is not None:
            await self._client.close()
            self._client = None

    def progress(self) -> list[LaneProgress]:
        """What happened so far, by provider and model in the order they were first asked."""
        return [lane.snapshot() for lane in self._lanes.values()]

    @property
    def max_in_flight(self) -> int:
        """Most calls of one model at once."""
        return self._config.max_in_flight

    @property
    def ledger(self) -> Ledger:
        """Where every answer is recorded."""
        return self._ledger

    @property
    def book(self) -> ModeBook:
        """What was learnt of how each model is asked for structured answers; readers of answers add to it."""
        return self._http().book

    async def answer(self, request: ChatRequest) -> Outcome:
        """The outcome of one request."""
        async with aclosing(self.answer_all([request])) as outcomes:
            async for _, outcome in outcomes:
                return outcome
        raise RequestError("The engine was closed before the request came to its turn.")

    async def answer_all(
        self, requests: Iterable[ChatRequest] | AsyncIterable[ChatRequest], max_in_flight: int | None = None
    ) -> AsyncGenerator[tuple[int, Outcome], None]:
        """Every request's place and outcome, in the order in which they come in.

        `requests` is read as room arises, and nothing of a request is kept after its outcome was taken.
        `max_in_flight` bounds this call below the config's bound. A fault of the ledger (a full disk) is raised,
        after what is on the wire came in.
        """
        most = min(max_in_flight or self._config.max_in_flight, self._config.max_in_flight)
        is_bounded = most < self._config.max_in_flight
        run = _Run(asyncio.Semaphore(_PENDING * most), Window(lambda: most) if is_bounded else None)
        self._runs.append(run)
        feeder = asyncio.create_task(self._feed(run, requests))
        feeder.add_done_callback(run.tell)
        try:
            while (result := await run.results.get()) is not None:
                if isinstance(result, BaseException):
                    raise result
                run.room.release()
                yield result
        finally:
            feeder.cancel()
            await asyncio.gather(feeder, return_exceptions=True)
            await self._stop(run)

    async def _feed(self, run: _Run, requests: Iterable[ChatRequest] | AsyncIterable[ChatRequest]) -> None:
        if isinstance(requests, AsyncIterable):
            index = 0
            async for request in requests:
                await self._start(run, index, request)
                index += 1
        else:
            for index, request in enumerate(requests):
                await self._start(run, index, request)
        while run.tasks:
            await asyncio.wait(set(run.tasks))
        run.results.put_nowait(None)

    async def _start(self, run: _Run, index: int, request: ChatRequest) -> None:
        await run.room.acquire()
        if run.is_stopping:
            return
        task = asyncio.create_task(self._deliver(run, index, request))
        run.tasks.add(task)
        task.add_done_callback(run.tasks.discard)
        task.add_done_callback(run.tell)

    async def _deliver(self, run: _Run, index: int, request: ChatRequest) -> None:
        run.results.put_nowait((index, await self._answer(run, request)))

    async def _stop(self, run: _Run) -> None:
        """Cancel what was not sent, wait for what was, then cancel that too."""
        if run not in self._runs:
            return
        self._runs.remove(run)
        run.is_stopping = True
        for task in run.tasks - run.sent:
            task.cancel()
        if run.tasks:
            await asyncio.wait(set(run.tasks), timeout=self._config.grace_s)
        for task in run.tasks:
            task.cancel()
        await asyncio.gather(*run.tasks, return_exceptions=True)
        # Whoever still reads from this run is told that it is over.
        run.results.put_nowait(None)

    async def _answer(self, run: _Run, request: ChatRequest) -> Outcome:
        """The outcome by the model asked for, else by the first of the chain that can."""
        chain = [request]
        for provider, model in self._config.fallbacks:
            if (provider, model) != (request.provider, request.model):
                chain.append(replace(request, provider=provider, model=model))
        outcome: Outcome | None = None
        for place, asked in enumerate(chain):
            outcome = await self._try(run, asked, is_last=place == len(chain) - 1)
            if isinstance(outcome, ChatAnswer) or outcome.kind in _FINAL:
                break
        assert outcome is not None
        return outcome

    async def _try(self, run: _Run, request: ChatRequest, is_last: bool) -> Outcome:
        """Attempts until an answer or a failure that will not pass."""
        lane = self._lane(request.provider, request.model)
        clock = asyncio.get_running_loop().time
        retries = Retries(self._config, self._random, clock())
        while True:
            outcome = await self._attempt(run, lane, request, retries, is_last)
            if isinstance(outcome, ChatAnswer):
                return outcome
            if run.is_stopping:
                return (
                    outcome
                    if not outcome.is_retryable
                    else ChatFailure("cancelled", "stopped before a next try")
                )
            wait = retries.wait_s(outcome, lane)
            if wait is None:
                lane.progress.failed += 1
                return outcome
            # What the ledger took to release the claim is part of the wait.
            await asyncio.sleep(max(0.0, retries.failed_at + wait - clock()))

    async def _attempt(
        self, run: _Run, lane: Lane, request: ChatRequest, retries: Retries, is_last: bool
    ) -> Outcome:
        """Claim, send, settle: once. The slot is held until the answer is on disk."""
        price = self._price(request)
        reservation = reservation_for(request, self._budgets, price, self._config.timeout_s)
        if isinstance(reservation, ChatFailure):
            return reservation
        slot = Slot([window for window in (run.window, lane.window) if window is not None])
        await slot.enter(retries.is_retry)
        try:
            # A closed lane may still have recorded answers, so the ledger is asked before anything else.
            claim = await self._claim(slot, request, reservation)
            if isinstance(claim, ChatAnswer):
                lane.progress.replayed += 1
                return claim
            if isinstance(claim, Refusal):
                return ChatFailure(claim.kind, claim.detail)
            return await self._call(run, lane, request, claim, retries, is_last)
        finally:
            slot.leave()

    async def _claim(
        self, slot: Slot, request: ChatRequest, reservation: Reservation
    ) -> ChatAnswer | Claim | Refusal:
        lending = asyncio.get_running_loop().call_later(_PATIENT_CLAIM_S, slot.leave)
        try:
            claim = await self._ledger.claim(request, reservation)
        finally:
            lending.cancel()
        if isinstance(claim, Claim) and not slot.is_held:
            try:
                await slot.enter(is_retry=True)
            except asyncio.CancelledError:
                await self._ledger.release(claim, _cancelled(is_sent=False))
                raise
        return claim

    async def _call(
        self, run: _Run, lane: Lane, request: ChatRequest, claim: Claim, retries: Retries, is_last: bool
    ) -> Outcome:
        task = asyncio.current_task()
        assert task is not None
        is_sent = False
        try:
            failure = await lane.ready(request, self._config.patience_s, can_wait=is_last)
            if failure is None:
                is_sent = True
                run.sent.add(task)
                outcome = await lane.send(request, self._config.patience_s)
            else:
                outcome = failure
        except asyncio.CancelledError:
            await self._ledger.release(claim, _cancelled(is_sent))
            raise
        else:
            if isinstance(outcome, ChatAnswer):
                outcome = priced(outcome, self._price(request))
                lane.progress.cost_microusd += outcome.cost_microusd or 0
                await self._ledger.settle(claim, outcome)
            else:
                retries.failed_at = asyncio.get_running_loop().time()
                await self._ledger.release(claim, outcome)
            return outcome
        finally:
            run.sent.discard(task)

    def _price(self, request: ChatRequest) -> Price | None:
        known = (request.provider, request.model)
        if known not in self._prices:
            self._prices[known] = self._price_of(*known) if self._price_of else None
        return self._prices[known]

    def _http(self) -> ChatClient:
        """The connections; made at the first use, inside the event loop that uses them."""
        self._client = self._client or ChatClient(self._config.timeout_s)
        return self._client

    def _lane(self, name: str, model: str) -> Lane:
        lane = self._lanes.get((name, model))
        if lane is None:
            provider = self._providers.get(name)
            if provider is None:
                raise RequestError(
                    f"A request names the provider {name!r}; the engine knows {', '.join(self._providers)}."
                )
            limits = self._config.limits
            bounds = limits.get(f"{name}/{model}") or limits.get(model) or ModelLimits()
            most = self._config.max_in_flight
            lane = Lane(provider, model, self._http(), self._keys[name], self._ledger, bounds, most)
            self._lanes[name, model] = lane
        return lane


def _cancelled(is_sent: bool) -> ChatFailure:
    return ChatFailure("cancelled", "stopped by the caller", is_spend_unknown=is_sent)
