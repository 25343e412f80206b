import ast
import json
import textwrap
from collections import Counter
from pathlib import Path

import pytest

from tests.tasks.generate.corpus import code_in, corpus_of_languages, generated, library_of
from tilth.edits.source import read_source

ALL = ("strip_comments", "rename_variables", "remove_type_hints", "reorder_methods", "reformat")
METHODS = (
    "complete_function",
    "complete_method",
    "complete_class",
    "complete_statements",
    "complete_line",
    "fill_in_the_middle",
)


@pytest.fixture(scope="module")
def library():
    return library_of(
        textwrap=("python", Path(textwrap.__file__).read_text()),
        jsonenc=("python", Path(json.encoder.__file__).read_text()),
        **corpus_of_languages(),
    )


@pytest.fixture(scope="module")
def rows(library):
    return generated(library, *METHODS, augmentations=ALL).rows.to_pylist()


def augmented(rows):
    return [row for row in rows if "augmentation" in json.loads(row["extra"])]


def test_each_augmentation_gives_views(rows):
    found = {json.loads(row["extra"])["augmentation"] for row in augmented(rows)}
    assert found == set(ALL)


def test_an_augmented_text_parses_and_holds_the_answer_in_its_span(rows):
    parsed: set[bytes] = set()
    for row in augmented(rows):
        code = row["code"].encode()
        if code not in parsed:
            path = "a.tsx" if row["language"] == "typescript" and "/>" in row["code"] else ""
            source = read_source(code, row["language"], path)
            assert source is not None
            assert not source.root.has_error
            if row["language"] == "python":
                ast.parse(code)
            parsed.add(code)
        wanted = code[row["answer_start"] : row["answer_end"]].decode()
        if row["kind"] == "fim":
            assert row["middle"] == wanted
            around = (row["prefix"] + row["middle"] + row["suffix"]).encode()
            assert code.startswith(around, row["answer_start"] - len(row["prefix"].encode()))
        else:
            assert code_in(row["messages"][1]["content"]) == wanted.rstrip()


def test_views_share_the_origin_of_what_they_are_views_of(rows, library):
    units = {row["unit_id"]: row for row in library[1].to_pylist()}
    plain = {row["origin_id"] for row in rows if row["code"] is None}
    for row in augmented(rows):
        assert row["origin_id"] in plain
        unit = units[row["origin_id"]]
        assert (row["origins"][0]["start"], row["origins"][0]["end"]) == (unit["start"], unit["end"])


def test_a_body_that_is_completed_is_a_body_still(rows):
    for row in augmented(rows):
        if row["language"] == "python" and row["task"] in ("function_completion", "method_completion"):
            code = row["code"].encode()
            bodies = {
                (node.body[-1].end_lineno)
                for node in ast.walk(ast.parse(code))
                if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
            }
            assert code.count(b"\n", 0, row["answer_end"]) + 1 in bodies


@pytest.mark.parametrize("limit", [1, 3])
def test_the_limit_of_views_holds_for_all_of_them_together(library, limit):
    rows = generated(library, *METHODS, augmentations=ALL, max_views_per_unit=limit).rows
    assert max(Counter(rows["origin_id"].to_pylist()).values()) == limit


def test_augmenting_takes_nothing_away(library, rows):
    plain = set(generated(library, *METHODS).rows["example_id"].to_pylist())
    assert plain <= {row["example_id"] for row in rows}
    assert len({row["example_id"] for row in rows}) == len(rows)


def test_a_file_that_does_not_parse_is_not_augmented():
    text = "def f(a):\n    # say why\n    total = a + 1\n    return total\n\ndef g(:\n    pass\n"
    rows = generated(library_of(half=("python", text)), "complete_function", augmentations=ALL).rows
    assert all(code is None for code in rows["code"].to_pylist())
