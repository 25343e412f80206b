"""Asynchronous access to weather stations that are slow, far away and sometimes asleep."""

from __future__ import annotations

import asyncio
import functools
import random
from collections.abc import AsyncIterator, Awaitable, Callable, Sequence
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import ParamSpec, Protocol, TypeVar

from orchard.errors import MissingReading

P = ParamSpec("P")
R = TypeVar("R")


class StationAsleep(MissingReading):
    """The station did not answer; it may do so later."""


@dataclass(frozen=True, slots=True)
class Reading:
    station: str
    at: datetime
    temperature: float
    leaf_wet: bool


class Station(Protocol):
    """Anything that can be asked for its current reading."""

    name: str

    async def read(self) -> Reading: ...


def retry(
    attempts: int = 3, first_delay: float = 0.5, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> Callable[[Callable[P, Awaitable[R]]], Callable[P, Awaitable[R]]]:
    """Decorate a coroutine function to try again while a station sleeps.

    The delay doubles with each attempt and varies by a tenth, so that stations of one farm are not all asked at once.
    """

    def decorate(function: Callable[P, Awaitable[R]]) -> Callable[P, Awaitable[R]]:
        @functools.wraps(function)
        async def wrapper(*args: P.args, **kwargs: P.kwargs) -> R:
            delay = first_delay
            for _ in range(attempts - 1):
                try:
                    return await function(*args, **kwargs)
                except StationAsleep:
                    await sleep(delay * random.uniform(0.9, 1.1))
                    delay *= 2
            return await function(*args, **kwargs)

        return wrapper

    return decorate


async def read_all(
    stations: Sequence[Station], at_once: int = 4, timeout: float = 10.0
) -> tuple[list[Reading], dict[str, str]]:
    """Ask all stations, a few at a time, and return the readings and the failures by name."""
    limit = asyncio.Semaphore(at_once)

    async def ask(station: Station) -> Reading:
        async with limit, asyncio.timeout(timeout):
            return await station.read()

    answers = await asyncio.gather(*(ask(station) for station in stations), return_exceptions=True)
    readings: list[Reading] = []
    failures: dict[str, str] = {}
    for station, answer in zip(stations, answers, strict=True):
        match answer:
            case Reading():
                readings.append(answer)
            case TimeoutError():
                failures[station.name] = f"no answer within {timeout:g} s"
            case MissingReading():
                failures[station.name] = str(answer)
            case BaseException():
                raise answer
    return readings, failures


async def poll(
    station: Station, every: timedelta, sleep: Callable[[float], Awaitable[None]] = asyncio.sleep
) -> AsyncIterator[Reading]:
    """Yield a reading again and again, leaving out those that the station repeats."""
    last: datetime | None = None
    while True:
        try:
            reading = await station.read()
        except StationAsleep:
            pass
        else:
            if reading.at != last:
                last = reading.at
                yield reading
        await sleep(every.total_seconds())


@dataclass
class WetnessClock:
    """Adds up the hours for which leaves stay wet, bridging short dry breaks."""

    bridge: timedelta = timedelta(hours=4)
    _since: datetime | None = field(default=None, init=False)
    _last_wet: datetime | None = field(default=None, init=False)

    def feed(self, reading: Reading) -> timedelta:
        """Take a reading and return how long the current spell of wetness has lasted."""
        if reading.leaf_wet:
            if self._since is None:
                self._since = reading.at
            self._last_wet = reading.at
        elif self._last_wet is not None and reading.at - self._last_wet > self.bridge:
            self._since = self._last_wet = None
        if self._since is None or self._last_wet is None:
            return timedelta(0)
        return self._last_wet - self._since


def parse_message(payload: str) -> Reading:
    """Read a station's message, such as ``"hill;2025-05-01T06:00:00;8.4;1"``; its clock runs in UTC.

    Raises:
        MissingReading: the message is incomplete or garbled.
    """
    try:
        station, at, temperature, wet = payload.strip().split(";")
        return Reading(station, datetime.fromisoformat(at).replace(tzinfo=UTC), float(temperature), wet == "1")
    except ValueError as error:
        raise MissingReading(f"garbled message {payload!r}: {error}") from error
