"""Anybody's table, from JSONL, JSON, CSV, YAML or Parquet: its columns, and its rows in their order.

A Parquet file keeps its types and is read in batches; of the others all values of CSV are text, and a column whose
values are of several kinds becomes JSON. A bad row is a reject with its line, and the others are read.
"""

from __future__ import annotations

import csv
import json
from collections import Counter
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_datasets import BadRow, Record, read_dataset
from tilth.errors import RequestError
from tilth.records import REJECTS, Columns
from tilth.storable import storable

_FORMATS = ("parquet", "jsonl", "ndjson", "json", "csv", "tsv", "yaml", "yml")
# Rows read at once: some megabytes of text, and a row group of what is written.
_BATCH_ROWS = 2048
# The names of columns stand in the first line; a longer one is data.
_HEADER_BYTES = 1 << 20


class RowsFile:
    """A table to be read once. `schema` has its columns, `rows` is their number, `rejects` are those that are bad."""

    def __init__(self, path: Path) -> None:
        self.path = path
        self.rejects = REJECTS.empty_table()
        extension = path.suffix.removeprefix(".").lower()
        if extension not in _FORMATS:
            raise RequestError(f"{path} is no table that is known: name one of {', '.join(_FORMATS)}.")
        self._table: pa.Table | None = None
        try:
            if extension == "parquet":
                with pq.ParquetFile(path) as file:
                    self.schema, self.rows = file.schema_arrow, file.metadata.num_rows
            else:
                self._table = self._read(path.read_bytes())
                self.schema, self.rows = self._table.schema, self._table.num_rows
        except OSError as error:
            raise RequestError(f"{path} cannot be read: {error.strerror or error}.") from None
        except pa.ArrowException as error:
            raise RequestError(
                f"{path} cannot be read as Parquet: {str(error).partition(chr(10))[0]}"
            ) from None
        _check_names(path, self.schema.names)
        if not self.rows:
            why = self.rejects["detail"][0].as_py() if self.rejects.num_rows else "it is empty"
            raise RequestError(f"{path} has no row that can be read: {why}.")

    def batches(self) -> Iterator[pa.Table]:
        """The rows, some thousand at a time."""
        if self._table is not None:
            for start in range(0, self.rows, _BATCH_ROWS):
                yield self._table.slice(start, _BATCH_ROWS)
            return
        with pq.ParquetFile(self.path) as file:
            for batch in file.iter_batches(_BATCH_ROWS):
                yield pa.Table.from_batches([batch])

    def _read(self, data: bytes) -> pa.Table:
        rows: list[dict[str, Any]] = []
        rejects = Columns(REJECTS)
        name = self.path.name
        if self.path.suffix.lower() in (".csv", ".tsv"):
            _check_names(self.path, _names_of_csv(self.path, data))
        for found in read_dataset(str(self.path), data, IngestConfig()):
            if isinstance(found, Record):
                rows.append(storable(found.columns))
            elif isinstance(found, BadRow):
                place = f"{name}:{found.line or 0}"
                rejects.add(
                    key=place, item_id=place, path=name, line=found.line, reason=found.reason, detail=found.detail
                )  # fmt: skip
        self.rejects = rejects.table()
        names = dict.fromkeys(column for row in rows for column in row)
        return pa.table({column: _column([row.get(column) for row in rows]) for column in names})


def values_of(rows: pa.Table, path: Path) -> list[dict[str, Any]]:
    """The rows as Python values. What Python has no value for (nanoseconds, days after the year 9999) is its text.

    Raises `RequestError` for a column that cannot be read: its text is no UTF-8.
    """
    columns = []
    for name, column in zip(rows.column_names, rows.columns, strict=True):
        try:
            columns.append(column.to_pylist())
        except (pa.ArrowException, OverflowError, ValueError):
            columns.append(_texts_of(column, f"The column {name} of {path}"))
    return [dict(zip(rows.column_names, row, strict=True)) for row in zip(*columns, strict=True)]


def _texts_of(column: pa.ChunkedArray, what: str) -> list[str | None]:
    try:
        texts: list[str | None] = column.cast(pa.string()).to_pylist()
    except (pa.ArrowException, ValueError) as error:
        why = str(error).partition("\n")[0]
        raise RequestError(f"{what} cannot be read: {why}. Write it anew, or leave it out.") from None
    return texts


def _check_names(path: Path, names: Sequence[str]) -> None:
    twice = [name for name, times in Counter(names).items() if times > 1]
    if twice:
        raise RequestError(
            f"{path} has the column {twice[0]} {names.count(twice[0])} times. Give each a name of its own."
        )


def _names_of_csv(path: Path, data: bytes) -> list[str]:
    """The names in the first line of a CSV file, as far as they can be read at once."""
    delimiter = "\t" if path.suffix.lower() == ".tsv" else ","
    first = next((line for line in data[:_HEADER_BYTES].splitlines() if line.strip()), b"")
    try:
        return next(csv.reader([first.decode("utf-8-sig", "replace")], delimiter=delimiter), [])
    except csv.Error:
        return []


def _column(values: list[Any]) -> pa.Array:
    """The values as one type; where they have none in common, as JSON."""
    try:
        column = pa.array(values)
    except (pa.ArrowException, OverflowError, TypeError, ValueError):
        texts = [None if value is None else _as_text(value) for value in values]
        return pa.array(texts, pa.string())
    # Parquet has no struct without fields, and `{}` makes one.
    return column if column.type != pa.struct([]) else pa.array([_as_text(value) for value in values])


def _as_text(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
