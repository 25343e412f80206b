"""How a stage gets from what it reads to a sealed artifact, without knowing which stage it is.

`plan` says what the artifact must hold (`wanted`: one row an input key), takes away what any earlier run has
computed already, and cuts the rest into shards of batches. `run_batch` computes one batch into one part.
`finish` checks the whole and writes the manifest. Prefect's tasks call these three and nothing else.
"""

from __future__ import annotations

import importlib
import time
from bisect import bisect_left
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tilth.artifact import (
    KEYS,
    Artifact,
    Manifest,
    assemble,
    is_present,
    is_whole,
    known_keys,
    load_manifest,
    part_folder,
    scan,
    seal,
    write_part,
)
from tilth.config import Config
from tilth.errors import LakeError
from tilth.fingerprint import ROOT, digest, digest_json, engine_digest
from tilth.lake import Lake
from tilth.memory import give_back, settle
from tilth.query import close_databases, connect
from tilth.records import SCHEMAS, Outcome

# Text of one batch: its units and examples together stay near 150 MB in memory, and a batch is above a CPU second.
BATCH_BYTES = 6_000_000
# Two for each of at most four workers, so that none waits for another's last. A task costs Prefect 35 ms of CPU, a
# batch is a CPU second; and a flow run stays under 100 task runs, whatever the corpus (Prefect's records get lost above
# some thousands, and its page stays blank).
MAX_SHARDS = 8

CORPUS_KEY = "corpus"


@dataclass(frozen=True)
class Stage:
    """What a room declares of itself. Functions are named, so that a worker process can import them.

    `engine` is `module:function` with the signature (lake, batch, config) → Outcome; `modules` and `packages`
    are those whose text and version decide what comes out, `data` the files of the checkout that do. `suite` is the
    module with the artifact's expectations: its `expectations()` and `COLUMNS`.
    """

    artifact: str
    schema: pa.Schema
    engine: str
    modules: tuple[str, ...]
    packages: tuple[str, ...] = ()
    suite: str = ""
    data: tuple[str, ...] = ()

    def digest(self, config: Config) -> str:
        """Names this state of the stage: its config and its engines."""
        return digest(self.artifact, digest_json(config.identity()), self._engines())

    def _engines(self) -> str:
        files = (digest((ROOT / name).read_bytes()) for name in self.data)
        reader = [name for name in (self.engine.partition(":")[0],) if name]
        return digest(
            engine_digest(*self.modules, *reader, packages=(*self.packages, "duckdb", "pyarrow")), *files
        )


@dataclass(frozen=True)
class Shard:
    """Some batches of work, done by one task. A batch is a table with key, work_digest and what the engine needs."""

    name: str
    digest: str
    batches: tuple[pa.Table, ...] = field(repr=False)


@dataclass(frozen=True)
class Plan:
    """What is left to do for one artifact."""

    stage: Stage
    config: Config
    key: str
    stage_digest: str
    inputs: Mapping[str, str]  # digests of what it depends on
    reads: Mapping[str, Artifact]
    wanted: pa.Table | None = field(repr=False)  # null: the artifact is complete already
    shards: tuple[Shard, ...] = field(repr=False)
    rows_in: int

    def cache_name(self, shard: Shard | None) -> str:
        """What the work of a shard, or of sealing, is called in a cache."""
        return (
            f"{self.stage.artifact}-{self.stage_digest}-{shard.digest}"
            if shard
            else f"{self.stage.artifact}-{self.key}"
        )

    def is_done(self, lake: Lake, shard: Shard | None) -> bool:
        """Whether the files that the work gives are all there."""
        if shard is None:
            return is_present(lake, self.stage.artifact, self.key)
        folders = (
            part_folder(lake, self.stage.artifact, self.stage_digest, batch) for batch in shard.batches
        )
        return all(map(is_whole, folders))


def open_views(connection: duckdb.DuckDBPyConnection, lake: Lake, inputs: Mapping[str, Artifact]) -> None:
    """Create two views for each artifact, with the column `part` beside their own.

    The one called by its role has its rows. `<role>_keys` has its live keys (see `KEYS`): what is asked of each key,
    and the digest of its rows, is answered there without reading a row.
    """
    for role, artifact in inputs.items():
        manifest = load_manifest(lake, artifact.name, artifact.key)
        for view, file, schema in ((role, "rows", SCHEMAS[role]), (f"{role}_keys", "keys", KEYS)):
            sql = scan(lake, manifest, file, with_part=True)
            if not sql:
                empty = schema.append(pa.field("part", pa.string())).empty_table()
                connection.register(f"no_{view}", empty)
                sql = f"SELECT * FROM no_{view}"
            connection.execute(f"CREATE OR REPLACE TEMP VIEW {view} AS {sql}")


