"""A dataset version by side: place the examples, write and render the files, describe, publish.

The connection holds the relations `examples` and `mixture`, and may hold `documents` and `clusters`
(see `tasks.export.partition`). The version appears at its place whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow as pa
import pyarrow.parquet as pq

from tasks.export.card import render_card, render_format_card
from tasks.export.columns import VERSION, features
from tasks.export.config import SIDES, ExportConfig, Format
from tasks.export.distinct import TABLES as DISTINCT_TABLES
from tasks.export.distinct import count_distinct
from tasks.export.manifest import MANIFEST_NAME, build_manifest, count_rows, read_manifest
from tasks.export.partition import place_examples, rejects_of
from tasks.export.render import Rendering, rendering_of
from tasks.export.shards import Reuse, Shard, cut_shards, file_key, side_digests
from tasks.export.whole_folder import whole_folder
from tasks.export.write_jsonl import LineFiles, Written, write_jsonl
from tasks.export.write_parquet import sha256_of, write_parquet
from tilth.errors import LakeError
from tilth.fingerprint import digest, engine_digest

_TABLES = ("export_placed", "export_row", "export_origin", *DISTINCT_TABLES)
_MACROS = ("export_position", "export_side", "export_words")


@contextmanager
def _placement(connection: duckdb.DuckDBPyConnection) -> Iterator[None]:
    """Says what DuckDB could not do in a user's words, and takes the temporary tables away at the end."""
    try:
        yield
    except (duckdb.IOException, duckdb.OutOfMemoryException) as error:
        raise LakeError(
            f"The rows to be exported cannot be read or sorted: {error}. "
            "Free space where DuckDB spills, give it more memory, or build the stage before again."
        ) from error
    finally:
        for table in _TABLES:
            connection.execute(f"DROP TABLE IF EXISTS {table}")
        for macro in _MACROS:
            connection.execute(f"DROP MACRO IF EXISTS {macro}")


def _entry(name: str, shard: Shard, key: str, file: Path, written: Written) -> dict[str, Any]:
    return {
        "path": str(file),
        "format": name,
        "side": shard.side,
        "shard": shard.number,
        "rows": written.rows,
        "examples": written.examples,
        "skipped": written.skipped,
        "bytes": written.bytes,
        "sha256": written.sha256,
        "key": key,
    }


class _Wanted(NamedTuple):
    """A file of lines that must be written."""

    name: Format
    key: str
    path: Path


class _Files:
    """The files of a version as they come to be, each linked from the version before or written."""

    def __init__(self, renderings: Mapping[Format, Rendering], reuse: Reuse, staging: Path) -> None:
        self.entries: list[dict[str, Any]] = []
        self._renderings, self._reuse, self._staging = renderings, reuse, staging
        self._parquet = f"parquet {engine_digest('tasks.export.write_parquet', packages=('pyarrow',))}"
        engine = engine_digest("tasks.export.write_jsonl", packages=("orjson",))
        self._engines = {name: digest(name, one.identity, engine) for name, one in renderings.items()}

    def write(self, connection: duckdb.DuckDBPyConnection, shards: list[Shard]) -> None:
        """Each shard's Parquet file under the name of its number, and its lines in every other format."""
        wanted = [(shard, path) for shard in shards if (path := self._unlinked(shard)) is not None]
        scratch = self._staging / "runs"
        scratch.mkdir()
        write_parquet(connection, wanted, scratch, self._beside)
        scratch.rmdir()
        for shard, path in wanted:
            rows = pq.read_metadata(path).num_rows
            written = Written(rows, rows, {}, path.stat().st_size, sha256_of(path))
            self.entries.append(_entry("parquet", shard, file_key(shard, self._parquet), path, written))

    def _path(self, folder: str, shard: Shard) -> Path:
        return self._staging / folder / f"{shard.side}.{shard.number}"

    def _unlinked(self, shard: Shard) -> Path | None:
        """Where the shard's Parquet file must be written; null when it is linked, and its lines are there too."""
        path = self._path("data", shard)
        known = self._reuse.take(file_key(shard, self._parquet), path)
        if known is None:
            return path
        self.entries.append({**known, "path": str(path), "shard": shard.number})
        lines = self._wanted_lines(shard)
        if lines:
            self._add_lines(shard, lines, write_jsonl(path, self._targets(lines)))
        return None

    @contextmanager
    def _beside(self, shard: Shard) -> Iterator[Callable[[pa.RecordBatch], None]]:
        """Renders a shard's rows into the formats that want them while its Parquet file is written."""
        lines = self._wanted_lines(shard)
        with LineFiles(self._targets(lines)) as files:
            yield files.add
            self._add_lines(shard, lines, files.written())

    def _targets(self, lines: list[_Wanted]) -> list[tuple[Rendering, Path]]:
        return [(self._renderings[name], path) for name, _, path in lines]

    def _wanted_lines(self, shard: Shard) -> list[_Wanted]:
        """The files of lines that a shard still needs; the others are linked."""
        wanted = []
        for name, engine in self._engines.items():
            path, key = self._path(name, shard), file_key(shard, engine)
            known = self._reuse.take(key, path)
            if known is None:
                wanted.append(_Wanted(name, key, path))
            else:
                self.entries.append({**known, "path": str(path), "shard": shard.number})
        return wanted

    def _add_lines(self, shard: Shard, lines: list[_Wanted], written: list[Written]) -> None:
        """Enter files of lines. One without rows is no file."""
        for (name, key, path), what in zip(lines, written, strict=True):
            self.entries.append(_entry(name, shard, key, path, what))
            if not what.rows:
                path.unlink()


