"""The manifest of a dataset version: what it holds, how it was parted, where it comes from, and its files.

A JSON object. Its `digest` covers all of it but the layout of the files (`shards`, `files`, `without_rows`),
which depends on the version before, and `created_at`: the same rows from the same recipe are the same
version, whether built from nothing or from a change. Rows' digests do not depend on their order.
"""

from __future__ import annotations

import json
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb

from tasks.export.config import SIDES, ExportConfig
from tasks.export.partition import Partition
from tilth.errors import LakeError
from tilth.fingerprint import digest_json

# Rises when a reader of an older manifest would misread a newer one.
MANIFEST_FORMAT = 1
MANIFEST_NAME = "manifest.json"

_UNDIGESTED = frozenset(("version", "digest", "created_at", "shards", "files", "without_rows"))

COUNTED = ("kind", "task", "language", "category", "difficulty", "licence")

_COUNT = """
SELECT coalesce({column}, 'unknown') AS value, side, count(*)
FROM export_placed
WHERE reason IS NULL
GROUP BY ALL
ORDER BY value, side
"""

# Decimals add up alike in any order; doubles do not.
_WEIGHTS = """
SELECT
    side,
    sum(tokens)::BIGINT,
    sum(weight::DECIMAL(38, 9)),
    sum((weight * weight)::DECIMAL(38, 9))
FROM export_placed
WHERE reason IS NULL
GROUP BY side
"""

_REASONS = """
SELECT reason, count(*)
FROM export_placed
WHERE reason IS NOT NULL
GROUP BY reason
ORDER BY reason
"""


_HELD_OUT = """
SELECT count(*) FILTER (has_held_out), count(*)
FROM export_placed
WHERE reason IS NULL AND side = 'test' AND kind = 'chat'
"""


def effective_sample_size(weights: Decimal, squares: Decimal) -> float:
    """Kish's effective sample size, (sum w)^2 / sum w^2; 0 without weights.

    >>> effective_sample_size(Decimal(4), Decimal(4))
    4.0
    """
    return round(float(weights * weights / squares), 3) if squares else 0.0


def count_rows(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """Counts over `export_placed`: rows by value and side, tokens and weights by side, rejects by reason.

    `held_out` counts the chats of the test side, and those of them that are asked in words that nobody trains on.
    """
    by: dict[str, dict[str, dict[str, int]]] = {}
    for column in COUNTED:
        values = by.setdefault(column, {})
        for value, side, rows in connection.execute(_COUNT.format(column=column)).fetchall():
            values.setdefault(value, dict.fromkeys(SIDES, 0))[side] = rows
    tokens = dict.fromkeys(SIDES, 0)
    weights = {side: {"normaliser": 0.0, "effective_sample_size": 0.0} for side in SIDES}
    for side, count, total, squares in connection.execute(_WEIGHTS).fetchall():
        tokens[side] = count
        weights[side] = {
            "normaliser": float(total or 0),
            "effective_sample_size": effective_sample_size(total or Decimal(0), squares or Decimal(0)),
        }
    rejects = dict(connection.execute(_REASONS).fetchall())
    ((reworded, chats),) = connection.execute(_HELD_OUT).fetchall()
    held_out = {"chats": chats, "reworded": reworded}
    return {"by": by, "tokens": tokens, "weights": weights, "rejects": rejects, "held_out": held_out}


def build_manifest(
    config: ExportConfig,
    lineage: dict[str, Any],
    partition: Partition,
    counts: dict[str, Any],
    rows_digests: dict[str, str],
    formats: dict[str, Any],
) -> dict[str, Any]:
    """The part of the manifest that its digest covers, with the digest. `lineage` is recorded as given."""
    exported = sum(partition.rows.values())
    rejected = sum(counts["rejects"].values())
    manifest: dict[str, Any] = {
        "format": MANIFEST_FORMAT,
        "name": config.name,
        "counts": {
            "examples": exported + rejected,
            "exported": exported,
            "rejected": rejected,
            **partition.rows,
            "tokens": counts["tokens"],
            "distinct": counts["distinct"],
            "held_out_wordings": counts["held_out"],
            "by": counts["by"],
        },
        "rejects": counts["rejects"],
        "partition": {
            "grouped_by": partition.grouped_by,
            "repositories": partition.repositories,
            "groups": partition.groups,
            "seed": config.seed,
            "ratios": {"validation": config.validation_ratio, "test": config.test_ratio},
            "notes": list(partition.notes),
        },
        "weights": counts["weights"],
        "rows_digests": rows_digests,
        "formats": formats,
        "config": config.model_dump(mode="json"),
        "lineage": lineage,
    }
    name = digest_json(manifest)
    return {"version": name, "digest": name, **manifest}


def digest_of(manifest: dict[str, Any]) -> str:
    """The digest that a manifest must bear."""
    return digest_json({key: value for key, value in manifest.items() if key not in _UNDIGESTED})


def read_manifest(folder: Path) -> dict[str, Any]:
    """The manifest of a version's folder. Raises `LakeError` when there is none, or none that can be read."""
    path = folder / MANIFEST_NAME
    try:
        manifest = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError) as error:
        raise LakeError(
            f"{path} cannot be read: {error}. Without it {folder} is no complete version; export it again."
        ) from error
    if not isinstance(manifest, dict) or not isinstance(manifest.get("format"), int):
        raise LakeError(f"{path} is not the manifest of a dataset version. Name the folder of a version.")
    if manifest["format"] > MANIFEST_FORMAT:
        raise LakeError(
            f"{path} has format {manifest['format']}, newer than {MANIFEST_FORMAT}, the newest that "
            "this Tilth reads. Use the Tilth that wrote it, or a newer one."
        )
    return manifest
