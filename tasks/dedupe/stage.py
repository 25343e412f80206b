"""What the stage `dedupe` reads: documents, units and examples, each sketched shard by shard, then compared.

The sketches are parts like any other, so a changed file is sketched alone; who survives is decided over all of
them at once. What each kind of item is compared by, and which of two is the better, stands here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedupe.by_signature import ITEMS, find_survivors, sketch_items
from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.ranked import SKETCHES
from tilth.artifact import Artifact, known_keys
from tilth.lake import Lake
from tilth.query import connect, parquet
from tilth.records import (
    DOCUMENTS,
    EXAMPLES,
    REJECTS,
    SURVIVORS,
    UNITS,
    VERDICTS,
    Outcome,
    narrow,
)
from tilth.stage import Stage, open_views, read_inputs

_MODULES = ("tasks.dedupe.by_signature", "tasks.dedupe.stage")
_PACKAGES = ("numpy",)
# Signatures that are read at once: 16 MB.
_BATCH_ROWS = 32_768
# Texts that are read at once: some 20 MB of documents.
_BATCH_TEXTS = 2048

# What is read to sketch each kind of item.
_DOCUMENTS = narrow(DOCUMENTS, "document_id", "kind", "language", "text", "licence_class", "secrets")
_TEXTS = narrow(DOCUMENTS, "document_id", "text")
_UNITS = narrow(
    UNITS,
    *(
        "key",
        "unit_id",
        "document_id",
        "ordinal",
        "kind",
        "language",
        "start",
        "end",
        "docstring",
        "has_error",
    ),
)
_EXAMPLES = narrow(EXAMPLES, "key", "example_id", "task", "origin_id", "subject")
_VERDICTS = narrow(VERDICTS, "key", "example_id", "is_accepted", "quality")


class Subject(NamedTuple):
    """A kind of thing that is deduplicated."""

    sketches: Stage
    survivors: Stage
    reads: tuple[str, ...]
    wanted_sql: str
    # SQL over the views of `reads` that gives item_id and text for the ids in the view `asked`.
    texts_sql: str


def _subject(name: str, reads: tuple[str, ...], wanted_sql: str, texts_sql: str) -> Subject:
    sketches = Stage(f"{name}_sketches", SKETCHES, f"tasks.dedupe.stage:sketch_{name}s", _MODULES, _PACKAGES)
    survivors = Stage(f"surviving_{name}s", SURVIVORS, "", _MODULES, _PACKAGES, suite="tasks.dedupe.suite")
    return Subject(sketches, survivors, reads, wanted_sql, texts_sql)


# The better of two documents is the one that may be used, then the one without secrets.
_DOCUMENT_QUALITY = """
    CASE licence_class WHEN 'permissive' THEN 0.7 WHEN 'copyleft' THEN 0.5 WHEN 'other' THEN 0.4 ELSE 0.3 END
    + CASE WHEN len(secrets) = 0 THEN 0.3 ELSE 0 END
