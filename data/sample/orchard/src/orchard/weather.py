"""Daily weather and what can be computed from it alone."""

from __future__ import annotations

import csv
import math
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TextIO

from orchard.errors import MissingReading

SOLAR_CONSTANT = 0.0820  # MJ per m² and minute
LATENT_HEAT = 2.45  # MJ that evaporate one kilogram of water


@dataclass(frozen=True, slots=True)
class DailyWeather:
    """One day at one station."""

    on: date
    t_min: float
    t_max: float
    rain_mm: float = 0.0
    wet_hours: float = 0.0

    def __post_init__(self) -> None:
        if self.t_min > self.t_max:
            raise ValueError(f"{self.on}: minimum {self.t_min} is above maximum {self.t_max}")
        if self.rain_mm < 0:
            raise ValueError(f"{self.on}: rain cannot be negative")

    @property
    def t_mean(self) -> float:
        return (self.t_min + self.t_max) / 2

    @property
    def frost(self) -> bool:
        return self.t_min < 0.0


def read_csv(stream: TextIO) -> list[DailyWeather]:
    """Read the export of a station with the columns date, tmin, tmax, rain and, optionally, wet.

    Empty cells of rain and wetness count as zero; a row without both temperatures is left out.
    """
    days = []
    for row in csv.DictReader(stream):
        if not row["tmin"] or not row["tmax"]:
            continue
        days.append(
            DailyWeather(
                on=date.fromisoformat(row["date"]),
                t_min=float(row["tmin"]),
                t_max=float(row["tmax"]),
                rain_mm=float(row.get("rain") or 0.0),
                wet_hours=float(row.get("wet") or 0.0),
            )
        )
    return sorted(days, key=lambda day: day.on)


def missing_days(days: Sequence[DailyWeather]) -> list[date]:
    """Dates between the first and the last reading for which there is none."""
    if not days:
        return []
    have = {day.on for day in days}
    first, last = min(have), max(have)
    span = (last - first).days
    return [day for n in range(span + 1) if (day := first + timedelta(days=n)) not in have]


def fill_gaps(days: Sequence[DailyWeather], longest: int = 3) -> list[DailyWeather]:
    """Fill short gaps by interpolating the temperatures; rain in a gap is taken as none.

    Raises:
        MissingReading: a gap is longer than ``longest`` days.
    """
    filled: list[DailyWeather] = []
    for day in sorted(days, key=lambda d: d.on):
        if filled:
            before = filled[-1]
            gap = (day.on - before.on).days - 1
            if gap > longest:
                raise MissingReading(f"{gap} days without readings after {before.on}")
            for n in range(1, gap + 1):
                share = n / (gap + 1)
                filled.append(
                    DailyWeather(
                        on=before.on + timedelta(days=n),
                        t_min=before.t_min + share * (day.t_min - before.t_min),
                        t_max=before.t_max + share * (day.t_max - before.t_max),
                    )
                )
        filled.append(day)
    return filled


def hourly_temperatures(day: DailyWeather, warmest_hour: float = 15.0) -> list[float]:
    """Estimate 24 temperatures from the extremes by a cosine around the warmest hour.

    The curve reaches the minimum twelve hours from the maximum, which is rough but good enough for chill and degree days.
    """
    amplitude = (day.t_max - day.t_min) / 2
    return [day.t_mean + amplitude * math.cos((hour - warmest_hour) * math.pi / 12) for hour in range(24)]


def extraterrestrial_radiation(latitude: float, day_of_year: int) -> float:
    """Radiation above the atmosphere in MJ per m² and day (FAO-56, equation 21).

    Args:
        latitude: degrees, south is negative; between the polar circles.
        day_of_year: 1 to 366.

    >>> round(extraterrestrial_radiation(-20.0, 246), 1)
    32.2
    """
    phi = math.radians(latitude)
    inverse_distance = 1 + 0.033 * math.cos(2 * math.pi * day_of_year / 365)
    declination = 0.409 * math.sin(2 * math.pi * day_of_year / 365 - 1.39)
    # Beyond the polar circles the sun may not set or rise: then the angle is 180° or 0°.
    cosine = max(-1.0, min(1.0, -math.tan(phi) * math.tan(declination)))
    sunset = math.acos(cosine)
    lit = sunset * math.sin(phi) * math.sin(declination) + math.cos(phi) * math.cos(declination) * math.sin(sunset)
    return 24 * 60 / math.pi * SOLAR_CONSTANT * inverse_distance * lit


def hargreaves(day: DailyWeather, latitude: float) -> float:
    """Reference evapotranspiration in mm a day after Hargreaves and Samani (FAO-56, equation 52).

    It needs temperatures only, and overestimates in humid places.
    """
    radiation_mm = extraterrestrial_radiation(latitude, day.on.timetuple().tm_yday) / LATENT_HEAT
    spread = day.t_max - day.t_min
    return max(0.0, 0.0023 * (day.t_mean + 17.8) * math.sqrt(spread) * radiation_mm)


def rolling_rain(days: Iterable[DailyWeather], window: int) -> Iterator[tuple[date, float]]:
    """Yield for each day the rain of the last ``window`` readings, that day included."""
    recent: list[float] = []
    total = 0.0
    for day in days:
        recent.append(day.rain_mm)
        total += day.rain_mm
        if len(recent) > window:
            total -= recent.pop(0)
        yield day.on, total


def frost_nights(days: Iterable[DailyWeather], threshold: float = 0.0) -> list[date]:
    return [day.on for day in days if day.t_min < threshold]
