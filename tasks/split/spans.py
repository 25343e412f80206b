"""The way back: units and the gaps between them, in order, are the file."""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from typing import NamedTuple


class Leaf(NamedTuple):
    """A stretch of a document and the ordinal of the innermost unit that holds it."""

    start: int
    end: int
    ordinal: int


def leaf_spans(units: Iterable[tuple[int, int]], size: int) -> Iterator[Leaf]:
    """Cut a document of `size` bytes at the borders of its units, given as (start, end) by ordinal.

    The leaves follow one another from 0 to `size`; those of the module (ordinal 0) are what no unit holds.

    >>> [tuple(leaf) for leaf in leaf_spans([(0, 9), (2, 8), (4, 6)], 9)]
    [(0, 2, 0), (2, 4, 1), (4, 6, 2), (6, 8, 1), (8, 9, 0)]
    """
    open_units: list[tuple[int, int]] = [(size, 0)]
    at = 0
    for ordinal, (start, end) in enumerate(units):
        while len(open_units) > 1 and open_units[-1][0] <= start:
            close, inner = open_units.pop()
            if at < close:
                yield Leaf(at, close, inner)
                at = close
        if at < start:
            yield Leaf(at, start, open_units[-1][1])
            at = start
        if ordinal:
            open_units.append((end, ordinal))
    while open_units:
        close, inner = open_units.pop()
        if at < close:
            yield Leaf(at, close, inner)
            at = close
