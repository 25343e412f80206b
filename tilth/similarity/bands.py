"""Candidate pairs: items whose short signatures agree in all rows of at least one band.

One band at a time: its keys are packed with the items' positions into 64 bits and sorted, so that memory is
16 bytes an item whatever the number of bands. A bucket of m items gives at most 2 m pairs, never m squared:
each item with the bucket's first (a star) and with the one before it (a chain). Pairs that this leaves out
meet in another band, or in a later round, when the items between them have fallen.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np

from tilth.similarity.shingles import Hashes, Indices, mix
from tilth.similarity.sketches import SLOTS, Short

# A band's key is its rows' low bytes in one 64-bit lane. Unlike items agree by chance once in 256**rows.
_MAX_ROWS = 8
_LOW = np.uint64(0xFFFFFFFF)


class Banding(NamedTuple):
    """So many bands, each of so many slots of the signature."""

    bands: int
    rows: int

    def recall(self, jaccard: float) -> float:
        """Probability that a pair of that similarity agrees in at least one band: 1 - (1 - J^rows)^bands.

        >>> round(Banding(25, 5).recall(0.7), 3), round(Banding(16, 8).recall(0.7), 3)
        (0.99, 0.613)
        """
        return float(1 - (1 - jaccard**self.rows) ** self.bands)


def choose_bands(threshold: float, recall: float) -> Banding:
    """The most rows a band (the fewest false candidates) that still catch a pair at the threshold this often.

    >>> choose_bands(0.7, 0.98), choose_bands(0.8, 0.98)
    (Banding(bands=25, rows=5), Banding(bands=18, rows=7))
    """
    bandings = [Banding(SLOTS // rows, rows) for rows in range(_MAX_ROWS, 0, -1)]
    return next((banding for banding in bandings if banding.recall(threshold) >= recall), bandings[-1])


def pack(left: Indices, right: Indices) -> Hashes:
    """Pairs of indices below 2^32 as integers, the lesser index in the high half: the same both ways."""
    low, high = np.minimum(left, right), np.maximum(left, right)
    return (low.astype(np.uint64) << np.uint64(32)) | high.astype(np.uint64)


def unpack(pairs: Hashes) -> tuple[Indices, Indices]:
    """Lesser and greater index of packed pairs.

    >>> [side.tolist() for side in unpack(pack(np.array([7]), np.array([3])))]
    [[3], [7]]
    """
    return (pairs >> np.uint64(32)).astype(np.int64), (pairs & _LOW).astype(np.int64)


def merge(first: Hashes, second: Hashes) -> Hashes:
    """Sorted union of two sets of packed pairs."""
    pairs = np.concatenate((first, second))
    pairs.sort()
    return pairs[np.concatenate(([True], pairs[1:] != pairs[:-1]))] if len(pairs) else pairs


def _band_keys(signatures: Short, members: Indices, band: int, rows: int) -> Hashes:
    # One gather of 8 bytes an item, begun earlier where it would reach beyond the signature, then shifted.
    first = min(band * rows, SLOTS - _MAX_ROWS)
    lanes: Hashes = np.ndarray(
        (len(signatures),), dtype="<u8", buffer=signatures.data, offset=first, strides=(SLOTS,)
    )
    low = np.uint64((1 << 8 * rows) - 1)
    return (lanes[members] >> np.uint64(8 * (band * rows - first))) & low


def _buckets(keys: Hashes) -> tuple[Indices, Indices]:
    """Positions that share their key with another, bucket by bucket, rising; and where buckets begin."""
    bits = np.uint64(max(len(keys) - 1, 1).bit_length())
    packed = ((mix(keys) >> bits) << bits) | np.arange(len(keys), dtype=np.uint64)
    packed.sort()
    marks = packed >> bits
    is_same = np.zeros(len(keys) + 1, dtype=bool)
    np.equal(marks[1:], marks[:-1], out=is_same[1:-1])
    shared = is_same[:-1] | is_same[1:]
    low = (np.uint64(1) << bits) - np.uint64(1)
    return (packed[shared] & low).astype(np.int64), np.flatnonzero(~is_same[:-1][shared])


def _bucket_pairs(items: Indices, starts: Indices, origins: Hashes) -> Hashes:
    """Star and chain of each bucket, without pairs of one origin.

    An item of the same origin as the bucket's first is paired with the first item of another origin instead.
    """
    sizes = np.diff(np.append(starts, len(items)))
    bucket = np.repeat(np.arange(len(starts)), sizes)
    roots = items[starts][bucket]
    is_kin = (items == roots) | ((origins[items] != 0) & (origins[items] == origins[roots]))
    others, places = np.unique(bucket[~is_kin], return_index=True)
    seconds = np.full(len(starts), -1)
    seconds[others] = items[~is_kin][places]
    partner = np.where(is_kin, seconds[bucket], roots)
    paired = partner >= 0
    before, after = items[:-1], items[1:]
    linked = (bucket[1:] == bucket[:-1]) & ((origins[after] == 0) | (origins[after] != origins[before]))
    # The first link of the chain is an edge of the star already.
    linked &= before != partner[1:]
    return np.concatenate((pack(partner[paired], items[paired]), pack(before[linked], after[linked])))


def candidates(
    signatures: Short, scopes: Hashes, origins: Hashes, members: Indices, banding: Banding
) -> Iterator[tuple[Hashes, Indices]]:
    """A band at a time: packed candidate pairs, repeats kept, and all items that share the band with another.

    Among `members` (rising indices) only items of one scope meet, never two of the same origin other than 0.
    """
    salts = mix(scopes[members])
    for band in range(banding.bands if len(members) > 1 else 0):
        positions, starts = _buckets(_band_keys(signatures, members, band, banding.rows) ^ salts)
        if len(positions):
            pairs = _bucket_pairs(members[positions], starts, origins)
            left, right = unpack(pairs)
            # Keys are cut to sort them: once in a blue moon a bucket mixes two scopes.
            yield pairs[scopes[left] == scopes[right]], members[positions]
