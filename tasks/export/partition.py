"""Which side of the partition each example stands on, and which must leave because they would leak.

Reads the relations `examples` and `mixture`; `documents` (document_id, repository, path) and `clusters`
(example_id, cluster_id) where they are registered. Leaves two temporary tables on the connection:
`export_placed`, a narrow row for each row of the mixture with its group, side, and reason to be left out, and
`export_origin`, the group and side of each document. A side is a threshold on a seeded hash of the group
alone, so it depends on nothing else in the corpus and a row never moves. Does not read payloads, writes no
file.
"""

from __future__ import annotations

from typing import NamedTuple

import duckdb
import pyarrow as pa

from tasks.export.columns import HAS_HELD_OUT
from tasks.export.config import SIDES, ExportConfig
from tilth.errors import CheckError, RequestError
from tilth.records import REJECTS

# Below ten groups one side of 5 to 10 % is empty more often than not: (1 - 0.05) ** 10 = 0.60.
FEWEST_REPOSITORIES = 10

# Uniform in [0, 1): 64 bits of an md5, which every version of DuckDB computes alike (its `hash` is not
# stable).
_MACROS = """
CREATE OR REPLACE TEMP MACRO export_position(purpose, text) AS
    md5_number_lower(concat('{seed}', '|', purpose, '|', text)) / 18446744073709551616.0;
CREATE OR REPLACE TEMP MACRO export_side(position) AS
    CASE
        WHEN position < {test} THEN 'test'
        WHEN position < {test_and_validation} THEN 'validation'
        ELSE 'train'
    END
"""

_ORIGINS_BY_DOCUMENT = """
CREATE OR REPLACE TEMP TABLE export_origin AS
WITH grouped AS (
    SELECT
        document_id,
        min(CASE
            WHEN $by_folder THEN concat(repository, ':', regexp_replace(path, '/?[^/]*$', ''))
            ELSE coalesce(repository, '')
        END) AS group_id
    FROM documents
    GROUP BY document_id
)
SELECT *, export_side(export_position('side', group_id)) AS side
FROM grouped
"""

# Without documents an example's own group stands for the document it was first made from.
_ORIGINS_BY_EXAMPLE = """
CREATE OR REPLACE TEMP TABLE export_origin AS
WITH grouped AS (
    SELECT origins[1].document_id AS document_id, min(group_id) AS group_id
    FROM examples
    WHERE len(origins) > 0 AND group_id IS NOT NULL
    GROUP BY origins[1].document_id
)
SELECT *, export_side(export_position('side', group_id)) AS side
FROM grouped
"""

_ROWS = """
CREATE OR REPLACE TEMP TABLE export_row AS
SELECT
    m.key, m.example_id, m.quality, m.weight, m.rank,
    e.kind, e.task, e.language, e.category, e.difficulty, e.licence,
    coalesce(e.tokens, 0) AS tokens,
    e.example_id IS NULL AS is_missing,
    coalesce({has_held_out}, false) AS has_held_out,
    coalesce(e.group_id, e.origin_id, m.example_id) AS own_group,
    coalesce([origin.document_id for origin in e.origins], []) AS documents
FROM mixture AS m
LEFT JOIN examples AS e ON e.example_id = m.example_id
"""

_PLACED = """
CREATE OR REPLACE TEMP TABLE export_placed AS
WITH touched AS (
    SELECT
        example_id,
        unnest(documents) AS document_id,
        generate_subscripts(documents, 1) AS ordinal
    FROM export_row
),
homes AS (
    SELECT
        example_id,
        min_by(group_id, ordinal) AS group_id,
        min_by(side, ordinal) AS side,
        count(DISTINCT side) AS sides,
        count(*) FILTER (WHERE group_id IS NULL) AS unknown,
        min(concat(side, ' group ', group_id)) AS first_home,
        max(concat(side, ' group ', group_id)) AS last_home
    FROM touched
    LEFT JOIN export_origin USING (document_id)
    GROUP BY example_id
)
SELECT
    r.* EXCLUDE (own_group, documents, is_missing),
    coalesce(h.group_id, r.own_group) AS group_id,
    coalesce(h.side, export_side(export_position('side', r.own_group))) AS side,
    CASE WHEN h.unknown > 0 THEN 'unknown_origin' WHEN h.sides > 1 THEN 'crosses_sides' END AS reason,
    CASE
        WHEN h.unknown > 0 THEN concat(h.unknown, ' of its origins are no document of the corpus')
        WHEN h.sides > 1 THEN concat('its origins lie in ', h.first_home, ' and ', h.last_home)
    END AS detail,
    NULL::BIGINT AS shard
FROM export_row AS r
LEFT JOIN homes AS h USING (example_id)
"""

_FIRST_TWICE = """
SELECT example_id
FROM export_row
GROUP BY example_id
HAVING count(*) > 1
ORDER BY example_id
LIMIT 1
"""

_LEAKS = """
UPDATE export_placed
SET reason = 'leaks', detail = 'a near-duplicate stands on the ' || held.side || ' side: ' || held.example_id
FROM (
    SELECT mine.example_id AS leaking, min_by(p.side, p.example_id) AS side, min(p.example_id) AS example_id
    FROM clusters AS mine
    JOIN clusters AS theirs USING (cluster_id)
    JOIN export_placed AS p ON p.example_id = theirs.example_id
    WHERE p.side <> 'train' AND p.reason IS NULL
    GROUP BY mine.example_id
) AS held
WHERE
    export_placed.example_id = held.leaking
    AND export_placed.side = 'train'
    AND export_placed.reason IS NULL
"""

_REJECTS = """
SELECT key, example_id AS item_id, NULL AS path, NULL AS line, reason, detail
FROM export_placed
WHERE reason IS NOT NULL
ORDER BY reason, example_id
"""

