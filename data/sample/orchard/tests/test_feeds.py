import asyncio
from datetime import UTC, datetime, timedelta

import pytest

from orchard.errors import MissingReading
from orchard.feeds import Reading, StationAsleep, WetnessClock, parse_message, poll, read_all, retry

MORNING = datetime(2025, 5, 1, 6, tzinfo=UTC)


class Flaky:
    """A station that sleeps a number of times before it answers."""

    def __init__(self, name: str, sleeps: int) -> None:
        self.name = name
        self.sleeps = sleeps
        self.asked = 0

    async def read(self) -> Reading:
        self.asked += 1
        if self.asked <= self.sleeps:
            raise StationAsleep(f"{self.name} did not answer")
        return Reading(self.name, MORNING + timedelta(hours=self.asked // 2), 8.0, True)


async def no_wait(_: float) -> None:
    await asyncio.sleep(0)


def test_a_sleeping_station_is_asked_again():
    station = Flaky("hill", sleeps=2)
    patient = retry(attempts=3, sleep=no_wait)(station.read)
    assert asyncio.run(patient()).station == "hill"
    assert station.asked == 3


def test_failures_are_reported_by_name():
    readings, failures = asyncio.run(read_all([Flaky("hill", 0), Flaky("brook", 9)]))
    assert [reading.station for reading in readings] == ["hill"]
    assert failures == {"brook": "brook did not answer"}


def test_polling_leaves_out_repeated_readings():
    async def first(count: int) -> list[datetime]:
        seen: list[datetime] = []
        async for reading in poll(Flaky("hill", 0), timedelta(minutes=10), sleep=no_wait):
            seen.append(reading.at)
            if len(seen) == count:
                break
        return seen

    seen = asyncio.run(first(3))
    assert seen == sorted(set(seen))


def test_a_short_dry_break_does_not_end_a_wet_spell():
    clock = WetnessClock()
    for hour, wet in [(0, True), (3, True), (5, False), (6, True)]:
        spell = clock.feed(Reading("hill", MORNING + timedelta(hours=hour), 9.0, wet))
    assert spell == timedelta(hours=6)
    assert clock.feed(Reading("hill", MORNING + timedelta(hours=11), 9.0, False)) == timedelta(0)


def test_garbled_messages_are_named():
    assert parse_message("hill;2025-05-01T06:00:00;8.4;1\n").leaf_wet
    with pytest.raises(MissingReading, match="garbled message 'hill;oops'"):
        parse_message("hill;oops")
