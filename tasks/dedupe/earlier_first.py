"""Duplicates among rows that come in an order: the earlier row stays, whatever its quality."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedupe.by_signature import ITEMS, find_survivors, sketch_items
from tasks.dedupe.config import DedupeConfig
from tilth.records import rows_of


class Ordered(NamedTuple):
    """A row to compare; only those of one `scope` (a kind of task) are compared."""

    row_id: str
    scope: str
    text: str


def fallen_to_earlier(rows: Sequence[Ordered], config: DedupeConfig) -> dict[str, tuple[str, str]]:
    """Reason and detail of each row that is like one before it, by its id. Ids are unique.

    Among the rows that stay no two are found alike, so that a part of them stays whole as well.
    """
    if not rows:
        return {}
    ids = pa.array([row.row_id for row in rows])
    texts = pa.array([row.text for row in rows])
    items = pa.table(
        {
            "key": ids,
            "item_id": ids,
            "scope": [row.scope for row in rows],
            "text": texts,
            # The first row is the best.
            "quality": pa.array(range(len(rows), 0, -1), pa.float64()),
            "origin_id": pa.nulls(len(rows), pa.string()),
        }
    ).cast(ITEMS)

    def read(asked: pa.Array) -> pa.RecordBatchReader:
        places = pc.index_in(asked, value_set=ids)
        return pa.table({"item_id": asked, "text": texts.take(places)}).to_reader()

    outcome = find_survivors(sketch_items(items, config).to_batches(), read, config)
    return {
        item_id: (reason, detail) for item_id, reason, detail in rows_of(outcome.rejects, "item_id", "reason", "detail")
    }  # fmt: skip
