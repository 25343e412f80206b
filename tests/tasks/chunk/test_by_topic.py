from __future__ import annotations

from itertools import chain

import numpy as np
import pyarrow as pa
from hypothesis import given
from hypothesis import strategies as st

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.by_topic import depth_scores, gap_similarities
from tasks.chunk.config import ChunkConfig

SOIL = "Rye roots loosen the soil, and clover feeds nitrogen to soil that rye roots left poor in winter."
TRAINS = "The train left the station late, so passengers missed their connecting train at the next station."


def topics(*paragraphs: str, **bounds: int) -> list[str]:
    text = "\n\n".join(paragraphs)
    table = pa.table({"document_id": ["d"], "text": [text], "language": ["text"], "path": ["d.txt"]})
    found = {"max_tokens": 2000, "min_tokens": 16, "overlap_tokens": 0} | bounds
    config = ChunkConfig.model_validate({"strategy": "topic", **found})
    texts: list[str] = chunk_documents(table, config).rows.column("text").to_pylist()
    return texts


def test_a_shift_of_vocabulary_starts_a_new_passage():
    first, second = topics(*[SOIL] * 12, *[TRAINS] * 12)
    assert "train" not in first
    assert "Rye" not in second


def test_a_text_on_one_subject_is_not_cut():
    assert len(topics(*[SOIL] * 24)) == 1


def test_a_text_too_short_to_compare_is_one_passage():
    assert len(topics(SOIL, TRAINS)) == 1


def test_a_topic_is_bounded_by_max_tokens_too():
    passages = topics(*[SOIL] * 12, *[TRAINS] * 12, max_tokens=100)
    assert len(passages) > 4
    assert not any("train" in passage and "Rye" in passage for passage in passages)


def test_no_overlap_reaches_over_a_shift():
    passages = topics(*[SOIL] * 12, *[TRAINS] * 12, max_tokens=120, overlap_tokens=40)
    assert not any("train" in passage and "Rye" in passage for passage in passages)


@given(st.lists(st.lists(st.sampled_from("abcde"), min_size=1, max_size=5), max_size=12), st.integers(1, 4))
def test_sliding_windows_give_the_cosine_of_the_counts(sentences: list[list[str]], width: int):
    found = gap_similarities(sentences, width)
    assert len(found) == max(0, len(sentences) - 1)
    for gap, value in enumerate(found):
        left = list(chain(*sentences[max(0, gap + 1 - width) : gap + 1]))
        right = list(chain(*sentences[gap + 1 : gap + 1 + width]))
        one, other = (np.array([words.count(letter) for letter in "abcde"]) for words in (left, right))
        assert np.isclose(value, one @ other / np.sqrt((one @ one) * (other @ other)))


@given(st.lists(st.floats(0, 1), max_size=30))
def test_depths_are_never_negative_and_the_highest_gap_has_none(values: list[float]):
    depths = depth_scores(np.array(values))
    assert (depths >= 0).all()
    if values:
        assert depths[int(np.argmax(values))] == 0
