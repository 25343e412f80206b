"""Exact and near-duplicates by sketch: `sketch_items` per shard, `find_survivors` over all shards' sketches.

The result depends on the set of items alone, not on their order, their shards or their batches, and a run on
its own survivors drops nothing. For near-duplicates words alone are compared: texts that differ only in
punctuation, operators or case have similarity 1.

Memory of `find_survivors`: 128 bytes of signature an item (the low byte of each slot), some 90 for its id and
columns, as much again while they are put in order or banded, and sets of shingles of 64 MB. Measured: 508 MiB for
the 1.2 million units of 1 GB of code, before their texts are read.
"""

from __future__ import annotations

from collections.abc import Iterable

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.keeper import Texts, Verified, find_keepers
from tasks.dedupe.ranked import SKETCHES, RankedItems, rank_items, require_columns
from tilth.memory import give_back
from tilth.records import REJECTS, SURVIVORS, Outcome
from tilth.similarity.shingles import Indices, exact_digests
from tilth.similarity.sketches import SLOTS, sketch_texts
from tilth.similarity.verify import Judged

# One row an item to compare; item_id is its own. `origin_id` is null for what is nobody's view.
ITEMS = pa.schema(
    [
        ("key", pa.string()),
        ("item_id", pa.string()),
        ("scope", pa.string()),  # items of different scopes are never compared
        ("text", pa.string()),
        ("quality", pa.float64()),  # null counts as the worst
        ("origin_id", pa.string()),
    ]
)


def sketch_items(items: pa.Table, config: DedupeConfig) -> pa.Table:
    """One SKETCHES row for each ITEMS row, in the same order. A null text counts as an empty one.

    Only `config.shingle_words` matters here: sketches stay good when the threshold changes.
    """
    require_columns(items, ITEMS, "items to compare")
    texts = items.column("text")
    sketches = list(sketch_texts(texts, config.shingle_words))
    signatures = [
        pa.FixedSizeBinaryArray.from_buffers(
            pa.binary(4 * SLOTS),
            len(part.counts),
            [None, pa.py_buffer(part.signatures.astype("<u4", copy=False))],
        )
        for part in sketches
    ]
    counts = [pa.array(part.counts) for part in sketches]
    columns = {name: items.column(name) for name in ("key", "item_id", "scope", "quality", "origin_id")}
    columns["exact_digest"] = exact_digests(texts)
    columns["signature"] = pa.chunked_array(signatures, type=pa.binary(4 * SLOTS))
    columns["shingles"] = pa.chunked_array(counts, type=pa.int32())
    return pa.table([columns[name] for name in SKETCHES.names], names=SKETCHES.names).cast(SKETCHES)


def find_survivors(sketches: Iterable[pa.RecordBatch], texts: Texts, config: DedupeConfig) -> Outcome:
    """SURVIVORS and REJECTS of the items that the SKETCHES rows describe, both in order of item_id, key.

    `sketches` is read once, batch by batch, in any order: a `pa.RecordBatchReader` of a DuckDB relation, or
    of Parquet parts (with `pre_buffer=False`, or pyarrow keeps the whole file in memory). `texts` is asked
    for the items of doubtful pairs only, some 40 MB of text at a time.
    A survivor's cluster is the items that fell to it and itself: the sizes add up to the rows that came in.

    Raises `LakeError` when a column or the text of an item is missing.
    """
    items = rank_items(sketches)
    if items is None:
        return Outcome(SURVIVORS.empty_table(), REJECTS.empty_table())
    give_back()
    keepers, judged = _decide(items, texts, config)
    # What is said of the items needs no signatures, and the tables that say it take as much room.
    items = items._replace(signatures=items.signatures[:0].copy())
    give_back()
    return Outcome(_survivors(items, keepers), _rejects(items, keepers, judged))


def _decide(items: RankedItems, texts: Texts, config: DedupeConfig) -> tuple[Indices, Judged]:
    """The keeper of each item, and how similar to it those that fell are, in order of rank."""
    verified = Verified(items, texts, config)
    keepers = find_keepers(items, verified, config)
    fallen = np.flatnonzero(keepers != np.arange(len(keepers)))
    return keepers, verified.look_up(keepers[fallen], fallen)


def _survivors(items: RankedItems, keepers: Indices) -> pa.Table:
    count = len(keepers)
    kept = np.flatnonzero(keepers == np.arange(count))
    kept = kept[np.argsort(items.id_ranks[kept])]
    least = np.full(count, count, dtype=np.int32)
    np.minimum.at(least, keepers, items.id_ranks)
    by_id_rank = np.empty(count, dtype=np.int32)
    by_id_rank[items.id_ranks] = np.arange(count, dtype=np.int32)
    return pa.table(
        {
            "key": items.text("key", kept),
            "item_id": items.text("item_id", kept),
            "cluster_id": items.text("item_id", by_id_rank[least[kept]]),
            "cluster_size": np.bincount(keepers, minlength=count)[kept].astype(np.int32),
            "quality": items.table.column("quality").take(pa.array(kept)),
        },
        schema=SURVIVORS,
    )


def _rejects(items: RankedItems, keepers: Indices, judged: Judged) -> pa.Table:
    fallen = np.flatnonzero(keepers != np.arange(len(keepers)))
    by_id = np.argsort(items.id_ranks[fallen])
    fallen, judged = fallen[by_id], Judged(judged.jaccard[by_id], judged.is_exact[by_id])
    kept = keepers[fallen]
    is_equal = pa.array(items.groups[fallen] == items.groups[kept])
    # Rounded down: 1.0 is said of equal sets only.
    jaccard = pc.cast(pa.array(np.floor(judged.jaccard * 1000 + 1e-6) / 1000), pa.string())
    near = pc.binary_join_element_wise(
        "Jaccard",
        pc.if_else(pa.array(judged.is_exact), "similarity", "similarity, estimated,"),
        jaccard,
        "with",
        " ",
    )
    relation = pc.if_else(is_equal, "the same text as", near)
    return pa.table(
        {
            "key": items.text("key", fallen),
            "item_id": items.text("item_id", fallen),
            "path": pa.nulls(len(fallen), pa.string()),
            "line": pa.nulls(len(fallen), pa.int64()),
            "reason": pc.if_else(is_equal, "duplicate", "near_duplicate"),
            "detail": pc.binary_join_element_wise(relation, items.text("item_id", kept), " "),
        },
        schema=REJECTS,
    )
