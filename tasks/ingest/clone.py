"""A git repository, by address or bare, checked out at one commit into a cache directory.

Nothing of the repository runs: no hooks, no templates, no submodules, no filters, no `ext::` transport, no
prompt. Names and messages never hold the user and password of an address. A checkout is complete or absent.
"""

from __future__ import annotations

import re
import shutil
import tempfile
from pathlib import Path
from typing import NamedTuple

from tasks.ingest.git import run_git
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


class Checkout(NamedTuple):
    """The folder with a revision's files, and where its history lies."""

    tree: Path
    commit: str
    git_dir: Path | None  # with `max_commits` commits and their parents; None when none was asked for


def clone(remote: Remote, cache_dir: Path, max_commits: int = 0) -> Checkout:
    """The files of the revision, fetched unless the cache holds that commit, with the commits that led to it.

    Raises `RequestError` when the repository cannot be reached or lacks the revision, `LakeError` when the
    cache cannot be written.
    """
    shown = without_credentials(remote.url)
    if remote.revision is not None and _REVISION.fullmatch(remote.revision) is None:
        raise RequestError(f"{shown}: {remote.revision} is no revision. Name a branch, a tag or a commit.")
    try:
        return _cloned(remote, shown, cache_dir / digest(shown), max_commits)
    except OSError as error:
        raise LakeError(
            f"{cache_dir} cannot be written: {error.strerror}. Free the disk or its rights."
        ) from None


def _cloned(remote: Remote, shown: str, home: Path, max_commits: int) -> Checkout:
    home.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory(dir=home, prefix="fetch-") as work:
        bare = Path(work) / "bare"
        _git(shown, "init", "--quiet", "--bare", "--template=", str(bare))
        # One more than is asked for: a commit is told by what it changed in the one before.
        commit = _fetch(shown, bare, remote, max_commits + 1)
        final = home / commit
        if not final.is_dir():
            # A folder of its own around it: a repository may be called `bare`.
            tree = Path(work) / "tree" / name_of_remote(shown)
            tree.mkdir(parents=True)
            _git(shown, f"--git-dir={bare}", f"--work-tree={tree}", "checkout", "--force", commit, "--", ".")
            _publish(tree, final)
        git_dir = home / f"{commit}.{max_commits}.git" if max_commits else None
        if git_dir is not None and not git_dir.is_dir():
            _publish(bare, git_dir)
    return Checkout(final, commit, git_dir)


def _fetch(shown: str, bare: Path, remote: Remote, depth: int) -> str:
    """Fetch a commit and those before it, alone if the server allows that, else all branches and tags; gives its id."""
    wanted = remote.revision or "HEAD"
    alone = [f"--git-dir={bare}", "fetch", "--quiet", "--no-tags", f"--depth={depth}"]
    if run_git(*alone, "--", remote.url, wanted).returncode == 0:
        return _commit_of(shown, bare, "FETCH_HEAD", wanted)
    refs = ("+refs/heads/*:refs/heads/*", "+refs/tags/*:refs/tags/*")
    _git(shown, f"--git-dir={bare}", "fetch", "--quiet", "--", remote.url, *refs)
    return _commit_of(shown, bare, wanted, wanted)


def _commit_of(shown: str, bare: Path, name: str, wanted: str) -> str:
    found = run_git(
        f"--git-dir={bare}", "rev-parse", "--verify", "--quiet", "--end-of-options", f"{name}^{{commit}}"
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
    done = run_git(*arguments)
    if done.returncode:
        # Git explains itself on several lines.
        told = " ".join(without_credentials(done.stderr).split()).rstrip(".")
        said = told or f"git ended with {done.returncode}"
        raise RequestError(f"{shown} cannot be fetched: {said}. Check the address and your access to it.")
