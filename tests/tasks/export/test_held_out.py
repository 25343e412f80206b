from __future__ import annotations

import json
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.by_side import export_version
from tasks.export.config import SIDES, ExportConfig
from tests.tasks.export.conftest import Corpus, connect, message

TRAINED = [f"Wording {number} of the task." for number in range(5)]
HELD_OUT = [f"Held-out wording {number}." for number in range(2)]


def reworded(folder, corpus: Corpus, **config: Any) -> tuple[dict[str, list[dict[str, Any]]], dict[str, Any]]:
    """The rows of each side, and the manifest."""
    with connect(corpus.tables()) as connection:
        manifest = export_version(connection, {}, ExportConfig(**config), folder)
    rows: dict[str, list[dict[str, Any]]] = {side: [] for side in SIDES}
    for path in sorted((folder / "data").glob("*.parquet")):
        rows[path.name.partition("-")[0]] += pq.read_table(path).to_pylist()
    return rows, manifest


def conversations(count: int) -> Corpus:
    """Each in a repository of its own, asked in turn in one of the wordings."""
    corpus = Corpus()
    for number in range(count):
        document = corpus.document(f"repository{number}", "a.py")
        asked = f"{TRAINED[number % 5]}\n\n```python\nx = {number}\n\ny = 1\n```"
        said = [message("user", asked), message("assistant", "y", True), message("user", "More?\n\nPlease.")]
        held_out = HELD_OUT[number % 2]
        template = {"template_id": f"task/{number % 5}", "held_out_wording": held_out}
        corpus.example("chat", [document], messages=said, **template)
    return corpus


def instruction(row: dict[str, Any]) -> str:
    return str(row["messages"][0]["content"]).partition("\n\n")[0]


@given(seed=st.integers(0, 2**31), count=st.integers(1, 40), test=st.sampled_from([0.1, 0.5, 0.9]))
@settings(max_examples=12, deadline=None)
def test_no_wording_of_the_test_side_stands_on_another(tmp_path_factory, seed, count, test):
    folder = tmp_path_factory.mktemp("version") / "v"
    rows, manifest = reworded(folder, conversations(count), seed=seed, test_ratio=test, formats=["parquet"])
    asked = {side: {instruction(row) for row in rows[side]} for side in SIDES}
    assert not asked["test"] & (asked["train"] | asked["validation"])
    assert asked["test"] <= set(HELD_OUT)
    assert asked["train"] <= set(TRAINED)
    assert manifest["counts"]["held_out_wordings"] == {
        "chats": len(rows["test"]),
        "reworded": len(rows["test"]),
    }
    assert {str(row["template_id"]).endswith("/held_out") for row in rows["test"]} <= {True}


def test_only_the_instruction_changes_and_formats_say_it_too(tmp_path):
    rows, _ = reworded(tmp_path / "v", conversations(60), test_ratio=0.5, formats=["openai_chat"])
    row = rows["test"][0]
    first, answer, more = row["messages"]
    assert first["content"].startswith("Held-out wording ")
    assert first["content"].partition("\n\n")[2].startswith("```python\nx = ")
    assert first["content"].endswith("\n\ny = 1\n```")
    assert (answer["content"], answer["is_trained"], more["content"]) == ("y", True, "More?\n\nPlease.")
    (lines, *_) = (tmp_path / "v/openai_chat").glob("test-*.jsonl")
    said = [json.loads(line)["messages"][0]["content"] for line in lines.read_text().splitlines()]
    assert {text.partition("\n\n")[0] for text in said} <= set(HELD_OUT)


@pytest.mark.parametrize("content", ["Say it.", "", "\n\nSay it."])
def test_a_question_without_a_blank_line_is_replaced_whole(tmp_path, content):
    corpus = Corpus()
    for number in range(20):
        said = [
            message("system", "Be brief."),
            message("user", content),
            message("assistant", str(number), True),
        ]
        document = corpus.document(f"repository{number}", "a.py")
        corpus.example("chat", [document], messages=said, held_out_wording="Speak.")
    rows, _ = reworded(tmp_path / "v", corpus, test_ratio=0.9)
    expected = "Speak.\n\nSay it." if content.startswith("\n\n") else "Speak."
    assert {row["messages"][1]["content"] for row in rows["test"]} == {expected}
    assert {row["messages"][0]["content"] for row in rows["test"]} == {"Be brief."}


def test_what_has_no_other_wording_stays_as_it_is(tmp_path):
    corpus = Corpus()
    for number in range(20):
        document = corpus.document(f"repository{number}", "a.py")
        said = [message("user", f"q{number}"), message("assistant", "a", True)]
        corpus.example("chat", [document], messages=said)
        corpus.example(
            "chat", [document], messages=[message("assistant", f"{number}", True)], held_out_wording="x"
        )
        corpus.example("fim", [document], prefix=f"{number}", middle="b", suffix="c")
    rows, manifest = reworded(tmp_path / "v", corpus, test_ratio=0.9)
    assert manifest["counts"]["held_out_wordings"]["reworded"] == 0
    texts = {row["messages"][0]["content"] for row in rows["test"] if row["messages"]}
    assert "x" not in texts


def test_another_held_out_wording_is_another_file(tmp_path):
    tables = conversations(12).tables()
    said = []
    for number, wording in enumerate(("Speak.", "Tell.")):
        place = tables["examples"].schema.get_field_index("held_out_wording")
        column = pa.array([wording] * tables["examples"].num_rows)
        tables["examples"] = tables["examples"].set_column(place, "held_out_wording", column)
        previous = tmp_path / str(number - 1) if number else None
        with connect(tables) as connection:
            export_version(connection, {}, ExportConfig(test_ratio=0.9), tmp_path / str(number), previous)
        (path,) = (tmp_path / str(number) / "data").glob("test-*.parquet")
        said.append({instruction(row) for row in pq.read_table(path).to_pylist()})
    assert said == [{"Speak."}, {"Tell."}]
