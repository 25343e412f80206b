"""A ledger in memory, with a file to remember answers by: the engine's tests need its promises, not its locks."""

from __future__ import annotations

import asyncio
import json
import os
from dataclasses import asdict, replace
from pathlib import Path

from tilth.ledger.entry import Claim, Lease, Refusal, Reservation, Spend, Usage
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest


class MemoryLedger:
    """Answers by key, written through to `path` when there is one, and everything that was released."""

    def __init__(self, path: Path | None = None, *, is_replay: bool = False) -> None:
        self.answers: dict[str, ChatAnswer] = {}
        self.failures: list[ChatFailure] = []
        self.open: dict[str, asyncio.Future[None]] = {}
        self.peak_open = 0
        self._is_replay = is_replay
        self._buckets: dict[str, tuple[float, float]] = {}
        self._file = -1
        if path is not None:
            self._file = os.open(path, os.O_RDWR | os.O_CREAT | os.O_APPEND)
            for line in path.read_text().splitlines():
                self._remember(line)

    def _remember(self, line: str) -> None:
        try:
            key, answer = json.loads(line)
        except ValueError:
            return
        self.answers[key] = ChatAnswer(**answer)

    async def claim(self, request: ChatRequest, reservation: Reservation) -> ChatAnswer | Claim | Refusal:
        key = request.key
        while key in self.open:
            await asyncio.wait([self.open[key]])
        if key in self.answers:
            return replace(self.answers[key], is_replayed=True)
        if self._is_replay:
            return Refusal("not_recorded", "the ledger does not hold this answer")
        self.open[key] = asyncio.get_running_loop().create_future()
        self.peak_open = max(self.peak_open, len(self.open))
        return Claim(key, key, request.provider, request.model, 0, None, reservation)

    async def settle(self, claim: Claim, answer: ChatAnswer) -> None:
        self.answers[claim.key] = answer
        if self._file >= 0:
            os.write(self._file, (json.dumps([claim.key, asdict(answer)]) + "\n").encode())
        self.open.pop(claim.key).set_result(None)

    async def release(self, claim: Claim, failure: ChatFailure) -> None:
        self.failures.append(failure)
        self.open.pop(claim.key).set_result(None)

    async def spent(self, budget: str) -> Spend:
        return Spend(answers=len(self.answers), failures=len(self.failures), in_flight=len(self.open))

    async def history(self, provider: str, model: str, limit: int = 1000) -> list[Usage]:
        return []

    async def lease(self, name: str, per_minute: float, burst: float, wanted: float) -> Lease:
        now = asyncio.get_running_loop().time()
        held, at = self._buckets.get(name, (burst, now))
        held = min(burst, held + (now - at) * per_minute / 60)
        granted = min(held, wanted)
        self._buckets[name] = (held - granted, now)
        return Lease(granted, (wanted - granted) * 60 / per_minute)

    async def close(self) -> None:
        if self._file >= 0:
            os.close(self._file)
            self._file = -1
