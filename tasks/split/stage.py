"""What the stage `split` reads, and how one batch of documents becomes units."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.lake import Lake
from tilth.records import DOCUMENTS, UNITS, Outcome
from tilth.stage import Stage, read_inputs, wanted_documents
from tilth.syntax.grammars import PACKAGES

STAGE = Stage(
    artifact="units",
    schema=UNITS,
    engine="tasks.split.stage:compute",
    modules=("tasks.split.by_syntax",),
    packages=PACKAGES,
    suite="tasks.split.suite",
)


def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row of work for each surviving document of code."""
    return wanted_documents(connection, "code")


def compute(lake: Lake, batch: pa.Table, config: SplitConfig) -> Outcome:
    """Split a batch of documents."""
    return split_documents(
        read_inputs(lake, batch, "documents", DOCUMENTS, on="document_id", key="document_id"), config
    )
