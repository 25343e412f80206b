"""What the stage `export` reads, where its version comes to lie, and when it need not be written again."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from tasks.export.by_side import export_version
from tasks.export.config import ExportConfig
from tasks.export.manifest import read_manifest
from tilth.artifact import Artifact
from tilth.errors import LakeError
from tilth.fingerprint import digest, digest_json, engine_digest
from tilth.lake import Lake, full_disk_said
from tilth.query import connect
from tilth.stage import Shard, open_views

READS = ("documents", "chunks", "units", "examples", "surviving_examples", "mixture")
_ENGINE = "tasks.export.by_side"


@dataclass(frozen=True)
class ExportPlan:
    """A version that is to be: its id is made of what it is made from."""

    config: ExportConfig
    inputs: Mapping[str, Artifact]
    lineage: dict[str, Any] = field(repr=False)

    @property
    def version_id(self) -> str:
        """`<name>-<12 hexadecimal digits>`."""
        made_of = digest_json({"config": self.config.identity(), "lineage": self.lineage})
        return f"{self.config.name}-{digest(made_of, engine_digest(_ENGINE, packages=('duckdb', 'pyarrow')))[:12]}"

    def cache_name(self, shard: Shard | None) -> str:
        """What the version is called in a cache."""
        return f"version-{self.version_id.lower().replace('.', '-')}"

    def is_done(self, lake: Lake, shard: Shard | None) -> bool:
        """Whether the version and every file that its manifest names are there, in their sizes."""
        folder = lake.versions / self.version_id
        try:
            files = read_manifest(folder)["files"]
            return all((folder / file["path"]).stat().st_size == file["bytes"] for file in files)
        except (LakeError, OSError):
            return False


def write_version(lake: Lake, plan: ExportPlan) -> Artifact:
    """Write the version unless it is there; its handle counts what was exported and what was left out."""
    folder = lake.versions / plan.version_id
    if plan.is_done(lake, None):
        manifest = read_manifest(folder)
    else:
        # A version that lacks files is none, and would stand in the way of the whole one.
        lake.set_aside(folder)
        with full_disk_said(lake.root), connect(lake.spill) as connection:
            lake.versions.mkdir(exist_ok=True)
            open_views(connection, lake, {role: plan.inputs[role] for role in READS})
            connection.execute(
                "CREATE TEMP VIEW clusters AS SELECT item_id AS example_id, cluster_id FROM surviving_examples"
            )
            manifest = export_version(
                connection,
                plan.lineage,
                plan.config,
                folder,
                previous=_latest(lake, plan.config.name),
                created_at=datetime.now(UTC).isoformat(timespec="seconds"),
            )
    return _handle(plan, manifest)


def grouped_before(lake: Lake, name: str) -> str | None:
    """What a group was in the newest version of a line, which keeps it; None where there is none."""
    folder = _latest(lake, name)
    if folder is None:
        return None
    grouped_by = read_manifest(folder).get("partition", {}).get("grouped_by")
    return None if grouped_by is None else str(grouped_by)


def _latest(lake: Lake, name: str) -> Path | None:
    """Folder of the newest version of the same line; its unchanged files are linked, not written."""
    found = [path for path in lake.versions.glob(f"{name}-*/manifest.json") if _is_readable(path.parent)]
    return max(found, key=lambda path: (path.stat().st_mtime_ns, path)).parent if found else None


def _is_readable(version: Path) -> bool:
    """Whether a version's manifest can be read; a damaged one must not stand in the way of the next version."""
    try:
        read_manifest(version)
    except LakeError:
        return False
    return True


def _handle(plan: ExportPlan, manifest: dict[str, Any]) -> Artifact:
    rejects: dict[str, int] = manifest["rejects"]
    return Artifact(
        name=plan.version_id,
        key=plan.version_id,
        digest=manifest["digest"],
        rows=manifest["counts"]["exported"],
        rejects=sum(rejects.values()),
        reasons=rejects,
        rows_in=plan.inputs["mixture"].rows,
    )
