"""Words in common, against what the definitions say."""

from __future__ import annotations

from functools import cache

from hypothesis import given
from hypothesis import strategies as st

from tilth.similarity.overlap import has_common_run, longest_common, rouge_l

WORDS = st.lists(st.sampled_from("a b c d e".split()), max_size=12)


def by_definition(left: tuple[str, ...], right: tuple[str, ...]) -> int:
    @cache
    def common(i: int, j: int) -> int:
        if i == len(left) or j == len(right):
            return 0
        if left[i] == right[j]:
            return 1 + common(i + 1, j + 1)
        return max(common(i + 1, j), common(i, j + 1))

    return common(0, 0)


@given(WORDS, WORDS)
def test_the_longest_common_subsequence_is_that_of_the_definition(left, right):
    assert longest_common(left, right) == by_definition(tuple(left), tuple(right))


@given(WORDS, WORDS)
def test_overlap_is_the_same_both_ways_and_whole_for_a_text_and_itself(left, right):
    one, other = " ".join(left), " ".join(right)
    assert rouge_l(one, other) == rouge_l(other, one)
    assert rouge_l(one, one) == (1.0 if left else 0.0)


def test_a_run_is_in_a_row_and_no_shorter():
    assert has_common_run("one two three four", "zero one two three", 3)
    assert not has_common_run("one two three four", "one two four three", 3)
