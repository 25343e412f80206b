from __future__ import annotations

from itertools import pairwise
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.config import GenerateConfig
from tasks.generate.definition_question import generate_from_chunks
from tasks.generate.definitions import find_definitions
from tasks.generate.templates import load_templates
from tilth.records import CHUNKS, EXAMPLES, Columns, Outcome


def terms_in(text: str, headings: tuple[str, ...] = (), language: str = "markdown") -> dict[str, str]:
    data = text.encode("utf-8")
    found = find_definitions(data, 0, headings, language)
    return {item.term: " ".join(data[item.start : item.end].decode().split()) for item in found}


def run(text: str, **others: Any) -> Outcome:
    columns = Columns(CHUNKS)
    row = {
        "key": "d",
        "document_id": "d",
        "chunk_id": "c",
        "text": text,
        "start": 500,
        "end": 500 + len(text.encode()),
    }
    columns.add(
        **(row | {"headings": [], "overlap_bytes": 0, "language": "markdown", "path": "b.md"} | others)
    )
    about = {"document_id": ["d"], "licence": ["MIT"], "category": ["guide"], "repository": ["soil"]}
    return generate_from_chunks(
        columns.table(), pa.table(about), load_templates("prose.yaml"), GenerateConfig()
    )


@pytest.mark.parametrize(
    ("sentence", "term"),
    [
        ("Tilth is a state of soil that has been made ready for seed.", "Tilth"),
        ("A cover crop is a plant that is grown to protect the soil.", "cover crop"),
        (
            "The Python Package Index is a repository of software for the Python language.",
            "Python Package Index",
        ),
        ("**AnyIO** is an asynchronous networking library that works on top of either one.", "AnyIO"),
        ("`os.path` is a module that manipulates names of paths on every system.", "os.path"),
        (
            "`Sorted Containers`_ is a library of sorted collections written in pure Python.",
            "Sorted Containers",
        ),
        ("Green manure refers to plants that are dug into the ground to feed it.", "Green manure"),
        ("NPK stands for nitrogen, phosphorus and potassium, the three that plants need.", "NPK"),
        ("Decorators are any of those callables that take a function and return another.", "Decorators"),
    ],
)
def test_a_sentence_that_defines_a_term_is_found(sentence: str, term: str):
    assert terms_in(f"Some words first. {sentence} And some after.") == {term: sentence}


@pytest.mark.parametrize(
    "sentence",
    [
        "It is a tool that every gardener has at hand in every season.",
        "This is a list of all the things that have to be done.",
        "The parser is a part that reads what it is given line by line.",
        "The only way is a detour that takes as long as the road itself.",
        "A common mistake is a bed that is dug before the ground is dry.",
        "If rye is a crop that you sow, sow it early in the autumn.",
        "What you need is a spade and a fork and some hours of time.",
        "Tilth is a state.",
        "There is a way to do this that nobody has thought of before.",
    ],
)
def test_a_sentence_that_refers_back_or_evaluates_defines_nothing(sentence: str):
    assert terms_in(sentence) == {}


def test_entries_of_definition_lists_and_bold_lists_are_found():
    text = (
        "- **Cover crop**: a plant that protects the soil while nothing else grows.\n"
        "- **Easy to use**: designed so that nobody has to read anything before they start.\n"
        "- **Mulch** – any material that is spread over the ground to keep it moist.\n\n"
        "Compost\n: A mixture of rotted plants that feeds the soil when it is dug in.\n"
    )
    assert list(terms_in(text)) == ["Cover crop", "Mulch", "Compost"]


def test_lines_of_a_glossary_are_found_and_elsewhere_they_are_not():
    text = "loam: soil of sand and silt and clay in it\n\nhumus: what is left of plants that have rotted"
    assert list(terms_in(text, ("Soil", "Glossary"))) == ["loam", "humus"]
    assert terms_in(text) == {}


def test_indented_definitions_of_rst_are_found():
    text = "loam\n    A soil of sand, silt and clay\n    in about equal parts.\n\nhumus\n    Dark.\n"
    assert terms_in(text, language="rst") == {"loam": "A soil of sand, silt and clay in about equal parts."}


def test_code_defines_nothing():
    text = "```\nTilth is a state of soil that has been made ready for seed.\n```\n"
    assert terms_in(text) == {}
    assert terms_in("    Tilth is a state of soil that has been made ready for seed.") == {}


def test_a_term_is_defined_once_in_a_passage():
    text = "Loam is a soil of sand and clay and silt. Loam is a word of Old English that means mud."
    assert list(terms_in(text)) == ["Loam"]


def test_the_answer_stands_in_the_document_at_its_span_but_for_white_space():
    text = "# Soil\n\nGood é. Tilth is a state\nof soil that has been made ready for seed. More."
    (row,) = run(text, headings=["Soil"], heading_start=500).rows.to_pylist()
    span = text.encode()[row["answer_start"] - 500 : row["answer_end"] - 500].decode()
    assert span == "Tilth is a state\nof soil that has been made ready for seed."
    assert row["messages"][1]["content"] == row["subject"] == " ".join(span.split())
    assert "Tilth" in row["messages"][0]["content"]
    assert row["kind"] == "chat"


def test_what_a_passage_repeats_of_the_one_before_is_not_asked_twice():
    first = "Tilth is a state of soil that has been made ready for seed."
    text = f"{first} A cover crop is a plant that is grown to protect the soil."
    (row,) = run(text, overlap_bytes=len(first)).rows.to_pylist()
    assert "cover crop" in row["messages"][0]["content"]


def test_a_passage_without_a_definition_is_a_reject():
    outcome = run("Rye holds the ground in winter.")
    assert outcome.rows.schema == EXAMPLES
    assert outcome.rows.num_rows == 0
    assert outcome.rejects.column("reason").to_pylist() == ["no_definition"]


@given(st.text(alphabet="Aab is a.\n:*-`_\t ", max_size=200))
def test_definitions_of_any_text_are_ordered_and_apart(text: str):
    data = text.encode()
    found = find_definitions(data, 0, ["Glossary"], "rst")
    assert all(0 <= item.start < item.end <= len(data) for item in found)
    assert all(before.end <= after.start for before, after in pairwise(found))
