"""The errors that this package raises on purpose."""

from __future__ import annotations


class OrchardError(Exception):
    """Base of every error raised by this package."""


class UnknownCultivar(OrchardError, KeyError):
    """A cultivar was named that the catalogue does not hold."""

    def __init__(self, name: str, known: list[str]) -> None:
        self.name = name
        self.known = sorted(known)
        super().__init__(name)

    def __str__(self) -> str:
        close = [k for k in self.known if k[:3].lower() == self.name[:3].lower()]
        hint = f"; did you mean {', '.join(close)}?" if close else ""
        return f"unknown cultivar {self.name!r}{hint}"


class MissingReading(OrchardError):
    """A calculation needs a weather reading that the station did not deliver."""


class OutOfStock(OrchardError):
    """More fruit was asked for than the cold store holds."""

    def __init__(self, grade: str, wanted_kg: float, available_kg: float) -> None:
        self.grade = grade
        self.shortfall_kg = wanted_kg - available_kg
        super().__init__(f"{wanted_kg:.0f} kg of {grade} wanted, {available_kg:.0f} kg in store")


class LedgerCorrupt(OrchardError):
    """A line of the ledger cannot be read back or breaks the chain of digests."""

    def __init__(self, line: int, reason: str) -> None:
        self.line = line
        super().__init__(f"ledger line {line}: {reason}")
