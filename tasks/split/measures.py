"""What is counted in units, for a whole batch of documents at once: arrays of offsets in, arrays by unit out.

Offsets of all documents lie on one line: a document's own offset plus where it begins on that line. Every count
goes to the innermost unit around it, so that a unit's numbers leave out what its nested definitions hold.
"""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
import numpy.typing as npt
import pyarrow as pa
import pyarrow.compute as pc

Ints = npt.NDArray[np.int64]


class Layout:
    """Where the units of a batch lie: arrays in the order of their starts, a parent before what it holds."""

    def __init__(self, start: Ints, end: Ints, parent: Ints) -> None:
        self.start, self.end = start, end
        # The module has none: it is its own, so that climbing ends.
        self.parent = np.where(parent < 0, np.arange(len(start)), parent)

    def innermost(self, offsets: Ints) -> Ints:
        """The row of the innermost unit around each offset.

        >>> layout = Layout(np.array([0, 2, 4]), np.array([9, 8, 6]), np.array([-1, 0, 1]))
        >>> layout.innermost(np.array([0, 3, 4, 6, 8])).tolist()
        [0, 1, 2, 1, 0]
        """
        found = np.searchsorted(self.start, offsets, side="right") - 1
        outside = np.flatnonzero(self.end[found] <= offsets)
        while len(outside):
            above = self.parent[found[outside]]
            is_stuck = above == found[outside]
            found[outside] = above
            outside = outside[~is_stuck & (self.end[above] <= offsets[outside])]
        return found

    def counts(self, rows: Ints) -> Ints:
        """How often each unit stands in `rows`."""
        return np.bincount(rows, minlength=len(self.start)).astype(np.int64)

    def nesting(self, start: Ints, end: Ints) -> Ints:
        """The deepest nesting of the spans inside each unit, counted from the unit's own start.

        >>> layout = Layout(np.array([0, 4]), np.array([20, 12]), np.array([-1, 0]))
        >>> layout.nesting(np.array([2, 5, 6]), np.array([18, 11, 9])).tolist()
        [1, 2]
        """
        deepest = np.zeros(len(self.start), dtype=np.int64)
        if not len(start):
            return deepest
        order = np.lexsort((-end, start))
        start = start[order]
        ends = np.sort(end)
        depth = np.arange(1, len(start) + 1) - np.searchsorted(ends, start, side="right")
        above = np.searchsorted(start, self.start) - np.searchsorted(ends, self.start, side="right")
        rows = self.innermost(start)
        np.maximum.at(deepest, rows, depth - above[rows])
        return deepest


class Names(NamedTuple):
    """Distinct names by unit, in order of unit and then of name: of each its unit's row and its place in `names`."""

    rows: Ints
    codes: Ints
    names: pa.Array

    def values(self) -> pa.Array:
        """The names themselves."""
        return self.names.take(pa.array(self.codes))


def distinct_names(rows: Ints, names: pa.Array) -> Names:
    """For each unit the sorted distinct names that stand beside its row.

    >>> found = distinct_names(np.array([2, 2, 2, 0]), pa.array(["b", "a", "b", "c"]))
    >>> found.rows.tolist(), found.values().to_pylist()
    ([0, 2, 2], ['c', 'a', 'b'])
    """
    encoded = names.dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary), dtype=np.int64)
    size = max(1, len(order))
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    codes = rank[np.asarray(encoded.indices, dtype=np.int64)]
    keys = np.sort(rows * size + codes)
    owners, codes = np.divmod(keys[np.flatnonzero(np.diff(keys, prepend=-1))], size)
    return Names(owners, codes, encoded.dictionary.take(pa.array(order)))


def lists_of(counts: Ints, values: pa.Array, is_null: npt.NDArray[np.bool_]) -> pa.Array:
    """A column of lists: so many values each, in order; null lists have none.

    >>> lists_of(np.array([1, 0, 2]), pa.array([7, 8, 9]), np.array([False, True, False])).to_pylist()
    [[7], None, [8, 9]]
    """
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values, mask=pa.array(is_null))
