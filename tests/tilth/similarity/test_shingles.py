"""Shingles and exact digests against plain Python on bytes."""

from __future__ import annotations

import hashlib
import inspect
import json
import re
import string
import textwrap
from itertools import pairwise

import numpy as np
import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.similarity import shingles as room
from tilth.similarity.shingles import exact_digests, hash_strings, shingle_chunks

# The definition of the module's docstring, on UTF-8 bytes.
WORD = re.compile(
    rb"[\xe3-\xe9][a-z0-9_\x80-\xe2\xea-\xff]*|[a-z0-9_\x80-\xe2\xea-\xff]+",
)
SPACE = re.compile(rb"[ \t\n\r\f\v]+")
TEXTS = st.lists(st.text(st.sampled_from("aB1_ \t\n.+\0é中文カ😀"), max_size=60), max_size=12)


def words(text: str) -> list[bytes]:
    return WORD.findall(text.encode().lower())


def grams(text: str, size: int) -> list[tuple[bytes, ...]]:
    found = words(text)
    if len(found) < size:
        return [tuple(found)] if found else []
    return [tuple(found[i : i + size]) for i in range(len(found) - size + 1)]


def hashes_of(texts: pa.Array | pa.ChunkedArray, size: int = 5) -> list[list[int]]:
    rows: list[list[int]] = []
    for chunk in shingle_chunks(texts, size):
        assert chunk.first == len(rows)
        rows += [chunk.hashes[a:b].tolist() for a, b in pairwise(chunk.indptr)]
    return rows


@settings(deadline=None)
@given(TEXTS, st.integers(1, 6))
def test_shingles_are_the_runs_of_words_that_plain_python_finds(texts, size):
    expected = [grams(text, size) for text in texts]
    found = hashes_of(pa.array(texts, pa.string()), size)
    assert [len(row) for row in found] == [len(row) for row in expected]
    names: dict[tuple[bytes, ...], int] = {}
    for row, expected_row in zip(found, expected, strict=True):
        for value, gram in zip(row, expected_row, strict=True):
            assert names.setdefault(gram, value) == value
    assert len(set(names.values())) == len(names)


def test_the_shingles_of_a_module_are_all_told_apart():
    texts = [inspect.getsource(module) for module in (inspect, json, string, textwrap)]
    names: dict[tuple[bytes, ...], int] = {}
    for row, text in zip(hashes_of(pa.array(texts)), texts, strict=True):
        for value, gram in zip(row, grams(text, 5), strict=True):
            assert names.setdefault(gram, value) == value
    assert len(names) > 10_000
    assert len(set(names.values())) == len(names)


@settings(deadline=None)
@given(TEXTS, st.integers(1, 40), st.integers(0, 12))
def test_neither_chunks_nor_slices_nor_neighbours_change_a_hash(texts, chunk_bytes, cut):
    alone = [hashes_of(pa.array([text]))[0] for text in texts]
    array = pa.array(["before", *texts, "behind"])[1:-1]
    parts = pa.chunked_array([array[:cut], array[cut:]], type=pa.string())
    assert hashes_of(parts) == alone
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room.text_chunks, "__defaults__", (chunk_bytes,))
        assert hashes_of(array.cast(pa.large_string())) == alone


def test_a_text_of_fewer_words_than_a_shingle_gives_one_shingle_of_all_of_them():
    rows = hashes_of(pa.array(["", " +-*/ \0", "one", "one two", "one one", "one two three four", None]))
    assert [len(row) for row in rows] == [0, 0, 1, 1, 1, 1, 0]
    assert len({row[0] for row in rows if row}) == 4


def test_ideographs_are_words_of_their_own_so_that_an_inserted_one_leaves_the_rest_alike():
    one = "数据质量决定了模型训练的效果，因此我们删除重复的文本，并保留最好的一份。"
    two = one.replace("模型", "大模型")
    first, second = (set(row) for row in hashes_of(pa.array([one, two])))
    assert len(first & second) / len(first | second) > 0.7


def test_one_word_of_ten_megabytes_and_one_line_of_ten_megabytes_are_read():
    long_word, long_line = "x" * 10_000_000, "a b c d e f g h " * 625_000
    rows = hashes_of(pa.array([long_word, long_word + "y", long_line]))
    assert [len(row) for row in rows] == [1, 1, 5_000_000 - 4]
    assert rows[0] != rows[1]
    assert len(set(rows[2])) == 8


# Each example opens a database.
@settings(deadline=None, max_examples=25)
@given(TEXTS, st.integers(1, 40))
def test_exact_digests_are_those_of_the_text_with_its_white_space_folded(texts, chunk_bytes):
    folded = [SPACE.sub(b" ", text.encode()).strip(b" ") for text in texts]
    expected = [hashlib.md5(text).digest() for text in folded]
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(room.text_chunks, "__defaults__", (chunk_bytes,))
        assert exact_digests(pa.array(texts, pa.string())).to_pylist() == expected


def test_strings_hash_by_all_their_bytes_and_null_is_zero():
    strings = ["", "a", "a\0", "\0a", "a" * 8, "a" * 9, "a" * 16 + "b", "b" + "a" * 16, None]
    hashes = hash_strings(pa.array(strings))
    assert hashes[-1] == 0
    assert len(np.unique(hashes)) == len(strings)
    assert hash_strings(pa.chunked_array([strings[:4], strings[4:]])).tolist() == hashes.tolist()
