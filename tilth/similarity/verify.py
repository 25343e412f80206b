"""Pairs judged: by their signatures where these are sure, else by the exact Jaccard similarity of shingles.

An estimate more than three standard errors from the threshold is taken at its word (wrong once in 700 at
worst, beside the threshold); the pairs between are read and compared. Of a text of more than 4096 distinct
shingles only the least 4096 hashes are compared (a bottom-k sketch): then the error is below 0.008.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.similarity.shingles import Hashes, Indices, ranges, shingle_chunks
from tilth.similarity.sketches import SLOTS, Short, estimate

# Standard error of the bottom-k estimate is sqrt(J (1 - J) / k), at most 0.5 / 64 = 0.0078.
BOTTOM_K = 4096
# Signatures of 65,536 pairs are 16 MB.
_ESTIMATE_PAIRS = 1 << 16
# Sets of shingles that are held at once: 64 MB, and twice that while they are put in order. A pass over the texts
# serves them all: a unit has some 60 shingles.
_HELD_SHINGLES = 1 << 23
# Shingles of pairs that are compared at once: 8 MB, and as much again for each of ten arrays.
_BLOCK_SHINGLES = 1 << 20
# A block's shingles are sorted as (place in the block, hash) in one integer: 20 bits and 44.
_PLACE_BITS = 20

# Gives the texts of items in any order: places in what was asked, and the text at each; every place once.
ReadTexts = Callable[[Indices], Iterator[tuple[Indices, pa.Array]]]


class ShingleSets(NamedTuple):
    """Distinct shingles of texts, 44 bits each, rising: text i has `hashes[indptr[i]:indptr[i + 1]]`."""

    hashes: Hashes
    indptr: Indices


class Judged(NamedTuple):
    """Jaccard similarity a pair, and whether it was compared exactly or only estimated."""

    jaccard: NDArray[np.float64]
    is_exact: NDArray[np.bool_]


def _distinct(sorted_values: Hashes) -> NDArray[np.bool_]:
    firsts = np.ones(len(sorted_values), dtype=bool)
    np.not_equal(sorted_values[1:], sorted_values[:-1], out=firsts[1:])
    return firsts


def shingle_sets(texts: pa.Array | pa.ChunkedArray, size: int) -> ShingleSets:
    """Distinct shingles of each text, the least `BOTTOM_K` of them. At most 2^20 texts at a time."""
    parts, counts = [np.empty(0, dtype=np.uint64)], [np.zeros(1, dtype=np.int64)]
    mark = np.uint64(64 - _PLACE_BITS)
    for _, hashes, indptr in shingle_chunks(texts, size):
        places = np.repeat(np.arange(len(indptr) - 1, dtype=np.uint64), np.diff(indptr))
        packed = (places << mark) | (hashes >> np.uint64(_PLACE_BITS))
        packed.sort()
        packed = packed[_distinct(packed)]
        bounds = np.searchsorted(packed, np.arange(len(indptr), dtype=np.uint64) << mark)
        kept = np.minimum(np.diff(bounds), BOTTOM_K)
        parts.append(packed[ranges(bounds[:-1], kept)] & ((np.uint64(1) << mark) - np.uint64(1)))
        counts.append(kept)
    return ShingleSets(np.concatenate(parts), np.cumsum(np.concatenate(counts)))


def jaccard(sets: ShingleSets, left: Indices, right: Indices) -> NDArray[np.float64]:
    """Jaccard similarity of up to 2^20 pairs of sets, by one sort of (pair, hash); 0 if both are empty."""
    if not len(left):
        return np.empty(0)
    counts = np.diff(sets.indptr)
    both = np.stack((left, right), axis=1).reshape(-1)
    sizes = counts[both]
    pairs = np.repeat(np.arange(len(both), dtype=np.uint64) >> np.uint64(1), sizes)
    mark = np.uint64(64 - _PLACE_BITS)
    packed = (pairs << mark) | sets.hashes[ranges(sets.indptr[both], sizes)]
    packed.sort()
    firsts = _distinct(packed)
    of_pair = (packed >> mark).astype(np.int64)
    ordinals = np.cumsum(firsts)
    starts = np.searchsorted(packed, np.arange(len(left), dtype=np.uint64) << mark)
    before = np.concatenate(([0], ordinals))[starts]
    # Where a set was cut, only the least k of the union are known whole.
    is_cut = (counts[left] == BOTTOM_K) | (counts[right] == BOTTOM_K)
    limits = before + np.where(is_cut, BOTTOM_K, len(packed))
    counted = ordinals <= limits[of_pair]
    union = np.bincount(of_pair[counted & firsts], minlength=len(left))
    return np.bincount(of_pair[counted & ~firsts], minlength=len(left)) / np.maximum(union, 1)


def estimates(signatures: Short, left: Indices, right: Indices) -> NDArray[np.float64]:
    """Estimated similarity of pairs of rows, block by block."""
    parts = [np.empty(0)]
    for start in range(0, len(left), _ESTIMATE_PAIRS):
        block = slice(start, start + _ESTIMATE_PAIRS)
        parts.append(estimate(signatures[left[block]], signatures[right[block]]))
    return np.concatenate(parts)


def _blocks(left: Indices, right: Indices, counts: Indices, most: int) -> Iterator[slice]:
    """Runs of pairs (sorted by `left`) whose texts have up to some `most` shingles, or single pairs."""
    is_new = np.concatenate(([True], left[1:] != left[:-1]))
    # A text that stands left in many pairs is held once.
    numbers = np.cumsum(1 + counts[right] + np.where(is_new, counts[left], 0)) // most
    edges = np.flatnonzero(np.diff(numbers)) + 1
    for start, stop in zip([0, *edges.tolist()], [*edges.tolist(), len(left)], strict=True):
        for begin in range(start, stop, 1 << (_PLACE_BITS - 1)):
            yield slice(begin, min(stop, begin + (1 << (_PLACE_BITS - 1))))


def _read_sets(texts: Iterator[tuple[Indices, pa.Array]], size: int) -> ShingleSets:
    """The sets of texts, each at the place that came with it. No more texts are held than come at once."""
    places, parts, lengths = [np.empty(0, dtype=np.int64)], [np.empty(0, dtype=np.uint64)], []
    for at, some in texts:
        sets = shingle_sets(some, size)
        places.append(at)
        parts.append(sets.hashes)
        lengths.append(np.diff(sets.indptr))
    order = np.argsort(np.concatenate(places))
    counts = np.concatenate([np.zeros(0, dtype=np.int64), *lengths])
    hashes, starts = np.concatenate(parts), np.cumsum(counts) - counts
    del parts
    indptr = np.concatenate(([0], np.cumsum(counts[order])))
    return ShingleSets(hashes[ranges(starts[order], counts[order])], indptr)


def _compare(
    left: Indices, right: Indices, counts: Indices, size: int, read: ReadTexts
) -> NDArray[np.float64]:
    """Exact similarity of pairs, sorted by their left item."""
    values = np.empty(len(left))
    for block in _blocks(left, right, counts, _HELD_SHINGLES):
        items, places = np.unique(np.concatenate((left[block], right[block])), return_inverse=True)
        sets = _read_sets(read(items), size)
        mine, theirs = np.split(places, 2)
        known = np.diff(sets.indptr)
        for part in _blocks(mine, theirs, known, _BLOCK_SHINGLES):
            values[block][part] = jaccard(sets, mine[part], theirs[part])
    return values


def judge(
    signatures: Short,
    counts: NDArray[np.integer[Any]],
    pairs: tuple[Indices, Indices],
    threshold: float,
    size: int,
    read: ReadTexts,
) -> Judged:
    """Similarity of pairs, sorted by their left item: estimated where that is sure, else by the texts.

    `counts` are the items' shingles; `read` gives the texts of items.
    """
    left, right = pairs
    values = estimates(signatures, left, right)
    doubt = 3 * (threshold * (1 - threshold) / SLOTS) ** 0.5
    is_exact = np.abs(values - threshold) <= doubt
    open_pairs = np.flatnonzero(is_exact)
    if len(open_pairs):
        # Of a long text the least hashes are kept.
        held = np.minimum(counts, BOTTOM_K).astype(np.int64)
        values[open_pairs] = _compare(left[open_pairs], right[open_pairs], held, size, read)
    return Judged(values, is_exact)
