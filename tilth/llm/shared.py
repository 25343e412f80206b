"""One engine a process, for callers in threads: an event loop in a thread of its own, outcomes as a plain iterator.

Shards run in threads and know no event loop; they share the connections, the slots and what was learnt of each model.
Leaving an iterator, or the block, takes in what is on the wire, as the engine does.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable, Coroutine, Generator, Iterable, Iterator
from concurrent.futures import Future
from contextlib import AbstractAsyncContextManager, contextmanager
from threading import Thread
from typing import Any, TypeVar

from tilth.ledger.ledger import Ledger
from tilth.llm.conversation import Conversation, Told, converse
from tilth.llm.engine import Engine, Outcome
from tilth.llm.lane import LaneProgress
from tilth.llm.request import ChatRequest

R = TypeVar("R")
T = TypeVar("T")


class SharedEngine:
    """An engine that any thread may ask; made by `shared_engine`."""

    def __init__(self, engine: Engine, loop: asyncio.AbstractEventLoop, ended: asyncio.Event) -> None:
        self._engine, self._loop, self._ended = engine, loop, ended

    def answer_all(
        self, requests: Iterable[ChatRequest], max_in_flight: int | None = None
    ) -> Generator[tuple[int, Outcome], None, None]:
        """As `Engine.answer_all`. `requests` is read in the engine's thread and should not block."""
        yield from self._follow(self._engine.answer_all(requests, max_in_flight))

    def converse(
        self, conversations: Iterable[Conversation[R]], max_in_flight: int | None = None
    ) -> Generator[Told[R], None, None]:
        """As `converse`. The conversations run in the engine's thread and should not compute for long."""
        stream = converse(
            self._engine, conversations, max_in_flight=max_in_flight, batches=self._engine.batches
        )
        yield from self._follow(stream)

    def ask_ledger(self, question: Callable[[Ledger], Coroutine[Any, Any, T]]) -> T:
        """What the ledger answers: `lambda ledger: ledger.spent(name)`."""
        return asyncio.run_coroutine_threadsafe(question(self._engine.ledger), self._loop).result()

    def _follow(self, outcomes: AsyncGenerator[T, None]) -> Generator[T, None, None]:
        """The items of a stream in the engine's loop, for the thread that asks."""
        reading: list[asyncio.Task[Any]] = []

        async def following() -> T | None:
            task = asyncio.current_task()
            assert task is not None
            reading[:] = [task]
            return await anext(outcomes, None)

        async def leave() -> None:
            # After Ctrl-C somebody still reads, and a generator that runs cannot be closed.
            for task in reading:
                task.cancel()
                await asyncio.wait([task])
            await outcomes.aclose()

        try:
            while (found := asyncio.run_coroutine_threadsafe(following(), self._loop).result()) is not None:
                yield found
        finally:
            asyncio.run_coroutine_threadsafe(leave(), self._loop).result()

    def progress(self) -> list[LaneProgress]:
        """As `Engine.progress`."""
        return self._engine.progress()

    def end(self) -> None:
        """Let the engine's thread come to its end."""
        self._loop.call_soon_threadsafe(self._ended.set)


@contextmanager
def shared_engine(make: Callable[[], AbstractAsyncContextManager[Engine]]) -> Iterator[SharedEngine]:
    """An engine in a thread of its own for as long as the block lasts; `make` is called and entered there."""
    started: Future[SharedEngine] = Future()

    async def live() -> None:
        ended = asyncio.Event()
        async with make() as engine:
            started.set_result(SharedEngine(engine, asyncio.get_running_loop(), ended))
            await ended.wait()

    def work() -> None:
        try:
            asyncio.run(live())
        except BaseException as error:
            if started.done():
                raise
            # What keeps the engine from starting is for the caller to hear.
            started.set_exception(error)

    thread = Thread(target=work, name="engine", daemon=True)
    thread.start()
    shared = started.result()
    try:
        yield shared
    finally:
        shared.end()
        thread.join()
