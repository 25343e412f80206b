"""The water balance of the root zone, and the watering plan that follows from it.

All depths are millimetres over the wetted ground. The method is the single crop coefficient of FAO Irrigation and
Drainage Paper 56.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from datetime import date

from orchard.units import millimetres_to_litres
from orchard.weather import DailyWeather


@dataclass(frozen=True, slots=True)
class SoilProfile:
    """Water-holding properties of the root zone; contents are volume shares."""

    field_capacity: float
    wilting_point: float
    root_depth_m: float

    def __post_init__(self) -> None:
        if not 0 < self.wilting_point < self.field_capacity < 1:
            raise ValueError("need 0 < wilting point < field capacity < 1")

    @property
    def total_available_mm(self) -> float:
        """Water between field capacity and wilting point over the depth of the roots."""
        return 1000.0 * (self.field_capacity - self.wilting_point) * self.root_depth_m

    def readily_available_mm(self, depletion_fraction: float) -> float:
        """The part of the available water that trees can take up without stress."""
        return depletion_fraction * self.total_available_mm


@dataclass(frozen=True, slots=True)
class CropCurve:
    """Crop coefficients over a season: initial, middle and end, joined by straight lines.

    ``stages`` holds the lengths in days of the initial, development, middle and late stage.
    """

    initial: float
    middle: float
    end: float
    stages: tuple[int, int, int, int]

    def coefficient(self, day: int) -> float:
        """The coefficient on a day counted from the start of the initial stage."""
        initial, development, middle, late = self.stages
        if day < initial:
            return self.initial
        day -= initial
        if day < development:
            return self.initial + (self.middle - self.initial) * day / development
        day -= development
        if day < middle:
            return self.middle
        day -= middle
        return self.middle + (self.end - self.middle) * min(day, late) / late


@dataclass
class WaterBalance:
    """Follows the depletion of the root zone day by day."""

    soil: SoilProfile
    depletion_fraction: float = 0.5
    depletion_mm: float = 0.0
    drained_mm: float = field(default=0.0, init=False)

    def step(self, weather: DailyWeather, et_crop_mm: float, irrigation_mm: float = 0.0) -> float:
        """Advance by one day and return the new depletion.

        Rain beyond field capacity drains away; depletion stops at the wilting point.
        """
        et_actual = et_crop_mm * self.stress_coefficient()
        balance = self.depletion_mm + et_actual - effective_rain(weather.rain_mm, et_crop_mm) - irrigation_mm
        if balance < 0:
            self.drained_mm -= balance
            balance = 0.0
        self.depletion_mm = min(balance, self.soil.total_available_mm)
        return self.depletion_mm

    def stress_coefficient(self) -> float:
        """Factor by which a short supply reduces transpiration: 1 without stress, 0 at the wilting point."""
        total = self.soil.total_available_mm
        easy = self.soil.readily_available_mm(self.depletion_fraction)
        if self.depletion_mm <= easy:
            return 1.0
        return max(0.0, (total - self.depletion_mm) / (total - easy))

    def needs_water(self) -> bool:
        """Whether the readily available water is used up."""
        return self.depletion_mm >= self.soil.readily_available_mm(self.depletion_fraction)


def effective_rain(rain_mm: float, et_mm: float) -> float:
    """Rain that reaches the roots: showers below a fifth of the day's evapotranspiration only wet the leaves."""
    return rain_mm if rain_mm > 0.2 * et_mm else 0.0


def leaching_requirement(ec_water: float, ec_threshold: float) -> float:
    """Share of extra water that keeps salts below the crop's threshold (FAO-29), both in dS/m.

    Raises:
        ValueError: the water is too salty for the crop however much is given.
    """
    if ec_water <= 0:
        return 0.0
    if 5 * ec_threshold <= 2 * ec_water:
        raise ValueError(f"water of {ec_water} dS/m cannot be used with a threshold of {ec_threshold} dS/m")
    return ec_water / (5 * ec_threshold - ec_water)


@dataclass(frozen=True, slots=True)
class Watering:
    on: date
    gross_mm: float

    def litres(self, area_m2: float) -> float:
        return millimetres_to_litres(self.gross_mm, area_m2)


def plan(
    days: Iterable[DailyWeather],
    balance: WaterBalance,
    curve: CropCurve,
    reference_et: Callable[[DailyWeather], float],
    efficiency: float = 0.9,
    largest_mm: float = 40.0,
) -> list[Watering]:
    """Walk through a forecast and water back to field capacity whenever the trees need it.

    Args:
        reference_et: gives the reference evapotranspiration of a day in mm.
        efficiency: share of the pumped water that reaches the roots; 0.9 is usual for drip.
        largest_mm: what the system can give net in one day.

    Returns:
        The waterings in order of date, gross of losses.
    """
    if not 0 < efficiency <= 1:
        raise ValueError(f"efficiency must be in (0, 1], got {efficiency}")
    waterings = []
    for number, day in enumerate(days):
        net = min(balance.depletion_mm, largest_mm) if balance.needs_water() else 0.0
        if net > 0:
            waterings.append(Watering(day.on, net / efficiency))
        balance.step(day, curve.coefficient(number) * reference_et(day), net)
    return waterings


def run_minutes(watering: Watering, drippers_per_tree: int, litres_per_hour: float, tree_area_m2: float) -> float:
    """Minutes that a drip line must run for a watering."""
    rate = drippers_per_tree * litres_per_hour
    if rate <= 0:
        raise ValueError("a tree without drippers cannot be watered")
    return 60.0 * watering.litres(tree_area_m2) / rate


def rotate_zones(minutes: Sequence[float], pumps: int) -> list[list[int]]:
    """Share zones among pumps so that the longest queue is short: the longest zone first, to the idlest pump.

    Returns:
        For each pump the indices of its zones, in the order in which they run.
    """
    queues: list[list[int]] = [[] for _ in range(pumps)]
    loads = [0.0] * pumps
    for zone in sorted(range(len(minutes)), key=lambda z: (-minutes[z], z)):
        idlest = loads.index(min(loads))
        queues[idlest].append(zone)
        loads[idlest] += minutes[zone]
    return queues
