"""The dataset versions of a lake, newest first, and the artifacts that each was made from."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any, NamedTuple

import duckdb
import pyarrow.parquet as pq

from tilth.artifact import Manifest, load_manifest, scan
from tilth.errors import LakeError, RequestError
from tilth.lake import Lake
from tilth.query import parquet
from tilth.records import FAILED_ANSWERS, REJECTS, SCHEMAS


class Version(NamedTuple):
    """A dataset version: its id, its folder, and what its manifest says."""

    version_id: str
    folder: Path
    manifest: dict[str, Any]


def list_versions(lake: Lake) -> list[Version]:
    """All versions, newest first. Raises `LakeError` for a manifest that cannot be read."""
    found = []
    for path in lake.versions.glob("*/manifest.json"):
        try:
            found.append(Version(path.parent.name, path.parent, json.loads(path.read_text(encoding="utf-8"))))
        except (OSError, ValueError) as error:
            raise LakeError(
                f"{lake.relative(path)} cannot be read: {error}. Remove it and build again."
            ) from None
    return sorted(
        found,
        key=lambda version: (version.manifest.get("created_at") or "", version.version_id),
        reverse=True,
    )


def find_version(lake: Lake, name: str = "") -> Version:
    """The version with this id, the newest of the line with this name, or the one whose id begins so.

    Without a name it is the newest of all. Raises `RequestError` when there is none, or more than one.
    """
    versions = list_versions(lake)
    if not versions:
        raise RequestError(f"{lake.root} holds no version yet. Build one: tilth build")
    if not name:
        return versions[0]
    line = [version for version in versions if version.manifest["name"] == name]
    matches = [version for version in versions if version.version_id == name] or line[:1]
    matches = matches or [version for version in versions if version.version_id.startswith(name)]
    if len(matches) != 1:
        known = ", ".join(version.version_id for version in versions[:5])
        what = "no version" if not matches else f"{len(matches)} versions"
        raise RequestError(f"There is {what} {name}. There are {known}. List them: tilth versions")
    return matches[0]


def create_views(connection: duckdb.DuckDBPyConnection, lake: Lake, version: Version) -> list[str]:
    """Create the views of a version and return their names.

    One an artifact, `<artifact>_rejects` for each, `failed_answers` of models, `rejects` over all with the column
    `artifact`, and `dataset`, the exported rows with their side.
    """
    names, rejects = [], []
    for role, entry in version.manifest["lineage"]["artifacts"].items():
        manifest = load_manifest(lake, entry["name"], entry["key"])
        for file, schema, name in (("rows", SCHEMAS[role], role), ("rejects", REJECTS, f"{role}_rejects")):
            sql = scan(lake, manifest, file)
            if not sql:
                connection.register(f"no_{name}", schema.empty_table())
                sql = f"SELECT * FROM no_{name}"
            connection.execute(f"CREATE TEMP VIEW {name} AS {sql}")
            names.append(name)
        rejects.append(f"SELECT '{role}' AS artifact, * FROM {role}_rejects")
        if role == "examples":
            names += _failed_answers(connection, lake, manifest)
    for entry in version.manifest["lineage"]["replaced"]:
        sql = scan(lake, load_manifest(lake, entry["name"], entry["key"]), "rejects")
        rejects += [f"SELECT '{entry['role']}' AS artifact, * FROM ({sql})"] if sql else []
    left_out = version.folder / "rejects.parquet"
    if left_out.is_file():
        rejects.append(f"SELECT 'version' AS artifact, * FROM {parquet(left_out)}")
    connection.execute(f"CREATE TEMP VIEW rejects AS {' UNION ALL BY NAME '.join(rejects)}")
    data = [
        version.folder / file["path"] for file in version.manifest["files"] if file["format"] == "parquet"
    ]
    if data:
        side = "split_part(parse_filename(filename), '-', 1) AS side"
        connection.execute(
            f"CREATE TEMP VIEW dataset AS SELECT {side}, * EXCLUDE (filename) FROM {parquet(*data, named=True)}"
        )
    return [*names, "rejects", *(["dataset"] if data else [])]


def _failed_answers(connection: duckdb.DuckDBPyConnection, lake: Lake, manifest: Manifest) -> list[str]:
    """The view of requests to models that brought nothing: of the parts that hold any such table."""
    parts = tuple(
        part for part in manifest.parts if (lake.root / part.path / "failed_answers.parquet").is_file()
    )
    sql = scan(lake, manifest.model_copy(update={"parts": parts}), "failed_answers")
    if not sql:
        connection.register("no_failed_answers", FAILED_ANSWERS.empty_table())
        sql = "SELECT * FROM no_failed_answers"
    connection.execute(f"CREATE TEMP VIEW failed_answers AS {sql}")
    return ["failed_answers"]


def cells_of(lake: Lake, version: Version) -> list[dict[str, Any]]:
    """The cells of the plan that a version was made by, each with what was asked, made, accepted and paid; or none."""
    entry = version.manifest["lineage"]["artifacts"].get("examples")
    parts = load_manifest(lake, entry["name"], entry["key"]).parts if entry else ()
    for part in parts:
        path = lake.root / part.path / "cells.parquet"
        if path.is_file():
            cells: list[dict[str, Any]] = json.loads(pq.read_table(path)["cells"][0].as_py())
            return cells
    return []
