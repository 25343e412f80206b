import os
import subprocess
from pathlib import Path

import pytest

from tasks.ingest.clone import Remote, clone, parse_remote, without_credentials
from tilth.errors import LakeError, RequestError

IDENTITY = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"} | {
    f"GIT_{who}_{what}": value
    for who in ("AUTHOR", "COMMITTER")
    for what, value in (("NAME", "Ada"), ("EMAIL", "ada@lovelace.org"), ("DATE", "2026-01-01T00:00:00Z"))
}


def git(folder: Path, *arguments: str) -> str:
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | IDENTITY,
    )
    return done.stdout.strip()


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Two commits on `main`, the first of them tagged `v1`, and a branch `team/x`."""
    folder = tmp_path_factory.mktemp("origin") / "tool"
    folder.mkdir()
    git(folder, "init", "--quiet", "--initial-branch=main")
    (folder / "a.py").write_text("x = 1\n")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "one")
    git(folder, "tag", "v1")
    git(folder, "branch", "team/x")
    (folder / "a.py").write_text("x = 2\r\n")
    (folder / "link").symlink_to("/etc/passwd")
    git(folder, "add", ".")
    git(folder, "commit", "--quiet", "-m", "two")
    return folder


@pytest.mark.parametrize(
    ("source", "remote"),
    [
        ("https://host/team/x", Remote("https://host/team/x", None)),
        ("https://host/team/x.git@v1", Remote("https://host/team/x.git", "v1")),
        ("https://ada:pw@host/x@feature/y", Remote("https://ada:pw@host/x", "feature/y")),
        ("https://host/@scope/x", Remote("https://host/@scope/x", None)),
        ("git@host:team/x.git@v1", Remote("git@host:team/x.git", "v1")),
        ("ssh://git@host:22/x.git", Remote("ssh://git@host:22/x.git", None)),
        ("./folder@v1", None),
        ("C:/x", None),
        ("ext::sh -c touch% pwned", None),
    ],
)
def test_an_address_and_its_revision_are_told_apart(source, remote):
    assert parse_remote(source) == remote


@pytest.mark.parametrize(
    ("revision", "text"), [(None, "x = 2\r\n"), ("v1", "x = 1\n"), ("team/x", "x = 1\n")]
)
def test_a_repository_is_checked_out_at_the_revision(repository, tmp_path, revision, text):
    tree = clone(Remote(f"file://{repository}", revision), tmp_path).tree
    assert (tree / "a.py").read_bytes() == text.encode()
    assert not (tree / ".git").exists()


def test_a_commit_is_a_revision_and_a_second_checkout_comes_from_the_cache(repository, tmp_path):
    commit = git(repository, "rev-parse", "v1")
    first = clone(Remote(f"file://{repository}", commit), tmp_path).tree
    assert first.name == commit
    stamp = (first / "a.py").stat().st_mtime_ns
    assert clone(Remote(f"file://{repository}", "v1"), tmp_path).tree == first
    assert (first / "a.py").stat().st_mtime_ns == stamp


def test_nothing_half_done_is_left_in_the_cache(repository, tmp_path):
    tree = clone(Remote(f"file://{repository}", None), tmp_path).tree
    assert [path.name for path in tree.parent.iterdir()] == [tree.name]


def test_hooks_of_the_users_templates_do_not_run(repository, tmp_path, monkeypatch):
    hooks = tmp_path / "template" / "hooks"
    hooks.mkdir(parents=True)
    (hooks / "post-checkout").write_text(f"#!/bin/sh\ntouch {tmp_path}/ran\n")
    (hooks / "post-checkout").chmod(0o755)
    monkeypatch.setenv("GIT_TEMPLATE_DIR", str(hooks.parent))
    clone(Remote(f"file://{repository}", None), tmp_path / "cache")
    assert not (tmp_path / "ran").exists()


@pytest.mark.parametrize("revision", ["no-such-branch", "--upload-pack=touch", "v1:a.py"])
def test_a_revision_that_is_not_there_is_a_request_error(repository, tmp_path, revision):
    with pytest.raises(RequestError, match=r"revision|fetched"):
        clone(Remote(f"file://{repository}", revision), tmp_path)


def test_an_unreachable_repository_is_a_request_error_without_the_password(tmp_path):
    with pytest.raises(RequestError) as caught:
        clone(Remote("http://ada:s3cr3t@127.0.0.1:9/x.git", None), tmp_path)
    assert "s3cr3t" not in str(caught.value)
    assert "ada" not in str(caught.value)
    assert "http://127.0.0.1:9/x.git cannot be fetched" in str(caught.value)


def test_a_program_as_transport_is_refused(tmp_path):
    with pytest.raises(RequestError):
        clone(Remote(f"ext::touch {tmp_path}/pwned", None), tmp_path / "cache")
    assert not (tmp_path / "pwned").exists()


def test_a_cache_that_cannot_be_written_is_told(repository, tmp_path):
    (tmp_path / "cache").write_text("a file where a folder should be")
    with pytest.raises(LakeError, match="cannot be written"):
        clone(Remote(f"file://{repository}", None), tmp_path / "cache")


def test_credentials_go_from_every_address_in_a_text():
    text = "a https://u:p@h/x b ssh://git@h/y"
    assert without_credentials(text) == "a https://h/x b ssh://h/y"
