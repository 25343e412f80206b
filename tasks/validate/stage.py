"""What the stage `validate` reads, and how one batch of examples becomes verdicts."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from tasks.validate.config import ValidateConfig
from tasks.validate.verdicts import validate_examples
from tilth.lake import Lake
from tilth.records import DOCUMENTS, EXAMPLES, VERDICTS, Outcome
from tilth.stage import CORPUS_KEY, Stage, read_inputs

STAGE = Stage(
    artifact="verdicts",
    schema=VERDICTS,
    engine="tasks.validate.stage:compute",
    modules=("tasks.validate.verdicts",),
    packages=("ruff", "radon", "tree-sitter"),
    suite="tasks.validate.suite",
)

# An example's verdict depends on its own row and on its document's flags.
_WANTED_SQL = """
    WITH own AS (
        SELECT
            key,
            any_value(part) AS part,
            bit_xor(hash(example_id, method_version, licence)) AS digest,
            sum(tokens) * 4 AS bytes,
            any_value(origins[1].document_id) AS document_id
        FROM examples
        GROUP BY key
    )
    SELECT
        own.key,
        own.document_id,
        md5(concat_ws('/', own.digest, own.key, documents.licence_class, secrets::VARCHAR, personal_data::VARCHAR))
            AS work_digest,
        CASE WHEN starts_with(own.key, $prefix) THEN own.bytes ELSE own.bytes + documents.bytes END AS bytes,
        own.part AS examples_part,
        documents.part AS documents_part
    FROM own
    JOIN documents ON documents.document_id = own.document_id
"""


def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row of work for each document that has examples."""
    return connection.sql(_WANTED_SQL, params={"prefix": f"{CORPUS_KEY}:"}).to_arrow_table()


def compute(lake: Lake, batch: pa.Table, config: ValidateConfig) -> Outcome:
    """Judge the examples of a batch, each beside the document that it comes from."""
    examples = read_inputs(lake, batch, "examples", EXAMPLES, on="key", key="key")
    documents = read_inputs(lake, batch, "documents", DOCUMENTS, on="document_id", key="document_id")
    return validate_examples(examples, documents, config)
