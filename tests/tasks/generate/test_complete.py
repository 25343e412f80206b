import argparse
import json
import textwrap
from pathlib import Path

import pytest

from tests.tasks.generate.corpus import code_in, corpus_of_languages, generated, library_of
from tilth.edits.source import read_source

METHODS = ("complete_class", "complete_statements", "complete_line", "complete_file")


@pytest.fixture(scope="module")
def library():
    return library_of(
        argparse=("python", Path(argparse.__file__).read_text()),
        textwrap=("python", Path(textwrap.__file__).read_text()),
        jsonenc=("python", Path(json.encoder.__file__).read_text()),
        **corpus_of_languages(),
    )


def rows_with_texts(library, *methods, **config):
    documents, _ = library
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    for row in generated(library, *methods, **config).rows.to_pylist():
        yield row, texts[row["origins"][0]["document_id"]].encode()


def test_the_question_ends_where_the_answer_begins(library):
    counted = dict.fromkeys(METHODS, 0)
    for row, text in rows_with_texts(library, *METHODS):
        start, end = row["answer_start"], row["answer_end"]
        question = code_in(row["messages"][0]["content"])
        assert code_in(row["messages"][1]["content"]) == text[start:end].decode()
        last = question.rstrip().rsplit("\n", 1)[-1]
        assert text[:start].decode().rstrip().endswith(last)
        counted[row["method"]] += 1
    assert all(count >= 5 for count in counted.values()), counted


def test_every_language_of_the_sample_gives_each_kind(library):
    found = {(row["language"], row["method"]) for row, _ in rows_with_texts(library, *METHODS)}
    for language in ("python", "javascript", "go", "rust", "java", "typescript"):
        assert (language, "complete_statements") in found
        assert (language, "complete_line") in found


def test_the_rest_of_a_class_begins_with_a_member_and_ends_with_the_class(library):
    units = {row["unit_id"]: row for row in library[1].to_pylist()}
    for row, text in rows_with_texts(library, "complete_class"):
        owner = units[row["origin_id"]]
        assert owner["kind"] == "class"
        assert row["answer_end"] == owner["body_end"]
        assert text[row["answer_start"] - 1 : row["answer_start"]] == b"\n"
        assert any(
            unit["parent_id"] == owner["unit_id"] and row["answer_start"] <= unit["start"] < row["answer_end"]
            for unit in units.values()
        )


SILO = """class Silo:
    level = 0

    def fill(self, tonnes):
        self.level += tonnes
        return self

    # Grain settles, so that
    # a reading is never exact.
    def read(self):
        return round(self.level, 1)
"""


def test_a_comment_above_a_member_goes_with_it():
    (row,) = generated(library_of(silo=("python", SILO)), "complete_class").rows.to_pylist()
    assert code_in(row["messages"][1]["content"]).startswith("    # Grain settles")


def test_next_statements_are_neighbours_in_one_block(library):
    for row, text in rows_with_texts(library, "complete_statements"):
        source = read_source(text, row["language"], "a.tsx" if "tsx" in str(row["key"]) else "")
        start, end = row["answer_start"], row["answer_end"]
        first = start + len(text[start:end]) - len(text[start:end].lstrip())
        assert source is not None
        node = source.root.descendant_for_byte_range(first, end)
        assert node is not None
        assert first in {node.start_byte, *(child.start_byte for child in node.children)}
        assert end <= node.end_byte


def test_a_line_is_cut_at_a_token_and_ends_with_the_line(library):
    for row, text in rows_with_texts(library, "complete_line"):
        answer = text[row["answer_start"] : row["answer_end"]]
        assert b"\n" not in answer
        assert text[row["answer_end"] :].partition(b"\n")[0].strip() == b""
        before, first = text[row["answer_start"] - 1 : row["answer_start"]], answer[:1]
        # Two letters or digits side by side are one token.
        assert not (before.isalnum() and first.isalnum())


def test_a_file_is_completed_from_a_head_that_says_something(library):
    for row, text in rows_with_texts(library, "complete_file", max_answer_tokens=8000):
        assert len(text[: row["answer_start"]].split()) >= 4
        assert row["answer_end"] == len(text.rstrip())


def test_answers_keep_the_bounds_of_the_config(library):
    for row, text in rows_with_texts(library, *METHODS, max_answer_tokens=60, min_answer_tokens=10):
        size = len(text[row["answer_start"] : row["answer_end"]])
        assert 37 <= size <= 222


def test_what_gives_nothing_says_why():
    library = library_of(one=("python", "class A:\n    def only(self):\n        return 1\n"))
    reasons = generated(library, "complete_class").rejects["reason"].to_pylist()
    assert sorted(reasons) == ["not_a_class", "too_few_members"]