def _number(
    entries: list[dict[str, Any]], staging: Path
) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    """Give files their final names, numbered without gaps; entries of those with rows, and the rest."""
    entries = sorted(entries, key=lambda entry: (entry["format"], SIDES.index(entry["side"]), entry["shard"]))
    held = [entry for entry in entries if entry["rows"]]
    totals = Counter((entry["format"], entry["side"]) for entry in held)
    seen: Counter[tuple[str, str]] = Counter()
    files = []
    for entry in held:
        place = (entry["format"], entry["side"])
        ending = "parquet" if entry["format"] == "parquet" else "jsonl"
        folder = "data" if entry["format"] == "parquet" else entry["format"]
        name = f"{folder}/{entry['side']}-{seen[place]:05d}-of-{totals[place]:05d}.{ending}"
        Path(entry["path"]).rename(staging / name)
        seen[place] += 1
        files.append({**entry, "path": name})
    return files, [{**entry, "path": None} for entry in entries if not entry["rows"]]


def _formats(names: list[Format], entries: list[dict[str, Any]], config: ExportConfig) -> dict[str, Any]:
    """What each format holds: rows a side, examples said, examples skipped by reason, and its columns."""
    held: dict[str, Any] = {}
    for name in names:
        mine = [entry for entry in entries if entry["format"] == name]
        skipped: Counter[str] = Counter()
        for entry in mine:
            skipped.update(entry["skipped"])
        held[name] = {
            "rows": {side: sum(entry["rows"] for entry in mine if entry["side"] == side) for side in SIDES},
            "examples": sum(entry["examples"] for entry in mine),
            "skipped": dict(sorted(skipped.items())),
            "features": features(VERSION if name == "parquet" else rendering_of(name, config).schema),
        }
    return held


def _fill(
    connection: duckdb.DuckDBPyConnection,
    lineage: dict[str, Any],
    config: ExportConfig,
    staging: Path,
    before: tuple[Path | None, dict[str, Any]],
    created_at: str | None,
) -> dict[str, Any]:
    folder, previous = before
    partition = place_examples(connection, config, previous.get("partition", {}).get("grouped_by"))
    shards, counts = cut_shards(connection, config, previous.get("shards", {}))
    wanted = [name for name in dict.fromkeys(config.formats) if name != "parquet"]
    renderings: dict[Format, Rendering] = {name: rendering_of(name, config) for name in wanted}
    names: list[Format] = ["parquet", *renderings]
    for name in names:
        (staging / ("data" if name == "parquet" else name)).mkdir()
    held = _Files(renderings, Reuse(folder, previous), staging)
    held.write(connection, shards)
    entries = held.entries
    written = sum(entry["rows"] for entry in entries if entry["format"] == "parquet")
    if written != sum(partition.rows.values()):
        raise LakeError(
            f"{written} of {sum(partition.rows.values())} rows were found. Build again from generate."
        )
    files, without_rows = _number(entries, staging)
    pq.write_table(rejects_of(connection), staging / "rejects.parquet", compression="zstd")
    manifest = build_manifest(
        config,
        lineage,
        partition,
        {**count_rows(connection), "distinct": count_distinct(connection)},
        side_digests(shards),
        _formats(names, entries, config),
    )
    manifest |= {"created_at": created_at, "shards": counts, "files": files, "without_rows": without_rows}
    (staging / "README.md").write_text(render_card(manifest), encoding="utf-8")
    for name in renderings:
        if manifest["formats"][name]["examples"]:
            (staging / name / "README.md").write_text(render_format_card(manifest, name), encoding="utf-8")
        else:
            (staging / name).rmdir()
    # The manifest last: where it lies, everything it names lies too.
    text = json.dumps(manifest, indent=1, ensure_ascii=False)
    (staging / MANIFEST_NAME).write_text(text + "\n", encoding="utf-8")
    return manifest


def export_version(
    connection: duckdb.DuckDBPyConnection,
    lineage: dict[str, Any],
    config: ExportConfig,
    out: Path,
    previous: Path | None = None,
    created_at: str | None = None,
) -> dict[str, Any]:
    """Write the version into the folder `out` and return its manifest.

    `lineage` is the recipe and the inputs' digests, recorded as given; it counts in the version's digest, so
    it must not name times, machines or runs. `previous` is the folder of the version before: what did not
    change is linked from it, and what a group is stays as it was. `created_at` is recorded outside the
    digest.

    Raises `CheckError` when mixture and examples do not agree, `LakeError` when something cannot be read or
    written or when `out` already holds something.
    """
    if out.exists() and not (out.is_dir() and not any(out.iterdir())):
        raise LakeError(
            f"{out} exists already, and a version is never changed. Name a new folder, or remove it."
        )
    manifest = {} if previous is None else read_manifest(previous)
    with whole_folder(out) as staging, _placement(connection):
        return _fill(connection, lineage, config, staging, (previous, manifest), created_at)
