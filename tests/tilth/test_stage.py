"""How work is cut into tasks."""

from __future__ import annotations

import pyarrow as pa

from tilth.stage import BATCH_BYTES, MAX_SHARDS, cut

# The stages of a build that are computed in shards: ingest, chunk, split, generate, validate and three sketches.
SHARDED_STAGES, SEALS = 8, 10


def work(rows: int, row_bytes: int) -> pa.Table:
    return pa.table(
        {
            "key": [f"{number:06}" for number in range(rows)],
            "work_digest": ["w"] * rows,
            "bytes": pa.array([row_bytes] * rows, pa.int64()),
        }
    )


def test_ten_thousand_large_files_are_a_few_hundred_tasks_and_none_is_lost():
    asked = work(10_000, 1_000_000)
    shards = cut(asked)
    keys = [key for shard in shards for batch in shard.batches for key in batch["key"].to_pylist()]
    assert sorted(keys) == asked["key"].to_pylist()
    assert len(shards) * SHARDED_STAGES + SEALS <= 300
    assert [shard.name for shard in shards][-1] == f"{MAX_SHARDS} of {MAX_SHARDS}"


def test_no_batch_is_larger_than_the_bound_unless_one_row_is():
    batches = [batch for shard in cut(work(1000, 50_001)) for batch in shard.batches]
    assert max(sum(batch["bytes"].to_pylist()) for batch in batches) <= BATCH_BYTES
    assert [len(shard.batches) for shard in cut(work(3, 2 * BATCH_BYTES))] == [1, 1, 1]


def test_a_little_work_is_one_task():
    assert [shard.name for shard in cut(work(200, 1000))] == ["1 of 1"]


def test_work_that_hangs_together_stays_in_one_batch():
    rows = work(4, 10 * BATCH_BYTES)
    joint = rows.set_column(0, "key", pa.array(["corpus:a", "corpus:b", "0", "1"]))
    batches = [batch["key"].to_pylist() for shard in cut(joint) for batch in shard.batches]
    assert batches == [["corpus:a", "corpus:b"], ["0"], ["1"]]


def test_the_cut_does_not_depend_on_the_order_of_the_work():
    asked = work(500, 100_000)
    turned = asked.take(pa.array(range(499, -1, -1)))
    assert [shard.digest for shard in cut(turned)] == [shard.digest for shard in cut(asked)]
