"""JSON Lines files for trainers, rendered from the Parquet shards of a version.

A row group is decoded once and rendered into every format that wants it; DuckDB makes the lines as one Arrow
column, whose buffer goes to the file as it is. Memory is bounded by a row group. Does not decide what is
rendered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from contextlib import ExitStack
from pathlib import Path
from typing import NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.export.render import Rendering

# Small batches gain nothing from threads; a batch of long texts may pass the 2 GiB of 32-bit offsets.
_ALONE: dict[str, str | bool | int | float | list[str]] = {
    "threads": 1,
    "arrow_large_buffer_size": True,
    # The default; the files' order rests on it.
    "preserve_insertion_order": True,
    "autoinstall_known_extensions": False,
}


class Written(NamedTuple):
    """What a file came to hold: lines, and the examples they say; examples skipped, by reason."""

    rows: int
    examples: int
    skipped: dict[str, int]
    bytes: int
    sha256: str


class _LineFile:
    """A file of lines, with its digest taken as it is written."""

    def __init__(self, path: Path, query: str, stack: ExitStack) -> None:
        self.query = query
        self._file = stack.enter_context(path.open("wb"))
        self._digest = hashlib.sha256()
        self._skipped: Counter[str] = Counter()
        self._rows = self._examples = self._bytes = 0

    def add(self, rendered: pa.Table) -> None:
        for pair in pc.value_counts(rendered.column("reason").combine_chunks().drop_null()):
            self._skipped[pair["values"].as_py()] += pair["counts"].as_py()
        self._rows += pc.sum(rendered.column("lines")).as_py() or 0
        for chunk in rendered.column("text").chunks:
            self._write(chunk.drop_null())

    def _write(self, texts: pa.LargeStringArray) -> None:
        if not len(texts):
            return
        self._examples += len(texts)
        _, offsets, data = texts.buffers()
        # Lines end with their newline, so the values' bytes, one behind the other, are the file.
        borders = memoryview(offsets).cast("q")
        lines = memoryview(data)[borders[texts.offset] : borders[texts.offset + len(texts)]]
        self._file.write(lines)
        self._digest.update(lines)
        self._bytes += len(lines)

    def written(self) -> Written:
        # What still waits in the buffer must meet a full disk here, not when the file is dropped.
        self._file.flush()
        skipped = dict(sorted(self._skipped.items()))
        return Written(self._rows, self._examples, skipped, self._bytes, self._digest.hexdigest())


def write_jsonl(shard: Path, wanted: list[tuple[Rendering, Path]]) -> list[Written]:
    """Render one Parquet shard into each wanted file, in the shard's order.

    Raises `OSError` when a file cannot be written.
    """
    with ExitStack() as stack:
        connection = stack.enter_context(duckdb.connect(config=_ALONE))
        files = [_LineFile(path, rendering.query(), stack) for rendering, path in wanted]
        source = stack.enter_context(pq.ParquetFile(shard))
        for group in range(source.num_row_groups):
            connection.register("shard", source.read_row_group(group, use_threads=False))
            for file in files:
                file.add(connection.sql(file.query).to_arrow_table())
        return [file.written() for file in files]
