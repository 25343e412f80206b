"""Conversations by a batch API: all that can be asked now goes out as one batch, and what comes of it as the next.

A batch takes minutes to a day, so a wave waits until nobody asks any more. What is too little for a batch, and what a
batch did not bring, is asked live; the ledger sees to it that nothing is paid twice either way.
"""

from __future__ import annotations

import asyncio

from tilth.llm.batches import BatchCaller
from tilth.llm.engine import Engine, Outcome
from tilth.llm.request import ChatFailure, ChatRequest

# Conversations that go on are quick; when none has asked for so long, all of them wait.
_QUIET_S = 0.5
# Kinds of failure of a line that say nothing of the request: a batch that expired, or was lost.
_WORTH_A_CALL = frozenset({"server", "overloaded", "rate_limited", "timeout", "connection"})


class Waves:
    """Takes requests one by one, and asks them together."""

    def __init__(self, engine: Engine, batches: BatchCaller) -> None:
        self._engine, self._batches = engine, batches
        self._asked: asyncio.Queue[tuple[ChatRequest, asyncio.Future[Outcome]]] = asyncio.Queue()

    async def ask(self, request: ChatRequest, step: int) -> Outcome:
        """The outcome of one request; the step of its conversation does not matter here."""
        del step
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._asked.put_nowait((request, future))
        return await future

    async def run(self) -> None:
        """Send wave after wave, until cancelled; a fault of the ledger reaches all who wait."""
        wave: list[tuple[ChatRequest, asyncio.Future[Outcome]]] = []
        try:
            while True:
                wave = [await self._asked.get()]
                while True:
                    try:
                        wave.append(await asyncio.wait_for(self._asked.get(), _QUIET_S))
                    except TimeoutError:
                        break
                await self._send(wave)
        except Exception as error:  # what it is, each conversation hears
            late = [self._asked.get_nowait() for _ in range(self._asked.qsize())]
            for _, future in (*wave, *late):
                if not future.done():
                    future.set_exception(error)
            raise

    async def _send(self, wave: list[tuple[ChatRequest, asyncio.Future[Outcome]]]) -> None:
        left: list[int] = []
        async for index, outcome in self._batches.answer_all([request for request, _ in wave]):
            if isinstance(outcome, ChatFailure) and outcome.kind in _WORTH_A_CALL:
                left.append(index)
            else:
                _tell(wave[index][1], outcome)
        requests = [wave[index][0] for index in left]
        async for place, outcome in self._engine.answer_all(requests):
            _tell(wave[left[place]][1], outcome)


def _tell(future: asyncio.Future[Outcome], outcome: Outcome) -> None:
    if not future.done():
        future.set_result(outcome)
