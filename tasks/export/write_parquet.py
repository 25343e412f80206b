"""The version itself: Parquet shards in one schema, rows in curriculum order.

One sorted stream over the rows of all shards to be written, cut into files as it passes: each text is sorted
once whatever the number of shards, and no more than a row group is held here (the sort spills to DuckDB's
disk).
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from itertools import pairwise
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.export.columns import VERSION, select_list
from tasks.export.shards import Shard

# One DuckDB vector: row groups end at the same rows however the stream was batched, so equal rows are equal
# files.
ROWS_PER_GROUP = 2048

# Level 1 takes half of level 3's time over the same rows, for 11 % more bytes (417 MB of examples, 2 cores).
_ZSTD_LEVEL = 1

_FEW_VALUES = [
    "kind",
    "task",
    "method",
    "language",
    "category",
    "difficulty",
    "licence",
    "group_id",
    "template_id",
    "oracle",
]

_SORTED = """
SELECT {columns}, t.ordinal AS export_ordinal
FROM examples AS e
JOIN export_placed AS p ON p.example_id = e.example_id
JOIN export_wanted AS t ON t.side = p.side AND t.number = p.shard
WHERE p.reason IS NULL
ORDER BY t.ordinal, p.rank, p.example_id
"""


def sha256_of(path: Path) -> str:
    """Hexadecimal SHA-256 of a file, as `sha256sum` prints it."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


class _ShardFile:
    """One Parquet file, filled slice by slice; its row groups hold `ROWS_PER_GROUP` rows, but the last."""

    def __init__(self, path: Path) -> None:
        self._waiting: list[pa.RecordBatch] = []
        self._rows = 0
        self._writer = pq.ParquetWriter(
            path, VERSION, compression="zstd", compression_level=_ZSTD_LEVEL, use_dictionary=_FEW_VALUES
        )

    def add(self, batch: pa.RecordBatch) -> None:
        self._waiting.append(batch)
        self._rows += batch.num_rows
        if self._rows >= ROWS_PER_GROUP:
            table = pa.Table.from_batches(self._waiting)
            whole = self._rows - self._rows % ROWS_PER_GROUP
            self._writer.write_table(table.slice(0, whole), row_group_size=ROWS_PER_GROUP)
            self._waiting = table.slice(whole).to_batches()
            self._rows -= whole

    def close(self) -> None:
        if self._rows:
            self._writer.write_table(pa.Table.from_batches(self._waiting))
        self._writer.close()


def _runs(ordinals: np.ndarray[tuple[int], np.dtype[np.int64]]) -> Iterator[tuple[int, int, int]]:
    """Runs of equal values in a sorted array, as (value, first, end)."""
    borders = [0, *(np.flatnonzero(np.diff(ordinals)) + 1).tolist(), len(ordinals)]
    for first, end in pairwise(borders):
        if end > first:
            yield int(ordinals[first]), first, end


def write_parquet(connection: duckdb.DuckDBPyConnection, wanted: list[tuple[Shard, Path]]) -> None:
    """Write each shard to its path, from `examples` and `export_placed`.

    Raises `OSError` when the disk is full.
    """
    if not wanted:
        return
    # Read by name in the query below, which DuckDB would not see as a use.
    table = pa.table(
        {
            "side": [shard.side for shard, _ in wanted],
            "number": [shard.number for shard, _ in wanted],
            "ordinal": pa.array(range(len(wanted)), pa.int64()),
        }
    )
    connection.register("export_wanted", table)
    query = _SORTED.format(columns=select_list())
    file: _ShardFile | None = None
    current = -1
    try:
        for batch in connection.sql(query).to_arrow_reader(ROWS_PER_GROUP):
            rows = batch.select(VERSION.names).cast(VERSION)
            for ordinal, first, end in _runs(batch.column("export_ordinal").to_numpy()):
                if ordinal != current:
                    if file is not None:
                        file.close()
                    file, current = _ShardFile(wanted[ordinal][1]), ordinal
                if file is not None:
                    file.add(rows.slice(first, end - first))
        if file is not None:
            file.close()
    finally:
        connection.unregister("export_wanted")
