from __future__ import annotations

from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.plan.shares import method_of


@given(
    st.lists(st.floats(0.05, 20), min_size=1, max_size=6),
    st.integers(0, 10**9),
    st.integers(1, 400),
    st.integers(0, 500),
)
def test_among_any_candidates_in_a_row_each_method_has_its_share(weights, first, length, cell):
    counts = Counter(method_of(ordinal, weights, cell) for ordinal in range(first, first + length))
    assert set(counts) <= set(range(len(weights)))
    for number, weight in enumerate(weights):
        # The discrepancy of the golden ratio's multiples grows with the logarithm: below 5 up to some hundred.
        assert abs(counts[number] - length * weight / sum(weights)) < 5


def test_cells_with_one_candidate_each_share_the_methods_too():
    counts = Counter(method_of(0, [1, 1, 2], cell) for cell in range(400))
    assert [counts[number] for number in range(3)] == [
        pytest.approx(share, abs=5) for share in (100, 100, 200)
    ]
