"""Who stays: connected components of similar pairs, and the keepers among their items.

Items are numbered by rank, 0 the best, so that "the best" is always "the least" and nothing depends on the
order of arrival. Similarity is not transitive: an item falls only to a keeper it was itself compared with.
"""

from __future__ import annotations

import numpy as np

from tilth.similarity.shingles import Indices, ranges


def components(count: int, left: Indices, right: Indices) -> Indices:
    """Label of each of `count` items: the least item that a path of pairs leads to.

    Labels sink along the pairs and then jump to their labels' labels, so long chains take few rounds.

    >>> components(5, np.array([0, 3]), np.array([2, 2])).tolist()
    [0, 1, 0, 0, 4]
    """
    labels = np.arange(count, dtype=np.int64)
    while True:
        low = np.minimum(labels[left], labels[right])
        if np.array_equal(labels[left], labels[right]):
            return labels
        # The labels themselves sink too: this joins whole trees, not single items.
        for ends in (labels[left], labels[right], left, right):
            np.minimum.at(labels, ends, low)
        while not np.array_equal(labels, jumped := labels[labels]):
            labels = jumped


def choose_keepers(count: int, left: Indices, right: Indices) -> Indices:
    """The keeper of each item, itself if it stays; `left[i] < right[i]` are similar pairs, `left` rising.

    In order of rank an item stays unless one that stays is similar to it; it falls to the best of those.
    Items are settled in waves and each pair is looked at twice, however long the chains are.

    >>> choose_keepers(3, np.array([0, 1]), np.array([1, 2])).tolist()  # 2 resembles 1 only
    [0, 0, 2]
    """
    sizes = np.bincount(left, minlength=count)
    starts = np.cumsum(sizes) - sizes
    fallen = np.zeros(count, dtype=bool)
    # Better similar items that have not fallen: who has none of them left stays.
    waiting = np.bincount(right, minlength=count)
    staying = np.flatnonzero((waiting == 0) & (sizes > 0))
    while len(staying):
        falling = right[ranges(starts[staying], sizes[staying])]
        falling = np.unique(falling[~fallen[falling]])
        fallen[falling] = True
        released = right[ranges(starts[falling], sizes[falling])]
        np.subtract.at(waiting, released, 1)
        released = np.unique(released)
        staying = released[(waiting[released] == 0) & ~fallen[released]]
    keepers = np.arange(count, dtype=np.int64)
    is_held = fallen[right] & ~fallen[left]
    np.minimum.at(keepers, right[is_held], left[is_held])
    return keepers
