"""Slots and rates: how many calls are in flight at once, and how many a minute.

A `Window` hands out slots, to retries first; a `Bucket` hands out units of a rate (requests, input tokens, output
tokens) that all processes on one ledger share. Both live inside one event loop.
"""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from typing import Protocol

from pydantic import Field

from tilth.config import Config
from tilth.ledger.entry import Lease

# So much of a minute's rate is taken from the shared bucket at once: at a sixth of a second a process that dies
# takes little with it, and the ledger is asked six times a second at most.
_TAKEN_AT_ONCE_S = 1 / 6
# A bucket holds what the rate brings in so many seconds: providers count by the minute but refuse bursts above
# a few seconds' worth (OpenAI's guide to rate limits: 60 a minute may be enforced as 1 a second).
_BURST_S = 2.0


class ModelLimits(Config):
    """What an account may ask of one model in a minute; None where nothing is known, and refusals teach it."""

    requests_per_minute: float | None = Field(default=None, gt=0, description="Requests a minute.")
    input_tokens_per_minute: float | None = Field(default=None, gt=0, description="Input tokens a minute.")
    output_tokens_per_minute: float | None = Field(default=None, gt=0, description="Output tokens a minute.")


class Window:
    """Slots of calls in flight, as many as `limit` says at the moment."""

    def __init__(self, limit: Callable[[], float]) -> None:
        self._limit = limit
        self.load = 0
        self._retries: deque[asyncio.Future[None]] = deque()
        self._fresh: deque[asyncio.Future[None]] = deque()

    async def enter(self, is_retry: bool = False) -> None:
        """Wait for a slot; who was refused before comes first."""
        if self.load < self._bound() and not self._retries and (is_retry or not self._fresh):
            self.load += 1
            return
        turn = asyncio.get_running_loop().create_future()
        (self._retries if is_retry else self._fresh).append(turn)
        try:
            await turn
        except asyncio.CancelledError:
            # The slot may have been given in the same moment.
            if turn.done() and not turn.cancelled():
                self.leave()
            raise

    def leave(self) -> None:
        """Give a slot back."""
        self.load -= 1
        self.wake()

    def wake(self) -> None:
        """Hand out what is free, after a slot or the limit has changed."""
        while self.load < self._bound() and (queue := self._retries or self._fresh):
            turn = queue.popleft()
            if not turn.done():
                self.load += 1
                turn.set_result(None)

    def _bound(self) -> int:
        return max(1, int(self._limit()))


class Slot:
    """A place in several windows at once, to be entered in the same order by all. Leaving twice is no harm."""

    __slots__ = ("_windows", "is_held")

    def __init__(self, windows: list[Window]) -> None:
        self._windows, self.is_held = windows, False

    async def enter(self, is_retry: bool) -> None:
        """Wait for a place in each window."""
        entered: list[Window] = []
        try:
            for window in self._windows:
                await window.enter(is_retry)
                entered.append(window)
        except asyncio.CancelledError:
            for window in entered:
                window.leave()
            raise
        self.is_held = True

    def leave(self) -> None:
        """Give the places back."""
        if self.is_held:
            self.is_held = False
            for window in self._windows:
                window.leave()


class Leases(Protocol):
    """Where the shared buckets are kept: the ledger."""

    async def lease(self, name: str, per_minute: float, burst: float, wanted: float) -> Lease:
        """Up to `wanted` units of the bucket `name`."""


class Bucket:
    """One rate of one model, in units a minute: this process's part of what all share."""

    def __init__(self, leases: Leases, name: str, per_minute: float) -> None:
        self._leases, self._name, self._per_minute = leases, name, per_minute
        self._burst = max(1.0, per_minute / 60 * _BURST_S)
        self._held = 0.0
        self._turn = asyncio.Lock()

    async def take(self, units: float) -> None:
        """Wait until the rate allows `units`. More than the bucket holds passes when the bucket is full."""
        units = min(units, self._burst)
        async with self._turn:
            while self._held < units:
                wanted = max(units - self._held, min(self._burst, self._per_minute / 60 * _TAKEN_AT_ONCE_S))
                lease = await self._leases.lease(self._name, self._per_minute, self._burst, wanted)
                self._held += lease.granted
                if self._held < units:
                    await asyncio.sleep(lease.wait_s)
            self._held -= units

    def correct(self, units: float) -> None:
        """A call turned out to use so many more than was taken for it, or fewer; debts are paid by who comes next."""
        self._held = max(-self._burst, min(self._burst, self._held - units))
