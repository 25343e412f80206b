import os
import shutil
import sysconfig
from pathlib import Path

import pytest

from tasks.ingest.config import IngestConfig
from tasks.ingest.survey import SURVEY, survey_sources
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.records import REJECTS

STDLIB = Path(sysconfig.get_path("stdlib"))
LICENCE = """Permission is hereby granted, free of charge, to any person obtaining a copy
without restriction. The above copyright notice and this permission notice shall be included."""


def write(root: Path, files: dict[str, str]) -> Path:
    for path, text in files.items():
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)
    return root


def column(root: Path | str, name: str, **settings: int) -> dict[str, str]:
    rows = survey_sources([str(root)], IngestConfig.model_validate(settings), Path("unused")).rows
    return dict(zip(rows["path"].to_pylist(), rows[name].to_pylist(), strict=True))


def reasons(root: Path | str, **settings: int) -> dict[str, str]:
    rejects = survey_sources([str(root)], IngestConfig.model_validate(settings), Path("unused")).rejects
    return dict(zip(rejects["path"].to_pylist(), rejects["reason"].to_pylist(), strict=True))


def test_a_survey_does_not_depend_on_where_or_in_which_order_files_were_made(tmp_path):
    names = [path.name for path in sorted(STDLIB.glob("*.py"))[:40]]
    for place, order in (("one", names), ("two/deep", names[::-1])):
        (tmp_path / place / "lib").mkdir(parents=True)
        for name in order:
            shutil.copy(STDLIB / name, tmp_path / place / "lib" / name)
    one, two = (
        survey_sources([str(tmp_path / place / "lib")], IngestConfig(), tmp_path).rows.drop_columns(
            "location"
        )
        for place in ("one", "two/deep")
    )
    assert one.equals(two)
    assert one["path"].to_pylist() == names


def test_rows_follow_the_schema_and_keys_name_source_and_path(tmp_path):
    survey = survey_sources([str(write(tmp_path / "p", {"a.py": "x = 1\n"}))], IngestConfig(), tmp_path)
    assert survey.rows.schema == SURVEY
    assert survey.rejects.schema == REJECTS
    assert survey.rows["key"].to_pylist() == [digest("p", "a.py")]


def test_the_topmost_project_folder_is_the_repository(tmp_path):
    write(
        tmp_path / "all",
        {
            "one/pyproject.toml": "",
            "one/src/a.py": "x",
            "one/sub/package.json": "{}",
            "one/sub/b.js": "x",
            "group/two/go.mod": "",
            "group/two/c.go": "x",
            "loose.py": "x",
        },
    )
    found = column(tmp_path / "all", "repository")
    assert found["one/src/a.py"] == found["one/sub/b.js"] == "all/one"
    assert found["group/two/c.go"] == "all/group/two"
    assert found["loose.py"] == "all"
    assert set(column(tmp_path / "all" / "one", "repository").values()) == {"one"}


def test_a_licence_holds_for_its_folder_until_a_nearer_one(tmp_path):
    write(
        tmp_path / "p",
        {
            "LICENSE": LICENCE,
            "a.py": "x",
            "sub/package.json": '{"license": "GPL-3.0-only"}',
            "sub/b.js": "x",
            "odd/COPYING": "All rights reserved.",
            "odd/c.py": "x",
        },
    )
    found = column(tmp_path / "p", "licence")
    assert (found["a.py"], found["sub/b.js"], found["odd/c.py"]) == ("MIT", "GPL-3.0-only", "unknown")


def test_an_installed_package_has_the_licence_of_its_distribution(tmp_path):
    write(
        tmp_path / "site",
        {
            "six.py": "x",
            "six-1.dist-info/METADATA": "Name: six\nLicense-Expression: MIT\n",
            "six-1.dist-info/RECORD": "six.py,,\nsix-1.dist-info/METADATA,,\n",
            "other/a.py": "x",
        },
    )
    found = column(tmp_path / "site", "licence")
    assert (found["six.py"], found["other/a.py"]) == ("MIT", "unknown")


def test_a_changed_licence_changes_what_its_files_depend_on(tmp_path):
    root = write(tmp_path / "p", {"a.py": "x"})
    before = column(root, "row_digest")["a.py"]
    write(root, {"LICENSE": LICENCE})
    assert column(root, "row_digest")["a.py"] != before


def test_a_file_that_is_too_large_is_never_read(tmp_path):
    with (tmp_path / "huge.py").open("wb") as file:
        # Sparse: a gigabyte that takes no room.
        file.truncate(1 << 30)
    write(tmp_path, {"a.py": "x"})
    assert reasons(tmp_path) == {"huge.py": "too_large"}
    assert list(column(tmp_path, "bytes")) == ["a.py"]


def test_datasets_and_archives_are_opened_only_when_they_are_named(tmp_path):
    write(tmp_path, {"d/rows.jsonl": "{}", "d/x.zip": "PK"})
    assert set(column(tmp_path / "d", "role").values()) == {"file"}
    assert column(tmp_path / "d" / "rows.jsonl", "role") == {"rows.jsonl": "dataset"}
    assert column(tmp_path / "d" / "*.zip", "role") == {"x.zip": "archive"}
    assert set(column(tmp_path / "d" / "*", "role").values()) == {"file"}


def test_a_glob_takes_what_matches_and_all_of_a_folder_that_matches(tmp_path):
    write(tmp_path, {"a/x.py": "x", "a/y.md": "y", "b/deep/z.py": "z", "c.py": "c"})
    assert list(column(f"{tmp_path}/**/*.py", "role")) == ["a/x.py", "b/deep/z.py", "c.py"]
    assert list(column(f"{tmp_path}/[ab]", "role")) == ["a/x.py", "a/y.md", "b/deep/z.py"]
    assert list(column(f"{tmp_path}/*.py", "role")) == ["c.py"]


@pytest.mark.parametrize("folder", ["empty", "only_git", "nested/empty"])
def test_a_folder_without_a_file_is_a_request_error(tmp_path, folder):
    (tmp_path / "empty").mkdir()
    (tmp_path / "only_git" / ".git").mkdir(parents=True)
    (tmp_path / "nested" / "empty").mkdir(parents=True)
    with pytest.raises(RequestError, match="holds no file"):
        survey_sources([str(tmp_path / folder)], IngestConfig(), tmp_path)


def test_a_glob_without_a_match_is_a_request_error(tmp_path):
    write(tmp_path, {"a.py": "x"})
    with pytest.raises(RequestError, match="matches nothing"):
        survey_sources([f"{tmp_path}/*.go"], IngestConfig(), tmp_path)


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_file_is_left_out(tmp_path):
    write(tmp_path, {"a.py": "x", "b.py": "x"})
    (tmp_path / "a.py").chmod(0)
    assert reasons(tmp_path) == {"a.py": "unreadable"}
