from __future__ import annotations

import inspect
import json
import subprocess
import sys
import unittest
from typing import Any

import pyarrow as pa
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.generate import mine_triplets
from tasks.generate.config import GenerateConfig
from tasks.generate.hard_negatives import score_limit
from tasks.generate.mine_triplets import generate_from_chunks
from tilth.fingerprint import ROOT
from tilth.records import CHUNKS, EXAMPLES, Columns, Outcome
from tilth.words import terms

RYE = (
    "Rye holds the soil through the winter, and its roots go deeper than those of any other cereal. "
    "It is sown in "
    "autumn and cut in spring, some weeks before the vegetables are planted where it stood."
)
CLOVER = (
    "Clover gathers nitrogen from the air and leaves it in the soil for the crop that follows. It is"
    " sown under the "
    "cereal in spring, covers the ground after the harvest, and is dug in before the winter."
)
BARLEY = (
    "Barley is harvested before any other cereal, so that the soil lies bare from July on. Brewers "
    "take the grain "
    "with little protein, and what they refuse feeds the animals in winter."
)
ENGINE = (
    "The engine starts when the key is turned, unless the battery has been empty for some days. Then"
    " a second car "
    "with a cable has to help, and the driver should wait a few minutes before he tries again."
)


def chunk(name: str, text: str, headings: list[str], document: str | None = None) -> dict[str, Any]:
    heading = f"# {headings[-1]}\n\n" if headings else ""
    row: dict[str, Any] = {
        "key": document or name,
        "document_id": document or name,
        "chunk_id": f"c-{name}",
        "text": heading + text,
    }
    row |= {
        "start": 0,
        "end": len(heading + text),
        "headings": headings,
        "heading_start": 0 if headings else None,
    }
    return row | {"overlap_bytes": 0, "ordinal": 0, "tokens": 1, "language": "markdown", "path": f"{name}.md"}


def run(rows: list[dict[str, Any]], **settings: Any) -> Outcome:
    columns = Columns(CHUNKS)
    for row in rows:
        columns.add(**row)
    names = sorted({row["document_id"] for row in rows})
    about = {
        "document_id": names,
        **{name: ["x"] * len(names) for name in ("licence", "category", "repository")},
    }
    return generate_from_chunks(columns.table(), pa.table(about), {}, GenerateConfig(**settings))


CORPUS = [
    chunk("rye", RYE, ["Rye through the winter soil"]),
    chunk("clover", CLOVER, ["Clover and nitrogen"]),
    chunk("barley", BARLEY, ["Barley for brewers"]),
    chunk("engine", ENGINE, ["Starting the engine"]),
]


def triplets(rows: list[dict[str, Any]], **settings: Any) -> dict[str, dict[str, Any]]:
    return {row["origin_id"]: row for row in run(rows, **settings).rows.to_pylist()}


def test_a_negative_shares_words_with_the_query_but_not_its_document():
    outcome = run(CORPUS)
    assert outcome.rows.schema == EXAMPLES
    row = {item["origin_id"]: item for item in outcome.rows.to_pylist()}["c-rye"]
    assert row["query"] == "Rye through the winter soil"
    assert row["positive"] == row["subject"] == RYE
    assert {item["text"] for item in row["negatives"]} == {CLOVER, BARLEY}
    for item in row["negatives"]:
        assert len(set(terms(row["query"])) & set(terms(item["text"]))) >= 2
        assert "winter" in item["reason"]
        assert "soil" in item["reason"]
        assert 0 < item["score"] <= 0.95 * json.loads(row["extra"])["positive_score"] + 1e-3
    assert (row["kind"], row["key"], row["method"]) == ("triplet", "corpus", "mine_triplets")
    assert row["origins"][0] == {"document_id": "rye", "start": 0, "end": len(CORPUS[0]["text"])}
    assert {origin["document_id"] for origin in row["origins"][1:]} == {"clover", "barley"}


def test_a_passage_of_the_same_document_is_never_a_negative():
    rows = [CORPUS[0], {**CORPUS[1], "document_id": "rye", "start": 1000}, CORPUS[2]]
    assert [item["text"] for item in triplets(rows)["c-rye"]["negatives"]] == [BARLEY]


def test_a_passage_under_the_same_headings_is_never_a_negative():
    rows = [CORPUS[0], {**CORPUS[1], "headings": CORPUS[0]["headings"]}, CORPUS[2]]
    assert [item["text"] for item in triplets(rows)["c-rye"]["negatives"]] == [BARLEY]


