"""The cold store: lots of fruit that come in, lose weight, and go out oldest first."""

from __future__ import annotations

import contextlib
import copy
from collections.abc import Iterator
from dataclasses import dataclass, replace
from datetime import date

from orchard.errors import OrchardError, OutOfStock

# Apples in ordinary cold storage lose about half a percent of their weight a week.
WEEKLY_LOSS = 0.005


@dataclass(frozen=True, slots=True)
class Lot:
    """Fruit of one cultivar and grade that was stored on one day."""

    number: str
    cultivar: str
    grade: str
    stored: date
    mass_kg: float

    def mass_on(self, day: date) -> float:
        """Mass left after the loss of water since storing."""
        weeks = max(0.0, (day - self.stored).days / 7)
        return self.mass_kg * (1 - WEEKLY_LOSS) ** weeks


@dataclass(frozen=True, slots=True)
class Pick:
    lot: str
    mass_kg: float


class ColdStore:
    """All lots in one store.

    Changes made inside ``with store.transaction():`` are undone together when the block raises.
    """

    def __init__(self, capacity_kg: float) -> None:
        self.capacity_kg = capacity_kg
        self._lots: dict[str, Lot] = {}

    def __len__(self) -> int:
        return len(self._lots)

    def __contains__(self, number: object) -> bool:
        return number in self._lots

    @property
    def stored_kg(self) -> float:
        return sum(lot.mass_kg for lot in self._lots.values())

    def receive(self, lot: Lot) -> None:
        """Take a lot in.

        Raises:
            OrchardError: its number is taken, or the store would be overfull.
        """
        if lot.number in self._lots:
            raise OrchardError(f"lot {lot.number} is already in store")
        if self.stored_kg + lot.mass_kg > self.capacity_kg:
            free = self.capacity_kg - self.stored_kg
            raise OrchardError(f"lot {lot.number} of {lot.mass_kg:.0f} kg does not fit, {free:.0f} kg are free")
        self._lots[lot.number] = lot

    def available(self, grade: str, cultivar: str | None = None) -> float:
        """Kilograms of a grade, of one cultivar or of all."""
        return sum(lot.mass_kg for lot in self._matching(grade, cultivar))

    def _matching(self, grade: str, cultivar: str | None) -> list[Lot]:
        lots = [
            lot for lot in self._lots.values() if lot.grade == grade and cultivar in (None, lot.cultivar)
        ]
        return sorted(lots, key=lambda lot: (lot.stored, lot.number))

    def withdraw(self, grade: str, mass_kg: float, cultivar: str | None = None) -> list[Pick]:
        """Take fruit out, oldest lots first, and say from which lots it came.

        Raises:
            OutOfStock: there is not enough; nothing is taken then.
        """
        lots = self._matching(grade, cultivar)
        held = sum(lot.mass_kg for lot in lots)
        if held < mass_kg:
            raise OutOfStock(grade, mass_kg, held)
        picks = []
        for lot in lots:
            if mass_kg <= 0:
                break
            taken = min(lot.mass_kg, mass_kg)
            picks.append(Pick(lot.number, taken))
            mass_kg -= taken
            if taken == lot.mass_kg:
                del self._lots[lot.number]
            else:
                self._lots[lot.number] = replace(lot, mass_kg=lot.mass_kg - taken)
        return picks

    @contextlib.contextmanager
    def transaction(self) -> Iterator[ColdStore]:
        """Undo all changes to the store if the block raises."""
        saved = copy.copy(self._lots)
        try:
            yield self
        except BaseException:
            self._lots = saved
            raise

    def stocktake(self, day: date) -> dict[str, tuple[float, float]]:
        """Return for each grade the mass on the books and the mass to expect on the scale."""
        totals: dict[str, tuple[float, float]] = {}
        for lot in self._lots.values():
            booked, expected = totals.get(lot.grade, (0.0, 0.0))
            totals[lot.grade] = (booked + lot.mass_kg, expected + lot.mass_on(day))
        return dict(sorted(totals.items()))

    def older_than(self, day: date, days: int) -> list[Lot]:
        return sorted(
            (lot for lot in self._lots.values() if (day - lot.stored).days > days),
            key=lambda lot: lot.stored,
        )
