"""Rows of a Parquet file in batches that hold whole documents, whoever wrote the file and in whatever order."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory, gettempdir

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.errors import LakeError, RequestError

# Rows of units of 2 MB of code; a batch ends with the document in which it reaches so many.
_BATCH_ROWS = 8192


@contextmanager
def opened(path: Path, made_by: str) -> Iterator[pq.ParquetFile]:
    """A Parquet file. Raises `RequestError` for a file that is missing or is none; `made_by` is how one is made."""
    try:
        with path.open("rb") as source:
            yield pq.ParquetFile(source, memory_map=False)
    except FileNotFoundError:
        raise RequestError(f"{path} does not exist. Make it: {made_by}") from None
    except IsADirectoryError:
        raise RequestError(f"{path} is a folder. Name one Parquet file, as this makes: {made_by}") from None
    except PermissionError:
        raise RequestError(f"{path} may not be read. Change its permissions, or name another file.") from None
    except pa.ArrowInvalid as error:
        raise RequestError(
            f"{path} cannot be read as Parquet: {str(error).partition(chr(10))[0]} Make one: {made_by}"
        ) from None


def require_columns(file: pq.ParquetFile, path: Path, wanted: pa.Schema) -> None:
    """Raise `RequestError` when a column is missing, or is of a type that cannot become the wanted one."""
    held = file.schema_arrow
    missing = [name for name in wanted.names if name not in held.names]
    if missing:
        raise RequestError(
            f"{path} lacks the column{'s' * (len(missing) > 1)} {', '.join(missing)}; "
            f"it has {', '.join(held.names[:40])}."
        )
    for field in wanted:
        found = held.field(field.name).type
        if isinstance(found, pa.DictionaryType):
            found = found.value_type
        if _sort_of(found) != _sort_of(field.type):
            raise RequestError(
                f"{path}: the column {field.name} holds {found}; {field.type} is needed there."
            )


def _sort_of(kind: pa.DataType) -> str:
    if pa.types.is_string(kind) or pa.types.is_large_string(kind) or pa.types.is_string_view(kind):
        return "text"
    if pa.types.is_list(kind) or pa.types.is_large_list(kind):
        return f"list of {_sort_of(kind.value_type)}"
    return "number" if pa.types.is_integer(kind) else str(kind)


def batches_of(file: pq.ParquetFile, path: Path, document: str, order: tuple[str, ...]) -> Iterator[pa.Table]:
    """The file's rows, each batch some whole documents.

    `document` is the column that tells documents apart. Where rows of one lie apart, all are sorted by `document` and
    `order` first, on the disk.
    """
    is_together, documents = _is_together(file, document)
    if is_together:
        tables = (file.read_row_group(number, use_threads=False) for number in range(file.num_row_groups))
        yield from _regrouped(tables, document)
    elif documents:
        with sorted_rows(path, (document, *order)) as rows:
            yield from _regrouped((pa.Table.from_batches([batch]) for batch in rows), document)


def _is_together(file: pq.ParquetFile, document: str) -> tuple[bool, int]:
    """Whether the rows of each document are next to each other, and how many documents there are."""
    runs = 0
    seen: set[str | None] = set()
    last: object = object()
    for batch in file.iter_batches(columns=[document], use_threads=False):
        values = pc.run_end_encode(batch.column(0).cast(pa.string())).values.to_pylist()
        runs += len(values) - bool(values and values[0] == last)
        seen.update(values)
        last = values[-1] if values else last
    return runs == len(seen), len(seen)


@contextmanager
def sorted_rows(path: Path, order: tuple[str, ...]) -> Iterator[pa.RecordBatchReader]:
    """The rows of a Parquet file, sorted by DuckDB, which spills to the disk where it must.

    Raises `LakeError` when the disk has no room for that.
    """
    import duckdb

    from tilth.query import connect, parquet

    columns = ", ".join(f'"{name}"' for name in order)
    sql = f"SELECT * FROM {parquet(path)} ORDER BY {columns}"
    with TemporaryDirectory(prefix="tilth-") as spill, connect(Path(spill)) as connection:
        try:
            with connection.sql(sql).to_arrow_reader(4096) as rows:
                yield rows
        except duckdb.Error as error:
            raise LakeError(
                f"{path} cannot be sorted: {str(error).partition(chr(10))[0]}. Free room in {gettempdir()}, "
                "or write its rows so that those of one file stand together."
            ) from None


def _regrouped(tables: Iterator[pa.Table], document: str) -> Iterator[pa.Table]:
    """The rows of the tables, cut between documents."""
    held: list[pa.Table] = []
    size = 0
    for table in tables:
        held.append(table)
        size += table.num_rows
        if size < _BATCH_ROWS:
            continue
        whole = pa.concat_tables(held)
        start = 0
        for end in _cuts(whole[document]):
            # A copy: a slice would go to a worker with all that it is cut from.
            yield whole.take(pa.array(range(start, end)))
            start = end
        held, size = [whole.slice(start)], whole.num_rows - start
    if size:
        yield pa.concat_tables(held).take(pa.array(range(size)))


def _cuts(documents: pa.ChunkedArray) -> list[int]:
    """Where to cut: at ends of documents, `_BATCH_ROWS` or more apart; never after the last, which may go on."""
    ends = pc.run_end_encode(documents.combine_chunks().cast(pa.string())).run_ends.to_numpy()[:-1]
    cuts: list[int] = []
    start = 0
    while len(ends) and start + _BATCH_ROWS <= ends[-1]:
        start = int(ends[np.searchsorted(ends, start + _BATCH_ROWS)])
        cuts.append(start)
    return cuts