def plan(
    lake: Lake,
    stage: Stage,
    config: Config,
    inputs: Mapping[str, str],
    wanted: Callable[[], pa.Table],
    *,
    rows_in: int,
    reads: Mapping[str, Artifact],
) -> Plan:
    """What has to be computed for the artifact.

    `inputs` are the digests of all that it depends on, by name; `reads` the artifacts that the sealing task itself
    looks at. `wanted` is only called when the artifact is not there yet.
    """
    stage_digest = stage.digest(config)
    suite_digest = engine_digest(stage.suite) if stage.suite else ""
    key = digest(stage_digest, suite_digest, *(f"{name}={value}" for name, value in sorted(inputs.items())))
    if is_present(lake, stage.artifact, key):
        return Plan(stage, config, key, stage_digest, inputs, reads, None, (), rows_in)
    table = wanted()
    missing = _missing(lake, stage.artifact, stage_digest, table)
    return Plan(stage, config, key, stage_digest, inputs, reads, table, cut(missing), rows_in)


def _missing(lake: Lake, artifact: str, stage_digest: str, wanted: pa.Table) -> pa.Table:
    with connect(lake.spill) as connection:
        known_keys(connection, lake, artifact, stage_digest)
        connection.register("wanted", wanted)
        return connection.sql(
            "SELECT * FROM wanted ANTI JOIN known USING (key, work_digest)"
        ).to_arrow_table()