_GROUPS = """
SELECT side, count(DISTINCT group_id), count(*)
FROM export_placed
WHERE reason IS NULL
GROUP BY side
"""


class Partition(NamedTuple):
    """How the corpus was parted: what a group is, and the groups and rows that each side holds."""

    grouped_by: str  # repository | folder | group_id
    repositories: int | None
    groups: dict[str, int]
    rows: dict[str, int]
    notes: tuple[str, ...]


def relations(connection: duckdb.DuckDBPyConnection) -> set[str]:
    """Names of the tables and views that the connection holds."""
    return {
        name for (name,) in connection.execute("SELECT table_name FROM information_schema.tables").fetchall()
    }


def _grouping(
    connection: duckdb.DuckDBPyConnection, config: ExportConfig, before: str | None
) -> tuple[str, int]:
    (found,) = connection.execute("SELECT count(DISTINCT repository) FROM documents").fetchall()
    repositories = int(found[0])
    if config.group_by != "auto":
        return config.group_by, repositories
    # A line of versions keeps its grain: passing ten repositories must not move rows from test to train.
    if before in ("repository", "folder"):
        return before, repositories
    return "repository" if repositories >= FEWEST_REPOSITORIES else "folder", repositories


def _check_rows(connection: duckdb.DuckDBPyConnection) -> None:
    query = "SELECT count(*), count(*) FILTER (WHERE is_missing), count(DISTINCT example_id) FROM export_row"
    ((rows, missing, distinct),) = connection.execute(query).fetchall()
    if not rows:
        raise CheckError(
            "The mixture has no rows, so there is nothing to export. "
            "Look at what the stages before left out: tilth show --rejects"
        )
    if missing:
        query = "SELECT min(example_id) FROM export_row WHERE is_missing"
        ((first,),) = connection.execute(query).fetchall()
        raise CheckError(
            f"mixture names {missing} rows that examples lacks, {first} the first. "
            "Both must come from one build: build again from generate."
        )
    if distinct != rows:
        ((first,),) = connection.execute(_FIRST_TWICE).fetchall()
        raise CheckError(
            f"{rows - distinct} rows of the mixture share an example_id with another, {first} the first. "
            "Each example may be exported once: build again from dedupe."
        )


def _notes(
    config: ExportConfig, grouped_by: str, groups: dict[str, int], rows: dict[str, int]
) -> tuple[str, ...]:
    notes = []
    if grouped_by == "folder":
        notes.append(
            f"Groups are folders inside repositories, because there are fewer than {FEWEST_REPOSITORIES} "
            "repositories (or the recipe or an earlier version says so): "
            "code of one project stands on several sides."
        )
    wanted = {"validation": config.validation_ratio, "test": config.test_ratio, "train": 1.0}
    for side, ratio in wanted.items():
        if ratio > 0 and not rows[side]:
            notes.append(
                f"The {side} side is empty: none of the {sum(groups.values())} groups fell on it. "
                "Whole groups stay together and keep their side, so that nothing leaks; more sources fill it."
            )
    return tuple(notes)


def sides_of_documents(
    connection: duckdb.DuckDBPyConnection, config: ExportConfig, before: str | None = None
) -> dict[str, str]:
    """The side that each of `documents` will stand on, by its id; `before` as for `place_examples`.

    Who makes an example of several documents asks first, for one that lies on two sides goes to none.
    """
    _set_sides(connection, config)
    grouped_by, _ = _grouping(connection, config, before)
    connection.execute(_ORIGINS_BY_DOCUMENT, {"by_folder": grouped_by == "folder"})
    return dict(connection.execute("SELECT document_id, side FROM export_origin").fetchall())


def _set_sides(connection: duckdb.DuckDBPyConnection, config: ExportConfig) -> None:
    test, both = config.test_ratio, config.test_ratio + config.validation_ratio
    # The test side's threshold comes first: another validation ratio leaves the test side as it was.
    connection.execute(_MACROS.format(seed=config.seed, test=repr(test), test_and_validation=repr(both)))


def place_examples(
    connection: duckdb.DuckDBPyConnection, config: ExportConfig, before: str | None = None
) -> Partition:
    """Fill `export_placed`. `before`: what a group was in the version before, kept where config says `auto`.

    Raises `RequestError` when a relation is missing and `CheckError` when mixture and examples do not agree.
    """
    held = relations(connection)
    for name in ("examples", "mixture"):
        if name not in held:
            raise RequestError(
                f"The connection holds no relation named {name}. Register it before exporting."
            )
    _set_sides(connection, config)
    grouped_by, repositories = "group_id", None
    if "documents" in held:
        grouped_by, repositories = _grouping(connection, config, before)
        connection.execute(_ORIGINS_BY_DOCUMENT, {"by_folder": grouped_by == "folder"})
    else:
        connection.execute(_ORIGINS_BY_EXAMPLE)
    connection.execute(_ROWS.format(has_held_out=HAS_HELD_OUT))
    _check_rows(connection)
    connection.execute(_PLACED)
    if "clusters" in held:
        connection.execute(_LEAKS)
    counted = {side: (groups, rows) for side, groups, rows in connection.execute(_GROUPS).fetchall()}
    groups = {side: counted.get(side, (0, 0))[0] for side in SIDES}
    rows = {side: counted.get(side, (0, 0))[1] for side in SIDES}
    return Partition(grouped_by, repositories, groups, rows, _notes(config, grouped_by, groups, rows))


def rejects_of(connection: duckdb.DuckDBPyConnection) -> pa.Table:
    """The rows of the mixture that were placed nowhere, each with its reason, in total order."""
    return connection.sql(_REJECTS).to_arrow_table().cast(REJECTS)
