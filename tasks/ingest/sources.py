"""What a source string means: a folder, a file, a glob, or a git repository by address or revision.

A source gets a name that says nothing about this machine: the last part of its path or address, made unique
by a number among the sources of one request.
"""

from __future__ import annotations

from collections.abc import Sequence
from fnmatch import fnmatchcase
from pathlib import Path
from typing import NamedTuple

from tasks.ingest.clone import (
    Remote,
    clone,
    name_of_remote,
    parse_remote,
    split_revision,
    without_credentials,
)
from tasks.ingest.patterns import BadPattern, pattern_of
from tilth.errors import RequestError


class Source(NamedTuple):
    """A named root, and what of it is asked for: all (`folder`), one `file`, or what a `glob` matches."""

    name: str
    root: Path
    kind: str
    pattern: str  # the file's name, or the glob relative to the root; empty for a folder
    shown: str  # as the user wrote it, without credentials
    git_dir: Path | None = None  # of a repository: where its history is read
    revision: str = "HEAD"


def is_glob(text: str) -> bool:
    """Whether a path holds wildcards.

    >>> is_glob("a/**/*.py"), is_glob("a/b.py")
    (True, False)
    """
    return any(mark in text for mark in "*?[")


def resolve_sources(sources: Sequence[str], cache_dir: Path, max_commits: int = 0) -> tuple[Source, ...]:
    """The sources as given, each once, with unique names.

    Repositories are fetched into `cache_dir`, with so many of their last commits.

    Raises `RequestError` for a path that does not exist, or that is neither file nor folder.
    """
    if not sources:
        raise RequestError("No source is given. Name a folder, a file, a glob or a repository's address.")
    resolved: list[Source] = []
    seen: set[tuple[Path, str]] = set()
    names: set[str] = set()
    for text in sources:
        source = _resolve(text, cache_dir, max_commits)
        if (source.root, source.pattern) in seen:
            continue
        seen.add((source.root, source.pattern))
        name, number = source.name, 2
        while name in names:
            name, number = f"{source.name}-{number}", number + 1
        names.add(name)
        resolved.append(source._replace(name=name))
    return tuple(resolved)


def _resolve(text: str, cache_dir: Path, max_commits: int) -> Source:
    shown = without_credentials(text)
    remote = parse_remote(text)
    if remote is not None:
        found = clone(remote, cache_dir, max_commits)
        return Source(
            name_of_remote(remote.url), found.tree, "folder", "", shown, found.git_dir, found.commit
        )
    if not text.strip() or "\0" in text:
        raise RequestError(f"{text!r} is no source. Name a folder, a file, a glob or a repository's address.")
    path = _expanded(text)
    if _exists(path):
        return _resolve_path(path, shown, cache_dir)
    if is_glob(text):
        return _resolve_glob(path, shown)
    before, revision = split_revision(text)
    local = _expanded(before)
    if revision is not None and _exists(local) and (_is_bare(local) or (local / ".git").exists()):
        found = clone(Remote(str(local.resolve()), revision), cache_dir)
        git_dir = local if _is_bare(local) else local / ".git"
        return Source(_name_of(local), found.tree, "folder", "", shown, git_dir.resolve(), found.commit)
    raise RequestError(f"{text} does not exist. Name a folder, a file, a glob or a repository's address.")


def _expanded(text: str) -> Path:
    try:
        return Path(text).expanduser()
    except RuntimeError:
        raise RequestError(f"{text} names the home of a user who has none. Name another path.") from None


def _exists(path: Path) -> bool:
    try:
        return path.exists()
    except OSError as error:
        # A name that is too long, or a link that leads to itself.
        raise RequestError(f"{path} cannot be opened: {error.strerror}. Name another source.") from None


def _name_of(path: Path) -> str:
    return path.resolve().name.removesuffix(".git") or "root"


def _is_bare(path: Path) -> bool:
    return (path / "HEAD").is_file() and (path / "objects").is_dir() and (path / "refs").is_dir()


def _resolve_path(path: Path, shown: str, cache_dir: Path) -> Source:
    real = path.resolve()
    if real.is_dir():
        if _is_bare(real):
            tree = clone(Remote(str(real), None), cache_dir).tree
            return Source(_name_of(real), tree, "folder", "", shown, real)
        git_dir = real / ".git"
        return Source(_name_of(real), real, "folder", "", shown, git_dir if _exists(git_dir) else None)
    if not real.is_file():
        raise RequestError(f"{path} is neither a file nor a folder. Name one that can be read.")
    return Source(real.name, real.parent, "file", real.name, shown)


def _resolve_glob(path: Path, shown: str) -> Source:
    parts = path.parts
    first = next(index for index, part in enumerate(parts) if is_glob(part))
    root = Path(*parts[:first]).resolve()
    if not root.is_dir():
        raise RequestError(f"{shown} matches nothing: {root} is no folder. Check the pattern.")
    pattern = "/".join(parts[first:])
    try:
        pattern_of(f"/{pattern}")
    except BadPattern:
        raise RequestError(f"{shown} is no pattern that can match. Check its brackets and slashes.") from None
    return Source(root.name or "root", root, "glob", pattern, shown)


def may_hold(pattern: str, folder: str) -> bool:
    """Whether a folder can hold, or is, a match of a glob; both are relative to the glob's root.

    >>> may_hold("src/*/x.py", "src/a"), may_hold("src/*/x.py", "docs"), may_hold("*/*.py", "a/b")
    (True, False, False)
    >>> may_hold("repos/*", "repos/one/deep"), may_hold("**/*.py", "a/b")
    (True, True)
    """
    wanted, got = pattern.split("/"), folder.split("/")
    for index, part in enumerate(wanted):
        if part == "**" or index >= len(got):
            return True
        if not fnmatchcase(got[index], part):
            return False
    return True


def names_explicitly(pattern: str, path: str) -> bool:
    """Whether a pattern asks for a file by its extension or its whole name, and not merely for all there is.

    >>> names_explicitly("data/*.jsonl", "data/a.jsonl"), names_explicitly("data/**", "data/a.jsonl")
    (True, False)
    """
    last, name = pattern.rpartition("/")[2], path.rpartition("/")[2]
    extension = last.rpartition(".")[2]
    return last == name or ("." in last and not is_glob(extension) and name.endswith(f".{extension}"))
