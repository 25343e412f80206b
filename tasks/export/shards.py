"""Shards: how many a side has, what each holds, and which files of the version before hold the same.

A shard is the rows of a side whose group's hash falls on its number, so a changed group touches one shard.
Its digest is order-free over its rows; a file's key is made of that digest and of how the file is rendered,
and a file with a known key is linked from the version before instead of written. Reads no payload.
"""

from __future__ import annotations

import os
import shutil
from pathlib import Path
from typing import Any, NamedTuple

import duckdb

from tasks.export.columns import identity
from tasks.export.config import SIDES, ExportConfig
from tilth.fingerprint import digest
from tilth.tokens import BYTES_PER_TOKEN

# Of one side: while shards are written each is an open file, and a process may usually hold 1,024.
MOST_SHARDS = 128

_SIZES = "SELECT side, sum(tokens) FROM export_placed WHERE reason IS NULL GROUP BY side"

# The number of shards is a power of two, so that doubling it splits each shard and mixes none.
_SHARD = """
UPDATE export_placed
SET shard = md5_number_lower(concat('shard|', group_id)) %
    CASE side WHEN 'train' THEN {train} WHEN 'validation' THEN {validation} ELSE {test} END
WHERE reason IS NULL
"""

_DIGESTS = """
SELECT p.side, p.shard, count(*), bit_xor(md5_number({identity}::VARCHAR))
FROM examples AS e
JOIN export_placed AS p ON p.example_id = e.example_id
WHERE p.reason IS NULL
GROUP BY p.side, p.shard
"""


class Shard(NamedTuple):
    """Rows of one side that are written together; `rows_digest` does not depend on their order."""

    side: str
    number: int
    rows: int
    rows_digest: int


def shard_count(size_bytes: float, target_bytes: int, before: int | None = None) -> int:
    """Shards for so much text: a power of two; as before while a shard is within half and twice the target.

    >>> shard_count(0, 100), shard_count(150, 100), shard_count(450, 100), shard_count(450, 100, before=4)
    (1, 2, 8, 4)
    """
    if (
        before
        and before <= MOST_SHARDS
        and before * target_bytes / 2 <= size_bytes <= before * target_bytes * 2
    ):
        return before
    count = 1
    while count * target_bytes < size_bytes and count < MOST_SHARDS:
        count *= 2
    return count


def cut_shards(
    connection: duckdb.DuckDBPyConnection, config: ExportConfig, before: dict[str, int]
) -> tuple[list[Shard], dict[str, int]]:
    """Give each placed row its shard; return the shards that hold rows, in order, and their number a side.

    `before` has the number of shards a side had in the version before.
    """
    tokens = dict(connection.execute(_SIZES).fetchall())
    counts = {
        side: shard_count(
            float(tokens.get(side) or 0) * BYTES_PER_TOKEN, config.target_shard_bytes, before.get(side)
        )
        for side in SIDES
    }
    connection.execute(_SHARD.format(**counts))
    found = connection.execute(_DIGESTS.format(identity=identity())).fetchall()
    shards = [Shard(side, int(number), int(rows), int(digest)) for side, number, rows, digest in found]
    return sorted(shards, key=lambda shard: (SIDES.index(shard.side), shard.number)), counts


def file_key(shard: Shard, rendering: str) -> str:
    """Digest of what a file holds: the shard's rows and how they are rendered."""
    return digest(f"{shard.rows_digest:032x}", str(shard.rows), rendering)


def side_digests(shards: list[Shard]) -> dict[str, str]:
    """Order-free digest of each side's rows, however they are cut into shards."""
    totals = dict.fromkeys(SIDES, 0)
    for shard in shards:
        totals[shard.side] ^= shard.rows_digest
    return {side: f"{total:032x}" for side, total in totals.items()}


class Reuse:
    """The files of the version before, by key. `Reuse(None, {})` knows none."""

    def __init__(self, folder: Path | None, manifest: dict[str, Any]) -> None:
        self._folder = folder
        self._by_key: dict[str, dict[str, Any]] = {}
        for entry in [*manifest.get("files", []), *manifest.get("without_rows", [])]:
            self._by_key[entry["key"]] = entry

    def take(self, key: str, target: Path) -> dict[str, Any] | None:
        """Put the file with this key at `target` and return its entry; None when there is none whole.

        An entry without rows has no file, and nothing is put.
        """
        entry = self._by_key.get(key)
        if entry is None or self._folder is None:
            return None
        if not entry["rows"]:
            return dict(entry)
        source = self._folder / entry["path"]
        try:
            # A file that was edited or cut since has another size; then it is written anew.
            if source.stat().st_size != entry["bytes"]:
                return None
            _link(source, target)
        except FileNotFoundError:
            return None
        return dict(entry)


def _link(source: Path, target: Path) -> None:
    try:
        os.link(source, target)
    except FileNotFoundError:
        raise
    except OSError:
        # Another file system, or one without hard links.
        shutil.copyfile(source, target)
