from __future__ import annotations

from typing import Any

import pyarrow as pa
import pytest

from tasks.export.by_side import export_version
from tasks.export.config import ExportConfig
from tasks.export.distinct import count_distinct
from tasks.export.partition import place_examples
from tests.tasks.export.conftest import Corpus, connect, message
from tilth.records import CHUNKS, UNITS


def units(*names: tuple[str, str]) -> pa.Table:
    """Units called (name, qualified name), with their place as id."""
    rows = [
        {"unit_id": str(place), "name": name, "qualified_name": qualified, "path": "src/mill.py"}
        for place, (name, qualified) in enumerate(names)
    ]
    return pa.Table.from_pylist(rows, schema=UNITS)


def counted(corpus: Corpus, **more: pa.Table) -> dict[str, Any]:
    with connect(corpus.tables() | more) as connection:
        place_examples(connection, ExportConfig())
        return count_distinct(connection)


def of_units(*names: tuple[str, str]) -> Corpus:
    corpus = Corpus()
    document = corpus.document("mill", "src/mill.py")
    for place in range(len(names)):
        corpus.example(
            "fim", [document], origin_id=str(place), prefix=f"{place}", middle=f"m{place}", suffix=""
        )
    return corpus


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (("parse_date", "parse_date"), ("parseDate", "Reader.parseDate")),
        (("HTTPServer", "HTTPServer"), ("http_server", "net.http_server")),
        (("get_name", "A.get_name"), ("setName", "B.setName")),
        (("__init__", "SeedDrill.__init__"), ("seed_drill", "seed_drill")),
        (("main", "main"), ("mill", "mill")),
        (("naïveÉtat", "naïveÉtat"), ("état_naïve", "état_naïve")),
    ],
)
def test_names_that_say_the_same_are_one_concept(first, second):
    names = (first, second)
    assert counted(of_units(*names), units=units(*names))["concepts"] == 1


def test_names_that_say_otherwise_are_two():
    names = (("parse_date", "parse_date"), ("read_day", "read_day"))
    assert counted(of_units(*names), units=units(*names))["concepts"] == 2


def test_a_passage_is_labelled_by_its_innermost_heading():
    corpus = Corpus()
    document = corpus.document("handbook", "soil.md")
    for place in range(3):
        corpus.example(
            "triplet", [document], origin_id=f"c{place}", query=f"q{place}", positive="p", negatives=[]
        )
    rows: list[dict[str, Any]] = [
        {"chunk_id": "c0", "headings": ["Handbook", "The soil"], "path": "a.md"},
        {"chunk_id": "c1", "headings": [], "path": "docs/soil.md"},
        {"chunk_id": "c2", "headings": ["Hedges"], "path": "a.md"},
    ]
    assert counted(corpus, chunks=pa.Table.from_pylist(rows, schema=CHUNKS))["concepts"] == 2


def test_rows_made_again_and_again_of_one_function_add_rows_and_nothing_unique():
    corpus = Corpus()
    document = corpus.document("mill", "src/mill.py")
    for number in range(18):
        asked = f"Wording {number}.\n\n```python\ndef f(): ...\n```"
        said = [
            message("user", asked),
            message("assistant", "return  1\n" if number % 2 else "return 1", True),
        ]
        corpus.example("chat", [document], origin_id="0", messages=said)
    found = counted(corpus, units=units(("grind_flour", "grind_flour")))
    assert found["by_task"] == {
        "chat_task": {"examples": 18, "concepts": 1, "origins": 1, "answers": 1},
    }
    longest = len("return  1\n") + len("\n\n```python\ndef f(): ...\n```")
    assert found["tokens"] == round(longest / 3.7)


def test_the_same_concept_in_two_tasks_counts_twice():
    corpus = of_units(("parse_date", "parse_date"))
    document = corpus.document("mill", "src/mill.py")
    corpus.example("triplet", [document], origin_id="0", query="q", positive="p", negatives=[])
    found = counted(corpus, units=units(("parse_date", "parse_date")))
    assert (found["task_concepts"], found["concepts"], found["origins"], found["answers"]) == (2, 1, 1, 2)


def test_the_card_and_the_manifest_say_it(tmp_path, tables):
    with connect(tables) as connection:
        manifest = export_version(connection, {}, ExportConfig(), tmp_path / "v")
        again = export_version(connection, {}, ExportConfig(), tmp_path / "w", tmp_path / "v")
    found = manifest["counts"]["distinct"]
    assert found == again["counts"]["distinct"]
    assert found["origins"] == manifest["counts"]["exported"]
    assert 0 < found["tokens"] < sum(manifest["counts"]["tokens"].values()) * 1.2
    card = (tmp_path / "v/README.md").read_text(encoding="utf-8")
    assert f"{found['answers']} distinct answers" in card
    assert "## How much of it is unique" in card