"""
# The better of two units is documented and whole.
_UNIT_QUALITY = (
    "0.4 + CASE WHEN docstring IS NULL THEN 0 ELSE 0.3 END + CASE WHEN has_error THEN 0 ELSE 0.3 END"
)

DOCUMENTS_SUBJECT = _subject(
    "document",
    ("documents",),
    """
    SELECT
        document_id AS key,
        document_id,
        md5(concat_ws('/', document_id, kind, language, licence_class, secrets::VARCHAR)) AS work_digest,
        bytes,
        part AS documents_part
    FROM documents
    """,
    "SELECT document_id AS item_id, text FROM documents SEMI JOIN asked ON asked.item_id = document_id",
)
UNITS_SUBJECT = _subject(
    "unit",
    ("units", "documents"),
    """
    WITH own AS (
        SELECT key, any_value(part) AS part, bit_xor(hash(unit_id, kind, start, "end", docstring, has_error)) AS digest
        FROM units
        WHERE kind IN ('function', 'method', 'class')
        GROUP BY key
    )
    SELECT
        own.key,
        document_id,
        md5(concat_ws('/', document_id, own.digest)) AS work_digest,
        documents.bytes,
        own.part AS units_part,
        documents.part AS documents_part
    FROM own
    JOIN documents ON documents.document_id = own.key
    """,
    # In two steps, so that DuckDB knows how few are asked for and does not put all texts into a hash table instead.
    """
    CREATE OR REPLACE TEMP TABLE spans AS
    SELECT unit_id, document_id, start, "end"
    FROM units
    SEMI JOIN asked ON asked.item_id = unit_id;
    SELECT unit_id AS item_id, decode(encode(text)[spans.start + 1 : spans."end"]) AS text
    FROM documents
    JOIN spans ON spans.document_id = documents.document_id
    """,
)
EXAMPLES_SUBJECT = _subject(
    "example",
    ("examples", "verdicts"),
    """
    WITH judged AS (
        SELECT key, any_value(part) AS part, bit_xor(hash(example_id, quality)) AS digest
        FROM verdicts
        WHERE is_accepted
        GROUP BY key
    )
    SELECT
        judged.key,
        md5(concat_ws('/', judged.key, judged.digest, own.digest)) AS work_digest,
        own.bytes,
        own.part AS examples_part,
        judged.part AS verdicts_part
    FROM judged
    JOIN (
        SELECT key, any_value(part) AS part, bit_xor(hash(example_id, task, origin_id)) AS digest,
               -- Of an example its subject alone is read, about a quarter of its text.
               sum(tokens) AS bytes
        FROM examples
        GROUP BY key
    ) AS own ON own.key = judged.key
    """,
    "SELECT example_id AS item_id, subject AS text FROM examples SEMI JOIN asked ON asked.item_id = example_id",
)


def wanted(connection: duckdb.DuckDBPyConnection, subject: Subject) -> pa.Table:
    """One row of work for each document that has items to sketch."""
    return connection.sql(subject.wanted_sql).to_arrow_table()


def _sketched(items: pa.Table, config: DedupeConfig) -> Outcome:
    return Outcome(sketch_items(items.cast(ITEMS), config), REJECTS.empty_table())


def sketch_documents(lake: Lake, batch: pa.Table, config: DedupeConfig) -> Outcome:
    """Sketch documents by their text; only those of one kind and language are compared."""
    documents = read_inputs(lake, batch, "documents", _DOCUMENTS, on="document_id", key="document_id")
    with connect() as connection:
        connection.register("documents", documents)
        items = connection.sql(
            "SELECT document_id AS key, document_id AS item_id, concat(kind, '/', language) AS scope, text, "
            f"({_DOCUMENT_QUALITY})::DOUBLE AS quality, NULL::VARCHAR AS origin_id FROM documents"
        ).to_arrow_table()
    return _sketched(items, config)


def sketch_units(lake: Lake, batch: pa.Table, config: DedupeConfig) -> Outcome:
    """Sketch functions, methods and classes by their slice of the document, each kind and language by itself."""
    documents = read_inputs(lake, batch, "documents", _TEXTS, on="document_id", key="document_id")
    units = read_inputs(lake, batch, "units", _UNITS, on="key", key="key")
    with connect() as connection:
        connection.register("units", units)
        items = connection.sql(
            "SELECT key, unit_id AS item_id, concat(kind, '/', language) AS scope, document_id, start, \"end\", "
            f"({_UNIT_QUALITY})::DOUBLE AS quality, NULL::VARCHAR AS origin_id "
            "FROM units WHERE kind IN ('function', 'method', 'class') ORDER BY key, ordinal"
        ).to_arrow_table()
    # Cut here: DuckDB would copy the whole text of a document for each of its units.
    owners = pc.index_in(items["document_id"], value_set=documents["document_id"]).to_pylist()
    texts = documents["text"].cast(pa.binary()).to_pylist()
    spans = zip(owners, items["start"].to_pylist(), items["end"].to_pylist(), strict=True)
    cut = pa.array([texts[owner][start:end] for owner, start, end in spans], pa.binary()).cast(pa.string())
    return _sketched(items.append_column("text", cut).select(ITEMS.names), config)


def sketch_examples(lake: Lake, batch: pa.Table, config: DedupeConfig) -> Outcome:
    """Sketch accepted examples by their subject, each task by itself; views of one origin are never compared."""
    examples = read_inputs(lake, batch, "examples", _EXAMPLES, on="key", key="key")
    verdicts = read_inputs(lake, batch, "verdicts", _VERDICTS, on="key", key="key")
    with connect() as connection:
        connection.register("examples", examples)
        connection.register("verdicts", verdicts)
        items = connection.sql(
            "SELECT examples.key, examples.example_id AS item_id, task AS scope, subject AS text, quality, origin_id "
            "FROM examples JOIN verdicts USING (example_id) WHERE is_accepted"
        ).to_arrow_table()
    return _sketched(items, config)


def survivors_of(
    subject: Subject, sketches_digest: str, sketch_work: pa.Table
) -> Callable[[Lake, Mapping[str, Artifact], Any], Outcome]:
    """The computation of who survives, given which sketches are alive."""

    def compute(lake: Lake, inputs: Mapping[str, Artifact], config: DedupeConfig) -> Outcome:
        with connect(lake.spill) as connection, connect(lake.spill) as reader:
            known_keys(connection, lake, subject.sketches.artifact, sketches_digest)
            connection.register("wanted", sketch_work)
            connection.execute(
                "CREATE OR REPLACE TEMP TABLE alive AS "
                "SELECT key, part FROM known SEMI JOIN wanted USING (key, work_digest)"
            )
            folder = lake.parts(subject.sketches.artifact, sketches_digest)
            parts = connection.sql("SELECT DISTINCT part FROM alive").fetchall()
            if not parts:
                return Outcome(SURVIVORS.empty_table(), REJECTS.empty_table())
            source = parquet(*(folder / part / "rows.parquet" for (part,) in sorted(parts)), named=True)
            # A semi-join, so that the keys and not the signatures stand in its hash table.
            batches = connection.sql(
                f"SELECT r.* EXCLUDE (filename) FROM {source} AS r "
                "SEMI JOIN alive ON alive.key = r.key AND alive.part = parse_filename(parse_dirpath(r.filename))"
            ).to_arrow_reader(_BATCH_ROWS)
            open_views(reader, lake, {role: inputs[role] for role in subject.reads})

            def texts(item_ids: pa.Array) -> pa.RecordBatchReader:
                reader.register("asked", pa.table({"item_id": item_ids}))
                return reader.sql(subject.texts_sql).to_arrow_reader(_BATCH_TEXTS)

            return find_survivors(batches, texts, config)

    return compute
