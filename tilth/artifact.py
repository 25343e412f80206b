"""An artifact is a set of immutable Parquet parts under a manifest.

A *part* is what one batch of work gave: its rows, its rejects, and `keys.parquet`, which says for each input key
with which digest it was computed (`work_digest`), how many rows and rejects it gave, and the order-free digest of
those. A *manifest* names the parts, and for each the keys that are still alive; so a changed input costs one new
part and a line in the manifest, and the artifact's digest is the sum over its live keys without reading a row.

The folder of parts is the memory of a stage: what is computed once is found again, by any run, after any kill.
"""

from __future__ import annotations

import json
import os
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq
from pydantic import BaseModel, ConfigDict

from tilth.errors import LakeError
from tilth.fingerprint import digest
from tilth.lake import Lake, full_disk_said, write_json
from tilth.query import connect, parquet, quoted
from tilth.records import REJECTS, Outcome

# Parts are read by four stages and more: against zstd, level 1, LZ4 costs half to read and three quarters to write,
# for 1.4 times the size (examples of 100 MB of code, measured).
_COMPRESSION = {"compression": "lz4"}
# Rows are text: a group of this many examples is about 6 MB, one batch of the next stage, which reads few more.
_ROW_GROUP = 2048

KEYS = pa.schema(
    [
        ("key", pa.string()),
        ("work_digest", pa.string()),
        ("rows", pa.int64()),
        ("rejects", pa.int64()),
        ("digest_sum", pa.uint64()),
        ("digest_xor", pa.uint64()),
    ]
)

# Sum and exclusive or of the rows' 64-bit hashes: neither depends on order, and both would have to collide at once.
_KEYS_SQL = """
    WITH hashed AS (
        SELECT key, 1 AS is_row, hash(r) AS h FROM part_rows AS r
        UNION ALL
        SELECT key, 0, hash(x, 'reject') FROM part_rejects AS x
    )
    SELECT
        work.key,
        work.work_digest,
        count(*) FILTER (is_row = 1) AS rows,
        count(*) FILTER (is_row = 0) AS rejects,
        (coalesce(sum(h), 0) % 18446744073709551616::HUGEINT)::UBIGINT AS digest_sum,
        coalesce(bit_xor(h), 0)::UBIGINT AS digest_xor
    FROM work
    LEFT JOIN hashed USING (key)
    GROUP BY ALL
    ORDER BY work.key
"""


class Part(BaseModel):
    """One part of an artifact as a manifest names it."""

    model_config = ConfigDict(frozen=True)

    path: str  # inside the lake
    rows: int  # alive
    rejects: int  # alive
    dropped: tuple[str, ...] = ()  # keys whose rows are no longer of this artifact


class Artifact(BaseModel):
    """A sealed artifact: what a stage hands to the next. Its digest names its content, its key how it was made."""

    model_config = ConfigDict(frozen=True)

    name: str
    key: str
    digest: str
    rows: int
    rejects: int
    reasons: dict[str, int]  # rejects by reason
    warnings: tuple[str, ...] = ()  # expectations that were not met and are not errors
    rows_in: int = 0
    seconds: float = 0.0


class Manifest(BaseModel):
    """What lies on the disk for an artifact."""

    model_config = ConfigDict(frozen=True)

    artifact: Artifact
    stage_digest: str
    inputs: dict[str, str]  # name of each input artifact → its digest
    parts: tuple[Part, ...]


def write_part(
    lake: Lake,
    artifact: str,
    stage_digest: str,
    work: pa.Table,
    outcome: Outcome,
    beside: Mapping[str, pa.Table] | None = None,
) -> Path:
    """Write what a batch of work gave; `work` has the columns key and work_digest.

    `beside` are further tables of the part, by the names of their files; nothing that is made from the rows depends on
    them, and no digest sees them.

    Returns the part's folder. Every row's and reject's key must be one of the work's: another would be lost, and
    is a `LakeError`.
    """
    target = part_folder(lake, artifact, stage_digest, work)
    if is_whole(target):
        return target
    with connect() as connection:
        connection.register("part_rows", outcome.rows)
        connection.register("part_rejects", outcome.rejects)
        connection.register("work", work.select(["key", "work_digest"]))
        keys = connection.sql(_KEYS_SQL).to_arrow_table().cast(KEYS)
    counted = (sum(keys["rows"].to_pylist()), sum(keys["rejects"].to_pylist()))
    if counted != (outcome.rows.num_rows, outcome.rejects.num_rows):
        raise LakeError(
            f"{artifact}: rows with keys outside their batch: {outcome.rows.num_rows} against {counted[0]}"
        )
    with lake.staged(target) as folder:
        pq.write_table(outcome.rows, folder / "rows.parquet", row_group_size=_ROW_GROUP, **_COMPRESSION)
        pq.write_table(outcome.rejects.cast(REJECTS), folder / "rejects.parquet", **_COMPRESSION)
        pq.write_table(keys, folder / "keys.parquet", **_COMPRESSION)
        for name, table in (beside or {}).items():
            pq.write_table(table, folder / f"{name}.parquet", **_COMPRESSION)
        if target.exists() and not is_whole(target):
            lake.set_aside(target)
    return target


