"""What a stage alone leaves out: counted by reason, and written where somebody wants the rows."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Self

import pyarrow as pa
import pyarrow.compute as pc

from flows.alone.output import RowFile, row_file
from tilth.records import REJECTS


class Rejects:
    """Counts rejects, and adds them to a file when there is one."""

    def __init__(self, file: RowFile | None) -> None:
        self._file = file
        self._counts: Counter[str] = Counter()

    @classmethod
    @contextmanager
    def to(cls, path: Path | None, schema: pa.Schema = REJECTS) -> Iterator[Self]:
        """Rejects that go to a Parquet file in this shape, or are only counted where no path is given."""
        if path is None:
            yield cls(None)
            return
        with row_file(path, schema) as file:
            yield cls(file)

    def add(self, rejects: pa.Table) -> None:
        """Count a batch of them."""
        for entry in pc.value_counts(rejects["reason"].combine_chunks()).to_pylist():
            self._counts[entry["values"]] += entry["counts"]
        if self._file is not None:
            self._file.add(rejects)

    def by_reason(self) -> dict[str, int]:
        """Rows by reason, the most frequent first."""
        return dict(sorted(self._counts.items(), key=lambda entry: (-entry[1], entry[0])))
