"""Grades, price lists, and invoices that add up to the cent."""

from __future__ import annotations

import bisect
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal
from functools import singledispatch

from orchard.units import to_cents


@singledispatch
def money(value: object) -> Decimal:
    """Make money of a value; floats are refused, since 0.1 is not ten cents.

    >>> money("3.5")
    Decimal('3.5')
    """
    raise TypeError(f"cannot make money of {type(value).__name__}")


@money.register
def _(value: Decimal) -> Decimal:
    return value


@money.register
def _(value: int) -> Decimal:
    return Decimal(value)


@money.register
def _(value: str) -> Decimal:
    return Decimal(value)


def grade(diameter_mm: float, defects_cm2: float) -> str:
    """Assign a trade class to a dessert apple by diameter and the area of its skin defects.

    The limits of defects are those for skin blemishes in the marketing standard: none to speak of for Extra, 1 cm²
    for class I, 2.5 cm² for class II.
    """
    if diameter_mm >= 60:
        if defects_cm2 <= 0.1:
            return "Extra"
        if defects_cm2 <= 1.0:
            return "I"
        if defects_cm2 <= 2.5:
            return "II"
    return "processing"


@dataclass(frozen=True)
class TieredPrice:
    """A price a kilogram that falls with the quantity of the whole order.

    ``tiers`` are pairs of a minimum in kilograms and the price from there on, in rising order from zero.
    """

    tiers: tuple[tuple[int, Decimal], ...]

    def __post_init__(self) -> None:
        minima = [minimum for minimum, _ in self.tiers]
        if not minima or minima[0] != 0:
            raise ValueError("the first tier starts at 0 kg")
        if minima != sorted(set(minima)):
            raise ValueError("tiers must rise without repeating")

    def per_kg(self, mass_kg: int) -> Decimal:
        index = bisect.bisect_right([minimum for minimum, _ in self.tiers], mass_kg) - 1
        return self.tiers[max(0, index)][1]

    def total(self, mass_kg: int) -> Decimal:
        """Price of an order, never more than the order would cost if filled up to the next tier."""
        own = mass_kg * self.per_kg(mass_kg)
        larger = [minimum * price for minimum, price in self.tiers if minimum > mass_kg]
        return to_cents(min([own, *larger]))


@dataclass(frozen=True, slots=True)
class Line:
    text: str
    mass_kg: int
    price: TieredPrice


def split_evenly(amount: Decimal, weights: Sequence[int]) -> list[Decimal]:
    """Divide an amount in proportion to weights so that the parts add up to it exactly.

    Cents that rounding leaves over go to the largest remainders, and among equals to the first.

    Raises:
        ValueError: there is no positive weight.
    """
    total = sum(weights)
    if total <= 0 or any(weight < 0 for weight in weights):
        raise ValueError("weights must not be negative and at least one must be positive")
    cents = int(to_cents(amount) * 100)
    shares = [divmod(cents * weight, total) for weight in weights]
    parts = [whole for whole, _ in shares]
    by_remainder = sorted(range(len(weights)), key=lambda i: (-shares[i][1], i))
    for index in by_remainder[: cents - sum(parts)]:
        parts[index] += 1
    return [Decimal(part) / 100 for part in parts]


def invoice(lines: Sequence[Line], *, vat: Decimal, discount: Decimal = Decimal(0)) -> dict[str, Decimal]:
    """Compute net, discount, tax and gross of an invoice.

    Args:
        vat: the rate as a share, such as ``Decimal("0.07")``.
        discount: a share that is taken off the net before tax.
    """
    net = sum((line.price.total(line.mass_kg) for line in lines), Decimal(0))
    reduction = to_cents(net * discount)
    tax = to_cents((net - reduction) * vat)
    return {"net": net, "discount": reduction, "tax": tax, "gross": net - reduction + tax}


def pool_payout(revenue: Decimal, deliveries: Mapping[str, int], fee: Decimal = Decimal("0.06")) -> dict[str, Decimal]:
    """Pay the members of a pool by the kilograms they delivered, after the pool's fee."""
    growers = sorted(deliveries)
    payable = to_cents(revenue * (1 - fee))
    parts = split_evenly(payable, [deliveries[name] for name in growers])
    return dict(zip(growers, parts, strict=True))