def cut(missing: pa.Table) -> tuple[Shard, ...]:
    """Cut work into batches of about `BATCH_BYTES` by its column `bytes`, and those into at most `MAX_SHARDS` shards.

    The work is first ordered by the parts that its inputs lie in, so that a batch reads few files. Rows that name the
    same thing in a column `joint` depend on each other and make one batch.
    """
    if not missing.num_rows:
        return ()
    batches: list[pa.Table] = []
    separate = missing
    if "joint" in missing.column_names:
        owners = missing["joint"]
        separate = missing.filter(pc.is_null(owners))
        names = sorted(pc.unique(owners.drop_null()).to_pylist())
        batches = [missing.filter(pc.equal(owners, name)) for name in names]
    order = [(name, "ascending") for name in missing.column_names if name.endswith("_part")]
    ordered = separate.sort_by([*order, ("key", "ascending"), ("work_digest", "ascending")])
    start = size = 0
    for row, row_bytes in enumerate(ordered["bytes"].to_pylist()):
        if row > start and size + row_bytes > BATCH_BYTES:
            batches.append(_copied(ordered, start, row))
            start, size = row, 0
        size += row_bytes
    if ordered.num_rows:
        batches.append(_copied(ordered, start, ordered.num_rows))
    count = min(MAX_SHARDS, len(batches))
    groups = [
        batches[number * len(batches) // count : (number + 1) * len(batches) // count]
        for number in range(count)
    ]
    return tuple(
        Shard(f"{number + 1} of {count}", _name_of(group), tuple(group))
        for number, group in enumerate(groups)
    )


def _copied(table: pa.Table, start: int, stop: int) -> pa.Table:
    """The rows from start to stop as a table of their own: a slice goes to a worker with all it is cut from."""
    return table.take(pa.array(range(start, stop)))


def _name_of(batches: list[pa.Table]) -> str:
    return digest(*(f"{key} {work}" for batch in batches for key, work in _works(batch)))


def _works(batch: pa.Table) -> list[tuple[str, str]]:
    return list(zip(batch["key"].to_pylist(), batch["work_digest"].to_pylist(), strict=True))


def run_batch(lake: Lake, stage: Stage, config: Config, stage_digest: str, batch: pa.Table) -> str:
    """Compute one batch and write its part; the part's path inside the lake. Runs in a worker process."""
    module, _, function = stage.engine.partition(":")
    engine: Callable[[Lake, pa.Table, Any], Outcome] = getattr(importlib.import_module(module), function)
    outcome = engine(lake, batch, config)
    folder = write_part(lake, stage.artifact, stage_digest, batch, outcome)
    del outcome
    settle(stage.engine)
    give_back()
    return lake.relative(folder)


def read_inputs(
    lake: Lake, batch: pa.Table, artifact: str, schema: pa.Schema, *, on: str, key: str
) -> pa.Table:
    """The rows of an input artifact that a batch is made from, in the columns of `schema`.

    The batch's column `<artifact>_part` says in which part the rows lie whose column `key` equals the batch's
    column `on`; where it is null there are none.
    """
    tables = [schema.empty_table()]
    column = f"{artifact}_part"
    owners = batch.select([on, column]).rename_columns(["owner", "part"])
    for part in sorted(part for part in pc.unique(owners["part"]).to_pylist() if part is not None):
        owned = pc.unique(owners.filter(pc.equal(owners["part"], part))["owner"].combine_chunks())
        rows = _read_groups(lake.root / part / "rows.parquet", schema, key, sorted(owned.to_pylist()))
        is_owned = pc.is_in(rows[key], value_set=owned)
        tables.append(rows if pc.all(is_owned).as_py() else rows.filter(is_owned))
    return pa.concat_tables(tables)


def _read_groups(path: Path, schema: pa.Schema, key: str, owned: list[str]) -> pa.Table:
    """The row groups of a part in which one of the keys may lie, by the bounds that Parquet keeps of each group."""
    with pq.ParquetFile(path) as file:
        metadata = file.metadata
        leaf = metadata.schema.names.index(key)
        groups = []
        for number in range(metadata.num_row_groups):
            bounds = metadata.row_group(number).column(leaf).statistics
            place = bisect_left(owned, bounds.min) if bounds is not None and bounds.has_min_max else 0
            if place < len(owned) and (
                bounds is None or not bounds.has_min_max or owned[place] <= bounds.max
            ):
                groups.append(number)
        return file.read_row_groups(groups, columns=schema.names, use_threads=False).select(schema.names)


_DOCUMENTS_SQL = """
    SELECT
        document_id AS key,
        document_id,
        md5(document_id || language || path) AS work_digest,
        documents.bytes,
        documents.part AS documents_part
    FROM documents
    SEMI JOIN surviving_documents ON surviving_documents.item_id = documents.document_id
    WHERE kind = $kind
"""


def wanted_documents(connection: duckdb.DuckDBPyConnection, kind: str) -> pa.Table:
    """The work of a stage that looks at one document at a time: a row for each surviving document of this kind."""
    return connection.sql(_DOCUMENTS_SQL, params={"kind": kind}).to_arrow_table()


def whole_corpus(
    lake: Lake, this: Plan, compute: Callable[[Lake, Mapping[str, Artifact], Any], Outcome]
) -> None:
    """Compute the part of a stage that sees the whole corpus, unless it is there.

    `compute` gets the lake, the input artifacts by their roles, and the config.
    """
    if (
        this.wanted is not None
        and _missing(lake, this.stage.artifact, this.stage_digest, this.wanted).num_rows
    ):
        outcome = under_corpus(compute(lake, this.reads, this.config))
        # What the question held and what the part's digests and the checks will hold must not add up.
        _let_go()
        write_part(lake, this.stage.artifact, this.stage_digest, this.wanted, outcome)
        del outcome
        _let_go()


def _let_go() -> None:
    close_databases()
    give_back()


def corpus_work(*digests: str) -> pa.Table:
    """The one row of work of a stage that sees the whole corpus."""
    return pa.table(
        {"key": [CORPUS_KEY], "work_digest": [digest(*digests)], "bytes": pa.array([0], pa.int64())}
    )


def finish(lake: Lake, this: Plan, check: Callable[[Manifest], tuple[str, ...]]) -> Artifact:
    """Assemble the artifact, let `check` look at it, and seal it. An artifact that is complete is only read.

    `check` raises `CheckError` for broken expectations and returns the warnings.
    """
    if this.wanted is None:
        return load_manifest(lake, this.stage.artifact, this.key).artifact
    started = time.monotonic()
    manifest = assemble(
        lake, this.stage.artifact, this.key, this.stage_digest, this.wanted, dict(this.inputs)
    )
    warnings = check(manifest)
    artifact = manifest.artifact.model_copy(
        update={"warnings": warnings, "rows_in": this.rows_in, "seconds": time.monotonic() - started}
    )
    sealed = seal(lake, manifest.model_copy(update={"artifact": artifact}))
    if not is_present(lake, this.stage.artifact, this.key):
        raise LakeError(f"{this.stage.artifact}: parts vanished while it was sealed. Run the build again.")
    return sealed


def under_corpus(outcome: Outcome) -> Outcome:
    """The outcome with `CORPUS_KEY` as the key of every row and reject."""

    def renamed(table: pa.Table) -> pa.Table:
        column = pa.array([CORPUS_KEY] * table.num_rows, pa.string())
        return table.set_column(table.schema.get_field_index("key"), "key", column)

    return Outcome(renamed(outcome.rows), renamed(outcome.rejects))
