"""What the stage `chunk` reads, and how one batch of documents becomes passages."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.config import ChunkConfig
from tilth.lake import Lake
from tilth.records import CHUNKS, DOCUMENTS, Outcome
from tilth.stage import Stage, read_inputs, wanted_documents

STAGE = Stage(
    artifact="chunks",
    schema=CHUNKS,
    engine="tasks.chunk.stage:compute",
    modules=("tasks.chunk.by_structure", "tasks.chunk.by_topic"),
    suite="tasks.chunk.suite",
)


def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row of work for each surviving document of prose."""
    return wanted_documents(connection, "prose")


def compute(lake: Lake, batch: pa.Table, config: ChunkConfig) -> Outcome:
    """Chunk a batch of documents."""
    return chunk_documents(
        read_inputs(lake, batch, "documents", DOCUMENTS, on="document_id", key="document_id"), config
    )
