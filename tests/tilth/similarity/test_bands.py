"""Bands find the pairs they promise, keep scopes and origins apart, and never go quadratic."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.similarity.bands import Banding, candidates, choose_bands, unpack
from tilth.similarity.sketches import SLOTS, Short

BANDING = Banding(25, 5)


def pairs_of(signatures: Short, scopes: list[int], origins: list[int]) -> set[tuple[int, int]]:
    members = np.arange(len(signatures))
    found = candidates(
        signatures, np.array(scopes, np.uint64), np.array(origins, np.uint64), members, BANDING
    )
    left, right = unpack(np.concatenate([np.empty(0, np.uint64), *(pairs for pairs, _ in found)]))
    return set(zip(left.tolist(), right.tolist(), strict=True))


@pytest.mark.parametrize("threshold", [0.3, 0.5, 0.7, 0.8, 0.9, 1.0])
@pytest.mark.parametrize("recall", [0.5, 0.9, 0.98, 0.999])
def test_the_chosen_bands_promise_the_recall_asked_for_and_fit_the_signature(threshold, recall):
    banding = choose_bands(threshold, recall)
    assert banding.recall(threshold) >= recall
    assert banding.bands * banding.rows <= SLOTS


def test_pairs_at_the_threshold_are_found_as_often_as_the_formula_says():
    random = np.random.default_rng(0)
    count, jaccard = 4000, 0.7
    left = random.integers(0, 256, (count, SLOTS), dtype=np.uint8)
    unlike = random.integers(0, 256, (count, SLOTS), dtype=np.uint8)
    right = np.where(random.random((count, SLOTS)) < jaccard, left, unlike)
    found = pairs_of(np.concatenate((left, right)), [1] * 2 * count, [0] * 2 * count)
    caught = sum((i, i + count) in found for i in range(count)) / count
    assert caught == pytest.approx(BANDING.recall(jaccard), abs=0.01)


def test_fifty_thousand_equal_signatures_give_two_pairs_an_item_at_most():
    signatures = np.zeros((50_000, SLOTS), dtype=np.uint8)
    ones = np.ones(50_000, dtype=np.uint64)
    found = candidates(signatures, ones, ones * np.uint64(0), np.arange(50_000), Banding(2, 5))
    assert all(len(pairs) <= 100_000 for pairs, _ in found)


@settings(deadline=None)
@given(st.lists(st.tuples(st.integers(1, 2), st.integers(0, 3)), max_size=12))
def test_in_a_bucket_each_item_meets_one_of_another_origin_if_there_is_one_in_its_scope(rows):
    scopes, origins = [row[0] for row in rows], [row[1] for row in rows]
    found = pairs_of(np.zeros((len(rows), SLOTS), dtype=np.uint8), scopes, origins)

    def may_meet(one: int, other: int) -> bool:
        return one != other and scopes[one] == scopes[other] and not origins[one] == origins[other] != 0

    assert all(may_meet(one, other) for one, other in found)
    for item in range(len(rows)):
        if any(may_meet(item, other) for other in range(len(rows))):
            assert any(item in pair for pair in found)
