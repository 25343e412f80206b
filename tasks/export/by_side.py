"""A dataset version by side: place the examples, write and render the files, describe, publish.

The connection holds the relations `examples` and `mixture`, and may hold `documents` and `clusters`
(see `tasks.export.partition`). The version appears at its place whole or not at all.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path
from typing import Any

import duckdb
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
from tasks.export.write_jsonl import Written, write_jsonl
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


def _write_data(
    connection: duckdb.DuckDBPyConnection, shards: list[Shard], reuse: Reuse, staging: Path
) -> list[dict[str, Any]]:
    """The Parquet file of each shard, linked or written, under the name of its number."""
    engine = engine_digest("tasks.export.write_parquet", packages=("pyarrow",))
    entries: dict[Shard, dict[str, Any]] = {}
    wanted: list[tuple[Shard, Path]] = []
    for shard in shards:
        path = staging / "data" / f"{shard.side}.{shard.number}"
        known = reuse.take(file_key(shard, f"parquet {engine}"), path)
        if known is None:
            wanted.append((shard, path))
        else:
            entries[shard] = {**known, "path": str(path), "shard": shard.number}
    scratch = staging / "runs"
    scratch.mkdir()
    write_parquet(connection, wanted, scratch)
    scratch.rmdir()
    for shard, path in wanted:
        rows = pq.read_metadata(path).num_rows
        written = Written(rows, rows, {}, path.stat().st_size, sha256_of(path))
        entries[shard] = _entry("parquet", shard, file_key(shard, f"parquet {engine}"), path, written)
    return [entries[shard] for shard in shards]


def _render_shard(
    shard: Shard, data: Path, renderings: Mapping[Format, Rendering], reuse: Reuse, staging: Path
) -> list[dict[str, Any]]:
    """The files of one shard in every format but Parquet, linked or written. One without rows is no file."""
    engine = engine_digest("tasks.export.write_jsonl", "tasks.export.write_parquet", packages=("duckdb",))
    entries: list[dict[str, Any]] = []
    wanted: list[tuple[Format, str, Path]] = []
    for name, rendering in renderings.items():
        path = staging / name / f"{shard.side}.{shard.number}"
        key = file_key(shard, digest(name, rendering.query(), engine))
        known = reuse.take(key, path)
        if known is None:
            wanted.append((name, key, path))
        else:
            entries.append({**known, "path": str(path), "shard": shard.number})
    if wanted:
        written = write_jsonl(data, [(renderings[name], path) for name, _, path in wanted])
        for (name, key, path), what in zip(wanted, written, strict=True):
            entries.append(_entry(name, shard, key, path, what))
            if not what.rows:
                path.unlink()
    return entries


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
    reuse = Reuse(folder, previous)
    wanted = [name for name in dict.fromkeys(config.formats) if name != "parquet"]
    renderings: dict[Format, Rendering] = {name: rendering_of(name, config) for name in wanted}
    names: list[Format] = ["parquet", *renderings]
    for name in names:
        (staging / ("data" if name == "parquet" else name)).mkdir()
    entries = _write_data(connection, shards, reuse, staging)
    for shard, data in zip(shards, list(entries), strict=True):
        entries += _render_shard(shard, Path(data["path"]), renderings, reuse, staging)
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
