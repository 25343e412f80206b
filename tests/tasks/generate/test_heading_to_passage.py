from __future__ import annotations

from collections import Counter
from typing import Any

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.config import GenerateConfig
from tasks.generate.heading_to_passage import generate_from_chunks
from tasks.generate.headings import variables_of
from tasks.generate.passages import body_start, prose_difficulty, why_not_prose
from tasks.generate.templates import load_templates
from tilth.records import CHUNKS, EXAMPLES, REJECTS, Columns, Outcome

TEMPLATES = load_templates("prose.yaml")
PROSE = (
    "Rye holds the ground in winter, when nothing else would grow on it. Clover gives it nitrogen, "
    "which the next "
    "crop takes up again. Both are cut before they seed, and what is cut stays where it falls."
)


def chunk(
    text: str, headings: list[str], heading_start: int | None = 0, start: int = 0, **others: Any
) -> dict[str, Any]:
    row = {"text": text, "headings": headings, "heading_start": heading_start, "start": start}
    row |= {
        "key": "d",
        "document_id": "d",
        "chunk_id": f"c{start}",
        "end": start + len(text.encode()),
        "path": "a/b.md",
    }
    return row | {"language": "markdown", "overlap_bytes": 0, "ordinal": 0, "tokens": 1} | others


def run(*rows: dict[str, Any], config: GenerateConfig | None = None) -> Outcome:
    columns = Columns(CHUNKS)
    for row in rows:
        columns.add(**row)
    identities = sorted({row["document_id"] for row in rows} - {"missing"})
    documents = pa.table(
        {
            "document_id": identities,
            "licence": ["MIT"] * len(identities),
            "category": ["guide"] * len(identities),
            "repository": ["soil"] * len(identities),
        }
    )
    return generate_from_chunks(columns.table(), documents, TEMPLATES, config or GenerateConfig())


def test_the_answer_is_the_passage_under_the_heading_in_the_source_s_own_words():
    text = f"## Cover crops\n\n{PROSE}"
    outcome = run(chunk(text, ["Soil", "Cover crops"], heading_start=100, start=100))
    assert outcome.rows.schema == EXAMPLES
    (row,) = outcome.rows.to_pylist()
    user, assistant = row["messages"]
    assert (user["role"], user["is_trained"], assistant["role"], assistant["is_trained"]) == (
        "user",
        False,
        "assistant",
        True,
    )
    assert "Cover crops" in user["content"]
    assert assistant["content"] == row["subject"] == PROSE
    assert text[row["answer_start"] - 100 : row["answer_end"] - 100] == PROSE
    assert (row["kind"], row["licence"], row["category"], row["origin_id"]) == (
        "chat",
        "MIT",
        "guide",
        "c100",
    )
    assert (row["group_id"], row["oracle"], row["key"]) == ("soil:a", "source", "d")
    assert row["difficulty"] in ("easy", "medium", "hard")


