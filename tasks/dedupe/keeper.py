"""Keeper: which items stay, and to which of them each other falls."""

from __future__ import annotations

from collections.abc import Callable, Iterator

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.ranked import RankedItems
from tilth.errors import LakeError
from tilth.similarity.bands import candidates, choose_bands, merge, pack, unpack
from tilth.similarity.cluster import choose_keepers, components
from tilth.similarity.shingles import Hashes, Indices, ranges
from tilth.similarity.verify import Judged, judge

# Gives the columns item_id and text of the asked items, in any order, a batch of texts at a time.
Texts = Callable[[pa.Array], pa.RecordBatchReader]

_NO_PAIRS = np.empty(0, dtype=np.uint64)


class Verified:
    """Similarities known so far, by pair of exact groups: equal texts are compared once, whoever has them."""

    def __init__(self, items: RankedItems, texts: Texts, config: DedupeConfig) -> None:
        self._items, self._texts, self._config = items, texts, config
        self._pairs = _NO_PAIRS
        self._known = Judged(np.empty(0), np.empty(0, dtype=bool))

    def _read(self, items: Indices) -> Iterator[tuple[Indices, pa.Array]]:
        """The texts of items as they come: their places in `items`, and the texts."""
        wanted = self._items.text("item_id", items).combine_chunks().dictionary_encode()
        # Items of different keys may have one id: those of the id numbered n are `by_id[starts[n]:][:counts[n]]`.
        numbers = np.asarray(wanted.indices)
        by_id, counts = np.argsort(numbers, kind="stable"), np.bincount(numbers)
        starts = np.cumsum(counts) - counts
        is_missing = np.ones(len(counts), dtype=bool)
        for batch in self._texts(wanted.dictionary.cast(pa.string())):
            found = np.asarray(
                pc.index_in(batch.column("item_id").cast(pa.string()), value_set=wanted.dictionary)
            )
            found, rows = np.unique(found, return_index=True)
            is_new = is_missing[found]
            found, rows = found[is_new].astype(np.int64), rows[is_new]
            is_missing[found] = False
            texts = batch.column("text").take(pa.array(np.repeat(rows, counts[found])))
            yield by_id[ranges(starts[found], counts[found])], texts
        if is_missing.any():
            lost = wanted.dictionary[int(np.argmax(is_missing))]
            raise LakeError(
                f"The text of item {lost} was not found, its sketch was. Build the sketches again."
            )

    def learn(self, left: Indices, right: Indices) -> None:
        """Judge the pairs of groups that are not known yet."""
        pairs = merge(self._groups_of(left, right), _NO_PAIRS)
        low, high = unpack(pairs)
        new = pairs[(low != high) & ~np.isin(pairs, self._pairs, assume_unique=True)]
        judged = judge(
            self._items.signatures,
            self._items.counts,
            unpack(new),
            self._config.threshold,
            self._config.shingle_words,
            self._read,
        )
        pairs = np.concatenate((self._pairs, new))
        order = np.argsort(pairs, kind="stable")
        self._pairs = pairs[order]
        self._known = Judged(
            *(np.concatenate(both)[order] for both in zip(self._known, judged, strict=True)),
        )

    def _groups_of(self, left: Indices, right: Indices) -> Hashes:
        return pack(self._items.groups[left], self._items.groups[right])

    def look_up(self, left: Indices, right: Indices) -> Judged:
        """Similarity of pairs that were learnt; of equal texts it is 1."""
        pairs = self._groups_of(left, right)
        is_equal = self._items.groups[left] == self._items.groups[right]
        values, is_exact = np.ones(len(pairs)), np.ones(len(pairs), dtype=bool)
        places = np.searchsorted(self._pairs, pairs[~is_equal])
        values[~is_equal] = self._known.jaccard[places]
        is_exact[~is_equal] = self._known.is_exact[places]
        return Judged(values, is_exact)


def _exact_pairs(items: RankedItems) -> Hashes:
    members = np.flatnonzero(items.groups != np.arange(len(items.groups)))
    firsts = items.groups[members]
    return pack(firsts, members)[~items.are_views(firsts, members)]


def _near_pairs(
    items: RankedItems, edges: Hashes, active: Indices, config: DedupeConfig
) -> tuple[Hashes, NDArray[np.bool_]]:
    """Candidate pairs among the items that stay, and those of them that share a band with another.

    Besides the bands: each item with the best of its component, which it may resemble but never meet.
    """
    banding = choose_bands(config.threshold, config.recall)
    pairs, is_met = _NO_PAIRS, np.zeros(len(items.groups), dtype=bool)
    for found, met in candidates(items.signatures, items.scopes, items.origins, active, banding):
        pairs = merge(pairs, found)
        is_met[met] = True
    best = components(len(items.groups), *unpack(edges))[active]
    linked = (best != active) & (items.counts[best] > 0) & ~items.are_views(best, active)
    return merge(pairs, pack(best[linked], active[linked])), is_met


def find_keepers(items: RankedItems, verified: Verified, config: DedupeConfig) -> Indices:
    """The keeper of each item, itself if it stays.

    Rounds: who stays by the similar pairs known so far is banded again, and the similar pairs found are
    added, until there are none. So the last round is what a run on the survivors would do: it drops none.
    """
    count = len(items.groups)
    itself = np.arange(count)
    edges, tried = merge(_exact_pairs(items), _NO_PAIRS), _NO_PAIRS
    keepers = choose_keepers(count, *unpack(edges))
    # Without a word there is nothing to compare. Who shared no band with anybody never will: those who stay
    # only get fewer, and an exact copy that rises again has the bands of the one that fell.
    in_play = items.counts > 0
    while config.is_near:
        active = np.flatnonzero((keepers == itself) & in_play)
        pairs, is_met = _near_pairs(items, edges, active, config)
        in_play[active] = is_met[active]
        fresh = pairs[~np.isin(pairs, tried, assume_unique=True)]
        tried = merge(tried, fresh)
        left, right = unpack(fresh)
        verified.learn(left, right)
        similar = fresh[verified.look_up(left, right).jaccard >= config.threshold]
        if not len(similar):
            break
        edges = merge(edges, similar)
        keepers = choose_keepers(count, *unpack(edges))
    return keepers
