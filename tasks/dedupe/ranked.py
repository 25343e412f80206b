"""The sketches of all shards as columns in order of rank, so that index 0 is the best item there is.

Only what comes out again stays a string (item_id, and each distinct key once); scopes and origins are compared by
their hashes of 64 bits: among a million of them the chance of any collision is 3e-8.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

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
    id_ranks: NDArray[np.int32]  # place of the item in the order of item_id, key
    groups: Indices  # least rank among the items of the same scope and digest
    scopes: Hashes
    origins: Hashes
    counts: NDArray[np.int32]
    signatures: Short

    def text(self, column: str, items: NDArray[np.integer[Any]]) -> pa.ChunkedArray:
        """Key or item_id of some items."""
        found = self.table.column(column).take(pa.array(items))
        return found.cast(pa.large_string()).cast(pa.string())

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


# The matrix grows by an eighth more than it must.
_SPARE = 8
# A quarter of the matrix is there twice while it is put in order.
_ORDERED_SLOTS = SLOTS // 4


class _Gathered:
    """What is kept of the sketches, in the order in which they come."""

    def __init__(self) -> None:
        self._keys: list[pa.DictionaryArray] = []
        self._ids: list[pa.LargeStringArray] = []
        self._qualities: list[pa.DoubleArray] = []
        self._numbers: dict[str, list[NDArray[Any]]] = {}
        self._signatures = np.empty((0, SLOTS), dtype=np.uint8)
        self.rows = 0

    def add(self, batch: pa.RecordBatch) -> None:
        require_columns(batch, SKETCHES, "sketches")
        # Many items have one key, so a number stands for it. Large: all ids may exceed the 2 GB of plain strings.
        self._keys.append(batch.column("key").cast(pa.large_string()).dictionary_encode())
        # Taken and not only cast: a column that shares its buffers would hold the whole batch, signatures and all.
        rows = pa.array(np.arange(batch.num_rows))
        self._ids.append(batch.column("item_id").cast(pa.large_string()).take(rows))
        self._qualities.append(batch.column("quality").cast(pa.float64()).take(rows))
        numbers = {
            "scope": hash_strings(batch.column("scope")),
            "origin": hash_strings(batch.column("origin_id")),
            "digest": np.array(_lanes(batch.column("exact_digest").cast(pa.binary(16)), "<u8")),
            "count": np.array(batch.column("shingles"), dtype=np.int32),
        }
        for name, values in numbers.items():
            self._numbers.setdefault(name, []).append(values)
        self._add_signatures(batch.column("signature").cast(pa.binary(4 * SLOTS)))

    def _add_signatures(self, column: pa.Array) -> None:
        first, self.rows = self.rows, self.rows + len(column)
        if self.rows > len(self._signatures):
            # By realloc, which moves pages and copies nothing: the matrix is never there twice.
            self._signatures.resize((self.rows + self.rows // _SPARE, SLOTS), refcheck=False)
        self._signatures[first : self.rows] = shorten(np.asarray(_lanes(column, "<u4"), dtype=np.uint32))

    def identity(self) -> tuple[pa.LargeStringArray, pa.DictionaryArray, pa.DoubleArray]:
        """Ids, keys and qualities of all items, given away."""
        keys = pa.chunked_array(self._keys).unify_dictionaries().combine_chunks()
        ids, qualities = pa.concat_arrays(self._ids), pa.concat_arrays(self._qualities)
        self._ids, self._keys, self._qualities = [], [], []
        return ids, keys, qualities

    def numbers(self, name: str, order: Indices) -> NDArray[Any]:
        """A column of numbers in this order, given away."""
        return np.concatenate(self._numbers.pop(name))[order]

    def signatures(self, order: Indices) -> Short:
        """The matrix in this order, given away: put in order a block of columns at a time, in its own place."""
        matrix = self._signatures
        matrix.resize((self.rows, SLOTS), refcheck=False)
        for first in range(0, SLOTS, _ORDERED_SLOTS):
            columns = matrix[:, first : first + _ORDERED_SLOTS]
            columns[:] = columns[order]
        return matrix


def rank_items(sketches: Iterable[pa.RecordBatch]) -> RankedItems | None:
    """All batches in order of rank; None when there is no row."""
    gathered = _Gathered()
    for batch in sketches:
        if batch.num_rows:
            gathered.add(batch)
    if not gathered.rows:
        return None
    ids, keys, quality = gathered.identity()
    by_id = _in_order_of_id(ids, keys)
    # Sorted from the order of ids, and stably: equal qualities stay in it.
    values = quality.to_numpy(zero_copy_only=False)[by_id]
    order = by_id[np.argsort(-np.where(np.isnan(values), -np.inf, values), kind="stable")]
    places = pa.array(order)
    table = pa.table({"key": keys.take(places), "item_id": ids.take(places), "quality": quality.take(places)})
    id_ranks = np.empty(len(order), dtype=np.int32)
    id_ranks[by_id] = np.arange(len(order), dtype=np.int32)
    del ids, keys, quality, values, by_id, places
    scopes = gathered.numbers("scope", order)
    return RankedItems(
        table,
        id_ranks[order],
        _exact_groups(scopes, gathered.numbers("digest", order)),
        scopes,
        gathered.numbers("origin", order),
        gathered.numbers("count", order),
        gathered.signatures(order),
    )


def _in_order_of_id(ids: pa.LargeStringArray, keys: pa.DictionaryArray) -> Indices:
    """Places of the items in the order of item_id, then key."""
    names = keys.dictionary
    ranks = np.empty(len(names) + 1, dtype=np.int32)
    ranks[np.asarray(pc.array_sort_indices(names))] = np.arange(len(names), dtype=np.int32)
    # The one behind the last is that of null.
    ranks[-1] = len(names)
    numbers = ranks[np.asarray(keys.indices.fill_null(len(names)))]
    table = pa.table({"item_id": ids, "key": numbers})
    sorted_ = pc.sort_indices(table, sort_keys=[("item_id", "ascending"), ("key", "ascending")])
    return np.asarray(sorted_).astype(np.int64, copy=False)


def _exact_groups(scopes: Hashes, digests: Hashes) -> Indices:
    """Least index among the items of the same scope and digest."""
    keys = digests[:, 0] ^ scopes
    order = np.argsort(keys, kind="stable")
    firsts = np.zeros(len(order), dtype=bool)
    firsts[0] = True
    for column in (keys, digests[:, 1], scopes):
        ordered = column[order]
        firsts[1:] |= ordered[1:] != ordered[:-1]
    groups = np.empty(len(order), dtype=np.int64)
    groups[order] = order[firsts][np.cumsum(firsts) - 1]
    return groups
