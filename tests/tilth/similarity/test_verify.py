"""Exact similarity against Python's sets, and the pairs that are read at all."""

from __future__ import annotations

from collections.abc import Iterator

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.similarity import verify as room
from tilth.similarity.shingles import Indices, shingle_chunks
from tilth.similarity.sketches import shorten, sketch_texts
from tilth.similarity.verify import BOTTOM_K, Judged, jaccard, judge, shingle_sets

TEXTS = st.lists(st.lists(st.sampled_from("abcd"), max_size=30).map(" ".join), min_size=1, max_size=8)


def grams(text: str, size: int) -> set[tuple[str, ...]]:
    words = text.split()
    return {tuple(words[i : i + size]) for i in range(max(len(words) - size + 1, min(1, len(words))))}


def true_jaccard(one: str, other: str, size: int) -> float:
    first, second = grams(one, size), grams(other, size)
    return len(first & second) / max(len(first | second), 1)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 3))
def test_the_similarity_is_that_of_the_sets_of_shingles(texts, size):
    left, right = (side.ravel() for side in np.indices((len(texts), len(texts))))
    found = jaccard(shingle_sets(pa.array(texts), size), left, right)
    expected = [true_jaccard(texts[i], texts[j], size) for i, j in zip(left, right, strict=True)]
    assert found.tolist() == pytest.approx(expected)


def test_very_long_texts_are_compared_by_their_least_hashes_within_the_stated_error():
    words = [f"w{i}" for i in range(60_000)]
    texts = [" ".join(words[:50_000]), " ".join(words[10_000:]), " ".join(words[:3000])]
    sets = shingle_sets(pa.array(texts), 5)
    assert np.diff(sets.indptr).tolist() == [BOTTOM_K, BOTTOM_K, 2996]
    found = jaccard(sets, np.array([0, 0, 0]), np.array([1, 2, 0]))
    # Four standard errors of at most 0.008.
    assert found.tolist() == pytest.approx([40_000 / 60_000, 3000 / 50_000, 1.0], abs=0.032)


def judge_texts(
    texts: list[str], pairs: tuple[Indices, Indices], threshold: float
) -> tuple[Judged, list[int]]:
    asked: list[int] = []

    def read(items: Indices) -> Iterator[tuple[Indices, pa.Array]]:
        asked.extend(items.tolist())
        # Backwards, in two parts: the order in which texts come is nobody's promise.
        for places in np.array_split(np.arange(len(items))[::-1], 2):
            yield places, pa.array(texts).take(items[places])

    short = np.concatenate([shorten(part.signatures) for part in sketch_texts(pa.array(texts), 5)])
    counts = np.concatenate([np.diff(part.indptr) for part in shingle_chunks(pa.array(texts), 5)])
    return judge(short, counts, pairs, threshold, 5, read), asked


def test_only_texts_of_doubtful_pairs_are_read():
    words = [f"w{i}" for i in range(400)]
    texts = [" ".join(words), " ".join(words[:-3]), " ".join(words[:280]), "quite another text than this"]
    judged, asked = judge_texts(texts, (np.array([0, 0, 0]), np.array([1, 2, 3])), 0.7)
    assert asked == [0, 2]
    assert judged.is_exact.tolist() == [False, True, False]
    assert judged.jaccard[1] == 276 / 396


def test_blocks_do_not_change_what_is_found(monkeypatch):
    words = [f"w{i}" for i in range(200)]
    texts = [" ".join(words[: 200 - 5 * i]) for i in range(12)]
    left, right = np.triu_indices(12, 1)
    whole, _ = judge_texts(texts, (left, right), 0.7)
    monkeypatch.setattr(room, "_BLOCK_SHINGLES", 300)
    monkeypatch.setattr(room, "_HELD_SHINGLES", 1000)
    blocks, _ = judge_texts(texts, (left, right), 0.7)
    assert whole.jaccard.tolist() == blocks.jaccard.tolist()
