"""Ripeness, yield forecasts, and the crews that bring the harvest in."""

from __future__ import annotations

import heapq
import statistics
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from orchard.trees import Tree


@dataclass(frozen=True, slots=True)
class RipenessSample:
    """Means of a sample of ten or more apples."""

    on: date
    firmness_kg: float
    soluble_solids: float
    starch_index: float

    def streif_index(self) -> float:
        """Firmness over sugar times starch degradation; it falls as the fruit ripens.

        The starch index runs from 1 (all starch) to 10 (none left).
        """
        if self.soluble_solids <= 0 or self.starch_index <= 0:
            raise ValueError(f"sample of {self.on}: sugar and starch index must be positive")
        return self.firmness_kg / (self.soluble_solids * self.starch_index)


def picking_date(samples: Sequence[RipenessSample], target: float) -> date | None:
    """Extrapolate the day on which the Streif index reaches a target.

    Uses the line of least squares through the samples. Returns None with fewer than two samples or if
    the index does not fall.
    """
    if len(samples) < 2:
        return None
    start = min(sample.on for sample in samples)
    x = [(sample.on - start).days for sample in samples]
    y = [sample.streif_index() for sample in samples]
    if len(set(x)) < 2:
        return None
    slope, intercept = statistics.linear_regression(x, y)
    if slope >= 0:
        return None
    return start + timedelta(days=round((target - intercept) / slope))


def biennial_bearing_index(yields: Sequence[float]) -> float:
    """How strongly crops alternate: 0 for equal years, 1 for a crop every second year only.

    Hoblyn's index: the mean of |difference| / sum over neighbouring years.

    >>> biennial_bearing_index([40.0, 0.0, 40.0])
    1.0
    """
    if len(yields) < 2:
        raise ValueError("the index needs at least two years")
    terms = [abs(b - a) / (a + b) if a + b > 0 else 0.0 for a, b in zip(yields, yields[1:])]
    return statistics.fmean(terms)


def smoothed_forecast(yields: Sequence[float], alpha: float = 0.4) -> float:
    """Forecast next year's yield by exponential smoothing; a higher ``alpha`` trusts recent years more."""
    if not yields:
        raise ValueError("no past yields to forecast from")
    if not 0 < alpha <= 1:
        raise ValueError(f"alpha must be in (0, 1], got {alpha}")
    level = yields[0]
    for value in yields[1:]:
        level = alpha * value + (1 - alpha) * level
    return level


def alternating_forecast(yields: Sequence[float], alpha: float = 0.4) -> float:
    """Forecast that corrects the smoothed level for biennial bearing.

    After a heavy year the correction is downwards, after a light one upwards, in proportion to the index.
    """
    level = smoothed_forecast(yields, alpha)
    if len(yields) < 4:
        return level
    swing = biennial_bearing_index(yields) * level
    return max(0.0, level - swing if yields[-1] > level else level + swing)


def count_forecast(trees: Iterable[Tree], fruit_per_tree: Mapping[str, float], fruit_g: Mapping[str, float], on: date) -> float:
    """Kilograms to expect from counts of fruit on sample trees.

    Args:
        fruit_per_tree: mean count by cultivar; cultivars that were not counted give nothing.
        fruit_g: mean weight of a fruit at harvest by cultivar.
    """
    total = 0.0
    for tree in trees:
        name = tree.cultivar.name
        if tree.is_bearing(on) and name in fruit_per_tree:
            total += fruit_per_tree[name] * fruit_g[name] / 1000.0
    return total


@dataclass(frozen=True, slots=True)
class PickingJob:
    """Bins of one cultivar that must be picked within a window."""

    cultivar: str
    opens: date
    closes: date
    bins: int


def schedule_picking(jobs: Sequence[PickingJob], bins_per_day: int) -> tuple[dict[date, list[tuple[str, int]]], dict[str, int]]:
    """Plan each day's picking, always taking the job that closes first.

    Earliest deadline first is optimal for one crew that may switch between jobs.

    Returns:
        The plan by day, and the bins that could not be picked in time, by cultivar.
    """
    if bins_per_day <= 0:
        raise ValueError("the crew must pick at least one bin a day")
    waiting = sorted(jobs, key=lambda job: (job.opens, job.closes, job.cultivar))
    plan: dict[date, list[tuple[str, int]]] = {}
    late: dict[str, int] = {}
    ready: list[tuple[date, str, int]] = []
    day = waiting[0].opens if waiting else date.min
    while waiting or ready:
        if not ready and waiting[0].opens > day:
            day = waiting[0].opens
        while waiting and waiting[0].opens <= day:
            job = waiting.pop(0)
            heapq.heappush(ready, (job.closes, job.cultivar, job.bins))
        left = bins_per_day
        while ready and left:
            closes, cultivar, bins = heapq.heappop(ready)
            if closes < day:
                late[cultivar] = late.get(cultivar, 0) + bins
                continue
            taken = min(bins, left)
            plan.setdefault(day, []).append((cultivar, taken))
            left -= taken
            if bins > taken:
                heapq.heappush(ready, (closes, cultivar, bins - taken))
        day += timedelta(days=1)
    return plan, late
