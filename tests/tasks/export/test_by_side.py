from __future__ import annotations

import hashlib
import json
import os
import signal
import subprocess
import sys
import time
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from tasks.export.by_side import export_version
from tasks.export.columns import VERSION
from tasks.export.config import SIDES, ExportConfig
from tasks.export.manifest import digest_of, read_manifest
from tests.tasks.export.conftest import PACKAGES, library
from tilth.errors import CheckError, LakeError, RequestError
from tilth.fingerprint import ROOT

SMALL = ExportConfig(target_shard_bytes=2**16, validation_ratio=0.2, test_ratio=0.2)
LINEAGE = {"recipe": {"name": "library"}, "artifacts": {"mixture": "0" * 32}}


@pytest.fixture(scope="module")
def version(tmp_path_factory, tables):
    """A version of the whole small corpus, and its manifest."""
    from tests.tasks.export.conftest import connect

    out = tmp_path_factory.mktemp("version") / "v1"
    with connect(tables) as connection:
        return out, export_version(connection, LINEAGE, SMALL, out)


def rows_of_side(folder: Path, side: str) -> list[dict[str, Any]]:
    return [row for path in sorted(folder.glob(f"data/{side}-*")) for row in pq.read_table(path).to_pylist()]


def shuffled(tables: dict[str, pa.Table], seed: int) -> dict[str, pa.Table]:
    order = np.random.default_rng(seed)
    return {name: table.take(order.permutation(table.num_rows)) for name, table in tables.items()}


def without_created_at(manifest: dict[str, Any]) -> dict[str, Any]:
    return {key: value for key, value in manifest.items() if key != "created_at"}


