"""What a step reads: the artifact of the stage before it.

A Python step runs batch by batch, so it must look at each row by itself; SQL sees the whole artifact at once, which
is held in memory for it.
"""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasks.transform.apply_step import apply_step
from tasks.transform.config import TransformConfig
from tilth.lake import Lake
from tilth.records import CHUNKS, DOCUMENTS, EXAMPLES, MIXTURE, UNITS, VERDICTS, Outcome
from tilth.stage import Stage, read_inputs

_SCHEMAS = {
    "documents": (DOCUMENTS, "document_id"),
    "chunks": (CHUNKS, "chunk_id"),
    "units": (UNITS, "unit_id"),
    "examples": (EXAMPLES, "example_id"),
    "verdicts": (VERDICTS, "example_id"),
    "mixture": (MIXTURE, "example_id"),
}

# Rows of a SQL step depend on all others; no bytes to count keeps them in one batch.
_WANTED_SQL = """
    SELECT
        key,
        $artifact AS role,
        md5(CASE WHEN $is_joint THEN $digest ELSE bit_xor(hash(r))::VARCHAR END) AS work_digest,
        CASE WHEN $is_joint THEN 0 ELSE count(*) * 2000 END AS bytes,
        part AS input_part
    FROM {artifact} AS r
    GROUP BY key, part
"""


def stage_of(artifact: str, config: TransformConfig, suite: str) -> Stage:
    """The stage that runs the step over the artifact, which keeps the suite of the stage before."""
    schema, _ = _SCHEMAS[artifact]
    return Stage(
        artifact=f"{artifact}_{config.name}",
        schema=schema,
        engine="tasks.transform.stage:compute",
        modules=("tasks.transform.apply_step",),
        suite=suite,
    )


def wanted(
    connection: duckdb.DuckDBPyConnection, artifact: str, digest: str, config: TransformConfig
) -> pa.Table:
    """One row of work for each key of the artifact, a view of that name; `digest` names its content."""
    values = {"artifact": artifact, "digest": digest, "is_joint": config.sql is not None}
    return connection.sql(_WANTED_SQL.format(artifact=artifact), params=values).to_arrow_table()


def compute(lake: Lake, batch: pa.Table, config: TransformConfig) -> Outcome:
    """Run the step over a batch."""
    artifact = batch["role"][0].as_py()
    schema, identifier = _SCHEMAS[artifact]
    return apply_step(
        artifact, identifier, read_inputs(lake, batch, "input", schema, on="key", key="key"), config
    )
