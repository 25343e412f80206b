"""What is counted in units, for a whole batch of documents at once: arrays of offsets in, arrays by unit out.

Offsets of all documents lie on one line: a document's own offset plus where it begins on that line. Every count
goes to the innermost unit around it, so that a unit's numbers leave out what its nested definitions hold.
"""

from __future__ import annotations

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


def distinct_lists(rows: Ints, names: pa.Array, size: int) -> pa.Array:
    """For each of `size` units the sorted distinct names that stand beside its row.

    >>> names = pa.array(["b", "a", "b", "c"])
    >>> distinct_lists(np.array([2, 2, 2, 0]), names, 3).to_pylist()
    [['c'], [], ['a', 'b']]
    """
    encoded = names.dictionary_encode()
    order = np.asarray(pc.sort_indices(encoded.dictionary), dtype=np.int64)
    rank = np.empty(len(order), dtype=np.int64)
    rank[order] = np.arange(len(order))
    codes = rank[np.asarray(encoded.indices, dtype=np.int64)] if len(names) else np.zeros(0, dtype=np.int64)
    keys = np.unique(rows * max(1, len(order)) + codes)
    owners, places = np.divmod(keys, max(1, len(order)))
    values = encoded.dictionary.take(pa.array(order[places]))
    return lists_of(np.bincount(owners, minlength=size), values)


def lists_of(counts: Ints, values: pa.Array) -> pa.Array:
    """A column of lists: so many values each, in order."""
    offsets = np.zeros(len(counts) + 1, dtype=np.int32)
    np.cumsum(counts, out=offsets[1:])
    return pa.ListArray.from_arrays(pa.array(offsets), values)