@pytest.fixture
def load(tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    monkeypatch.setenv("HF_DATASETS_DISABLE_PROGRESS_BARS", "1")
    monkeypatch.setenv("HF_HOME", str(tmp_path / "home"))
    datasets = pytest.importorskip("datasets")
    return lambda *names, **files: datasets.load_dataset(*names, cache_dir=str(tmp_path / "cache"), **files)


def test_datasets_opens_the_version_and_each_format_by_its_card(version, load):
    out, manifest = version
    for name, held in manifest["formats"].items():
        opened = load(str(out) if name == "parquet" else str(out / name))
        assert {side: opened[side].num_rows for side in opened} == {
            side: n for side, n in held["rows"].items() if n
        }
        assert opened["train"].column_names == [feature["name"] for feature in held["features"]]
        if name == "triplet":
            assert opened["train"][0]["anchor"]
        if name == "preference":
            assert opened["train"][0]["chosen"][0]["role"] == "assistant"


def test_datasets_opens_the_bare_parquet_files_too(version, load):
    out, manifest = version
    opened = load("parquet", data_files={side: str(out / f"data/{side}-*.parquet") for side in SIDES})
    assert {side: opened[side].num_rows for side in SIDES} == manifest["formats"]["parquet"]["rows"]
    assert set(opened["train"]["language"]) == {"python"}


def test_every_row_of_the_mixture_is_in_one_file_or_a_reject(version, tables):
    out, manifest = version
    names = [row["example_id"] for side in SIDES for row in rows_of_side(out, side)]
    rejected = pq.read_table(out / "rejects.parquet")["item_id"].to_pylist()
    assert sorted(names + rejected) == sorted(tables["mixture"]["example_id"].to_pylist())
    assert manifest["counts"]["exported"] == len(names)
    for held in manifest["formats"].values():
        assert held["examples"] + sum(held["skipped"].values()) == len(names)


def test_each_shard_is_in_curriculum_order_in_the_one_schema(version):
    out, _ = version
    for path in out.glob("data/*.parquet"):
        table = pq.read_table(path)
        assert table.schema.equals(VERSION)
        ranks = table["rank"].to_pylist()
        assert ranks == sorted(ranks)
    assert not {row["group_id"] for row in rows_of_side(out, "train")} & {
        row["group_id"] for side in SIDES[1:] for row in rows_of_side(out, side)
    }


def test_the_manifest_tells_the_files_as_they_are(version):
    out, manifest = version
    assert read_manifest(out) == manifest
    assert manifest["digest"] == digest_of(manifest)
    on_disk = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert on_disk == {file["path"] for file in manifest["files"]} | {
        "manifest.json",
        "rejects.parquet",
        "README.md",
        *(f"{name}/README.md" for name in manifest["formats"] if name != "parquet"),
    }
    for file in manifest["files"]:
        data = (out / file["path"]).read_bytes()
        assert (len(data), hashlib.sha256(data).hexdigest()) == (file["bytes"], file["sha256"])
        if file["path"].endswith(".jsonl"):
            assert len([json.loads(line) for line in data.decode().split("\n")[:-1]]) == file["rows"]
    total = manifest["counts"]
    assert total["examples"] == total["exported"] + total["rejected"]
    assert manifest["weights"]["train"]["normaliser"] == pytest.approx(1.5 * total["train"])
    assert manifest["weights"]["train"]["effective_sample_size"] == pytest.approx(total["train"])


def test_input_order_and_threads_change_nothing(version, tables, opened, tmp_path):
    _, manifest = version
    for seed, threads in ((1, 1), (2, 3)):
        connection = opened(shuffled(tables, seed), threads)
        again = export_version(connection, LINEAGE, SMALL, tmp_path / str(seed), created_at=f"day {seed}")
        assert without_created_at(again) == without_created_at(manifest)


def test_an_unchanged_version_is_linked_and_not_written(version, tables, opened, tmp_path):
    out, manifest = version
    again = export_version(opened(tables), LINEAGE, SMALL, tmp_path / "v2", previous=out)
    assert without_created_at(again) == without_created_at(manifest)
    for file in again["files"]:
        assert (out / file["path"]).stat().st_ino == (tmp_path / "v2" / file["path"]).stat().st_ino


def test_a_change_rewrites_its_own_shards_and_gives_what_a_build_from_nothing_gives(
    version, tables, opened, tmp_path
):
    out, _ = version
    changed = tables["mixture"].filter(pa.compute.not_equal(tables["mixture"]["rank"], 0))
    grown = {**tables, "mixture": changed}
    built = export_version(opened(grown), LINEAGE, SMALL, tmp_path / "v2", previous=out)
    afresh = export_version(opened(grown), LINEAGE, SMALL, tmp_path / "v3")
    assert without_created_at(built) == without_created_at(afresh)
    known = {path.stat().st_ino for path in out.glob("*/*")}
    written = [file for file in built["files"] if (tmp_path / "v2" / file["path"]).stat().st_ino not in known]
    assert {(file["side"], file["shard"]) for file in written if file["format"] == "parquet"} == {
        (file["side"], file["shard"]) for file in written
    }
    assert len({(file["side"], file["shard"]) for file in written}) == 1


def test_a_file_of_the_version_before_that_was_cut_or_lost_is_written_anew(version, tables, opened, tmp_path):
    import shutil

    out, manifest = version
    damaged = tmp_path / "damaged"
    shutil.copytree(out, damaged)
    first, second = manifest["files"][0]["path"], manifest["files"][-1]["path"]
    (damaged / first).write_bytes(b"")
    (damaged / second).unlink()
    again = export_version(opened(tables), LINEAGE, SMALL, tmp_path / "v2", previous=damaged)
    assert without_created_at(again) == without_created_at(manifest)
    for path in (first, second):
        assert (tmp_path / "v2" / path).read_bytes() == (out / path).read_bytes()


def test_the_whole_corpus_keeps_the_sides_of_a_part_of_it(version, opened, tmp_path):
    out, manifest = version
    half = library(PACKAGES[:6]).tables()
    config = SMALL.model_copy(update={"group_by": manifest["partition"]["grouped_by"], "formats": ()})
    export_version(opened(half), LINEAGE, config, tmp_path / "half")
    of_whole = {row["example_id"]: side for side in SIDES for row in rows_of_side(out, side)}
    of_half = {row["example_id"]: side for side in SIDES for row in rows_of_side(tmp_path / "half", side)}
    both = of_whole.keys() & of_half.keys()
    assert len(both) > 100
    assert all(of_whole[name] == of_half[name] for name in both)


def test_parquet_is_written_whatever_the_formats_and_empty_formats_leave_no_folder(tables, opened, tmp_path):
    chats = tables["examples"].filter(pa.compute.equal(tables["examples"]["kind"], "chat"))
    mixture = tables["mixture"].join(chats.select(["example_id"]), "example_id", join_type="inner")
    config = SMALL.model_copy(update={"formats": ("triplet", "alpaca")})
    manifest = export_version(
        opened({**tables, "mixture": mixture.cast(tables["mixture"].schema)}), {}, config, tmp_path / "v"
    )
    assert {path.name for path in (tmp_path / "v").iterdir() if path.is_dir()} == {"data", "alpaca"}
    assert manifest["formats"]["triplet"]["skipped"] == {"kind_chat": mixture.num_rows}
    again = export_version(
        opened({**tables, "mixture": mixture.cast(tables["mixture"].schema)}),
        {},
        config,
        tmp_path / "v2",
        previous=tmp_path / "v",
    )
    assert without_created_at(again) == without_created_at(manifest)


def test_a_broken_input_leaves_nothing_and_a_folder_in_use_stays_as_it_is(tables, opened, tmp_path):
    with pytest.raises(RequestError):
        export_version(opened({"mixture": tables["mixture"]}), {}, SMALL, tmp_path / "v")
    with pytest.raises(CheckError):
        export_version(
            opened({**tables, "mixture": tables["mixture"].slice(0, 0)}), {}, SMALL, tmp_path / "v"
        )
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/notes.txt").write_text("keep")
    with pytest.raises(LakeError, match="exists already"):
        export_version(opened(tables), {}, SMALL, tmp_path / "mine")
    assert [path.name for path in tmp_path.iterdir()] == ["mine"]
    with pytest.raises(LakeError, match="no complete version"):
        export_version(opened(tables), {}, SMALL, tmp_path / "v", previous=tmp_path / "mine")
    (tmp_path / "mine/manifest.json").write_text('{"format": 99}')
    with pytest.raises(LakeError, match="newer"):
        export_version(opened(tables), {}, SMALL, tmp_path / "v", previous=tmp_path / "mine")


def test_a_failing_format_writer_leaves_no_version(tables, opened, tmp_path, monkeypatch):
    def fail(*_: Any) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("tasks.export.by_side.LineFiles", fail)
    connection = opened(tables)
    with pytest.raises(LakeError, match=r"No space left.*[Ff]ree some space"):
        export_version(connection, {}, SMALL, tmp_path / "v")
    assert list(tmp_path.iterdir()) == []
    monkeypatch.undo()
    export_version(connection, {}, SMALL, tmp_path / "v")


WORKER = """
import resource, sys
from pathlib import Path
from tasks.export.by_side import export_version
from tests.tasks.export.conftest import connect, library
from tests.tasks.export.test_by_side import LINEAGE, SMALL
from tilth.errors import LakeError
out, most_bytes = Path(sys.argv[1]), int(sys.argv[2])
connection = connect(library().tables())
if most_bytes:
    resource.setrlimit(resource.RLIMIT_FSIZE, (most_bytes, most_bytes))
try:
    export_version(connection, LINEAGE, SMALL, out)
except LakeError as error:
    sys.exit(str(error))
"""


def worker(out: Path, most_bytes: int = 0) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-c", WORKER, str(out), str(most_bytes)], cwd=ROOT, stderr=subprocess.PIPE, text=True
    )


def test_a_file_system_that_takes_no_more_bytes_is_a_clear_error(tmp_path):
    process = worker(tmp_path / "v", most_bytes=20_000)
    _, said = process.communicate(timeout=120)
    assert process.returncode == 1
    assert "cannot be written: " in said
    assert "File too large" in said
    assert "Traceback" not in said
    assert list(tmp_path.iterdir()) == []


def test_a_killed_export_leaves_no_version_and_the_next_one_is_whole(version, tables, opened, tmp_path):
    _, manifest = version
    process = worker(tmp_path / "v")
    while process.poll() is None and not list(tmp_path.glob(".v.*.partial/jsonl/*")):
        time.sleep(0.002)
    os.kill(process.pid, signal.SIGKILL)
    assert process.wait() == -signal.SIGKILL
    process.communicate()
    assert not (tmp_path / "v").exists()
    assert list(tmp_path.glob(".v.*.partial"))
    again = export_version(opened(tables), LINEAGE, SMALL, tmp_path / "v")
    assert without_created_at(again) == without_created_at(manifest)
    assert [path.name for path in tmp_path.iterdir()] == ["v"]
