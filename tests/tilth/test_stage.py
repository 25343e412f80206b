import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.artifact import Artifact
from tilth.config import Config
from tilth.errors import LakeError
from tilth.lake import Lake
from tilth.records import REJECTS, VERDICTS, Columns, Outcome
from tilth.stage import (
    BATCH_BYTES,
    MAX_SHARDS,
    Stage,
    corpus_work,
    cut,
    finish,
    plan,
    read_inputs,
    run_batch,
    whole_corpus,
)


class Settings(Config):
    """A config of nothing much."""

    accepts: bool = True


def judge(lake, batch, config):
    """One verdict a key; a key that begins with `x` is a reject."""
    rows, rejects = Columns(VERDICTS), Columns(REJECTS)
    for key in batch["key"].to_pylist():
        if key.startswith("x"):
            rejects.add(key=key, item_id=key, reason="is_x")
        else:
            rows.add(key=key, example_id=f"{key}-1", is_accepted=config.accepts, quality=1.0)
    return Outcome(rows.table(), rejects.table())


STAGE = Stage("verdicts", VERDICTS, "tests.tilth.test_stage:judge", ("tilth.tokens",))


def work_of(*keys, digest="1", size=10):
    return pa.table({"key": list(keys), "work_digest": [digest] * len(keys), "bytes": [size] * len(keys)})


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def build(lake, work, config=Settings(), inputs=None):  # noqa: B008  # frozen
    named = inputs or {"in": ",".join(work["key"].to_pylist())}
    this = plan(lake, STAGE, config, named, lambda: work, rows_in=work.num_rows, reads={})
    done = [
        run_batch(lake, STAGE, config, this.stage_digest, batch)
        for shard in this.shards
        for batch in shard.batches
    ]
    return finish(lake, this, lambda manifest: ()), len(done)


def test_a_stage_computes_only_what_no_run_has_computed(lake):
    first, computed = build(lake, work_of("a", "b", "xc"))
    assert (first.rows, first.rejects, computed) == (2, 1, 1)
    second, computed = build(lake, work_of("a", "b", "d"))
    assert (second.rows, second.rejects, computed) == (3, 0, 1)
    again, computed = build(lake, work_of("a", "b", "xc"), inputs={"in": "again"})
    assert (again.digest, computed) == (first.digest, 0)


def test_another_config_is_another_work(lake):
    build(lake, work_of("a"))
    changed, computed = build(lake, work_of("a"), Settings(accepts=False))
    assert computed == 1
    assert changed.key != build(lake, work_of("a"))[0].key


def test_an_artifact_that_is_there_is_not_even_planned(lake):
    build(lake, work_of("a"))

    def never():
        raise AssertionError

    this = plan(lake, STAGE, Settings(), {"in": "a"}, never, rows_in=1, reads={})
    assert this.wanted is None
    assert this.is_done(lake, None)


def test_a_broken_expectation_leaves_the_artifact_unsealed(lake):
    work = work_of("a")
    this = plan(lake, STAGE, Settings(), {"in": "1"}, lambda: work, rows_in=1, reads={})
    run_batch(lake, STAGE, Settings(), this.stage_digest, this.shards[0].batches[0])

    def refuse(manifest):
        raise LakeError("not so")

    with pytest.raises(LakeError, match="not so"):
        finish(lake, this, refuse)
    assert not this.is_done(lake, None)
    assert this.is_done(lake, this.shards[0])


@settings(max_examples=60, deadline=None)
@given(st.lists(st.integers(0, 3 * BATCH_BYTES), max_size=80), st.randoms(use_true_random=False))
def test_cutting_loses_nothing_and_does_not_depend_on_order(sizes, shuffler):
    rows = [(f"{number:03}", "1", size) for number, size in enumerate(sizes)]
    shuffled = rows.copy()
    shuffler.shuffle(shuffled)

    def shards_of(named):
        return cut(
            pa.Table.from_pylist(
                [dict(zip(("key", "work_digest", "bytes"), row, strict=True)) for row in named]
            )
        )

    if not rows:
        return
    shards = shards_of(rows)
    keys = [key for shard in shards for batch in shard.batches for key in batch["key"].to_pylist()]
    assert keys == [key for key, _, _ in rows]
    assert [shard.digest for shard in shards] == [shard.digest for shard in shards_of(shuffled)]
    assert len(shards) <= MAX_SHARDS
    for shard in shards:
        for batch in shard.batches:
            assert batch.num_rows == 1 or sum(batch["bytes"].to_pylist()) <= BATCH_BYTES


def test_ten_thousand_large_files_are_a_few_hundred_tasks_and_none_is_lost():
    asked = work_of(*(f"{number:05}" for number in range(10_000)), size=1_000_000)
    shards = cut(asked)
    keys = [key for shard in shards for batch in shard.batches for key in batch["key"].to_pylist()]
    assert sorted(keys) == asked["key"].to_pylist()
    # In shards: ingest, chunk, split, generate, validate and three sketches; and ten tasks that seal.
    assert 8 * len(shards) + 10 <= 300


def test_work_that_is_joint_is_one_batch():
    work = work_of("a", "b", "c", "d", "e", "f", size=BATCH_BYTES)
    work = work.append_column("joint", pa.array([None, None, "two", "one", "two", "two"], pa.string()))
    batches = [batch["key"].to_pylist() for shard in cut(work) for batch in shard.batches]
    assert batches == [["d"], ["c", "e", "f"], ["a"], ["b"]]


def test_a_stage_that_sees_the_whole_corpus_computes_once(lake):
    calls = []

    def compute(lake, reads, config):
        calls.append(dict(reads))
        return judge(lake, pa.table({"key": ["k1", "k2"]}), config)

    artifact = Artifact(name="n", key="k", digest="d", rows=1, rejects=0, reasons={})
    for _ in range(2):
        this = plan(
            lake,
            STAGE,
            Settings(),
            {"in": str(len(calls))},
            lambda: corpus_work("d"),
            rows_in=2,
            reads={"n": artifact},
        )
        whole_corpus(lake, this, compute)
        assert finish(lake, this, lambda manifest: ()).rows == 2
    assert calls == [{"n": artifact}]


def test_a_batch_reads_the_rows_of_its_own_keys(lake):
    work = work_of("a", "b")
    this = plan(lake, STAGE, Settings(), {"in": "2"}, lambda: work, rows_in=2, reads={})
    part = run_batch(lake, STAGE, Settings(), this.stage_digest, this.shards[0].batches[0])
    batch = pa.table({"key": ["b", "c"], "verdicts_part": [part, None]})
    assert read_inputs(lake, batch, "verdicts", VERDICTS, on="key", key="key")["example_id"].to_pylist() == [
        "b-1"
    ]


def test_an_edit_of_an_engine_or_of_its_data_is_another_stage(tmp_path, monkeypatch):
    data = tmp_path / "words.yaml"
    data.write_text("one")
    named = Stage("verdicts", VERDICTS, "", ("tilth.tokens",), data=(str(data),))
    before = named.digest(Settings())
    data.write_text("two")
    assert named.digest(Settings()) != before
    assert Stage("verdicts", VERDICTS, "", ("tilth.words",)).digest(Settings()) != STAGE.digest(Settings())
