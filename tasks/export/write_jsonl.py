"""JSON Lines files for trainers: the rows of a version's shard in every format that wants them, side by side.

Rows come as they are written to Parquet, or from a Parquet file that was there already; a row is rendered into
all formats while it is in memory. Memory is bounded by `ROWS_AT_ONCE` rows. Does not decide what is rendered.
"""

from __future__ import annotations

import hashlib
from collections import Counter
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path
from types import TracebackType
from typing import NamedTuple

import orjson
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.export.render import Rendering

# Rows that stand as Python objects at once: some 1 MB of text.
ROWS_AT_ONCE = 512


class Written(NamedTuple):
    """What a file came to hold: lines, and the examples they say; examples skipped, by reason."""

    rows: int
    examples: int
    skipped: dict[str, int]
    bytes: int
    sha256: str


class _LineFile:
    """A file of lines, with its digest taken as it is written."""

    def __init__(self, path: Path, rendering: Rendering, stack: ExitStack) -> None:
        self._rendering = rendering
        self._file = stack.enter_context(path.open("wb"))
        self._digest = hashlib.sha256()
        self._skipped: Counter[str] = Counter()
        self._rows = self._examples = self._bytes = 0

    def add(self, rows: pa.RecordBatch) -> None:
        columns = (rows.column(name).to_pylist() for name in self._rendering.columns)
        lines: list[bytes] = []
        for said in map(self._rendering.say, *columns):
            if isinstance(said, str):
                self._skipped[said] += 1
            else:
                self._examples += 1
                lines += [orjson.dumps(one, option=orjson.OPT_APPEND_NEWLINE) for one in said]
        self._rows += len(lines)
        data = b"".join(lines)
        self._file.write(data)
        self._digest.update(data)
        self._bytes += len(data)

    def written(self) -> Written:
        # What still waits in the buffer must meet a full disk here, not when the file is dropped.
        self._file.flush()
        skipped = dict(sorted(self._skipped.items()))
        return Written(self._rows, self._examples, skipped, self._bytes, self._digest.hexdigest())


class LineFiles:
    """The files of one shard, open side by side. Raises `OSError` when one cannot be written."""

    def __init__(self, wanted: Sequence[tuple[Rendering, Path]]) -> None:
        self._stack = ExitStack()
        self._files = [_LineFile(path, rendering, self._stack) for rendering, path in wanted]

    def __enter__(self) -> LineFiles:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stack.close()

    def add(self, rows: pa.RecordBatch) -> None:
        """Render rows, a record batch of a version's columns, into each file."""
        for start in range(0, rows.num_rows, ROWS_AT_ONCE):
            for file in self._files:
                file.add(rows.slice(start, ROWS_AT_ONCE))

    def written(self) -> list[Written]:
        """What each file holds, in the order in which they were wanted."""
        return [file.written() for file in self._files]


def write_jsonl(shard: Path, wanted: Sequence[tuple[Rendering, Path]]) -> list[Written]:
    """Render a Parquet shard that is there already into each wanted file, in the shard's order.

    Raises `OSError` when a file cannot be written.
    """
    with LineFiles(wanted) as files, pq.ParquetFile(shard) as source:
        for batch in source.iter_batches(ROWS_AT_ONCE, use_threads=False):
            files.add(batch)
        return files.written()
