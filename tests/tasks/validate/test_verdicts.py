from __future__ import annotations

import random

import pyarrow as pa
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tasks.validate.checks import CHECKS
from tasks.validate.config import ALL_CHECKS, ValidateConfig
from tasks.validate.verdicts import validate_examples
from tilth.errors import RequestError
from tilth.records import DOCUMENTS, EXAMPLES, REJECTS, VERDICTS

CONFIG = ValidateConfig()
GOOD = "def area(width, height):\n    total = width * height\n    return round(total, 2) if total else 0\n"


def test_the_table_of_checks_is_what_the_config_offers():
    assert tuple(CHECKS) == ALL_CHECKS


def test_real_functions_of_the_standard_library_pass(library):
    rows, rejects = validate_examples(library.examples, library.documents, CONFIG)
    assert rows.num_rows == library.examples.num_rows > 700
    assert rows["is_accepted"].to_pylist().count(True) >= 0.99 * rows.num_rows
    assert rejects.num_rows + rows["is_accepted"].to_pylist().count(True) == rows.num_rows


def test_the_order_of_examples_and_documents_changes_nothing(library):
    documents = library.documents
    examples = library.examples.slice(0, 300)
    order = list(range(300))
    random.Random(5).shuffle(order)
    once = validate_examples(examples, documents, CONFIG)
    again = validate_examples(
        examples.take(order), documents.take(list(range(documents.num_rows))[::-1]), CONFIG
    )
    assert once.rows.equals(again.rows)
    assert once.rejects.equals(again.rejects)


def test_a_shard_in_two_halves_gives_the_verdicts_of_the_whole(library):
    examples = library.examples.slice(0, 200)
    halves = [validate_examples(examples.slice(at, 100), library.documents, CONFIG).rows for at in (0, 100)]
    whole = validate_examples(examples, library.documents, CONFIG).rows
    assert pa.concat_tables(halves).sort_by("example_id").equals(whole)


def test_no_examples_give_no_verdicts():
    rows, rejects = validate_examples(EXAMPLES.empty_table(), DOCUMENTS.empty_table(), CONFIG)
    assert rows.schema == VERDICTS
    assert rejects.schema == REJECTS
    assert rows.num_rows == rejects.num_rows == 0


def test_a_reject_says_which_example_where_and_why(shard):
    text = GOOD + "\n\ndef broken(:\n    return 1 +\n"
    document_id = shard.document(text, path="pkg/a.py")
    wrong = shard.chat("return 1 +", document_id, text)
    shard.chat("    return round(total, 2) if total else 0", document_id, text)
    rows, rejects = validate_examples(shard.examples, shard.documents, CONFIG)
    assert rejects.select(["item_id", "path", "line", "reason"]).to_pylist() == [
        {"item_id": wrong, "path": "pkg/a.py", "line": 7, "reason": "syntax_error"}
    ]
    assert rows.num_rows == 2


def test_every_check_that_applies_leaves_its_part_and_the_others_none(shard):
    text = GOOD
    python = shard.chat("total = width * height", shard.document(text), text)
    prose = shard.example(
        "triplet",
        query="What is tilth?",
        positive="Soil made ready for seed by work.",
        negatives=[{"text": "No."}],
    )
    rows = validate_examples(shard.examples, shard.documents, CONFIG).rows.to_pylist()
    parts = {row["example_id"]: [part["check"] for part in row["checks"]] for row in rows}
    assert parts[python] == list(ALL_CHECKS)
    assert parts[prose] == ["shape", "length"]


def test_quality_is_the_weighted_geometric_mean_of_the_parts(shard):
    shard.chat("total = width * height", shard.document(GOOD), GOOD)
    config = ValidateConfig(checks=("length", "complexity"), weights={"length": 3.0, "complexity": 1.0})
    row = validate_examples(shard.examples, shard.documents, config).rows.to_pylist()[0]
    length, complexity = (part["score"] for part in row["checks"])
    assert row["quality"] == pytest.approx((length**3 * complexity) ** 0.25)
    assert 0.0 < length < 1.0


def test_low_quality_is_a_reject_of_its_own(shard):
    shard.chat("total = width * height", shard.document(GOOD), GOOD)
    config = ValidateConfig(checks=("length",), min_quality=0.9)
    rejects = validate_examples(shard.examples, shard.documents, config).rejects.to_pylist()
    assert [row["reason"] for row in rejects] == ["low_quality"]


def test_a_table_without_its_columns_is_a_clear_error():
    with pytest.raises(RequestError, match="examples lacks kind"):
        validate_examples(EXAMPLES.empty_table().drop_columns(["kind"]), DOCUMENTS.empty_table(), CONFIG)


TEXTS = st.one_of(
    st.none(), st.text(max_size=12), st.sampled_from(["", "```\nx", "a\r\n b\r", GOOD, "x = 'é'"])
)
MESSAGES = st.none() | st.lists(
    st.fixed_dictionaries(
        {
            "role": st.sampled_from(["system", "user", "assistant", "tool", "", None]),
            "content": TEXTS,
            "is_trained": st.sampled_from([True, False, None]),
        }
    ),
    max_size=4,
)
SPOTS = st.none() | st.integers(-3, 120)
ROWS = st.fixed_dictionaries(
    {
        "key": st.just("k"),
        "example_id": st.uuids(version=4).map(str),
        "kind": st.sampled_from(["chat", "fim", "triplet", "preference", "text", "poem", None]),
        "messages": MESSAGES,
        "chosen": MESSAGES,
        "rejected": MESSAGES,
        **dict.fromkeys(("prefix", "middle", "suffix", "query", "positive", "code"), TEXTS),
        "negatives": st.none() | st.lists(st.fixed_dictionaries({"text": TEXTS}), max_size=3),
        "answer_start": SPOTS,
        "answer_end": SPOTS,
        "origins": st.none()
        | st.lists(
            st.fixed_dictionaries(
                {"document_id": st.sampled_from(["a", "b", "gone", None]), "start": SPOTS, "end": SPOTS}
            ),
            max_size=2,
        ),
        "language": st.sampled_from(["python", "go", "markdown", None]),
        "tokens": st.none() | st.integers(0, 10_000),
    }
)
WORLD = pa.Table.from_pylist(
    [
        {"document_id": "a", "text": GOOD, "language": "python", "path": "a.py", "kind": "code"},
        {
            "document_id": "b",
            "text": "Mail é@x.org\n",
            "language": "markdown",
            "path": "b.md",
            "kind": "prose",
            "licence_class": "other",
            "personal_data": [{"kind": "email", "start": 5, "end": 13}],
            "secrets": [{"kind": "key", "start": 0, "end": 1}],
        },
    ],
    schema=DOCUMENTS,
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow])
@given(st.lists(ROWS, max_size=6))
def test_whatever_comes_in_goes_out_as_one_verdict_and_nothing_raises(rows):
    examples = pa.Table.from_pylist(rows, schema=EXAMPLES)
    outcome = validate_examples(examples, WORLD, CONFIG)
    verdicts = outcome.rows.to_pylist()
    assert [row["example_id"] for row in verdicts] == sorted(row["example_id"] for row in rows)
    refused = [row["example_id"] for row in verdicts if not row["is_accepted"]]
    assert outcome.rejects["item_id"].to_pylist() == refused
    assert all(0.0 <= row["quality"] <= 1.0 for row in verdicts)
    assert all((row["reason"] is None) == row["is_accepted"] for row in verdicts)
    outcome.rows.validate(full=True)
