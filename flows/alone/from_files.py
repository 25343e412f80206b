"""Files to units or to passages: survey, read, split or chunk, write; batch by batch.

Beside the columns of UNITS or CHUNKS a row names its `source`, `repository`, `licence` and `category`, and the row of a
module carries its file's `text`, so that `generate` needs nothing else. `path` is relative to the folder that was
named, and offsets are those of the text in UTF-8 without a byte-order mark.
"""

from __future__ import annotations

import tempfile
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.alone.output import row_file
from flows.alone.progress import Tell
from flows.alone.rejects import Rejects
from flows.recipe import Recipe
from tasks.chunk.by_structure import chunk_documents
from tasks.ingest.read_files import ingest_files
from tasks.ingest.survey import survey_sources
from tasks.split.by_syntax import split_documents
from tilth.memory import give_back
from tilth.pool import map_in_pool
from tilth.records import CHUNKS, REJECTS, UNITS, Columns, Outcome, rows_of

# What a row is told of its document; the text comes to the module alone.
ABOUT = ("source", "repository", "licence", "category")
_ABOUT_FIELDS = [(name, pa.string()) for name in ABOUT]
UNITS_FILE = pa.schema(
    [*UNITS, *map(pa.field, *zip(*_ABOUT_FIELDS, strict=True)), pa.field("text", pa.string())]
)
CHUNKS_FILE = pa.schema([*CHUNKS, *map(pa.field, *zip(*_ABOUT_FIELDS, strict=True))])

# Text of one batch: its units take 30 MB, and half a CPU second goes into it, so that handing it over is nothing.
_BATCH_BYTES = 3_000_000


@dataclass(frozen=True)
class Job:
    """Which kind of document a stage takes, what it makes of them, and the shape of its file."""

    stage: str
    kind: str
    engine: Callable[[pa.Table, Any], Outcome]
    schema: pa.Schema
    rows_are: str
    elsewhere: str  # reason of a document of the other kind


JOBS = {
    "split": Job("split", "code", split_documents, UNITS_FILE, "units", "not_code"),
    "chunk": Job("chunk", "prose", chunk_documents, CHUNKS_FILE, "passages", "not_prose"),
}


def from_files(
    stage: str, paths: Sequence[str], out: Path, rejects_path: Path | None, recipe: Recipe, tell: Tell
) -> dict[str, Any]:
    """Write the stage's file and return its counts: rows, files, bytes, rejects by reason, path.

    `files` and `bytes` are what was read; in `rejects` a folder that is not entered counts once. Raises `RequestError`
    for a path that does not exist, `LakeError` for a file that cannot be written.
    """
    job = JOBS[stage]
    read: Counter[str] = Counter()
    with ExitStack() as stack:
        rows = stack.enter_context(row_file(out, job.schema))
        rejects = stack.enter_context(Rejects.to(rejects_path))
        cache = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="tilth-")))
        survey = survey_sources(paths, recipe.ingest, cache)
        rejects.add(survey.rejects)
        batches = list(_batches(survey.rows))
        tell.began(stage, len(batches))
        for outcome, files, size in map_in_pool(partial(_run, stage, recipe), batches):
            rows.add(outcome.rows)
            rejects.add(outcome.rejects)
            read.update(files=files, bytes=size)
            tell.advanced(stage)
    return {
        "rows": rows.rows,
        "files": read["files"],
        "bytes": read["bytes"],
        "rejects": rejects.by_reason(),
        "path": str(out),
    }


def _batches(files: pa.Table) -> Iterator[pa.Table]:
    """Surveyed files in stretches of about `_BATCH_BYTES`."""
    start = size = 0
    for row, row_bytes in enumerate(files["bytes"].to_pylist()):
        if row > start and size + row_bytes > _BATCH_BYTES:
            yield files.take(pa.array(range(start, row)))
            start, size = row, 0
        size += row_bytes
    if files.num_rows:
        yield files.take(pa.array(range(start, files.num_rows)))


def _run(stage: str, recipe: Recipe, files: pa.Table) -> tuple[Outcome, int, int]:
    """One batch: its rows and rejects, and how many documents and bytes of the stage's kind it read."""
    job = JOBS[stage]
    ingested = ingest_files(files, recipe.ingest)
    is_wanted = pc.equal(ingested.rows["kind"], job.kind)
    documents = ingested.rows.filter(is_wanted)
    others = _elsewhere(ingested.rows.filter(pc.invert(is_wanted)), job.elsewhere)
    outcome = job.engine(documents, getattr(recipe, stage))
    rows = _with_documents(outcome.rows, documents, job.schema)
    rejects = pa.concat_tables([ingested.rejects, others, outcome.rejects])
    size = pc.sum(documents["bytes"]).as_py() or 0
    count = documents.num_rows
    del ingested, documents, outcome
    give_back()
    return Outcome(rows, rejects), count, size


def _elsewhere(documents: pa.Table, reason: str) -> pa.Table:
    """A reject for each document that the stage does not take."""
    rejects = Columns(REJECTS)
    for document_id, path, kind, language in rows_of(documents, "document_id", "path", "kind", "language"):
        detail = f"it is {kind}: {language}"
        rejects.add(key=document_id, item_id=document_id, path=path, reason=reason, detail=detail)
    return rejects.table()


def _with_documents(rows: pa.Table, documents: pa.Table, schema: pa.Schema) -> pa.Table:
    """The rows with what their documents say of themselves."""
    place = pc.index_in(rows["document_id"], value_set=documents["document_id"].combine_chunks())
    for name in schema.names[len(rows.column_names) :]:
        chosen = place
        if name == "text":
            chosen = pc.if_else(pc.equal(rows["kind"], "module"), place, pa.scalar(None, place.type))
        rows = rows.append_column(schema.field(name), documents[name].combine_chunks().take(chosen))
    return rows
