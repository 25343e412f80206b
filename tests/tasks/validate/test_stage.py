"""Which examples the stage judges, and beside which documents."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tasks.validate.stage import wanted
from tilth.records import DOCUMENTS, EXAMPLES, UNITS

PART = pa.field("part", pa.string())


@pytest.fixture
def connection() -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect() as opened:
        yield opened


def work_of(
    connection: duckdb.DuckDBPyConnection, examples: list[dict[str, Any]]
) -> dict[str, dict[str, Any]]:
    document = {
        "key": "d",
        "document_id": "d",
        "bytes": 10,
        "licence_class": "permissive",
        "part": "documents/1",
    }
    rows = [{"example_id": row["key"], "tokens": 5, "part": "examples/1", **row} for row in examples]
    connection.register("documents", pa.Table.from_pylist([document], schema=DOCUMENTS.append(PART)))
    connection.register("examples", pa.Table.from_pylist(rows, schema=EXAMPLES.append(PART)))
    connection.register("units", UNITS.append(PART).empty_table())
    return {row["key"]: row for row in wanted(connection).to_pylist()}


def test_an_example_without_an_origin_is_judged_by_itself(connection):
    work = work_of(
        connection, [{"key": "written", "origins": []}, {"key": "d", "origins": [{"document_id": "d"}]}]
    )
    assert {key: row["documents_part"] for key, row in work.items()} == {"written": None, "d": "documents/1"}
    assert {key: row["bytes"] for key, row in work.items()} == {"written": 5, "d": 15}


def test_an_example_whose_document_is_gone_is_judged_and_not_lost(connection):
    work = work_of(connection, [{"key": "gone", "origins": [{"document_id": "x"}, {"document_id": "y"}]}])
    assert work["gone"]["document_id"] == "x"
    assert not [other for other in work["gone"]["others"] or () if other["documents_part"]]


def test_an_example_is_judged_beside_all_its_documents(connection):
    origins = [{"document_id": "x"}, {"document_id": "d"}]
    work = work_of(connection, [{"key": "both", "origins": origins}])
    assert work["both"]["others"] == [{"document_id": "d", "documents_part": "documents/1"}]