def test_a_near_duplicate_of_the_positive_or_of_another_negative_is_left_out():
    copy = chunk("copy", RYE.replace("cereal", "grain"), ["A copy elsewhere"])
    again = chunk("again", CLOVER.replace("air", "sky"), ["Clover once more"])
    texts = [
        item["text"]
        for item in triplets([*CORPUS, copy, again], negative_margin_ratio=0.0)["c-rye"]["negatives"]
    ]
    assert not any("roots go deeper" in text for text in texts)
    assert sum("Clover" in text for text in texts) == 1


def test_a_query_without_an_admissible_negative_is_a_reject_that_says_why():
    outcome = run(CORPUS)
    rejects = {row["item_id"]: row for row in outcome.rejects.to_pylist()}
    assert rejects["c-engine"]["reason"] == "no_negative"
    assert "share one word only" in rejects["c-engine"]["detail"]
    assert rejects["c-engine"]["key"] == "corpus"


def test_a_shortfall_of_negatives_stands_in_the_row():
    row = triplets(CORPUS, negatives=5)["c-rye"]
    assert json.loads(row["extra"])["negatives_wanted"] == 5
    assert len(row["negatives"]) == 2


def test_without_headings_the_definition_is_asked_for():
    text = f"Tilth is a state of soil that has been made ready for seed. Tilth is what all want. {CLOVER}"
    other = chunk("bed", f"{BARLEY} A good tilth helps.", ["Beds for barley"])
    row = triplets([chunk("tilth", text, []), other, *CORPUS])["c-tilth"]
    assert row["query"] == "What is Tilth?"
    assert [item["text"] for item in row["negatives"]] == [
        other["text"].removeprefix("# Beds for barley\n\n")
    ]
    assert row["negatives"][0]["reason"].startswith("shares the word tilth with the query")


def test_without_heading_and_definition_the_first_sentence_is_taken_out_and_asked():
    first = "Farmers who sow rye before winter keep their soil."
    row = triplets([chunk("rye", f"{first} {RYE}", []), *CORPUS[1:]])["c-rye"]
    assert (row["query"], row["positive"]) == (first, RYE)
    assert json.loads(row["extra"])["query_rule"] == "inverse_cloze"
    assert row["answer_start"] == len(first) + 1


def test_every_passage_is_a_triplet_or_a_reject_whatever_the_order():
    rows = [*CORPUS, chunk("short", "Too short.", []), chunk("low", RYE.lower(), [])]
    outcomes = [run(rows), run(rows[::-1]), run(rows[3:] + rows[:3])]
    for outcome in outcomes:
        identities = (
            outcome.rows.column("origin_id").to_pylist() + outcome.rejects.column("item_id").to_pylist()
        )
        assert sorted(identities) == sorted(row["chunk_id"] for row in rows)
        assert outcome.rows.equals(outcomes[0].rows)


def test_a_corpus_of_one_passage_or_none_gives_only_rejects():
    assert run(CORPUS[:1]).rejects.column("reason").to_pylist() == ["no_negative"]
    assert run([]).rows.num_rows == 0


def test_docstrings_of_the_standard_library_give_negatives_within_the_limit():
    rows = []
    for owner in (unittest.TestCase, str, list, dict, inspect, json, int, bytes, set):
        for name, member in sorted(vars(owner).items()):
            text = inspect.getdoc(member) or ""
            label = getattr(owner, "__name__", "module")
            rows.append(chunk(f"{label}.{name}", text, [label, f"How {name} works"]))
    outcome = run(rows)
    assert outcome.rows.num_rows + outcome.rejects.num_rows == len(rows)
    assert outcome.rows.num_rows > 5
    for row in outcome.rows.to_pylist():
        limit = score_limit(json.loads(row["extra"])["positive_score"], 0.05)
        documents = [origin["document_id"] for origin in row["origins"]]
        assert len(set(documents)) == len(documents)
        assert all(item["score"] <= limit + 1e-3 for item in row["negatives"])
        assert [item["score"] for item in row["negatives"]] == sorted(
            (item["score"] for item in row["negatives"]), reverse=True
        )


def test_a_corpus_above_the_bound_is_mined_in_blocks(monkeypatch):
    monkeypatch.setattr(mine_triplets, "_BLOCK_PASSAGES", 3)
    outcome = run(CORPUS)
    assert outcome.rows.num_rows + outcome.rejects.num_rows == len(CORPUS)


@given(st.floats(-1e3, 1e3), st.floats(0, 0.9))
@settings(max_examples=50)
def test_the_limit_is_never_above_the_positive(positive: float, margin: float):
    assert score_limit(positive, margin) <= positive


def test_importing_the_method_does_not_import_its_library():
    script = "import sys, tasks.generate.mine_triplets; sys.exit('bm25s' in sys.modules)"
    subprocess.run([sys.executable, "-c", script], check=True, cwd=ROOT)
