"""What the stage `chunk` reads, and how one batch of documents becomes passages."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.config import ChunkConfig
from tilth.lake import Lake
from tilth.records import CHUNKS, DOCUMENTS, Outcome
from tilth.stage import Stage, read_inputs

STAGE = Stage(
    artifact="chunks",
    schema=CHUNKS,
    engine="tasks.chunk.stage:compute",
    modules=("tasks.chunk.by_structure", "tasks.chunk.by_topic"),
    suite="tasks.chunk.suite",
)

_WANTED_SQL = """
    SELECT
        document_id AS key,
        document_id,
        md5(document_id || language || path) AS work_digest,
        documents.bytes,
        documents.part AS documents_part
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    WHERE kind = 'prose'
"""


def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row of work for each surviving document of prose."""
    return connection.sql(_WANTED_SQL).to_arrow_table()


def compute(lake: Lake, batch: pa.Table, config: ChunkConfig) -> Outcome:
    """Chunk a batch of documents."""
    return chunk_documents(
        read_inputs(lake, batch, "documents", DOCUMENTS, on="document_id", key="document_id"), config
    )
