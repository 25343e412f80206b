"""What the stage `generate` reads, and how one batch becomes examples."""

from __future__ import annotations

from collections.abc import Sequence
from itertools import chain

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.config import GenerateConfig
from tasks.generate.from_chunks import describe_repository, generate_from_chunks, mine_from_corpus
from tasks.generate.from_commits import generate_from_commits
from tasks.generate.from_seeds import generate_from_seeds
from tasks.generate.from_units import generate_from_units
from tasks.generate.methods import METHODS
from tilth.lake import Lake
from tilth.records import CHUNKS, DOCUMENTS, EXAMPLES, REJECTS, UNITS, Outcome
from tilth.stage import CORPUS_KEY, Stage, read_inputs
from tilth.syntax.parts import places_of

STAGE = Stage(
    artifact="examples",
    schema=EXAMPLES,
    engine="tasks.generate.stage:compute",
    modules=(
        "tasks.generate.from_units",
        "tasks.generate.from_chunks",
        "tasks.generate.from_commits",
        "tasks.generate.from_seeds",
    ),
    packages=("bm25s", "python", "ruff"),
    suite="tasks.generate.suite",
    data=("data/instructions/code.yaml", "data/instructions/prose.yaml", "data/instructions/commits.yaml"),
)

# What decides a document's examples: its own flags, its surviving units and its passages.
_WANTED_SQL = """
    WITH kept AS (
        SELECT units.key, any_value(units.part) AS part, list(unit_id ORDER BY unit_id) AS unit_ids
        FROM units
        SEMI JOIN surviving_units ON surviving_units.item_id = units.unit_id
        GROUP BY units.key
    ),
    passages AS (
        SELECT key, any_value(part) AS part, bit_xor(hash(chunk_id, headings)) AS digest
        FROM chunks
        GROUP BY key
    ),
    whole AS (
        SELECT key, concat(digest_sum, '/', digest_xor) AS digest
        FROM units_keys
    )
    SELECT
        document_id AS key,
        document_id,
        md5(concat_ws('/', document_id, language, category, licence, repository, path, documents.extra,
                      unit_ids::VARCHAR, whole.digest, passages.digest, secrets::VARCHAR)) AS work_digest,
        documents.bytes,
        documents.part AS documents_part,
        kept.part AS units_part,
        passages.part AS chunks_part,
        unit_ids,
        NULL::VARCHAR AS joint
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    LEFT JOIN kept ON kept.key = document_id
    LEFT JOIN whole ON whole.key = document_id
    LEFT JOIN passages ON passages.key = document_id
    WHERE documents.kind IN ('seed', 'commit') OR kept.key IS NOT NULL OR passages.key IS NOT NULL
"""

# Negatives come from anywhere in the corpus, so the work of each document of prose depends on all passages at once.
_WANTED_TRIPLETS_SQL = """
    WITH corpus AS (
        SELECT coalesce(bit_xor(hash(chunk_id, headings)), 0) AS digest, count(*) AS passages
        FROM chunks
    )
    SELECT
        concat($joint, ':', document_id) AS key,
        document_id,
        md5(concat_ws('/', document_id, language, category, licence, repository, path, secrets::VARCHAR,
                      corpus.digest, corpus.passages)) AS work_digest,
        0::BIGINT AS bytes,
        documents.part AS documents_part,
        NULL::VARCHAR AS units_part,
        passages.part AS chunks_part,
        NULL::VARCHAR[] AS unit_ids,
        $joint AS joint
    FROM documents
    JOIN (SELECT key, any_value(part) AS part FROM chunks GROUP BY key) AS passages ON passages.key = document_id
    CROSS JOIN corpus
"""


# What looks across the files of a repository depends on all of them at once.
_MEMBERS_SQL = """
    CREATE OR REPLACE TEMP TABLE members AS
    WITH kept AS (
        SELECT units.key, any_value(units.part) AS part, list(unit_id ORDER BY unit_id) AS unit_ids
        FROM units
        LEFT JOIN surviving_units ON surviving_units.item_id = units.unit_id
        WHERE surviving_units.item_id IS NOT NULL OR units.kind = 'module'
        GROUP BY units.key
    ),
    passages AS (
        SELECT key, any_value(part) AS part, bit_xor(hash(chunk_id, headings)) AS digest
        FROM chunks
        GROUP BY key
    )
    SELECT
        document_id, repository, path, bytes, documents.part, kept.part AS units_part,
        NULL::VARCHAR AS chunks_part, kept.unit_ids,
        md5(concat_ws('/', document_id, language, category, licence, path, unit_ids::VARCHAR,
                      digest_sum, digest_xor)) AS digest
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    JOIN kept ON kept.key = document_id
    JOIN units_keys ON units_keys.key = document_id
    WHERE documents.kind = 'code'
    UNION ALL
    SELECT
        document_id, repository, path, bytes, documents.part, NULL, passages.part, NULL,
        md5(concat_ws('/', document_id, licence, category, path, passages.digest))
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    JOIN passages ON passages.key = document_id
    WHERE $with_prose
"""

