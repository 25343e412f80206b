import os
from pathlib import Path

import pytest

from tasks.ingest.config import IngestConfig
from tasks.ingest.walk import Folder, FoundFile, LeftOut, walk


def write(root: Path, *paths: str, text: str = "x = 1\n") -> None:
    for path in paths:
        (root / path).parent.mkdir(parents=True, exist_ok=True)
        (root / path).write_text(text)


def files(root: Path, config: IngestConfig | None = None) -> list[str]:
    return [item.path for item in walk(root, config or IngestConfig()) if isinstance(item, FoundFile)]


def left_out(root: Path) -> dict[str, str]:
    return {item.path: item.reason for item in walk(root, IngestConfig()) if isinstance(item, LeftOut)}


def test_folders_come_before_their_files_and_files_in_sorted_order(tmp_path):
    write(tmp_path, "b.py", "a/z.py", "a/b/c.py", "a.py")
    found = list(walk(tmp_path, IngestConfig()))
    assert [item.path for item in found if isinstance(item, Folder)] == ["", "a", "a/b"]
    assert sorted(files(tmp_path)) == ["a.py", "a/b/c.py", "a/z.py", "b.py"]


def test_an_ignored_folder_is_one_reject(tmp_path):
    write(tmp_path, "out/a.py", "out/b.py", "src/a.py", "src/a.log")
    write(tmp_path, ".gitignore", text="out/\n*.log\n")
    assert left_out(tmp_path) == {"out": "ignored", "src/a.log": "ignored"}
    assert files(tmp_path, IngestConfig(respect_gitignore=False)) == [
        ".gitignore",
        "out/a.py",
        "out/b.py",
        "src/a.log",
        "src/a.py",
    ]


def test_an_inner_gitignore_overrules_an_outer_one(tmp_path):
    write(tmp_path, "a/keep.log", "b/drop.log")
    write(tmp_path, ".gitignore", text="*.log\n")
    write(tmp_path, "a/.gitignore", text="!keep.log\n")
    assert left_out(tmp_path) == {"b/drop.log": "ignored"}


def test_an_anchored_pattern_holds_from_its_own_folder(tmp_path):
    write(tmp_path, "sub/out/a.py", "sub/deep/out/a.py")
    write(tmp_path, "sub/.gitignore", text="/out\n")
    assert left_out(tmp_path) == {"sub/out": "ignored"}


def test_rules_above_the_root_hold_up_to_the_working_tree(tmp_path):
    write(tmp_path, "repo/.git/HEAD", "repo/src/a.py", "repo/src/gen/b.py", "repo/src/x.tmp")
    write(tmp_path, ".gitignore", text="*.py\n")
    write(tmp_path, "repo/.gitignore", text="/src/gen/\n*.tmp\n")
    assert left_out(tmp_path / "repo" / "src") == {"gen": "ignored", "x.tmp": "ignored"}


def test_an_ignored_folder_that_is_named_itself_is_read(tmp_path):
    write(tmp_path, "repo/.git/HEAD", "repo/out/a.py")
    write(tmp_path, "repo/.gitignore", text="out/\n")
    assert files(tmp_path / "repo" / "out") == ["a.py"]


def test_links_are_never_followed(tmp_path):
    write(tmp_path, "src/a.py", "outside.py")
    source = tmp_path / "src"
    (source / "again.py").symlink_to("a.py")
    (source / "out.py").symlink_to(tmp_path / "outside.py")
    (source / "etc").symlink_to("/etc")
    (source / "gone").symlink_to("nowhere")
    (source / "self").symlink_to("self")
    (source / "loop").symlink_to(".")
    assert files(source) == ["a.py"]
    assert left_out(source) == {
        "again.py": "symlink",
        "out.py": "symlink_outside",
        "etc": "symlink_outside",
        "gone": "symlink_broken",
        "self": "symlink_loop",
        "loop": "symlink_loop",
    }


def test_pipes_and_undecodable_names_are_left_out(tmp_path):
    os.mkfifo(tmp_path / "pipe")
    (tmp_path / os.fsdecode(b"caf\xe9.py")).write_text("x")
    assert left_out(tmp_path) == {"pipe": "not_a_file", "caf\\udce9.py": "bad_file_name"}


def test_version_control_and_vendored_folders_are_not_entered(tmp_path):
    write(tmp_path, ".git/config", "node_modules/x/i.js", "a/__pycache__/x.pyc", "a/b.py")
    assert left_out(tmp_path) == {
        ".git": "version_control",
        "node_modules": "vendored",
        "a/__pycache__": "generated",
    }
    assert "node_modules/x/i.js" in files(tmp_path, IngestConfig(keep_vendored=True))


def test_a_virtual_environment_is_told_by_its_file_and_not_by_its_name(tmp_path):
    write(tmp_path, "env/pyvenv.cfg", "env/lib/a.py", "venv/__init__.py")
    assert left_out(tmp_path) == {"env": "vendored"}
    assert files(tmp_path) == ["venv/__init__.py"]


def test_a_root_that_is_itself_a_vendor_folder_is_read(tmp_path):
    write(tmp_path, "site-packages/x/a.py")
    assert files(tmp_path / "site-packages") == ["x/a.py"]


@pytest.mark.skipif(os.geteuid() == 0, reason="root may read everything")
def test_an_unreadable_folder_is_left_out_with_the_reason(tmp_path):
    write(tmp_path, "locked/a.py")
    (tmp_path / "locked").chmod(0)
    assert left_out(tmp_path) == {"locked": "unreadable"}
    (tmp_path / "locked").chmod(0o700)


def test_a_folder_that_goes_while_it_is_walked_is_left_out(tmp_path):
    write(tmp_path, "a/b.py")
    walker = walk(tmp_path, IngestConfig())
    next(walker)
    (tmp_path / "a" / "b.py").unlink()
    (tmp_path / "a").rmdir()
    assert list(walker) == [LeftOut("a", "unreadable", "No such file or directory")]
