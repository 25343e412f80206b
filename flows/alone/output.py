"""Parquet written batch by batch under a temporary name, and renamed when it is whole."""

from __future__ import annotations

import os
from collections.abc import Iterator, Mapping
from contextlib import ExitStack, contextmanager, suppress
from pathlib import Path
from typing import IO

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.errors import LakeError, RequestError
from tilth.lake import is_alive, sync_path

# Level 1 writes as quickly as LZ4 here and takes two thirds of its bytes (units of the standard library).
_COMPRESSION_LEVEL = 1
# Columns whose values repeat; a dictionary of the others is built in vain.
_REPEATING = (
    *("key", "document_id", "parent_id", "kind", "language", "path", "source", "repository", "licence", "category"),
    *("return_type", "task", "method", "method_version", "oracle", "group_id", "difficulty", "template_id", "reason"),
)  # fmt: skip


class RowFile:
    """A Parquet file that grows by row groups; `rows` counts them."""

    def __init__(self, file: IO[bytes], schema: pa.Schema) -> None:
        self.rows = 0
        self._writer = pq.ParquetWriter(
            file,
            schema,
            compression="zstd",
            compression_level=_COMPRESSION_LEVEL,
            use_dictionary=[name for name in _REPEATING if name in schema.names],
        )

    def add(self, table: pa.Table) -> None:
        """Append a batch as a row group of its own."""
        if table.num_rows:
            self._writer.write_table(table, row_group_size=table.num_rows)
            self.rows += table.num_rows

    def close(self) -> None:
        """Write the footer."""
        self._writer.close()


def check_target(path: Path) -> None:
    """Raise `RequestError` when no file can come to lie at the path; asked before the work, not after it."""
    if path.is_dir():
        raise RequestError(f"{path} is a folder. Name a file in it: {path / 'rows.parquet'}")
    folder = path.parent
    if not folder.is_dir():
        raise RequestError(f"The folder {folder} does not exist. Make it first, or name another file.")
    if not os.access(folder, os.W_OK | os.X_OK):
        raise RequestError(f"The folder {folder} cannot be written. Name a file somewhere else.")


def check_apart(targets: Mapping[str, Path | None], inputs: Mapping[str, Path | None]) -> None:
    """Raise `RequestError` when a file that is to be written is also read, or written twice; by their options."""
    taken = {_place(path): option for option, path in inputs.items() if path is not None}
    for option, path in targets.items():
        if path is None:
            continue
        other = taken.get(_place(path))
        if other is not None:
            raise RequestError(
                f"{option} and {other} name the same file, {path}. Name another one for {option}."
            )
        taken[_place(path)] = option


def _place(path: Path) -> str:
    return os.path.realpath(path)


@contextmanager
def row_file(path: Path, schema: pa.Schema) -> Iterator[RowFile]:
    """A file for rows of this schema, which takes the path's place when the block ends well.

    Raises `LakeError` when the disk is full or the file cannot be written; then the path is as it was.
    """
    check_target(path)
    _clear_strays(path)
    partial = path.with_name(f".{path.name}.{os.getpid()}.partial")
    try:
        with ExitStack() as stack:
            stack.callback(partial.unlink, missing_ok=True)
            file = stack.enter_context(partial.open("wb"))
            rows = RowFile(file, schema)
            # Closed in any case, and before its file is: a writer that is left to itself complains when it goes.
            try:
                yield rows
            finally:
                rows.close()
            file.flush()
            os.fsync(file.fileno())
            partial.replace(path)
            sync_path(path.parent)
    except OSError as error:
        # Files that are read are judged where they are read; what comes here could not be written.
        raise LakeError(
            f"{path} cannot be written: {error.strerror or error}. Nothing was changed there; "
            "free some room or name another place, and run it again."
        ) from None


def _clear_strays(path: Path) -> None:
    """Remove what processes that were killed left of this file."""
    for stray in path.parent.glob(f".{glob_escaped(path.name)}.*.partial"):
        owner = stray.name.split(".")[-2]
        if owner.isdigit() and not is_alive(int(owner)):
            with suppress(OSError):
                stray.unlink()


def glob_escaped(name: str) -> str:
    """A file's name as a pattern that only matches itself.

    >>> glob_escaped("a[1].parquet")
    'a[[]1].parquet'
    """
    return "".join(f"[{letter}]" if letter in "*?[" else letter for letter in name)
