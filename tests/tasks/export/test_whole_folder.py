from __future__ import annotations

from pathlib import Path

import pytest

from tasks.export.whole_folder import whole_folder
from tilth.errors import LakeError


def filled(out: Path, text: str = "whole") -> None:
    with whole_folder(out) as staging:
        (staging / "inner").mkdir()
        (staging / "inner/file").write_text(text)
        assert not out.exists()


def names_in(folder: Path) -> list[str]:
    return sorted(path.name for path in folder.iterdir())


def test_a_folder_appears_with_all_it_holds(tmp_path):
    filled(tmp_path / "deep/v")
    assert (tmp_path / "deep/v/inner/file").read_text() == "whole"
    assert names_in(tmp_path / "deep") == ["v"]


def test_an_error_inside_leaves_nothing_and_passes_through(tmp_path):
    def broken() -> None:
        with whole_folder(tmp_path / "v") as staging:
            (staging / "file").write_text("half")
            raise KeyError

    with pytest.raises(KeyError):
        broken()
    assert names_in(tmp_path) == []


def test_what_nobody_holds_is_swept_and_what_is_being_filled_is_not(tmp_path):
    (tmp_path / ".v.left.partial").mkdir()
    (tmp_path / ".v.left.partial/file").write_text("half")
    with whole_folder(tmp_path / "v") as held:
        assert names_in(tmp_path) == [held.name]
        with whole_folder(tmp_path / "v") as second:
            assert names_in(tmp_path) == sorted([held.name, second.name])
    assert names_in(tmp_path) == ["v"]


def test_the_second_of_two_that_fill_the_same_folder_is_told(tmp_path):
    def late() -> None:
        with whole_folder(tmp_path / "v") as staging:
            (staging / "mine").write_text("mine")
            filled(tmp_path / "v", "theirs")

    with pytest.raises(LakeError, match="cannot be written"):
        late()
    assert (tmp_path / "v/inner/file").read_text() == "theirs"
    assert names_in(tmp_path) == ["v"]


def test_a_place_that_cannot_hold_a_folder_is_a_clear_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(LakeError, match="file"):
        filled(tmp_path / "file/v")
