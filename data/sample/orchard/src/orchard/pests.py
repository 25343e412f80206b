"""Pests and diseases: models that say when to look, and traps that say what is there."""

from __future__ import annotations

import enum
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from orchard.phenology import accumulate_degree_days
from orchard.weather import DailyWeather

# Codling moth, Cydia pomonella: development thresholds in °C and degree days after the first sustained catch.
MOTH_LOWER, MOTH_UPPER = 10.0, 31.1
MOTH_EVENTS = {"first egg hatch": 139.0, "peak egg hatch": 278.0, "end of first generation": 556.0}

# Hours of leaf wetness after which ascospores of apple scab infect, by mean temperature in °C
# (the revision of Mills's table by Stensvand, Gadoury and Seem, 1997).
SCAB_HOURS = {
    1: 40.5, 2: 34.7, 3: 29.6, 4: 27.8, 5: 21.2, 6: 18.0, 7: 15.4, 8: 13.4, 9: 12.2, 10: 11.0,
    11: 9.0, 12: 8.3, 13: 8.0, 14: 7.0, 15: 7.0, 25: 8.0, 26: 11.0,
}  # fmt: skip


class Severity(enum.IntEnum):
    NONE = 0
    WATCH = 1
    TREAT = 2


@dataclass(frozen=True, slots=True)
class TrapCount:
    """What one visit found in one trap."""

    trap: str
    on: date
    species: str
    count: int


@dataclass(frozen=True, slots=True)
class Alert:
    on: date
    pest: str
    severity: Severity
    reason: str

    def __str__(self) -> str:
        return f"{self.on.isoformat()} {self.pest}: {self.severity.name.lower()} ({self.reason})"


def biofix(counts: Iterable[TrapCount], species: str, visits: int = 2) -> date | None:
    """The day of the first of ``visits`` consecutive visits on which some trap caught the species.

    Catches of all traps of one day are added, since a single trap misses moths at random.
    """
    by_day: defaultdict[date, int] = defaultdict(int)
    for item in counts:
        if item.species == species:
            by_day[item.on] += item.count
    streak: list[date] = []
    for day, caught in sorted(by_day.items()):
        streak = [*streak, day] if caught > 0 else []
        if len(streak) == visits:
            return streak[0]
    return None


def moth_calendar(days: Sequence[DailyWeather], start: date) -> dict[str, date | None]:
    """Predict the events of the codling moth's first generation from its biofix."""
    season = [day for day in days if day.on >= start]
    sums = accumulate_degree_days(season, MOTH_LOWER, MOTH_UPPER)
    calendar: dict[str, date | None] = {}
    for event, needed in MOTH_EVENTS.items():
        calendar[event] = next((day.on for day, total in zip(season, sums) if total >= needed), None)
    return calendar


def scab_hours_needed(temperature: float) -> float | None:
    """Hours of wetness that start a scab infection, or None outside the fungus's range.

    >>> scab_hours_needed(18.0)
    6.0
    >>> scab_hours_needed(30.0) is None
    True
    """
    rounded = round(temperature)
    if rounded < 1 or rounded > 26:
        return None
    return SCAB_HOURS.get(rounded, 6.0)


def scab_infections(days: Iterable[DailyWeather]) -> Iterator[Alert]:
    """Yield an alert for each wet spell long enough to infect.

    A spell is a run of consecutive days with wetness. Its temperature is the mean weighted by wet hours.
    """
    spell: list[DailyWeather] = []
    for day in days:
        if spell and (day.wet_hours <= 0 or day.on - spell[-1].on > timedelta(days=1)):
            yield from _judge_spell(spell)
            spell = []
        if day.wet_hours > 0:
            spell.append(day)
    if spell:
        yield from _judge_spell(spell)


def _judge_spell(spell: Sequence[DailyWeather]) -> Iterator[Alert]:
    wet = sum(day.wet_hours for day in spell)
    temperature = sum(day.t_mean * day.wet_hours for day in spell) / wet
    needed = scab_hours_needed(temperature)
    if needed is None or wet < 0.75 * needed:
        return
    severity = Severity.TREAT if wet >= needed else Severity.WATCH
    yield Alert(spell[-1].on, "apple scab", severity, f"{wet:.0f} h wet at {temperature:.0f} °C, {needed:g} h infect")


class TrapNetwork:
    """Traps with their thresholds, and the alerts that their catches raise."""

    def __init__(self, thresholds: dict[str, int]) -> None:
        self._thresholds = dict(thresholds)
        self._counts: list[TrapCount] = []

    def record(self, count: TrapCount) -> None:
        """Take down a visit; visiting the same trap twice a day replaces the first count.

        Raises:
            KeyError: no threshold is known for the species.
        """
        if count.species not in self._thresholds:
            raise KeyError(f"no threshold for {count.species}")
        same = (count.trap, count.on, count.species)
        self._counts = [c for c in self._counts if (c.trap, c.on, c.species) != same]
        self._counts.append(count)

    def weekly_mean(self, species: str, week_ending: date) -> float:
        """Mean catch a trap over the seven days up to a date."""
        first = week_ending - timedelta(days=6)
        totals: defaultdict[str, int] = defaultdict(int)
        for item in self._counts:
            if item.species == species and first <= item.on <= week_ending:
                totals[item.trap] += item.count
        return sum(totals.values()) / len(totals) if totals else 0.0

    def alerts(self, week_ending: date) -> list[Alert]:
        found = []
        for species, threshold in sorted(self._thresholds.items()):
            mean = self.weekly_mean(species, week_ending)
            if mean >= threshold:
                severity = Severity.TREAT
            elif mean >= threshold / 2:
                severity = Severity.WATCH
            else:
                continue
            found.append(Alert(week_ending, species, severity, f"{mean:.1f} a trap, threshold {threshold}"))
        return found
