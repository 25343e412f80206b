"""Columns, from which every artifact is filled."""

from __future__ import annotations

import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth import records
from tilth.records import REJECTS, Columns, rows_of

_SCHEMAS = {name: value for name, value in vars(records).items() if isinstance(value, pa.Schema)}


@given(st.lists(st.fixed_dictionaries({}, optional={"key": st.text(), "line": st.integers(0, 2**40)})))
def test_what_is_added_comes_back_in_order_and_what_is_not_named_is_null(rows):
    columns = Columns(REJECTS)
    for row in rows:
        columns.add(**row)
    expected = [dict.fromkeys(REJECTS.names) | row for row in rows]
    assert columns.table().to_pylist() == expected
    assert len(columns) == len(rows)


@pytest.mark.parametrize("name", _SCHEMAS)
def test_every_artifact_says_which_input_a_row_was_made_from(name):
    assert _SCHEMAS[name].names[0] == "key"


@pytest.mark.parametrize("name", _SCHEMAS)
def test_no_rows_are_still_a_table_of_the_schema(name):
    table = Columns(_SCHEMAS[name]).table()
    assert (table.num_rows, table.schema) == (0, _SCHEMAS[name])


def test_a_column_that_the_schema_lacks_is_refused():
    with pytest.raises(KeyError, match="colour"):
        Columns(REJECTS).add(colour="red")


def test_rows_come_as_tuples_of_the_named_columns():
    table = pa.table({"number": [1, 2], "word": ["one", "two"]})
    assert list(rows_of(table, "word", "number")) == [("one", 1), ("two", 2)]
