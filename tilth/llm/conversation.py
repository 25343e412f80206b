"""Conversations with a model: a method is a generator that yields requests and is sent what was answered.

So a method neither waits nor knows how calls are made: it is tested by handing it answers. `converse` drives thousands
of them at once over one engine, reads each answer by its request's schema (asking for repairs), and gives back what
each came to, in their order. Where none of the requests that were yielded together brings anything, `NoAnswer` is
thrown into the generator: it may go another way, or leave it at that. It keeps no table and knows no stage.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import AsyncGenerator, AsyncIterator, Generator, Iterable, Mapping
from contextlib import aclosing
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from tilth.errors import TilthError
from tilth.llm.batches import BatchCaller
from tilth.llm.engine import Engine, Outcome
from tilth.llm.request import ChatFailure, ChatRequest
from tilth.llm.structured import AnswerReject, Structured, Unusable, answer_in_form, read_text
from tilth.llm.waves import Waves
from tilth.storable import storable

R = TypeVar("R")

#: What a method is sent for a request: an object for one with a schema, else text.
Reply = str | Mapping[str, Any]
#: Yields the requests that it can make now, is sent their replies in the same order (None for one that failed, while
#: others did not), and returns what it made of them.
Conversation = Generator[tuple[ChatRequest, ...], tuple[Any, ...], R]

# Conversations that are open at once, beside four for each call in flight: they are given back in order, and one whose
# call waits for its next attempt should not keep the others from being begun. Each holds a few kilobytes.
_FEWEST_OPEN = 1024
# The requests of one wave fit into one batch of OpenAI's.
_MOST_IN_WAVES = 50_000


class NoAnswer(TilthError):
    """A request of a conversation brought nothing usable; `reject` says why and keeps what came."""

    def __init__(self, reject: AnswerReject) -> None:
        super().__init__(reject)
        self.reject = reject

    def __str__(self) -> str:
        return f"{self.reject.reason}: {self.reject.detail}"


class Unfit(TilthError):
    """A conversation came to nothing by a rule: the reason in snake_case, and what was found."""

    def __init__(self, reason: str, detail: str = "") -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


@dataclass(slots=True)
class Usage:
    """What a conversation, or many, took. Money is in millionths of a dollar; replayed answers cost nothing.

    `calls` are answers that came over the wire, `failed` the requests that brought nothing usable in the end.
    """

    calls: int = 0
    replayed: int = 0
    failed: int = 0
    cost_microusd: int = 0
    unpriced: int = 0
    input_tokens: int = 0
    output_tokens: int = 0

    def add(self, outcome: Outcome) -> None:
        """Count an answer, or what a failure cost."""
        if isinstance(outcome, ChatFailure):
            self.cost_microusd += outcome.cost_microusd or 0
        elif outcome.is_replayed:
            self.replayed += 1
        else:
            self.calls += 1
            self.unpriced += outcome.cost_microusd is None
            self.cost_microusd += outcome.cost_microusd or 0
            self.input_tokens += outcome.input_tokens
            self.output_tokens += outcome.output_tokens

    def plus(self, other: Usage) -> Usage:
        """The sum of both."""
        return Usage(*(getattr(self, name) + getattr(other, name) for name in self.__slots__))


@dataclass(slots=True)
class Told(Generic[R]):
    """What a conversation came to: its value, or the fault or the rule that ended it.

    `failures` are all the requests that brought nothing, those the method got over included; `request_ids` name the
    requests whose answers were used, in the order in which they were asked.
    """

    value: R | None = None
    fault: AnswerReject | None = None
    unfit: Unfit | None = None
    failures: list[AnswerReject] = field(default_factory=list)
    request_ids: list[str] = field(default_factory=list)
    usage: Usage = field(default_factory=Usage)


class _Exchange:
    """Puts the requests of many conversations through one stream of the engine."""

    def __init__(self, engine: Engine, max_in_flight: int | None) -> None:
        self._engine, self._max_in_flight = engine, max_in_flight
        self._asked: asyncio.PriorityQueue[tuple[int, int, ChatRequest, asyncio.Future[Outcome]]] = (
            asyncio.PriorityQueue()
        )
        self._waiting: dict[int, asyncio.Future[Outcome]] = {}
        self._asked_so_far = self._taken = 0

    async def ask(self, request: ChatRequest, step: int) -> Outcome:
        """The outcome of one request. Later steps go first: what was begun is finished before more is begun."""
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._asked_so_far += 1
        self._asked.put_nowait((-step, self._asked_so_far, request, future))
        return await future

    async def _requests(self) -> AsyncIterator[ChatRequest]:
        while True:
            *_, request, future = await self._asked.get()
            # The engine numbers requests in the order in which it takes them.
            self._waiting[self._taken] = future
            self._taken += 1
            yield request

    async def run(self) -> None:
        """Hand outcomes to who waits for them, until cancelled; a fault of the ledger reaches all of them."""
        try:
            async with aclosing(self._engine.answer_all(self._requests(), self._max_in_flight)) as outcomes:
                async for index, outcome in outcomes:
                    waiting = self._waiting.pop(index)
                    if not waiting.done():
                        waiting.set_result(outcome)
        except Exception as error:  # what it is, each conversation hears
            unsent = [self._asked.get_nowait()[-1] for _ in range(self._asked.qsize())]
            for waiting in (*self._waiting.values(), *unsent):
                if not waiting.done():
                    waiting.set_exception(error)
            raise


async def converse(
    engine: Engine,
    conversations: Iterable[Conversation[R]],
    *,
    max_in_flight: int | None = None,
    max_repairs: int = 1,
    batches: BatchCaller | None = None,
) -> AsyncGenerator[Told[R], None]:
    """What every conversation came to, in their order. With `batches` requests go by the provider's batch API.

    They are taken from the iterable as room arises. Who stops reading cancels what was not sent; what was is taken in
    and recorded. A fault of the ledger (a full disk) is raised.
    """
    exchange: _Exchange | Waves = _Exchange(engine, max_in_flight)
    most_open = max(_FEWEST_OPEN, 4 * (max_in_flight or engine.max_in_flight))
    if batches is not None:
        exchange, most_open = Waves(engine, batches), _MOST_IN_WAVES
    running = asyncio.create_task(exchange.run())
    source = iter(conversations)
    open_: deque[asyncio.Task[Told[R]]] = deque()
    try:
        is_over = False
        while True:
            while not is_over and len(open_) < most_open:
                conversation = next(source, None)
                if conversation is None:
                    is_over = True
                    break
                open_.append(asyncio.create_task(_hold(engine, exchange, conversation, max_repairs)))
                # Requests go out while further conversations are begun.
                if len(open_) % 64 == 0:
                    await asyncio.sleep(0)
            if not open_:
                break
            yield await open_[0]
            open_.popleft()
    finally:
        for task in open_:
            task.cancel()
        running.cancel()
        await asyncio.gather(*open_, running, return_exceptions=True)


async def _hold(
    engine: Engine, exchange: _Exchange | Waves, conversation: Conversation[R], max_repairs: int
) -> Told[R]:
    """One conversation from its first request to what it returns."""
    told: Told[R] = Told()
    send: Any = conversation.send
    given: Any = None
    step = 0
    try:
        while True:
            requests = send(given)
            asking = (_reply(engine, exchange, request, step, max_repairs, told) for request in requests)
            replies = await asyncio.gather(*asking)
            step += 1
            faults = [reply for reply in replies if isinstance(reply, AnswerReject)]
            told.failures += faults
            told.usage.failed += len(faults)
            if faults and len(faults) == len(replies):
                send, given = conversation.throw, NoAnswer(faults[0])
            else:
                send = conversation.send
                given = tuple(None if isinstance(reply, AnswerReject) else reply for reply in replies)
    except StopIteration as ended:
        told.value = ended.value
    except NoAnswer as error:
        told.fault = error.reject
    except Unfit as error:
        told.unfit = error
    finally:
        conversation.close()
    return told


async def _reply(
    engine: Engine,
    exchange: _Exchange | Waves,
    request: ChatRequest,
    step: int,
    max_repairs: int,
    told: Told[Any],
) -> Reply | AnswerReject:
    """One request's reply, read in the form that was asked for."""

    async def ask(asked: ChatRequest) -> Outcome:
        outcome = await exchange.ask(asked, step)
        told.usage.add(outcome)
        return outcome

    if request.schema is None:
        outcome = await ask(request)
        if isinstance(outcome, ChatFailure):
            return _rejected(request, outcome)
        text = read_text(outcome)
        if isinstance(text, Unusable):
            return AnswerReject(text.reason, text.detail, request, (outcome.text,), (request.key,))
        told.request_ids.append(request.key)
        return str(storable(text))
    result = await answer_in_form(ask, request, max_repairs, engine.book)
    if isinstance(result, Structured):
        told.request_ids.extend(result.request_ids)
        value: Reply = storable(result.value)
        return value
    return _rejected(request, result) if isinstance(result, ChatFailure) else result


def _rejected(request: ChatRequest, failure: ChatFailure) -> AnswerReject:
    return AnswerReject(failure.kind, failure.detail, request, (), (request.key,))
