import argparse
import json
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.generate.piece import statements_around
from tests.tasks.generate.corpus import corpus_of_languages, generated, library_of
from tilth.edits.source import read_source


@pytest.fixture(scope="module")
def library():
    return library_of(
        argparse=("python", Path(argparse.__file__).read_text()),
        jsonenc=("python", Path(json.encoder.__file__).read_text()),
        **corpus_of_languages(),
    )


def middles(library, **config):
    documents, _ = library
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    rows = generated(library, "fill_in_the_middle", **config).rows.to_pylist()
    return [(row, texts[row["origins"][0]["document_id"]].encode()) for row in rows]


def test_prefix_middle_and_suffix_are_neighbours_in_the_file(library):
    rows = middles(library, fim_ratio=1)
    assert {row["language"] for row, _ in rows} >= {"python", "go", "rust", "javascript", "java"}
    for row, text in rows:
        around = (row["prefix"] + row["middle"] + row["suffix"]).encode()
        assert text.startswith(around, row["answer_start"] - len(row["prefix"].encode()))
        assert json.loads(row["extra"])["span"] == [row["answer_start"], row["answer_end"]]


def test_a_middle_is_at_most_a_third_of_what_is_shown(library):
    for row, _ in middles(library, fim_ratio=1):
        shown = sum(len(row[part].encode()) for part in ("prefix", "middle", "suffix"))
        assert len(row["middle"].encode()) <= shown / 3


def kinds(library, **config):
    return [json.loads(row["extra"])["span_kind"] for row, _ in middles(library, fim_ratio=1, **config)]


def test_the_shares_of_nodes_runs_and_random_spans_are_the_configs(library):
    found = kinds(library)
    assert 0.05 < found.count("random") / len(found) < 0.16
    assert set(kinds(library, fim_node_weight=0, fim_run_weight=0)) == {"random"}
    assert "random" not in kinds(library, fim_random_weight=0)
    runs = kinds(library, fim_node_weight=0, fim_random_weight=0)
    assert sum(kind.endswith("run") for kind in runs) > len(runs) / 2


def test_middles_are_of_many_kinds(library):
    found = {kind for seed in range(6) for kind in kinds(library, seed=seed)}
    assert found >= {
        *("body", "definition", "statement", "statement_run", "random", "import_list", "definition_run"),
        *("call_arguments", "condition", "block", "docstring", "argument_run"),
    }


def test_a_middle_that_is_not_random_is_a_node_or_a_run_of_neighbours(library):
    wrong = count = 0
    for row, text in middles(library, fim_ratio=1, fim_random_weight=0):
        source = read_source(text, row["language"])
        start, end = row["answer_start"], row["answer_end"]
        while text[start : start + 1].isspace():
            start += 1
        assert source is not None
        node = source.root.descendant_for_byte_range(start, end)
        assert node is not None
        starts = {node.start_byte, *(child.start_byte for child in node.children)}
        ends = {node.end_byte, *(child.end_byte for child in node.children)}
        count += 1
        wrong += not (start in starts and end in ends)
    # Statements that are found by their lines alone may end before a bracket of a nested one.
    assert count > 300
    assert wrong <= count / 50


@given(st.integers(0, 10_000), st.integers(1, 400))
@settings(max_examples=40, deadline=None)
def test_statements_around_an_offset_hold_it_and_begin_where_a_line_does(place, size):
    text = Path(argparse.__file__).read_bytes()
    start = text.index(b"        # set up the optional") if b"        # set up the optional" in text else 0
    end = min(len(text), start + 4000)
    offset = start + place % (end - start)
    low, high = statements_around(text, start, end, offset, size)
    assert start <= low <= offset < high <= end
    assert low == start or text[low - 1 : low] == b"\n"


def test_a_middle_cuts_no_character_in_two():
    text = 'def greet(name):\n    words = "grüße, žluťoučký kůň, 你好, мир"\n    print(words, name)\n'
    text += '    return "ž" * 40 + "你"\n'
    library = library_of(greeting=("python", text * 4))
    for seed in range(40):
        for row, data in middles(library, fim_ratio=1, seed=seed, fim_node_weight=0, fim_run_weight=0):
            assert data[row["answer_start"] : row["answer_end"]].decode() == row["middle"]
