"""Planning and judging grafts: a scion of the wanted cultivar on a rootstock."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Literal

from orchard.errors import OrchardError
from orchard.trees import Cultivar, Rootstock, Vigour

Method = Literal["whip_and_tongue", "cleft", "chip_bud", "t_bud", "bark"]

# Dormant wood is grafted at the end of winter; buds are set in summer when the bark slips.
SEASON: Mapping[str, tuple[int, int]] = {
    "whip_and_tongue": (2, 4),
    "cleft": (2, 4),
    "bark": (4, 5),
    "chip_bud": (7, 9),
    "t_bud": (7, 8),
}


class Incompatible(OrchardError):
    """Scion and rootstock will not form a lasting union."""


@dataclass(frozen=True, slots=True)
class Graft:
    """One graft, from the cut to the verdict whether it took."""

    scion: Cultivar
    rootstock: Rootstock
    method: Method
    made: date
    took: bool | None = None

    def judged(self, took: bool) -> Graft:
        """Return a copy with the verdict; a verdict once given stays."""
        if self.took is not None and self.took != took:
            raise OrchardError(f"the graft of {self.made} was already judged")
        return replace(self, took=took)

    def inspect_on(self) -> date:
        """The first day on which one can tell whether the union has formed."""
        weeks = 3 if self.method.endswith("bud") else 6
        return self.made + timedelta(weeks=weeks)


def in_season(method: Method, day: date) -> bool:
    """Whether a method of grafting suits the month of a date in the northern hemisphere."""
    first, last = SEASON[method]
    return first <= day.month <= last


def check_compatible(scion: Cultivar, rootstock: Rootstock, stock_species: str) -> None:
    """Raise when a scion cannot live on a rootstock.

    Apples take on apples only. Pears also take on quince, which makes them smaller; but a few pear
    cultivars need an *interstem* between the two.

    Raises:
        Incompatible: with the reason, and the remedy if there is one.
    """
    needs_interstem = {"Williams", "Bartlett", "Bosc"}
    match (scion.species, stock_species):
        case ("pear", "quince") if scion.name in needs_interstem:
            raise Incompatible(f"{scion.name} on quince {rootstock.name} needs an interstem such as Beurré Hardy")
        case ("pear", "quince") | ("apricot", "plum") | ("peach", "plum"):
            return
        case (same, other) if same == other:
            return
        case (species, other):
            raise Incompatible(f"a {species} scion does not take on {other} rootstock {rootstock.name}")


def success_rate(grafts: Iterable[Graft]) -> float | None:
    """Share of judged grafts that took, or None when none has been judged."""
    verdicts = [graft.took for graft in grafts if graft.took is not None]
    if not verdicts:
        return None
    return sum(verdicts) / len(verdicts)


def wilson_interval(successes: int, total: int, z: float = 1.96) -> tuple[float, float]:
    """Confidence interval of a proportion that stays honest for small numbers.

    >>> low, high = wilson_interval(8, 10)
    >>> round(low, 2), round(high, 2)
    (0.49, 0.94)
    """
    if total <= 0:
        raise ValueError("an interval needs at least one trial")
    p = successes / total
    denominator = 1 + z * z / total
    centre = (p + z * z / (2 * total)) / denominator
    margin = z * math.sqrt(p * (1 - p) / total + z * z / (4 * total * total)) / denominator
    return max(0.0, centre - margin), min(1.0, centre + margin)


def grafts_to_make(trees_wanted: int, expected_rate: float, reserve: float = 0.05) -> int:
    """How many grafts to make so that, with a reserve, enough of them take.

    Raises:
        ValueError: the expected rate is not within (0, 1].
    """
    if not 0 < expected_rate <= 1:
        raise ValueError(f"expected_rate must be in (0, 1], got {expected_rate}")
    return math.ceil(trees_wanted * (1 + reserve) / expected_rate)


def years_to_multiply(start: int, wanted: int, buds_per_tree: int = 20, rate: float = 0.8) -> int:
    """Years until a nursery has enough trees if each one gives budwood every summer.

    A tree gives wood from the summer after it was budded, so that the number grows by the factor
    ``1 + buds_per_tree * rate`` a year.
    """
    if start <= 0:
        raise ValueError("multiplying needs at least one mother tree")
    years, trees = 0, float(start)
    while trees < wanted:
        trees += trees * buds_per_tree * rate
        years += 1
    return years


def choose_rootstock(
    candidates: Iterable[Rootstock], *, max_vigour: Vigour, windy: bool, soil_is_light: bool
) -> Rootstock | None:
    """Pick the rootstock for a site, or None when none fits.

    Light soils ask for one more step of vigour, since trees on dwarfing stocks starve in them. On a windy site
    a stock that needs no stake is preferred among equals.
    """
    limit = min(max_vigour + int(soil_is_light), max(Vigour))
    fitting = [stock for stock in candidates if stock.vigour <= limit]

    def preference(stock: Rootstock) -> tuple[int, int, int, str]:
        below = limit - stock.vigour if soil_is_light else stock.vigour
        return (int(windy and stock.needs_stake), below, stock.years_to_first_crop, stock.name)

    return min(fitting, key=preference, default=None)
