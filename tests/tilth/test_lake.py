import json
import multiprocessing
import os

import pytest

from tilth.errors import LakeError, RequestError
from tilth.lake import FORMAT, Lake, full_disk_said, publish, write_json


def test_a_new_lake_keeps_its_id_when_it_is_opened_again(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    assert Lake.open(tmp_path / "lake") == lake


def test_a_folder_without_a_lake_is_a_wrong_request(tmp_path):
    with pytest.raises(RequestError, match="is no lake"):
        Lake.open(tmp_path)


def test_a_lake_is_not_made_in_a_folder_that_holds_something(tmp_path):
    (tmp_path / "precious.txt").write_text("mine")
    with pytest.raises(RequestError, match="not empty"):
        Lake.open(tmp_path, create=True)
    assert [path.name for path in tmp_path.iterdir()] == ["precious.txt"]


def test_a_lake_of_a_newer_version_is_not_touched(tmp_path):
    write_json(tmp_path / "format.json", {"format": FORMAT + 1, "lake_id": "x"})
    with pytest.raises(LakeError, match=f"layout {FORMAT + 1}"):
        Lake.open(tmp_path, create=True)


@pytest.mark.parametrize("content", ["", "[]", '{"format": "new"}', '{"format": 1}'])
def test_a_damaged_format_file_is_said_to_be_so(tmp_path, content):
    (tmp_path / "format.json").write_text(content)
    with pytest.raises(LakeError, match=r"format\.json cannot be read"):
        Lake.open(tmp_path)


def test_what_is_staged_appears_whole(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    target = lake.root / "parts" / "a"
    with lake.staged(target) as folder:
        (folder / "rows.parquet").write_bytes(b"rows")
        assert not target.exists()
    assert (target / "rows.parquet").read_bytes() == b"rows"


def test_what_fails_while_staged_leaves_nothing(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)

    def fail():
        with lake.staged(lake.root / "parts" / "a") as folder:
            (folder / "rows.parquet").write_bytes(b"half")
            raise LakeError("stop")

    with pytest.raises(LakeError):
        fail()
    assert not (lake.root / "parts").exists()
    assert list((lake.root / "tmp").iterdir()) == []


def test_the_first_of_two_writers_of_the_same_content_stays(tmp_path):
    lake = Lake.open(tmp_path / "lake", create=True)
    target = lake.root / "parts" / "a"
    for content in (b"first", b"second"):
        with lake.staged(target) as folder:
            (folder / "rows.parquet").write_bytes(content)
    assert (target / "rows.parquet").read_bytes() == b"first"


def _die_while_staging(root):
    lake = Lake.open(root, create=True)
    with lake.staged(lake.root / "parts" / "a") as folder:
        (folder / "half").write_bytes(b"half")
        os.kill(os.getpid(), 9)


def test_the_next_one_clears_what_a_killed_writer_left(tmp_path):
    root = tmp_path / "lake"
    writer = multiprocessing.get_context("spawn").Process(target=_die_while_staging, args=(root,))
    writer.start()
    writer.join()
    assert writer.exitcode == -9
    assert len(list((root / "tmp").iterdir())) == 1
    Lake.open(root, create=True)
    assert list((root / "tmp").iterdir()) == []
    assert not (root / "parts").exists()


def test_a_full_disk_is_told_with_the_next_step(tmp_path):
    def write():
        with full_disk_said(tmp_path), open("/dev/full", "wb") as file:  # noqa: PTH123  # a device that is full
            file.write(b"x" * 10_000)

    with pytest.raises(LakeError, match="is full"):
        write()


def test_json_is_replaced_and_leaves_no_temporary_file(tmp_path):
    path = tmp_path / "a.json"
    write_json(path, {"a": 1})
    write_json(path, {"a": 2})
    assert json.loads(path.read_text()) == {"a": 2}
    assert [found.name for found in tmp_path.iterdir()] == ["a.json"]


def test_publishing_over_a_folder_that_is_there_keeps_it(tmp_path):
    (tmp_path / "new").mkdir()
    (tmp_path / "new" / "x").write_text("new")
    (tmp_path / "old").mkdir()
    (tmp_path / "old" / "x").write_text("old")
    publish(tmp_path / "new", tmp_path / "old")
    assert (tmp_path / "old" / "x").read_text() == "old"


def test_a_place_where_no_folder_can_be_is_told():
    with pytest.raises(RequestError, match="No lake can be made in /dev/null/lake: Not a directory"):
        Lake.open("/dev/null/lake", create=True)