def part_folder(lake: Lake, artifact: str, stage_digest: str, work: pa.Table) -> Path:
    """Where the part for this work lies: its name is made of the keys and what each was computed from."""
    named = sorted(zip(work["key"].to_pylist(), work["work_digest"].to_pylist(), strict=True))
    return lake.parts(artifact, stage_digest) / digest(*(text for pair in named for text in pair))


def known_keys(connection: duckdb.DuckDBPyConnection, lake: Lake, artifact: str, stage_digest: str) -> None:
    """Create the table `known` (key, work_digest, part, rows, rejects, digest_sum, digest_xor) of all parts.

    A part that lacks a file, or the end of one, is passed over: its keys count as unknown and are computed again.
    When two parts hold the same work, the one whose name sorts first speaks.
    """
    parent = lake.parts(artifact, stage_digest)
    found = [folder for folder in _folders(parent) if is_whole(folder)]
    source = parquet(*(folder / "keys.parquet" for folder in found), named=True)
    select = (
        f"SELECT * EXCLUDE (filename), parse_filename(parse_dirpath(filename)) AS part FROM {source}"
        if found
        else "SELECT * FROM no_keys"
    )
    connection.register("no_keys", KEYS.append(pa.field("part", pa.string())).empty_table())
    connection.execute(
        f"""
        CREATE OR REPLACE TEMP TABLE known AS
        SELECT * FROM ({select})
        QUALIFY row_number() OVER (PARTITION BY key, work_digest ORDER BY part) = 1
        """
    )


def _folders(parent: Path) -> list[Path]:
    return sorted(path for path in parent.iterdir() if path.is_dir()) if parent.is_dir() else []


def is_whole(folder: Path) -> bool:
    """Whether a part has its three files, each from the first to the last byte of Parquet's frame."""
    return all(_is_parquet(folder / name) for name in ("rows.parquet", "keys.parquet", "rejects.parquet"))


def _is_parquet(path: Path) -> bool:
    # https://parquet.apache.org/docs/file-format/: these four bytes begin a file and end it, so that one that was cut
    # or overwritten is known without reading it.
    mark = b"PAR1"
    try:
        with path.open("rb") as file:
            begins = file.read(len(mark)) == mark
            file.seek(-len(mark), os.SEEK_END)
            return begins and file.read() == mark
    except OSError:
        return False


_LIVE_SQL = """
    CREATE OR REPLACE TEMP TABLE live AS
    SELECT known.*
    FROM known
    JOIN wanted USING (key, work_digest)
"""

_PARTS_SQL = """
    SELECT
        part,
        sum(every_key.rows) FILTER (live.key IS NOT NULL) AS rows,
        sum(every_key.rejects) FILTER (live.key IS NOT NULL) AS rejects,
        list(key ORDER BY key) FILTER (live.key IS NULL) AS dropped
    FROM every_key
    LEFT JOIN live USING (key, work_digest, part)
    GROUP BY part
    ORDER BY part
"""


def assemble(
    lake: Lake, name: str, key: str, stage_digest: str, wanted: pa.Table, inputs: dict[str, str]
) -> Manifest:
    """The manifest of the artifact that holds just the wanted work (key, work_digest); not written yet.

    Raises `LakeError` when some of it has not been computed.
    """
    with connect(lake.spill) as connection:
        known_keys(connection, lake, name, stage_digest)
        connection.register("wanted_table", wanted.select(["key", "work_digest"]))
        connection.execute("CREATE TEMP TABLE wanted AS SELECT DISTINCT key, work_digest FROM wanted_table")
        connection.execute(_LIVE_SQL)
        missing = _one(connection, "SELECT count(*) FROM wanted ANTI JOIN live USING (key, work_digest)")[0]
        if missing:
            raise LakeError(f"{name}: {missing} inputs have not been computed. Run the build again.")
        parent = lake.parts(name, stage_digest)
        used = [
            row[0] for row in connection.execute("SELECT DISTINCT part FROM live ORDER BY part").fetchall()
        ]
        _register_every_key(connection, [parent / part for part in used])
        parts = tuple(
            Part(
                path=lake.relative(parent / part),
                rows=rows or 0,
                rejects=rejects or 0,
                dropped=tuple(dropped or ()),
            )
            for part, rows, rejects, dropped in connection.execute(_PARTS_SQL).fetchall()
        )
        total, either, rows, rejects = _one(
            connection,
            "SELECT coalesce(sum(digest_sum), 0), coalesce(bit_xor(digest_xor), 0), "
            "coalesce(sum(rows), 0), coalesce(sum(rejects), 0) FROM live",
        )
    artifact = Artifact(
        name=name,
        key=key,
        digest=digest(name, str(int(total) % 2**64), str(either), str(rows)),
        rows=int(rows),
        rejects=int(rejects),
        reasons={},
    )
    manifest = Manifest(artifact=artifact, stage_digest=stage_digest, inputs=inputs, parts=parts)
    return manifest.model_copy(
        update={"artifact": artifact.model_copy(update={"reasons": count_reasons(lake, manifest)})}
    )


