from __future__ import annotations

import pyarrow as pa
import pyarrow.parquet as pq

from tasks.export import write_parquet
from tasks.export.config import ExportConfig
from tasks.export.partition import place_examples
from tasks.export.shards import cut_shards
from tests.tasks.export.conftest import connect


def written(folder, tables, run_bytes: int, monkeypatch) -> dict[str, bytes]:
    """The bytes of each shard, when a run may hold so much text."""
    monkeypatch.setattr(write_parquet, "_RUN_BYTES", run_bytes)
    monkeypatch.setattr(write_parquet, "ROWS_PER_GROUP", 100)
    scratch = folder / "scratch"
    scratch.mkdir(parents=True)
    config = ExportConfig(target_shard_bytes=2**16)
    with connect(tables) as connection:
        place_examples(connection, config)
        shards, _ = cut_shards(connection, config, {})
        wanted = [(shard, folder / f"{shard.side}{shard.number}") for shard in shards]
        write_parquet.write_parquet(connection, wanted, scratch)
    assert list(scratch.iterdir()) == []
    assert [pq.read_metadata(path).num_rows for _, path in wanted] == [shard.rows for shard, _ in wanted]
    return {path.name: path.read_bytes() for _, path in wanted}


def test_the_files_are_the_same_whether_texts_pass_through_one_run_or_many(tmp_path, tables, monkeypatch):
    one = written(tmp_path / "one", tables, 2**30, monkeypatch)
    many = written(tmp_path / "many", tables, 2**12, monkeypatch)
    assert one == many
    assert len(one) > 2


def test_row_groups_hold_a_fixed_number_of_rows_but_the_last(tmp_path, tables, monkeypatch):
    for data in written(tmp_path, tables, 2**14, monkeypatch).values():
        metadata = pq.ParquetFile(pa.BufferReader(data)).metadata
        rows = [metadata.row_group(number).num_rows for number in range(metadata.num_row_groups)]
        assert set(rows[:-1]) <= {100}
        assert 0 < rows[-1] <= 100
