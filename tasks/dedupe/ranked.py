"""The sketches of all shards as columns in order of rank, so that index 0 is the best item there is.

Only what comes out again stays a string (key, item_id); scopes and origins are compared by their hashes of 64
bits: among a million of them the chance of any collision is 3e-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

from tilth.errors import LakeError
from tilth.similarity.shingles import Hashes, Indices, hash_strings
from tilth.similarity.sketches import SLOTS, Short, shorten

SKETCHES = pa.schema(
    [
        ("key", pa.string()),
        ("item_id", pa.string()),
        ("scope", pa.string()),
        ("exact_digest", pa.binary(16)),
        ("signature", pa.binary(4 * SLOTS)),  # 128 little-endian uint32
        ("shingles", pa.int32()),  # repeats counted; 0: no word in it, never a near-duplicate
        ("quality", pa.float64()),
        ("origin_id", pa.string()),
    ]
)


class RankedItems(NamedTuple):
    """Columns of the items in order of rank: quality downwards, then item_id, then key."""

    table: pa.Table  # key, item_id, quality
    id_ranks: Indices  # place of the item in the order of item_id, key
    groups: Indices  # least rank among the items of the same scope and digest
    scopes: Hashes
    origins: Hashes
    counts: Indices
    signatures: Short

    def are_views(self, left: Indices, right: Indices) -> NDArray[np.bool_]:
        """Whether the two items of each pair are views of one origin."""
        return np.asarray((self.origins[left] != 0) & (self.origins[left] == self.origins[right]))


def require_columns(table: pa.Table | pa.RecordBatch, schema: pa.Schema, what: str) -> None:
    """Raise `LakeError` unless the table has the schema's columns; `what` names its rows."""
    missing = [name for name in schema.names if name not in table.schema.names]
    if missing:
        raise LakeError(
            f"The {what} lack the columns {', '.join(missing)}; they have {', '.join(table.schema.names)}. "
            "Build them again from the stage before."
        )


def _lanes(column: pa.Array, dtype: str) -> NDArray[np.generic]:
    """The bytes of a fixed-size binary column as rows of numbers."""
    width = column.type.byte_width
    data = np.frombuffer(column.buffers()[1] or b"", dtype=np.uint8)
    data = data[column.offset * width : (column.offset + len(column)) * width]
    return data.reshape(len(column), width).view(dtype)


# Large: the ids of a whole corpus may exceed the 2 GB of a plain string array.
_IDENTITY = pa.schema([("key", pa.large_string()), ("item_id", pa.large_string()), ("quality", pa.float64())])


class _Columns(NamedTuple):
    """What is kept of a batch of sketches."""

    table: pa.Table
    scopes: Hashes
    origins: Hashes
    digests: Hashes
    counts: Indices
    signatures: Short


def _columns(batch: pa.RecordBatch) -> _Columns:
    require_columns(batch, SKETCHES, "sketches")
    return _Columns(
        pa.Table.from_batches([batch.select(_IDENTITY.names)]).cast(_IDENTITY),
        hash_strings(batch.column("scope")),
        hash_strings(batch.column("origin_id")),
        np.asarray(_lanes(batch.column("exact_digest").cast(pa.binary(16)), "<u8"), dtype=np.uint64),
        batch.column("shingles").to_numpy(zero_copy_only=False).astype(np.int64),
        shorten(
            np.asarray(_lanes(batch.column("signature").cast(pa.binary(4 * SLOTS)), "<u4"), dtype=np.uint32)
        ),
    )


def rank_items(sketches: Iterable[pa.RecordBatch]) -> RankedItems | None:
    """All batches in order of rank; None when there is no row."""
    parts = [_columns(batch) for batch in sketches if batch.num_rows]
    if not parts:
        return None
    table = pa.concat_tables([part.table for part in parts])
    by_id = np.asarray(pc.sort_indices(table, sort_keys=[("item_id", "ascending"), ("key", "ascending")]))
    id_ranks = np.empty(len(by_id), dtype=np.int64)
    id_ranks[by_id] = np.arange(len(by_id))
    quality = table.column("quality").to_numpy()
    order = np.lexsort((id_ranks, -np.where(np.isnan(quality), -np.inf, quality)))
    ranks = np.empty(len(order), dtype=np.int64)
    ranks[order] = np.arange(len(order))
    scopes = np.concatenate([part.scopes for part in parts])[order]
    digests = np.concatenate([part.digests for part in parts])[order]
    origins = np.concatenate([part.origins for part in parts])[order]
    counts = np.concatenate([part.counts for part in parts])[order]
    signatures = np.empty((len(order), SLOTS), dtype=np.uint8)
    # Batch by batch, each freed when it is copied: the matrix is never there twice.
    begin = 0
    for place, part in enumerate(parts):
        end = begin + len(part.counts)
        signatures[ranks[begin:end]] = part.signatures
        begin, parts[place] = end, part._replace(signatures=part.signatures[:0])
    return RankedItems(
        table.take(order),
        id_ranks[order],
        _exact_groups(scopes, digests),
        scopes,
        origins,
        counts,
        signatures,
    )


def _exact_groups(scopes: Hashes, digests: Hashes) -> Indices:
    """Least index among the items of the same scope and digest."""
    keys = digests[:, 0] ^ scopes
    order = np.argsort(keys, kind="stable")
    rows = np.stack((keys, digests[:, 1], scopes), axis=1)[order]
    firsts = np.concatenate(([True], (rows[1:] != rows[:-1]).any(axis=1)))
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = order[firsts][np.cumsum(firsts) - 1]
    return groups