def _register_every_key(connection: duckdb.DuckDBPyConnection, folders: Sequence[Path]) -> None:
    if folders:
        source = parquet(*(folder / "keys.parquet" for folder in folders), named=True)
        connection.execute(
            "CREATE TEMP TABLE every_key AS SELECT key, work_digest, rows, rejects, "
            f"parse_filename(parse_dirpath(filename)) AS part FROM {source}"
        )
    else:
        connection.execute("CREATE TEMP TABLE every_key AS SELECT * FROM known LIMIT 0")


def _one(connection: duckdb.DuckDBPyConnection, sql: str) -> tuple[Any, ...]:
    row = connection.execute(sql).fetchone()
    return row if row is not None else ()


def seal(lake: Lake, manifest: Manifest) -> Artifact:
    """Write the manifest: from now on the artifact is complete."""
    with full_disk_said(lake.root):
        path = lake.manifest(manifest.artifact.name, manifest.artifact.key)
        write_json(path, manifest.model_dump(mode="json"))
    return manifest.artifact


def unite(lake: Lake, name: str, artifacts: Sequence[Artifact]) -> Artifact:
    """One artifact of the parts of several, whose keys are distinct: sealed, without reading or copying a row."""
    manifests = [load_manifest(lake, artifact.name, artifact.key) for artifact in artifacts]
    reasons: Counter[str] = Counter()
    for artifact in artifacts:
        reasons.update(artifact.reasons)
    united = Artifact(
        name=name,
        key=digest(name, *(artifact.key for artifact in artifacts)),
        digest=digest(name, *(artifact.digest for artifact in artifacts)),
        rows=sum(artifact.rows for artifact in artifacts),
        rejects=sum(artifact.rejects for artifact in artifacts),
        reasons=dict(sorted(reasons.items(), key=lambda entry: (-entry[1], entry[0]))),
        warnings=tuple(warning for artifact in artifacts for warning in artifact.warnings),
        rows_in=sum(artifact.rows_in for artifact in artifacts),
    )
    manifest = Manifest(
        artifact=united,
        stage_digest=digest(*(manifest.stage_digest for manifest in manifests)),
        inputs={artifact.name: artifact.digest for artifact in artifacts},
        parts=tuple(part for manifest in manifests for part in manifest.parts),
    )
    return seal(lake, manifest)


def load_manifest(lake: Lake, name: str, key: str) -> Manifest:
    """Read a manifest. Raises `LakeError` when it is missing or damaged."""
    path = lake.manifest(name, key)
    try:
        return Manifest.model_validate(json.loads(path.read_text(encoding="utf-8")))
    except (OSError, ValueError) as error:
        raise LakeError(
            f"{name}: the manifest {lake.relative(path)} cannot be read: {error}. Build again."
        ) from None


def is_present(lake: Lake, name: str, key: str) -> bool:
    """Whether the artifact's manifest and every file that it names are there and whole."""
    try:
        manifest = load_manifest(lake, name, key)
    except LakeError:
        return False
    return all(is_whole(lake.root / part.path) for part in manifest.parts)


def scan(lake: Lake, manifest: Manifest, file: str = "rows", *, with_part: bool = False) -> str:
    """SQL that selects an artifact's live rows (or, with file `rejects`, what was left out).

    `with_part` adds the column `part`, the part's path inside the lake.
    """
    whole = [part for part in manifest.parts if not part.dropped]
    torn = [part for part in manifest.parts if part.dropped]
    selects = []
    if whole:
        selects.append(_select(lake, whole, file, with_part=with_part))
    for part in torn:
        dropped = ", ".join(quoted(key) for key in part.dropped)
        selects.append(f"{_select(lake, [part], file, with_part=with_part)} WHERE key NOT IN ({dropped})")
    return "\nUNION ALL\n".join(selects)


def _select(lake: Lake, parts: Iterable[Part], file: str, *, with_part: bool) -> str:
    source = parquet(*(lake.root / part.path / f"{file}.parquet" for part in parts), named=with_part)
    if not with_part:
        return f"SELECT * FROM {source}"
    start = len(str(lake.root)) + 2
    stop = len(f"/{file}.parquet")
    return f"SELECT * EXCLUDE (filename), filename[{start}:-{stop + 1}] AS part FROM {source}"


def count_reasons(lake: Lake, manifest: Manifest) -> dict[str, int]:
    """How many rejects each reason has, most first."""
    sql = scan(lake, manifest, "rejects")
    if not sql:
        return {}
    with connect(lake.spill) as connection:
        rows = connection.execute(
            f"SELECT reason, count(*) FROM ({sql}) GROUP BY reason ORDER BY 2 DESC, 1"
        ).fetchall()
    return dict(rows)
