"""Components against scipy, keepers against the plain loop that defines them."""

from __future__ import annotations

import numpy as np
from hypothesis import given, settings
from hypothesis import strategies as st
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from tilth.similarity.cluster import choose_keepers, components
from tilth.similarity.shingles import Indices

PAIRS = st.sets(
    st.tuples(st.integers(0, 29), st.integers(0, 29)).filter(lambda pair: pair[0] < pair[1]), max_size=60
)


def sides(pairs: set[tuple[int, int]]) -> tuple[Indices, Indices]:
    array = np.array(sorted(pairs), dtype=np.int64).reshape(-1, 2)
    return array[:, 0], array[:, 1]


@settings(deadline=None)
@given(PAIRS)
def test_components_are_scipys_under_the_name_of_their_least_item(pairs):
    left, right = sides(pairs)
    labels = components(30, left, right)
    _, oracle = connected_components(coo_array((np.ones(len(left)), (left, right)), (30, 30)), directed=False)
    for item in range(30):
        assert labels[item] == np.flatnonzero(oracle == oracle[item])[0]


def test_a_chain_of_a_hundred_thousand_items_is_one_component():
    order = np.random.default_rng(0).permutation(100_000)
    assert not components(100_000, order[:-1], order[1:]).any()


@settings(deadline=None)
@given(PAIRS)
def test_in_order_of_rank_an_item_stays_unless_a_similar_one_stays_and_falls_to_the_best_of_these(pairs):
    keepers = choose_keepers(30, *sides(pairs)).tolist()
    stays: set[int] = set()
    for item in range(30):
        better = [one for one, other in pairs if other == item and one in stays]
        if not better:
            stays.add(item)
        assert keepers[item] == min(better, default=item)


def test_a_chain_in_order_of_rank_is_settled_in_time_that_grows_with_its_length_only():
    chain = np.arange(20_000)
    keepers = choose_keepers(len(chain), chain[:-1], chain[1:])
    assert np.array_equal(keepers, chain - chain % 2)
