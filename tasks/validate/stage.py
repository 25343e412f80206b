"""What the stage `validate` reads, and how one batch of examples becomes verdicts."""

from __future__ import annotations

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.config import ValidateConfig
from tasks.validate.verdicts import validate_examples
from tilth.lake import Lake
from tilth.records import DOCUMENTS, EXAMPLES, VERDICTS, Outcome, narrow
from tilth.stage import Stage, read_inputs
from tilth.syntax.grammars import PACKAGES

STAGE = Stage(
    artifact="verdicts",
    schema=VERDICTS,
    engine="tasks.validate.stage:compute",
    modules=("tasks.validate.verdicts",),
    packages=("python", "ruff", "radon", *PACKAGES),
    suite="tasks.validate.suite",
)

# What the checks look at. `subject` repeats the answer and is for dedupe.
_EXAMPLES = narrow(EXAMPLES, *(name for name in EXAMPLES.names if name != "subject"))
_DOCUMENTS = narrow(
    DOCUMENTS,
    *("document_id", "path", "kind", "language", "text", "licence_class", "secrets", "personal_data"),
)

# A document that split has parsed whole without an error is not parsed again: same bytes, same grammar.
_PARSED_SQL = """
    CREATE OR REPLACE TEMP VIEW parsed AS
    SELECT key, bool_or(has_error) AS has_error
    FROM units
    WHERE kind = 'module'
    GROUP BY key
"""

# An example's verdict depends on its own row and on the flags of the documents that it comes from. The first is
# read with the batch; `others` says where the rest lie.
_WANTED_SQL = """
    WITH origins_of AS (
        -- What a model wrote from nothing has no origin, and so no document.
        SELECT key, part, 1 AS ordinal, origins[1].document_id AS document_id, true AS is_own,
            hash(example_id, method_version, licence) AS digest,
            -- Columns of text that nobody takes apart: a quarter of their bytes counts beside a file's own.
            tokens AS bytes
        FROM examples
        UNION ALL
        -- Of most examples the first origin is the only one, and taking lists apart is slow.
        SELECT key, part, ordinal, origins[ordinal].document_id,
            origins[ordinal].document_id = origins[1].document_id, NULL, NULL
        FROM examples, unnest(range(2, len(origins) + 1)) AS o(ordinal)
        WHERE len(origins) > 1
    )
    SELECT
        touched.key,
        any_value(touched.document_id) FILTER (is_own) AS document_id,
        md5(concat_ws('/', touched.key, bit_xor(digest),
            bit_xor(hash(touched.document_id, licence_class, secrets, personal_data, has_error)))) AS work_digest,
        sum(touched.bytes)::BIGINT + coalesce(any_value(documents.bytes), 0) AS bytes,
        any_value(touched.part) AS examples_part,
        any_value(documents.part) FILTER (is_own) AS documents_part,
        coalesce(any_value(has_error) FILTER (is_own), true) AS has_error,
        list(DISTINCT {'document_id': documents.document_id, 'documents_part': documents.part})
            FILTER (NOT is_own) AS others
    FROM origins_of AS touched
    LEFT JOIN documents ON documents.document_id = touched.document_id
    LEFT JOIN parsed ON parsed.key = documents.document_id
    GROUP BY touched.key
"""


def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """One row of work for each document that has examples, and for each candidate that a model wrote."""
    connection.execute(_PARSED_SQL)
    return connection.sql(_WANTED_SQL).to_arrow_table()


def compute(lake: Lake, batch: pa.Table, config: ValidateConfig) -> Outcome:
    """Judge the examples of a batch, each beside the document that it comes from."""
    examples = read_inputs(lake, batch, "examples", _EXAMPLES, on="key", key="key")
    owners = batch.select(["document_id", "documents_part"])
    others = pc.list_flatten(batch["others"]).combine_chunks()
    if len(others):
        owners = pa.concat_tables([owners, pa.Table.from_struct_array(others).cast(owners.schema)])
    documents = read_inputs(lake, owners, "documents", _DOCUMENTS, on="document_id", key="document_id")
    whole = batch.filter(pc.invert(batch["has_error"]))["document_id"]
    return validate_examples(examples, documents, config, well_formed=frozenset(whole.to_pylist()))
