"""When trees wake and bloom: chill in winter, warmth in spring."""

from __future__ import annotations

import bisect
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date
from itertools import accumulate

from orchard.weather import DailyWeather, hourly_temperatures

# The Utah model (Richardson and others, 1974): upper bound of a range in °C, and the chill units one hour in it is worth.
UTAH_BOUNDS = (1.4, 2.4, 9.1, 12.4, 15.9, 18.0)
UTAH_UNITS = (0.0, 0.5, 1.0, 0.5, 0.0, -0.5, -1.0)


def chill_hours(temperatures: Iterable[float], low: float = 0.0, high: float = 7.2) -> int:
    """Count the hours with a temperature between ``low`` and ``high``, both included."""
    return sum(low <= t <= high for t in temperatures)


def utah_units(temperature: float) -> float:
    """Chill units of one hour in the Utah model; warm hours undo chill.

    >>> [utah_units(t) for t in (0.0, 2.0, 5.0, 14.0, 20.0)]
    [0.0, 0.5, 1.0, 0.0, -1.0]
    """
    return UTAH_UNITS[bisect.bisect_left(UTAH_BOUNDS, temperature)]


def utah_total(days: Iterable[DailyWeather]) -> float:
    """Sum of chill units over days, starting anew whenever the sum would fall below zero."""
    total = 0.0
    for day in days:
        total = max(0.0, total + sum(map(utah_units, hourly_temperatures(day))))
    return total


def degree_days(day: DailyWeather, base: float, upper: float | None = None) -> float:
    """Growing degree days of one day by the averaging method with a horizontal cut-off.

    Both extremes are first limited to the range from ``base`` to ``upper``.
    """
    low, high = max(day.t_min, base), max(day.t_max, base)
    if upper is not None:
        low, high = min(low, upper), min(high, upper)
    return (low + high) / 2 - base


def accumulate_degree_days(days: Sequence[DailyWeather], base: float, upper: float | None = None) -> list[float]:
    """Running sum of degree days, one value a day."""
    return list(accumulate(degree_days(day, base, upper) for day in days))


def day_reaching(days: Sequence[DailyWeather], target: float, base: float, upper: float | None = None) -> date | None:
    """The first day on which the running sum reaches a target, or None if it never does."""
    sums = accumulate_degree_days(days, base, upper)
    index = bisect.bisect_left(sums, target)
    return days[index].on if index < len(days) else None


@dataclass(frozen=True, slots=True)
class BloomModel:
    """Bloom comes when enough warmth has followed enough chill.

    ``chill`` is counted in hours, ``heat`` in degree days above ``base``. This is the sequential model: warmth before
    the chill is complete does not count.
    """

    chill: int
    heat: float
    base: float = 4.5

    def forecast(self, days: Sequence[DailyWeather]) -> date | None:
        """Predict full bloom from the readings since leaf fall, or None if they end too early."""
        collected = 0
        for index, day in enumerate(days):
            collected += chill_hours(hourly_temperatures(day))
            if collected >= self.chill:
                return day_reaching(days[index + 1 :], self.heat, self.base)
        return None

    def error_days(self, seasons: Iterable[tuple[Sequence[DailyWeather], date]]) -> float:
        """Mean absolute error in days over seasons with known bloom; seasons without a forecast count as thirty."""
        errors = []
        for days, observed in seasons:
            predicted = self.forecast(days)
            errors.append(30 if predicted is None else abs((predicted - observed).days))
        if not errors:
            raise ValueError("at least one season is needed to judge a model")
        return sum(errors) / len(errors)


def fit_heat(model: BloomModel, seasons: Sequence[tuple[Sequence[DailyWeather], date]], step: float = 10.0) -> BloomModel:
    """Search the heat requirement that fits the seasons best, within half and twice the model's own."""
    best, least = model, model.error_days(seasons)
    heat = model.heat / 2
    while heat <= model.heat * 2:
        candidate = BloomModel(model.chill, heat, model.base)
        error = candidate.error_days(seasons)
        if error < least:
            best, least = candidate, error
        heat += step
    return best


def frost_kill(stage: str, t_min: float) -> float:
    """Estimate the share of apple buds killed by a night's minimum.

    Interpolates linearly between the temperatures that kill 10 % and 90 % of the buds at a stage.

    Raises:
        KeyError: the stage is not in the table.
    """
    table = {
        "silver_tip": (-9.4, -16.7),
        "green_tip": (-7.8, -12.2),
        "half_inch_green": (-5.0, -9.4),
        "tight_cluster": (-2.8, -6.1),
        "pink": (-2.2, -3.9),
        "full_bloom": (-2.2, -3.9),
    }
    ten, ninety = table[stage]
    if t_min >= 0:
        return 0.0
    share = 0.1 + 0.8 * (ten - t_min) / (ten - ninety)
    return max(0.0, min(1.0, share))
