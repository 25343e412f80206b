"""Blocks: pieces of land planted at one spacing."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property

from orchard.trees import Cultivar
from orchard.units import SQUARE_METRES_PER_HECTARE


@dataclass(frozen=True, slots=True)
class Spacing:
    """Distance between rows and between the trees of a row, in metres."""

    between_rows: float
    within_row: float

    def __post_init__(self) -> None:
        if self.between_rows <= 0 or self.within_row <= 0:
            raise ValueError(f"spacing must be positive, got {self.between_rows} x {self.within_row}")

    @property
    def trees_per_hectare(self) -> float:
        return SQUARE_METRES_PER_HECTARE / (self.between_rows * self.within_row)

    def __str__(self) -> str:
        return f"{self.between_rows:g} m x {self.within_row:g} m"


@dataclass(frozen=True)
class Block:
    """A rectangular piece of orchard; rows run along its length."""

    name: str
    length_m: float
    width_m: float
    spacing: Spacing
    headland_m: float = 6.0

    @cached_property
    def rows(self) -> int:
        """Number of rows; the first one stands half a spacing inside the border."""
        return max(0, math.floor(self.width_m / self.spacing.between_rows))

    @cached_property
    def trees_per_row(self) -> int:
        usable = self.length_m - 2 * self.headland_m
        if usable < 0:
            return 0
        return math.floor(usable / self.spacing.within_row) + 1

    @property
    def capacity(self) -> int:
        """Number of trees that fit."""
        return self.rows * self.trees_per_row

    @property
    def hectares(self) -> float:
        return self.length_m * self.width_m / SQUARE_METRES_PER_HECTARE

    def positions(self) -> Iterator[tuple[float, float]]:
        """Yield the coordinates of all trees in metres, row after row, walking back and forth."""
        for row in range(self.rows):
            x = (row + 0.5) * self.spacing.between_rows
            along = range(self.trees_per_row)
            for step in along if row % 2 == 0 else reversed(along):
                yield x, self.headland_m + step * self.spacing.within_row


def place_pollinizers(block: Block, every_row: int = 3, every_tree: int = 3) -> set[tuple[int, int]]:
    """Choose places for pollinizer trees: each ``every_tree``-th tree of each ``every_row``-th row.

    The default of three by three gives every other tree a pollinizer as its neighbour, along or across the row.
    Offsets put the pollinizers in the middle of their group and not on the border.
    """
    if every_row < 1 or every_tree < 1:
        raise ValueError("steps must be at least 1")
    rows = range(every_row // 2, block.rows, every_row)
    trees = range(every_tree // 2, block.trees_per_row, every_tree)
    return set(itertools.product(rows, trees))


def furthest_from_pollinizer(block: Block, places: set[tuple[int, int]]) -> float:
    """Largest distance in metres from any tree to its nearest pollinizer."""
    if not places:
        return math.inf
    dx, dy = block.spacing.between_rows, block.spacing.within_row
    worst = 0.0
    for row, tree in itertools.product(range(block.rows), range(block.trees_per_row)):
        nearest = min(math.hypot((row - r) * dx, (tree - t) * dy) for r, t in places)
        worst = max(worst, nearest)
    return worst


def compare_layouts(length_m: float, width_m: float, spacings: Sequence[Spacing]) -> list[tuple[Spacing, int, float]]:
    """Return for each spacing the number of trees and the share of land that the trees' own squares cover."""
    results = []
    for spacing in spacings:
        block = Block("trial", length_m, width_m, spacing)
        covered = block.capacity * spacing.between_rows * spacing.within_row
        results.append((spacing, block.capacity, min(1.0, covered / (length_m * width_m))))
    return sorted(results, key=lambda item: (-item[1], str(item[0])))


def unpollinated(main: Sequence[Cultivar], pollinizers: Sequence[Cultivar]) -> list[str]:
    """Names of the main cultivars that none of the others in the block can pollinate."""
    donors = [*main, *pollinizers]
    return [cultivar.name for cultivar in main if not any(donor.can_pollinate(cultivar) for donor in donors)]
