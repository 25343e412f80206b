"""Material for models from a build's artifacts: surviving units, passages and seeds that may leave the house.

A document with a secret, or whose licence the recipe does not allow, is no material at all: it would reach a paid call
before any verdict. What is left is masked besides (`tasks.generate.by_model.materials`).
"""

from __future__ import annotations

from dataclasses import dataclass, field

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from flows.run import Run
from tasks.export.partition import sides_of_documents
from tasks.export.stage import grouped_before
from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.materials import items_of_chunks, items_of_seeds, items_of_units
from tasks.generate.by_model.methods import METHODS
from tasks.generate.by_model.protocol import Item
from tilth.fingerprint import digest
from tilth.query import connect
from tilth.records import CHUNKS, DOCUMENTS, UNITS
from tilth.stage import open_views

# Methods that put pieces of several groups into one example; on two sides of the partition it would be left out.
_MINING = frozenset({"hard_negatives"})
_READS = ("documents", "surviving_documents", "chunks", "units", "surviving_units")

# Which pieces are drawn when there are too many: by a hash of their ids, so that more material adds and takes few away.
_CHUNKS_SQL = """
    SELECT chunks.*
    FROM chunks
    JOIN allowed ON allowed.document_id = chunks.document_id
    ORDER BY md5(concat($seed, chunk_id)), chunk_id
    LIMIT $most
"""
_UNITS_SQL = """
    SELECT units.*
    FROM units
    JOIN allowed ON allowed.document_id = units.document_id
    SEMI JOIN surviving_units ON surviving_units.item_id = units.unit_id
    WHERE kind IN ('function', 'method', 'class') AND NOT is_test AND NOT has_error
    ORDER BY md5(concat($seed, unit_id)), unit_id
    LIMIT $most
"""
_SEEDS_SQL = """
    SELECT documents.*
    FROM documents
    JOIN allowed ON allowed.document_id = documents.document_id
    WHERE kind = 'seed'
    ORDER BY md5(concat($seed, documents.document_id)), documents.document_id
    LIMIT $most
"""
_ALLOWED_SQL = """
    CREATE OR REPLACE TEMP TABLE allowed AS
    SELECT document_id
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    WHERE len(secrets) = 0
        AND list_contains($licences, licence_class)
        AND (NOT $without_personal_data OR len(personal_data) = 0)
"""


@dataclass
class Material:
    """Pieces, and a digest of them and of all that was there."""

    items: list[Item]
    digest: str
    _run: Run = field(repr=False)

    def documents_of(self, rows: pa.Table) -> pa.Table:
        """The documents that these rows of `examples` were made from."""
        origins = pc.list_flatten(rows["origins"]).combine_chunks()
        asked = pa.table({"document_id": pc.unique(origins.field("document_id")) if len(origins) else []})
        with connect(self._run.lake.spill) as connection:
            open_views(connection, self._run.lake, {"documents": self._run.artifacts["documents"]})
            connection.register("asked", asked.cast(pa.schema([("document_id", pa.string())])))
            return _documents(connection)


def read_material(run: Run, config: ByModelConfig) -> Material:
    """The pieces that the recipe's methods can start from, at most `max_items` of each kind."""
    kinds = {kind for method in config.methods for kind in METHODS[method.method].material}
    asked = {"seed": str(config.seed), "most": config.max_items}
    items: list[Item] = []
    with connect(run.lake.spill) as connection:
        open_views(connection, run.lake, {role: run.artifacts[role] for role in _READS})
        rules = run.recipe.validation
        asked_of = {
            "licences": list(rules.allowed_licence_classes),
            "without_personal_data": rules.personal_data == "reject",
        }
        connection.execute(_ALLOWED_SQL, asked_of)
        if "passage" in kinds:
            chunks = _table(connection.sql(_CHUNKS_SQL, params=asked), CHUNKS)
            items += items_of_chunks(chunks, _documents(connection, chunks))
        if "unit" in kinds:
            units = _table(connection.sql(_UNITS_SQL, params=asked), UNITS)
            items += items_of_units(units, _documents(connection, units))
        if "seed" in kinds:
            items += items_of_seeds(_table(connection.sql(_SEEDS_SQL, params=asked), DOCUMENTS))
        if any(method.method in _MINING for method in config.methods):
            before = grouped_before(run.lake, run.recipe.export_config.name)
            sides = sides_of_documents(connection, run.recipe.export_config, before)
            items = [item._replace(side=sides.get(item.document_id, "")) for item in items]
    named = sorted(
        digest(item.item_id, item.text, item.input, item.answer, item.title, item.side) for item in items
    )
    return Material(items, digest(*named), run)


def _table(relation: duckdb.DuckDBPyRelation, schema: pa.Schema) -> pa.Table:
    return relation.to_arrow_table().select(schema.names).cast(schema)


def _documents(connection: duckdb.DuckDBPyConnection, pieces: pa.Table | None = None) -> pa.Table:
    """The documents of these pieces, or those in the view `asked`."""
    if pieces is not None:
        connection.register("asked", pieces.select(["document_id"]))
    return _table(
        connection.sql("SELECT documents.* FROM documents SEMI JOIN asked USING (document_id)"), DOCUMENTS
    )
