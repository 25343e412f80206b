"""Drafts become rows of EXAMPLES."""

from __future__ import annotations

import pyarrow as pa

from tasks.generate.by_model.protocol import Brief, Draft, Negative, Turn
from tasks.generate.by_model.rows import rows_of_told
from tests.tasks.generate.by_model.playing import brief, item
from tilth.llm.conversation import Told
from tilth.records import EXAMPLES

CLAY = item("Clay holds water.", start=3, end=20)
SAND = item("Sand lets it go.", start=0, end=16)


def row_of(draft: Draft, given: object = CLAY) -> dict[str, object]:
    told: Told[list[Draft]] = Told(value=[draft])
    made_for = given if isinstance(given, Brief) else brief(given)  # type: ignore[arg-type]
    rows = rows_of_told("key", made_for, "method", "1", ["t"], told)
    return dict(pa.Table.from_pylist(rows, schema=EXAMPLES).to_pylist()[0])


def test_a_piece_that_an_example_shows_beside_its_own_is_an_origin_too() -> None:
    draft = Draft(
        "retrieve_passage", "triplet", "clay", query="what holds water", positive=CLAY.text,
        negatives=(Negative(SAND.text, "It lets go.", 1.5),), beside=(SAND,),
    )  # fmt: skip
    row = row_of(draft)
    assert row["origins"] == [
        {"document_id": CLAY.document_id, "start": 3, "end": 20},
        {"document_id": SAND.document_id, "start": 0, "end": 16},
    ]
    assert row["negatives"] == [{"text": SAND.text, "reason": "It lets go.", "score": 1.5}]


def test_a_preference_has_its_prompt_and_both_answers_as_messages() -> None:
    draft = Draft(
        "prefer_answer", "preference", "q", turns=(Turn("user", "q"),),
        chosen=(Turn("assistant", "good", is_trained=True),), rejected=(Turn("assistant", "bad"),),
    )  # fmt: skip
    row = row_of(draft, None)
    said = [
        [(one["role"], one["content"], one["is_trained"]) for one in row[name]]  # type: ignore[attr-defined]
        for name in ("messages", "chosen", "rejected")
    ]
    assert said == [[("user", "q", False)], [("assistant", "good", True)], [("assistant", "bad", False)]]
    assert row["origins"] == []


def test_a_suggested_difficulty_is_no_claim_and_no_part_of_the_cell() -> None:
    cell = {"form": "fact", "difficulty": "hard"}
    drawn = brief(CLAY._replace(difficulty="easy"), cell=cell, suggested=frozenset({"difficulty"}))
    row = row_of(Draft("t", "chat", "clay", turns=(Turn("user", "q"),)), drawn)
    assert (row["difficulty"], row["extra"]) == ("easy", '{"cell": {"form": "fact"}}')
    row = row_of(Draft("t", "chat", "clay", turns=(Turn("user", "q"),), difficulty="hard"), drawn)
    assert row["difficulty"] == "hard"
