"""Cultivars, rootstocks and the trees made of both."""

from __future__ import annotations

import enum
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from datetime import date

from orchard.errors import OrchardError, UnknownCultivar


class Vigour(enum.IntEnum):
    """How large a rootstock lets a tree grow, from dwarfing to vigorous."""

    DWARFING = 1
    SEMI_DWARFING = 2
    SEMI_VIGOROUS = 3
    VIGOROUS = 4


class Health(enum.Enum):
    SOUND = "sound"
    STRESSED = "stressed"
    DISEASED = "diseased"
    DEAD = "dead"

    @property
    def bears_fruit(self) -> bool:
        return self in (Health.SOUND, Health.STRESSED)


@dataclass(frozen=True, slots=True)
class Rootstock:
    """The part of a grafted tree that is below the union."""

    name: str
    vigour: Vigour
    needs_stake: bool = False
    years_to_first_crop: int = 4


@dataclass(frozen=True, slots=True)
class Cultivar:
    """A named variety of fruit.

    ``bloom_group`` is the flowering period from 1 (early) to 6 (late); two cultivars can pollinate
    each other when their groups differ by at most one. A triploid cultivar has sterile pollen.
    """

    name: str
    species: str
    bloom_group: int
    triploid: bool = False
    chill_hours: int = 800

    def can_pollinate(self, other: Cultivar) -> bool:
        """Whether pollen of this cultivar can set fruit on ``other``."""
        if self.triploid or self.name == other.name or self.species != other.species:
            return False
        return abs(self.bloom_group - other.bloom_group) <= 1


@dataclass(frozen=True, slots=True)
class Observation:
    on: date
    health: Health
    trunk_cm2: float | None = None
    note: str = ""


@dataclass
class Tree:
    """A single tree with its position in the orchard and everything that was seen of it."""

    tag: str
    cultivar: Cultivar
    rootstock: Rootstock
    planted: date
    row: int
    position: int
    history: list[Observation] = field(default_factory=list)

    def observe(self, observation: Observation) -> None:
        """Add an observation, keeping the history in order of date.

        Raises:
            OrchardError: the tree was already reported dead before that date.
        """
        died = self.died_on()
        if died is not None and observation.on > died:
            raise OrchardError(f"tree {self.tag} died on {died}, it cannot be observed on {observation.on}")
        self.history.append(observation)
        self.history.sort(key=lambda seen: seen.on)

    def died_on(self) -> date | None:
        return next((seen.on for seen in self.history if seen.health is Health.DEAD), None)

    @property
    def health(self) -> Health:
        """The health last seen; a tree that nobody looked at is taken for sound."""
        return self.history[-1].health if self.history else Health.SOUND

    def age(self, on: date) -> int:
        """Full years between planting and a date."""
        before_anniversary = (on.month, on.day) < (self.planted.month, self.planted.day)
        return on.year - self.planted.year - int(before_anniversary)

    def is_bearing(self, on: date) -> bool:
        """Whether the tree is old enough and fit enough to carry a crop."""
        return self.health.bears_fruit and self.age(on) >= self.rootstock.years_to_first_crop

    def trunk_growth(self) -> float | None:
        """Mean yearly growth of the trunk's cross section in cm², or None with fewer than two measurements."""
        measured = [(seen.on, seen.trunk_cm2) for seen in self.history if seen.trunk_cm2 is not None]
        if len(measured) < 2:
            return None
        (first_day, first), (last_day, last) = measured[0], measured[-1]
        years = (last_day - first_day).days / 365.25
        return (last - first) / years if years > 0 else None


class Catalogue:
    """The cultivars a nursery offers, found by name whatever its case."""

    def __init__(self, cultivars: Iterable[Cultivar] = ()) -> None:
        self._by_name: dict[str, Cultivar] = {}
        for cultivar in cultivars:
            self.add(cultivar)

    def add(self, cultivar: Cultivar) -> None:
        key = cultivar.name.casefold()
        if key in self._by_name and self._by_name[key] != cultivar:
            raise OrchardError(f"the catalogue already holds another {cultivar.name}")
        self._by_name[key] = cultivar

    def __getitem__(self, name: str) -> Cultivar:
        try:
            return self._by_name[name.casefold()]
        except KeyError:
            raise UnknownCultivar(name, [c.name for c in self]) from None

    def __iter__(self) -> Iterator[Cultivar]:
        return iter(sorted(self._by_name.values(), key=lambda c: c.name))

    def __len__(self) -> int:
        return len(self._by_name)

    def partners(self, name: str) -> list[Cultivar]:
        """All cultivars whose pollen sets fruit on the named one."""
        target = self[name]
        return [other for other in self if other.can_pollinate(target)]


def survival_by_rootstock(trees: Iterable[Tree]) -> dict[str, float]:
    """Return for each rootstock the share of its trees that still live."""
    planted: Counter[str] = Counter()
    alive: Counter[str] = Counter()
    for tree in trees:
        planted[tree.rootstock.name] += 1
        if tree.health is not Health.DEAD:
            alive[tree.rootstock.name] += 1
    return {name: alive[name] / count for name, count in sorted(planted.items())}


def gaps_in_rows(trees: Iterable[Tree]) -> dict[int, list[int]]:
    """Find positions without a living tree between the first and the last tree of each row."""
    occupied: defaultdict[int, set[int]] = defaultdict(set)
    extent: defaultdict[int, set[int]] = defaultdict(set)
    for tree in trees:
        extent[tree.row].add(tree.position)
        if tree.health is not Health.DEAD:
            occupied[tree.row].add(tree.position)
    gaps = {}
    for row, positions in sorted(extent.items()):
        missing = [p for p in range(min(positions), max(positions) + 1) if p not in occupied[row]]
        if missing:
            gaps[row] = missing
    return gaps
