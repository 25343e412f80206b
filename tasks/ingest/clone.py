"""A git repository, by address or bare, checked out at one commit into a cache directory.

Nothing of the repository runs: no hooks, no templates, no submodules, no filters, no `ext::` transport, no
prompt. Names and messages never hold the user and password of an address. A checkout is complete or absent.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import tempfile
from pathlib import Path
from typing import NamedTuple

from tilth.errors import LakeError, RequestError
from tilth.fingerprint import digest


class Remote(NamedTuple):
    """A repository's address and the revision asked for; None is its default branch."""

    url: str
    revision: str | None


_SCHEME = re.compile(r"(?:https?|ssh|git|file)://", re.IGNORECASE)
# `user@host:path`, git's short form of ssh.
_SHORT_FORM = re.compile(r"[\w.-]+@[\w.-]+:(?!/)")
_CREDENTIALS = re.compile(r"(?<=://)[^/@\s]+@")
# A name, never an option (`-x`), a range (`a..b`) or a refspec (`a:b`).
_REVISION = re.compile(r"(?!.*\.\.)[A-Za-z0-9_][\w./+-]*")
# No hooks, no conversion of line ends, no large-file filter, no transport that starts a program.
_SAFE = [
    item
    for setting in (
        "core.hooksPath=/dev/null",
        "core.autocrlf=false",
        "core.fsmonitor=false",
        "protocol.ext.allow=never",
        "fetch.recurseSubmodules=false",
        "submodule.recurse=false",
        "filter.lfs.smudge=",
        "filter.lfs.process=",
        "filter.lfs.required=false",
        "advice.detachedHead=false",
        "gc.auto=0",
    )
    for item in ("-c", setting)
]
# Set while git runs a hook, and they would point at the user's own repository.
_REPOSITORY_VARIABLES = frozenset(("GIT_DIR", "GIT_WORK_TREE", "GIT_INDEX_FILE", "GIT_OBJECT_DIRECTORY"))
# A repository of some gigabytes over a slow line; after that something hangs.
_TIMEOUT_S = 1800


def without_credentials(text: str) -> str:
    """The text with the user and password of every address in it gone.

    >>> without_credentials("fatal: https://ada:pw@host/x.git not found")
    'fatal: https://host/x.git not found'
    """
    return _CREDENTIALS.sub("", text)


def parse_remote(source: str) -> Remote | None:
    """The repository that a source names by address, with `@revision` behind it; None when it is no address.

    >>> parse_remote("https://ada@host/x.git@v1.2")
    Remote(url='https://ada@host/x.git', revision='v1.2')
    >>> parse_remote("git@host:team/x.git"), parse_remote("./x")
    (Remote(url='git@host:team/x.git', revision=None), None)
    """
    scheme, short = _SCHEME.match(source), _SHORT_FORM.match(source)
    if scheme is not None:
        start = source.find("/", scheme.end())
    elif short is not None:
        start = short.end()
    else:
        return None
    if start < 0:
        return Remote(source, None)
    head, path = source[:start], source[start:]
    path, revision = split_revision(path)
    return Remote(head + path, revision)


def split_revision(path: str) -> tuple[str, str | None]:
    """A path and the revision behind its last `@`; a name that begins with `@` is no revision.

    >>> split_revision("team/x@feature/y"), split_revision("/@scope/x")
    (('team/x', 'feature/y'), ('/@scope/x', None))
    """
    before, mark, after = path.partition(".git@")
    if mark:
        return f"{before}.git", after
    before, mark, after = path.partition("@")
    return (before, after) if mark and after and not before.endswith("/") else (path, None)


def name_of_remote(url: str) -> str:
    """The repository's own name.

    >>> name_of_remote("https://host/team/x.git/")
    'x'
    """
    return re.split(r"[/:]", url.rstrip("/"))[-1].removesuffix(".git") or "repository"


def clone(remote: Remote, cache_dir: Path) -> Path:
    """The folder with the files of the revision, fetched unless the cache holds that commit.

    Raises `RequestError` when the repository cannot be reached or lacks the revision, `LakeError` when the
    cache cannot be written.
    """
    shown = without_credentials(remote.url)
    if remote.revision is not None and _REVISION.fullmatch(remote.revision) is None:
        raise RequestError(f"{shown}: {remote.revision} is no revision. Name a branch, a tag or a commit.")
    try:
        return _cloned(remote, shown, cache_dir / digest(shown))
    except OSError as error:
        raise LakeError(
            f"{cache_dir} cannot be written: {error.strerror}. Free the disk or its rights."
        ) from None


def _cloned(remote: Remote, shown: str, home: Path) -> Path:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="fetch-") as work:
        bare = Path(work) / "bare"
        _git(shown, "init", "--quiet", "--bare", "--template=", str(bare))
        commit = _fetch(shown, bare, remote)
        final = home / commit
        if not final.is_dir():
            tree = Path(work) / name_of_remote(shown)
            tree.mkdir()
            _git(shown, f"--git-dir={bare}", f"--work-tree={tree}", "checkout", "--force", commit, "--", ".")
            _publish(tree, final)
    return final


def _fetch(shown: str, bare: Path, remote: Remote) -> str:
    """Fetch one commit, alone if the server allows that, else with all branches and tags; gives its id."""
    wanted = remote.revision or "HEAD"
    alone = [f"--git-dir={bare}", "fetch", "--quiet", "--no-tags", "--depth=1", "--", remote.url, wanted]
    if _run_git(alone).returncode == 0:
        return _commit_of(shown, bare, "FETCH_HEAD", wanted)
    refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    _git(shown, f"--git-dir={bare}", "fetch", "--quiet", "--", remote.url, *refs)
    return _commit_of(shown, bare, wanted, wanted)


def _commit_of(shown: str, bare: Path, name: str, wanted: str) -> str:
    found = _run_git(
        [f"--git-dir={bare}", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"]
    )
    if found.returncode:
        raise RequestError(f"{shown} has no revision {wanted}. Name a branch, a tag or a commit that it has.")
    return found.stdout.strip()


def _publish(tree: Path, final: Path) -> None:
    try:
        tree.rename(final)
    except OSError:
        # Another process was faster with the same commit: its files are these files.
        if not final.is_dir():
            raise
        shutil.rmtree(tree)


def _git(shown: str, *arguments: str) -> None:
    done = _run_git(list(arguments))
    if done.returncode:
        # Git explains itself on several lines.
        told = " ".join(without_credentials(done.stderr).split()).rstrip(".")
        said = told or f"git ended with {done.returncode}"
        raise RequestError(f"{shown} cannot be fetched: {said}. Check the address and your access to it.")


def _run_git(arguments: list[str]) -> subprocess.CompletedProcess[str]:
    environment = {name: value for name, value in os.environ.items() if name not in _REPOSITORY_VARIABLES}
    environment |= {"GIT_TERMINAL_PROMPT": "0", "GIT_LFS_SKIP_SMUDGE": "1", "LC_ALL": "C"}
    environment.setdefault("GIT_SSH_COMMAND", "ssh -oBatchMode=yes")
    try:
        return subprocess.run(
            ["git", *_SAFE, *arguments],
            capture_output=True,
            text=True,
            errors="replace",
            stdin=subprocess.DEVNULL,
            env=environment,
            timeout=_TIMEOUT_S,
            check=False,
        )
    except FileNotFoundError:
        raise RequestError("git is not installed, and a source is a repository. Install git.") from None
    except subprocess.TimeoutExpired:
        return subprocess.CompletedProcess(arguments, 1, "", f"no answer within {_TIMEOUT_S} seconds")
