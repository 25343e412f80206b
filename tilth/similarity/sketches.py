"""Sketches: 128 numbers a text, of which two texts share about the fraction that is their Jaccard similarity.

Fast Similarity Sketching (Dahlgaard, Knudsen, Thorup, FOCS 2017), in whole rounds over columns: in round r
each shingle throws a value into one of 128 slots, the least value of the earliest round stays, and a text
whose slots are all filled takes no further part. It costs O(shingles + 128 log 128) a text where 128
permutations cost O(128 shingles), and estimates as well. A sketch is a function of the text's set of
shingles alone: neighbours, chunks and order do not touch it, and the seed is in the code.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tilth.similarity.shingles import Hashes, Indices, Shingles, mix, ranges, shingle_chunks

Signatures = NDArray[np.uint32]
Short = NDArray[np.uint8]

# Standard error of an estimate at Jaccard J is sqrt(J (1 - J) / 128): 0.040 at 0.7.
SLOTS = 128
# A slot no value reached: the text has no shingle.
EMPTY = np.uint32(0xFFFFFFFF)

# Rounds 0 to 127 choose the slot by hash; round 128 + s puts every shingle into slot s: none stays empty.
_ROUNDS = 2 * SLOTS
# Round by round while many texts wait; then those of few shingles, and rounds run in blocks that double.
_SINGLE_ROUNDS = 8
# To fill all slots takes 128 (ln 128 + 0.58) = 695 throws, give or take 164: before 500 nobody looks.
_LEAST_THROWS = 500
# The seed: round r multiplies a shingle's hash by the r-th of these odd numbers.
_FACTORS = mix(np.arange(1, _ROUNDS + 1, dtype=np.uint64) * np.uint64(0x6A09E667F3BCC909)) | np.uint64(1)


class Sketches(NamedTuple):
    """Of consecutive texts: (n, 128) signatures, and how many shingles each text has, repeats counted."""

    signatures: Signatures
    counts: NDArray[np.int32]


def _throw(slots: Signatures, bases: Indices, hashes: Hashes, first: int, last: int) -> None:
    """Let each hash take part in rounds `first` to `last - 1`; `bases` is where its text's slots begin."""
    rounds = np.arange(first, last, dtype=np.uint32)[:, None]
    # Of the product's 30 high bits 7 choose the slot and 23 are the value, below 8 bits for the round.
    thrown = ((hashes * _FACTORS[first:last, None]) >> np.uint64(34)).astype(np.uint32)
    chosen = (
        np.where(rounds < SLOTS, thrown >> np.uint32(23), rounds % SLOTS)
        if last > SLOTS
        else thrown >> np.uint32(23)
    )
    values = thrown & np.uint32(0x7FFFFF)
    values |= rounds << np.uint32(23) | np.uint32(1 << 31)
    np.minimum.at(slots, (bases + chosen).ravel(), values.ravel())


def _throw_first(slots: Signatures, bases: Indices, hashes: Hashes) -> None:
    """Round 0, the only one that long texts need: 31 bits of value, so that a million shingles seldom tie."""
    np.minimum.at(
        slots, bases + (hashes >> np.uint64(57)).astype(np.int64), hashes.astype(np.uint32) >> np.uint32(1)
    )


def _still_waiting(signatures: Signatures, counts: Indices, waiting: Indices, done: int) -> Indices:
    due = counts[waiting] * done >= _LEAST_THROWS
    stays = ~due
    stays[due] = signatures[waiting[due]].max(axis=1) == EMPTY
    return waiting[stays]


def sign(shingles: Shingles) -> Sketches:
    """Signatures of the texts of one chunk of shingles."""
    counts = np.diff(shingles.indptr)
    signatures = np.full((len(counts), SLOTS), EMPTY)
    slots = signatures.reshape(-1)
    waiting, hashes = np.flatnonzero(counts), shingles.hashes
    bases = np.repeat(waiting * SLOTS, counts[waiting])
    _throw_first(slots, bases, hashes)
    done = 1
    while done < _ROUNDS:
        before = len(waiting)
        # A text may take part in more rounds than it needs: later rounds never displace earlier ones.
        waiting = _still_waiting(signatures, counts, waiting, done)
        if not len(waiting):
            break
        if len(waiting) < before:
            hashes = shingles.hashes[ranges(shingles.indptr[waiting], counts[waiting])]
            bases = np.repeat(waiting * SLOTS, counts[waiting])
        last = done + 1 if done < _SINGLE_ROUNDS else min(2 * done, _ROUNDS)
        _throw(slots, bases, hashes, done, last)
        done = last
    return Sketches(signatures, counts.astype(np.int32))


def sketch_texts(texts: pa.Array | pa.ChunkedArray, size: int) -> Iterator[Sketches]:
    """Sketches of texts as sets of shingles of `size` words, chunk by chunk, in the order of the texts."""
    return (sign(shingles) for shingles in shingle_chunks(texts, size))


def shorten(signatures: Signatures) -> Short:
    """The low byte of each slot: a quarter of the memory, and an estimate that loses almost nothing.

    b-bit minwise hashing (Li and König, 2010): unlike slots agree by chance once in 256.
    """
    return signatures.astype(np.uint8)


def estimate(left: Short, right: Short) -> NDArray[np.float64]:
    """Jaccard similarity of pairs of texts by the share of equal low bytes, chance agreement taken out.

    >>> one = np.zeros((1, SLOTS), dtype=np.uint8)
    >>> estimate(one, one).tolist()
    [1.0]
    """
    share = np.count_nonzero(left == right, axis=1) / SLOTS
    return np.asarray(np.maximum((share - 1 / 256) / (1 - 1 / 256), 0.0))
