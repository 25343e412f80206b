"""Who stays: connected components of similar pairs, and the keepers among their items.

Items are numbered by rank, 0 the best, so that "the best" is always "the least" and nothing depends on the
order of arrival. Similarity is not transitive: an item falls only to a keeper it was itself compared with.
"""

from __future__ import annotations

import numpy as np

from tilth.similarity.shingles import Indices


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
    """The keeper of each item, itself if it stays, where `left[i] < right[i]` are similar pairs.

    In order of rank an item stays unless one that stays is similar to it; it falls to the best of those.

    >>> choose_keepers(3, np.array([0, 1]), np.array([1, 2])).tolist()  # 2 resembles 1 only
    [0, 0, 2]
    """
    fallen = np.zeros(count, dtype=bool)
    has_better = np.zeros(count, dtype=bool)
    better, worse = left, right
    while len(better):
        has_better[worse] = True
        settled = ~has_better[better]
        has_better[worse] = False
        fallen[worse[settled]] = True
        undecided = ~(fallen[better] | fallen[worse])
        better, worse = better[undecided], worse[undecided]
    keepers = np.arange(count, dtype=np.int64)
    is_held = fallen[right] & ~fallen[left]
    np.minimum.at(keepers, right[is_held], left[is_held])
    return keepers
