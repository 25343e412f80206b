"""Units and gaps are the file, whatever the file is."""

from __future__ import annotations

import random
from itertools import pairwise

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tasks.split.spans import leaf_spans
from tests.tasks.split.more_sources import MORE_SOURCES
from tests.tasks.split.samples import REMARKS, documents, standard_library
from tests.tasks.split.sources import SOURCES as FIRST_SOURCES

SOURCES = FIRST_SOURCES | MORE_SOURCES
FILES = [("python", text) for _, text in standard_library(12)] + list(SOURCES.items())


def check(text: str, language: str) -> None:
    """All that holds of the spans of one document."""
    outcome = split_documents(documents(("a", language, text)), SplitConfig())
    everything = outcome.rows.to_pylist()
    rows = [row for row in everything if row["kind"] not in REMARKS]
    assert [row["ordinal"] for row in everything] == list(range(len(everything)))
    assert everything[: len(rows)] == rows
    assert rows or outcome.rejects.num_rows == 1
    data = text.encode()
    by_id = {row["unit_id"]: row for row in rows}
    borders = {0, len(data)}
    for row in rows:
        parent = by_id.get(row["parent_id"])
        borders |= {row["start"], row["end"]}
        if parent is None:
            assert (row["start"], row["end"], row["ordinal"]) == (0, len(data), 0)
        else:
            assert parent["start"] <= row["start"] < row["end"] <= parent["end"]
            assert parent["ordinal"] < row["ordinal"]
        if row["body_start"] is not None:
            assert row["start"] <= row["body_start"] < row["body_end"] <= row["end"]
            borders |= {row["body_start"], row["body_end"]}
        for span in row["comments"]:
            assert row["start"] <= span["start"] < span["end"] <= row["end"]
            borders |= {span["start"], span["end"]}
        if row["docstring_start"] is not None:
            borders |= {row["docstring_start"], row["docstring_end"]}
            assert (
                row["body_start"] is None or not row["body_start"] < row["docstring_end"] <= row["body_end"]
            )
    for earlier, later in pairwise(rows):
        assert later["end"] <= earlier["end"] or later["start"] >= earlier["end"]
        assert later["start"] >= earlier["start"]
    for border in borders:
        assert border == len(data) or data[border] & 0xC0 != 0x80, "inside a character"
    leaves = list(leaf_spans(((row["start"], row["end"]) for row in rows), len(data)))
    if rows:
        assert b"".join(data[leaf.start : leaf.end] for leaf in leaves) == data
        assert all(leaf.start < leaf.end for leaf in leaves)


@pytest.mark.parametrize(("language", "text"), FILES)
def test_units_and_gaps_concatenate_to_the_file(language: str, text: str) -> None:
    check(text, language)


@settings(max_examples=60, deadline=None)
@given(
    source=st.sampled_from(sorted(SOURCES.items())),
    seed=st.integers(0, 2**32),
    cuts=st.integers(1, 6),
    junk=st.sampled_from(
        ["", "{", "}", "(", '"""', "/*", "*/", "//", "\n", "\t", "\r\n", "\0", "𝄞é", "#[", "@x\n"]
    ),
)
def test_units_and_gaps_concatenate_to_a_mutilated_file(
    source: tuple[str, str], seed: int, cuts: int, junk: str
) -> None:
    language, text = source
    draw = random.Random(seed)
    for _ in range(cuts):
        start = draw.randrange(len(text))
        text = text[:start] + junk + text[start + draw.randrange(20) :]
    check(text, language)


@settings(max_examples=40, deadline=None)
@given(text=st.text(max_size=200), language=st.sampled_from(sorted(SOURCES)))
def test_units_and_gaps_concatenate_to_any_text(text: str, language: str) -> None:
    check(text, language)
