"""Material for methods that ask a model, from the files that a command names."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc

from flows.alone.by_document import batches_of, opened, require_columns
from flows.alone.generate import MAKE_CHUNKS, MAKE_UNITS, NEEDED_OF_CHUNKS, chunks_and_documents
from flows.alone.given_units import NEEDED, given_units
from flows.alone.rows_file import RowsFile, values_of
from flows.recipe import Recipe
from tasks.generate.by_model.materials import (
    item_of_row,
    items_of_chunks,
    items_of_units,
    mask_items,
    seed_of,
)
from tasks.generate.by_model.protocol import Item
from tasks.ingest.config import ColumnMapping
from tasks.ingest.read_datasets import BadMessages, messages_of
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.records import REJECTS, Columns

# Columns of a table of seeds that a cell can choose by.
_CELL_COLUMNS = ("category", "difficulty", "language")


def read_seeds(path: Path) -> tuple[list[Item], pa.Table]:
    """The seeds in a table: rows with instruction and output, or with messages; rejects for the others."""
    source = RowsFile(path)
    rejects = Columns(REJECTS)
    found: list[Item] = []
    line = 0
    for batch in source.batches():
        for row in values_of(batch, path):
            line += 1
            try:
                messages = messages_of(row, ColumnMapping())
                reason, detail = "no_question_and_answer", ""
            except BadMessages as error:
                messages, reason, detail = None, "bad_messages", str(error)
            seed = seed_of(digest("seed", path.name, str(line)), messages or [])
            if seed is None:
                place = f"{path.name}:{line}"
                rejects.add(key=place, item_id=place, path=path.name, line=line, reason=reason, detail=detail)
                continue
            # Equal seeds are one piece, wherever they stand.
            item_id = digest("seed", seed.text, seed.answer)
            category, difficulty, language = (str(row.get(name) or "") for name in _CELL_COLUMNS)
            found.append(
                seed._replace(
                    item_id=item_id,
                    group_id=item_id,
                    values=row,
                    category=category,
                    difficulty=difficulty or seed.difficulty,
                    language=language,
                )
            )
    if not found:
        mapping = ColumnMapping()
        raise RequestError(
            f"{path} holds no seed: a row needs {mapping.instruction} and {mapping.output}, or {mapping.messages}; "
            f"it has {', '.join(source.schema.names[:20])}."
        )
    unique = {item.item_id: item for item in found}
    return mask_items(unique.values()), pa.concat_tables([source.rejects, rejects.table()])


def read_rows(path: Path) -> tuple[list[Item], pa.Table]:
    """The rows of a table, each a piece."""
    source = RowsFile(path)
    items: list[Item] = []
    for batch in source.batches():
        items += [
            item_of_row(row, f"{path.name}:{len(items) + at}")
            for at, row in enumerate(values_of(batch, path), 1)
        ]
    return mask_items(items), source.rejects


def read_passages(path: Path) -> list[Item]:
    """The passages of a chunks file."""
    items: list[Item] = []
    with opened(path, MAKE_CHUNKS) as file:
        require_columns(file, path, NEEDED_OF_CHUNKS)
        for rows in batches_of(file, path, "document_id", ("start", "chunk_id")):
            items += items_of_chunks(*chunks_and_documents(rows))
    return _some(items, path, "passage that reads as prose")


def read_units(path: Path, root: Path, recipe: Recipe) -> tuple[list[Item], pa.Table]:
    """The functions, methods and classes of a units file; rejects for rows without a unit."""
    items: list[Item] = []
    rejects: list[pa.Table] = []
    with opened(path, MAKE_UNITS) as file:
        require_columns(file, path, NEEDED)
        document = "document_id" if "document_id" in file.schema_arrow.names else "path"
        for rows in batches_of(file, path, document, ("start", "end")):
            given = given_units(rows, root, recipe.split, recipe.ingest.max_file_bytes)
            items += items_of_units(given.units, _named(given.documents), given.kept)
            rejects.append(given.rejects)
    return _some(items, path, "function, method or class"), pa.concat_tables(rejects)


def _named(documents: pa.Table) -> pa.Table:
    for name in ("licence", "category", "repository"):
        filled = pc.fill_null(documents[name], "unknown" if name == "licence" else "units")
        documents = documents.set_column(documents.column_names.index(name), name, filled)
    return documents


def _some(items: Sequence[Item], path: Path, kind: str) -> list[Item]:
    if not items:
        raise RequestError(f"{path} holds no {kind} to start from.")
    return list(items)
