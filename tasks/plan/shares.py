"""Which method makes a candidate, where several share a cell by weights."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import accumulate

_WORD = 2**64
# Multiples of the golden ratio fill the unit interval as evenly as any sequence can (Kuipers and Niederreiter
# 1974): among any candidates in a row, each method has its share to within a few. Cells begin at multiples of the
# square root of two, or a plan of cells with one row each would have one method only.
_GOLDEN, _ROOT_OF_TWO = 0x9E3779B97F4A7C15, 0x6A09E667F3BCC909


def method_of(ordinal: int, weights: Sequence[float], cell: int = 0) -> int:
    """Number of the method of a candidate: a function of its number alone, so that a replay asks the same method.

    `weights` are positive, one a method, in the recipe's order.

    >>> [method_of(ordinal, [2.0, 1.0]) for ordinal in range(9)]
    [0, 0, 0, 1, 0, 0, 1, 0, 1]
    >>> [method_of(0, [2.0, 1.0], cell) for cell in range(9)]
    [0, 0, 1, 0, 0, 0, 0, 1, 0]
    """
    point = (ordinal * _GOLDEN + cell * _ROOT_OF_TWO) % _WORD / _WORD
    *borders, total = accumulate(weights)
    return sum(border <= point * total for border in borders)