@pytest.mark.parametrize(
    ("row", "reason"),
    [
        (chunk(PROSE, [], None), "no_heading"),
        (chunk(PROSE, ["Soil"], heading_start=0, start=50), "continues_section"),
        (chunk(f"# Notes\n\n{PROSE}", ["Notes"]), "heading_uninformative"),
        (chunk(f"# 1.2.3 (2020-01-01)\n\n{PROSE}", ["1.2.3 (2020-01-01)"]), "heading_uninformative"),
        (chunk(f"# Installation\n\n{PROSE}", ["Installation"]), "heading_uninformative"),
        (chunk("# Cover crops\n\nToo short.", ["Cover crops"]), "too_short"),
        (chunk("# Cover crops\n\n```sh\n" + "ls\n" * 60 + "```\nSee.", ["Cover crops"]), "mostly_code"),
        (chunk("# Cover crops\n\n" + "| a | b |\n" * 60, ["Cover crops"]), "mostly_table"),
        (
            chunk("# Cover crops\n\n" + "- [rye](https://rye.example/)\n" * 60, ["Cover crops"]),
            "mostly_links",
        ),
        (chunk("# Cover crops\n\n" + "<!-- say more here -->\n" * 60, ["Cover crops"]), "mostly_markup"),
        (chunk("# Cover crops\n\n" + "abc 12345 = 67890 ;\n" * 60, ["Cover crops"]), "not_prose"),
        (chunk(f"# Cover crops\n\n{PROSE * 100}", ["Cover crops"]), "answer_too_long"),
        (chunk(f"# Cover crops\n\n{PROSE}", ["Cover crops"], document_id="missing"), "document_missing"),
    ],
)
def test_a_passage_that_gives_no_example_is_a_reject_with_its_reason(row: dict[str, Any], reason: str):
    outcome = run(row)
    assert outcome.rows.num_rows == 0
    assert outcome.rejects.schema == REJECTS
    assert outcome.rejects.column("reason").to_pylist() == [reason]
    assert outcome.rejects.column("item_id").to_pylist() == [row["chunk_id"]]


def test_a_heading_that_every_project_has_is_asked_for_with_what_it_stands_under():
    text = f"## Installation\n\n{PROSE}"
    for start in range(20):
        (row,) = run(chunk(text, ["Tilth", "Installation"], start, start)).rows.to_pylist()
        assert "Tilth" in row["messages"][0]["content"]


def test_a_heading_that_is_a_question_is_asked_as_it_stands():
    for start in range(20):
        (row,) = run(chunk(f"# Why rotate?\n\n{PROSE}", ["Why rotate?"], start, start)).rows.to_pylist()
        assert "Why rotate?" in row["messages"][0]["content"]
        assert row["template_id"].startswith("heading_to_passage/question")


def test_every_task_has_six_wordings_or_more_and_all_are_used():
    for task in ("heading_to_passage", "definition_question"):
        assert len(TEMPLATES[task]) >= 6
    text = f"## Cover crops\n\n{PROSE}"
    used = Counter(
        run(chunk(text, ["Soil", "Cover crops"], start, start)).rows.column("template_id")[0].as_py()
        for start in range(200)
    )
    # Those for a heading with a topic, and of the levels the one of an easy passage.
    assert len(used) == 10


def test_the_same_passages_in_another_order_give_the_same_rows():
    rows = [
        chunk(f"# Crop {n} of many\n\n{PROSE}", [f"Crop {n} of many"], n * 1000, n * 1000) for n in range(5)
    ]
    assert run(*rows).rows.equals(run(*reversed(rows)).rows)


def test_the_seed_changes_the_wording_and_never_the_answer():
    row = chunk(f"## Cover crops\n\n{PROSE}", ["Soil", "Cover crops"])
    outcomes = [run(row, config=GenerateConfig(seed=seed)).rows.to_pylist()[0] for seed in range(12)]
    assert len({item["template_id"] for item in outcomes}) > 1
    assert {item["subject"] for item in outcomes} == {PROSE}


@given(st.lists(st.text(max_size=40), max_size=4))
def test_any_headings_name_something_or_nothing(headings: list[str]):
    found = variables_of(headings)
    assert found is None or found.get("heading") or found.get("question")


@given(st.binary(max_size=400))
def test_any_bytes_are_judged_and_have_a_body(data: bytes):
    assert 0 <= body_start(data) <= len(data)
    assert why_not_prose(data) in (
        *(None, "too_short", "not_prose", "mostly_code"),
        *("mostly_links", "mostly_table", "mostly_markup"),
    )


def test_long_words_in_long_sentences_are_hard():
    assert prose_difficulty(PROSE) == "easy"
    assert prose_difficulty(PROSE * 8) == "medium"
    legal = "Notwithstanding contrary provisions, indemnification obligations survive termination hereof. "
    assert prose_difficulty(legal) == "hard"