_LARGE_SQL = """
    CREATE OR REPLACE TEMP TABLE large AS
    SELECT repository FROM members GROUP BY repository HAVING sum(bytes) > $max_bytes
"""

# Files of large repositories, and what their modules say of themselves; a file of prose has no module.
_LARGE_FILES_SQL = """
    SELECT members.document_id, members.repository, members.path, bytes, units.language,
        coalesce(units.is_test, FALSE) AS is_test, 'module' AS kind, imports
    FROM members
    SEMI JOIN large USING (repository)
    LEFT JOIN units ON units.key = members.document_id AND units.kind = 'module'
    ORDER BY members.repository, members.path, members.document_id
"""

_WANTED_REPOSITORIES_SQL = """
    SELECT
        concat('repository:', document_id) AS key,
        document_id,
        md5(string_agg(digest, '/' ORDER BY digest) OVER (PARTITION BY repository, place)) AS work_digest,
        0::BIGINT AS bytes,
        part AS documents_part,
        units_part,
        chunks_part,
        unit_ids,
        concat('repository:', repository, ':' || place) AS joint
    FROM members
    LEFT JOIN places USING (document_id)
"""


def wanted(connection: duckdb.DuckDBPyConnection, config: GenerateConfig) -> pa.Table:
    """One row of work for each document that has something to make examples of.

    Another for its triplets, which the whole corpus decides, and one for what is made of it beside the other files of
    its repository.
    """
    tables = [connection.sql(_WANTED_SQL).to_arrow_table()]
    if "mine_triplets" in config.prose_methods:
        joint = {"joint": CORPUS_KEY}
        tables.append(connection.sql(_WANTED_TRIPLETS_SQL, params=joint).to_arrow_table())
    with_prose = "describe_function" in config.prose_methods
    if with_prose or any(METHODS[name].scope == "repository" for name in config.code_methods):
        tables.append(_wanted_repositories(connection, config, with_prose=with_prose))
    return pa.concat_tables(tables)


def _wanted_repositories(
    connection: duckdb.DuckDBPyConnection, config: GenerateConfig, *, with_prose: bool
) -> pa.Table:
    """One row of work for each file of a repository; those of a part of it, where it is large, name the same batch."""
    connection.execute(_MEMBERS_SQL, {"with_prose": with_prose})
    connection.execute(_LARGE_SQL, {"max_bytes": config.max_repository_mb * 1_000_000})
    places = places_of(
        connection.sql(_LARGE_FILES_SQL).to_arrow_table(), config.max_repository_mb * 1_000_000
    )
    connection.register("places", places)
    return connection.sql(_WANTED_REPOSITORIES_SQL).to_arrow_table()


def compute(lake: Lake, batch: pa.Table, config: GenerateConfig) -> Outcome:
    """Generate the examples of a batch: of single documents, of a repository, or the triplets of the corpus."""
    documents = read_inputs(lake, batch, "documents", DOCUMENTS, on="document_id", key="document_id")
    chunks = read_inputs(lake, batch, "chunks", CHUNKS, on="document_id", key="key")
    keys = dict(zip(batch["document_id"].to_pylist(), batch["key"].to_pylist(), strict=True))
    joint = batch["joint"][0].as_py()
    if joint == CORPUS_KEY:
        return mine_from_corpus(chunks, documents, keys, config)
    units = read_inputs(lake, batch, "units", UNITS, on="document_id", key="key")
    kept = frozenset(chain.from_iterable(ids for ids in batch["unit_ids"].to_pylist() if ids))
    code = documents.filter(pc.equal(documents["kind"], "code"))
    if joint is not None:
        outcomes = [
            generate_from_units(code, units, kept, config, keys),
            *([describe_repository(chunks, documents, units, keys, config)] if chunks.num_rows else []),
        ]
        return _joined(outcomes)
    outcomes = [
        generate_from_units(code, units, kept, config),
        generate_from_chunks(chunks, documents, config),
        generate_from_commits(documents, config),
        *([generate_from_seeds(documents)] if config.keep_seeds else []),
    ]
    return _joined(outcomes)


def _joined(outcomes: Sequence[Outcome]) -> Outcome:
    return Outcome(
        pa.concat_tables([EXAMPLES.empty_table(), *(outcome.rows for outcome in outcomes)]),
        pa.concat_tables([REJECTS.empty_table(), *(outcome.rejects for outcome in outcomes)]),
    )
