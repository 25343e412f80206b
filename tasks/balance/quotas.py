"""How many of each group may stay: caps, levels and shares over counts. Pure arithmetic on integers.

All functions take and give one count a group, never give a group more than it has, and depend on the counts
alone. What is left over by rounding goes to the groups that lost most, one each, by their order.
"""

from __future__ import annotations

from fractions import Fraction
from math import isqrt

from tasks.balance.config import BalanceConfig


def fill_to_level(counts: list[int], total: int) -> list[int]:
    """Quotas `min(count, level)` whose sum is `total`, or all when there is less: the largest come down.

    >>> fill_to_level([100, 10, 3], 53)
    [40, 10, 3]
    >>> fill_to_level([4, 4, 4], 10)
    [4, 3, 3]
    """
    if total >= sum(counts):
        return list(counts)
    # From the smallest: a group under the equal share of what is left stays whole.
    left, quotas = total, list(counts)
    order = sorted(range(len(counts)), key=lambda index: (counts[index], -index))
    for position, index in enumerate(order):
        share = left // (len(order) - position)
        quotas[index] = min(counts[index], share)
        left -= quotas[index]
    return quotas


def bound_shares(counts: list[int], share: float) -> list[int]:
    """Quotas none of which is more than `share` of their sum, give or take one.

    The smaller groups stay whole. A share that so few groups cannot reach counts as their equal share: one
    group alone loses nothing.

    >>> bound_shares([100, 10, 10], 0.5), bound_shares([100], 0.5), bound_shares([100, 40], 0.1)
    ([20, 10, 10], [100], [40, 40])
    """
    filled = [count for count in counts if count]
    if not filled:
        return list(counts)
    bound = max(Fraction(share).limit_denominator(10_000), Fraction(1, len(filled)))
    # With the m largest groups at a level L and the rest (sum r) whole: L = bound * (r + m * L).
    ordered = sorted(filled, reverse=True)
    for leveled, count in enumerate(ordered):
        if bound * leveled >= 1:
            break
        level = bound * sum(ordered[leveled:]) / (1 - bound * leveled)
        if count <= level:
            # None is leveled: the largest group is within its share as it is.
            return [min(count, int(level)) for count in counts] if leveled else list(counts)
    # So few groups that the bound is their equal share: all come down to the smallest.
    return [min(count, ordered[-1]) for count in counts]


def temper(counts: list[int], total: int) -> list[int]:
    """Quotas `min(count, s * sqrt(count))` whose sum is `total`, or more where that is balance enough.

    `s` comes down from the largest group's root until the sum is `total`, or until the shares are those of
    the square roots, which is when `s` is the root of the smallest group. Groups of one size lose nothing.

    >>> temper([10_000, 100], 5_000), temper([10_000, 100], 0), temper([50], 0), temper([7, 7], 0)
    ([4900, 100], [1000, 100], [50], [7, 7])
    """
    if total >= sum(counts) or not any(counts):
        return list(counts)
    # At the smallest group's own size the shares are those of the roots.
    low, high = min(count for count in counts if count), max(counts)
    strict = sum(_tempered(counts, low))
    # Search s squared in whole numbers, so that no rounding of roots decides: quota = isqrt(count * s**2).
    while low < high:
        middle = (low + high) // 2
        if sum(_tempered(counts, middle)) < total:
            low = middle + 1
        else:
            high = middle
    return fill_to_level(_tempered(counts, low), max(total, strict))


def _tempered(counts: list[int], square: int) -> list[int]:
    return [min(count, isqrt(count * square)) for count in counts]


def language_quotas(counts: list[int], config: BalanceConfig) -> list[int]:
    """Examples that each language may keep, by the strategy of the config."""
    if not any(counts) or config.strategy == "none":
        return list(counts)
    if config.strategy == "cap":
        return [min(count, config.max_per_language) for count in counts]
    # Rounded up: "at least" this share.
    floor = -int(-Fraction(config.min_kept_ratio).limit_denominator(10_000) * sum(counts) // 1)
    if config.strategy == "square_root":
        return temper(counts, floor)
    filled = [count for count in counts if count]
    return fill_to_level(counts, max(floor, min(filled) * len(filled)))
