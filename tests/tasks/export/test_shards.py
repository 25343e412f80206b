from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.shards import MOST_SHARDS, shard_count


@given(st.floats(1, 1e12), st.floats(0.51, 1.99))
@settings(deadline=None)
def test_the_number_of_shards_stays_while_the_size_stays_within_a_factor_of_two(size, growth):
    target = max(100.0, size / 40)
    before = shard_count(size, int(target))
    if int(target) / 2 <= size * growth / before <= int(target) * 2:
        assert shard_count(size * growth, int(target), before) == before


@given(st.floats(0, 1e15), st.integers(2**16, 2**34), st.one_of(st.none(), st.integers(1, 1000)))
@settings(deadline=None)
def test_shards_are_a_bounded_power_of_two(size, target, before):
    count = shard_count(size, target, before)
    assert 1 <= count <= MOST_SHARDS
    assert count == before or count & (count - 1) == 0
