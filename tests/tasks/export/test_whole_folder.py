from __future__ import annotations

import pytest

from tasks.export.whole_folder import whole_folder
from tilth.errors import LakeError


def test_a_folder_appears_with_all_it_holds(tmp_path):
    with whole_folder(tmp_path / "deep/v") as staging:
        (staging / "inner").mkdir()
        (staging / "inner/file").write_text("whole")
        assert not (tmp_path / "deep/v").exists()
    assert (tmp_path / "deep/v/inner/file").read_text() == "whole"
    assert [path.name for path in (tmp_path / "deep").iterdir()] == ["v"]


def test_an_error_inside_leaves_nothing_and_passes_through(tmp_path):
    with pytest.raises(KeyError), whole_folder(tmp_path / "v") as staging:
        (staging / "file").write_text("half")
        raise KeyError
    assert list(tmp_path.iterdir()) == []


def test_what_nobody_holds_is_swept_and_what_is_being_filled_is_not(tmp_path):
    (tmp_path / ".v.left.partial").mkdir()
    (tmp_path / ".v.left.partial/file").write_text("half")
    with pytest.raises(LakeError), whole_folder(tmp_path / "v") as first:
        assert not (tmp_path / ".v.left.partial").exists()
        with whole_folder(tmp_path / "v") as second:
            assert first.exists()
            (second / "file").write_text("whole")
    assert [path.name for path in tmp_path.rglob("*")] == ["v", "file"]


def test_the_second_of_two_that_fill_the_same_folder_is_told(tmp_path):
    with pytest.raises(LakeError, match="cannot be written"), whole_folder(tmp_path / "v") as staging:
        (staging / "mine").write_text("mine")
        (tmp_path / "v").mkdir()
        (tmp_path / "v/theirs").write_text("theirs")
    assert [path.name for path in tmp_path.rglob("*")] == ["v", "theirs"]


def test_a_place_that_cannot_hold_a_folder_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="file"), whole_folder(tmp_path / "file/v"):
        pass
