"""The version itself: Parquet shards in one schema, rows in curriculum order.

The order is known from narrow columns, so the texts are never sorted as a whole: one pass deals them into
runs, each a stretch of a shard's order that fits in memory, and each run is then put in order and written.
Memory is bounded by a run and a batch whatever the corpus; the runs need disk for one uncompressed copy of
the texts.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from contextlib import AbstractContextManager, ExitStack, nullcontext
from itertools import groupby, pairwise
from operator import itemgetter
from pathlib import Path

import duckdb
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.export.columns import VERSION, select_list
from tasks.export.shards import Shard
from tilth.tokens import BYTES_PER_TOKEN

# Row groups end at the same rows however the texts came, so equal rows are equal files. Larger groups
# compress 1 % better (measured at 8,192) and cost memory four times over: in the writer and in whoever
# renders them.
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

# Text in a run, by the estimate of tokens; with its copy in order, and a batch, it is what is held at once.
_RUN_BYTES = 32 * 2**20

# Each run is an open file while the texts are dealt, and each shard is one run at least; a process may
# usually hold 1,024 files.
_MOST_RUNS = 256

_BATCH_ROWS = 4096

# `run` numbers the runs of all shards in order; `place` is a row's place in its shard.
_ORDER = """
CREATE OR REPLACE TEMP TABLE export_order AS
WITH wanted AS (
    SELECT p.example_id, p.quality, p.weight, p.rank, p.group_id, p.side, p.tokens, t.ordinal
    FROM export_placed AS p
    JOIN export_wanted AS t ON t.side = p.side AND t.number = p.shard
    WHERE p.reason IS NULL
),
placed AS (
    SELECT
        * EXCLUDE (tokens),
        row_number() OVER (PARTITION BY ordinal ORDER BY rank, example_id) AS place,
        sum(tokens) OVER before // $run_tokens AS stretch
    FROM wanted
    WINDOW before AS (PARTITION BY ordinal ORDER BY rank, example_id ROWS UNBOUNDED PRECEDING)
)
SELECT * EXCLUDE (stretch, ordinal), ordinal, dense_rank() OVER (ORDER BY ordinal, stretch) - 1 AS run
FROM placed
"""

_RUNS = "SELECT run, min(ordinal) FROM export_order GROUP BY run ORDER BY run"

_TEXTS = """
SELECT {columns}, p.run AS export_run, p.place AS export_place
FROM examples AS e
JOIN export_order AS p ON p.example_id = e.example_id
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


def _deal(texts: pa.RecordBatchReader, folder: Path, runs: int) -> None:
    """Write each row to the file of its run, in whatever order the rows come."""
    with ExitStack() as stack:
        writers = []
        for run in range(runs):
            sink = stack.enter_context(pa.output_stream(folder / str(run), buffer_size=2**18))
            writers.append(stack.enter_context(pa.ipc.new_stream(sink, texts.schema)))
        for batch in texts:
            numbers = batch.column("export_run").to_numpy()
            order = np.argsort(numbers, kind="stable")
            dealt = batch.take(pa.array(order))
            borders = [0, *(np.flatnonzero(np.diff(numbers[order])) + 1).tolist(), len(order)]
            for first, end in pairwise(borders):
                if end > first:
                    writers[int(numbers[order[first]])].write_batch(dealt.slice(first, end - first))


def _in_order(path: Path) -> pa.Table:
    """The rows of a run in their order, in a version's columns. The file is used up."""
    with pa.OSFile(str(path)) as source:
        table = pa.ipc.open_stream(source).read_all()
    path.unlink()
    table = table.take(pc.sort_indices(table, sort_keys=[("export_place", "ascending")]))
    return table.select(VERSION.names).cast(VERSION)


# Takes the rows of a shard, in order, while they are in memory.
Beside = Callable[[Shard], AbstractContextManager[Callable[[pa.RecordBatch], None]]]


def write_parquet(
    connection: duckdb.DuckDBPyConnection,
    wanted: list[tuple[Shard, Path]],
    scratch: Path,
    beside: Beside = lambda _shard: nullcontext(lambda _rows: None),
) -> None:
    """Write each shard to its path, from `examples` and `export_placed`; `scratch` is an empty folder.

    `beside` is opened for each shard in turn and gets its rows too, batch by batch.
    Raises `OSError` when the disk is full.
    """
    if not wanted:
        return
    shards = [shard for shard, _ in wanted]
    columns = {"side": [shard.side for shard in shards], "number": [shard.number for shard in shards]}
    connection.register("export_wanted", pa.table({**columns, "ordinal": list(range(len(shards)))}))
    try:
        _write_runs(connection, wanted, scratch, beside)
    finally:
        connection.unregister("export_wanted")
        connection.execute("DROP TABLE IF EXISTS export_order")


def _write_runs(
    connection: duckdb.DuckDBPyConnection, wanted: list[tuple[Shard, Path]], scratch: Path, beside: Beside
) -> None:
    ((total,),) = connection.execute("SELECT sum(tokens) FROM export_placed").fetchall()
    run_bytes = max(_RUN_BYTES, int(total or 0) * BYTES_PER_TOKEN / _MOST_RUNS)
    connection.execute(_ORDER, {"run_tokens": max(1, int(run_bytes / BYTES_PER_TOKEN))})
    runs = connection.execute(_RUNS).fetchall()
    # Closed even when the disk is full: the connection takes no other query while a result is open.
    with connection.sql(_TEXTS.format(columns=select_list())).to_arrow_reader(_BATCH_ROWS) as texts:
        _deal(texts, scratch, len(runs))
    for ordinal, mine in groupby(runs, key=itemgetter(1)):
        shard, path = wanted[ordinal]
        file = _ShardFile(path)
        with beside(shard) as add:
            for run, _ in mine:
                for batch in _in_order(scratch / str(run)).to_batches():
                    file.add(batch)
                    add(batch)
        file.close()
