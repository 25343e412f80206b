"""Conversions between the units that growers, suppliers and stations use."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

# A standard European apple bin holds about 300 kg of fruit.
BIN_KG = 300.0
SQUARE_METRES_PER_HECTARE = 10_000.0
LITRES_PER_US_GALLON = 3.785411784


def fahrenheit_to_celsius(degrees: float) -> float:
    """Return a temperature in °C for one in °F.

    >>> fahrenheit_to_celsius(212.0)
    100.0
    """
    return (degrees - 32.0) * 5.0 / 9.0


def celsius_to_fahrenheit(degrees: float) -> float:
    """Return a temperature in °F for one in °C."""
    return degrees * 9.0 / 5.0 + 32.0


def degree_days_f_to_c(degree_days: float) -> float:
    """Convert a sum of degree days; unlike a temperature it has no offset.

    >>> round(degree_days_f_to_c(250.0), 1)
    138.9
    """
    return degree_days * 5.0 / 9.0


def millimetres_to_litres(depth_mm: float, area_m2: float) -> float:
    """Return the volume of a water depth over an area: one millimetre on one square metre is one litre."""
    if area_m2 < 0:
        raise ValueError(f"area must not be negative, got {area_m2}")
    return depth_mm * area_m2


def gallons_to_litres(gallons: float) -> float:
    """Return litres for US liquid gallons."""
    return gallons * LITRES_PER_US_GALLON


def bins_needed(mass_kg: float, bin_kg: float = BIN_KG) -> int:
    """Return how many bins a mass of fruit fills, counting a started bin as a whole one."""
    if mass_kg <= 0:
        return 0
    full, rest = divmod(mass_kg, bin_kg)
    return int(full) + (1 if rest > 1e-9 else 0)


def to_cents(amount: Decimal) -> Decimal:
    """Round money to whole cents, halves away from zero as on a paper invoice."""
    if not isinstance(amount, Decimal):
        raise TypeError(f"money is Decimal, not {type(amount).__name__}")
    return amount.quantize(Decimal("0.01"), rounding=ROUND_HALF_UP)


def parse_area(text: str) -> float:
    """Read an area such as ``"2.5 ha"`` or ``"800 m2"`` and return hectares.

    Raises:
        ValueError: the number or the unit cannot be understood.
    """
    number, _, unit = text.strip().partition(" ")
    value = float(number.replace(",", "."))
    match unit.strip().lower():
        case "ha" | "hectare" | "hectares":
            return value
        case "m2" | "m²":
            return value / SQUARE_METRES_PER_HECTARE
        case "acre" | "acres" | "ac":
            return value * 0.40468564224
        case other:
            raise ValueError(f"unknown unit of area {other!r} in {text!r}")
