"""Walking a folder: every file once, links never followed, what .gitignore ignores left out.

The order is the sorted order of names, whatever the file system says. A folder that is left out is one
reject, not one for each of its files. Git's rules are those of .gitignore files from the root of the working
tree downwards; a user's global rules are not read, for they belong to the machine and not to the source.
"""

from __future__ import annotations

import os
import stat
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NamedTuple

from pathspec import GitIgnoreSpec

from tasks.ingest.config import IngestConfig
from tasks.ingest.open_file import text_at
from tasks.ingest.patterns import patterns_of
from tilth.detect.files import directory_reason


class FoundFile(NamedTuple):
    """A regular file: its path relative to the root, and its size in bytes."""

    path: str
    bytes: int


class LeftOut(NamedTuple):
    """A file or folder that is not read, and why."""

    path: str
    reason: str
    detail: str | None


class Folder(NamedTuple):
    """A folder that was entered: its path relative to the root (empty for the root) and the names in it."""

    path: str
    names: tuple[str, ...]


Found = FoundFile | LeftOut | Folder

_VERSION_CONTROL = frozenset((".git", ".hg", ".svn", ".bzr", ".jj", "CVS"))
# A .gitignore of more than 1 MB is none.
_MAX_RULES_BYTES = 1 << 20


class _Rules(NamedTuple):
    """The patterns of one .gitignore and where it stands."""

    folder: str  # relative to the root, with a `/` at its end; empty at the root and above
    above: str  # what lies between a file above the root and the root, with a `/` at its end
    spec: GitIgnoreSpec


def walk(root: Path, config: IngestConfig, may_enter: Callable[[str], bool] | None = None) -> Iterator[Found]:
    """Folders, files and what is left out under `root`, folders before their content.

    `may_enter` says of a folder's relative path whether it is of interest at all; what it refuses is not
    reported. Unreadable folders are left out with the reason.
    """
    rules = _rules_above(root) if config.respect_gitignore else ()
    waiting: list[tuple[str, tuple[_Rules, ...]]] = [("", rules)]
    while waiting:
        folder, rules = waiting.pop()
        try:
            with os.scandir(root / folder) as scan:
                entries = sorted(scan, key=lambda entry: entry.name)
        except OSError as error:
            yield LeftOut(folder or ".", "unreadable", error.strerror)
            continue
        names = tuple(entry.name for entry in entries)
        # `venv` is a package of the standard library too: the file tells, not the name.
        if folder and "pyvenv.cfg" in names and not config.keep_vendored:
            yield LeftOut(folder, "vendored", "a virtual environment")
            continue
        yield Folder(folder, names)
        prefix = f"{folder}/" if folder else ""
        if config.respect_gitignore and ".gitignore" in names:
            rules = (*rules, _Rules(prefix, "", _spec(root / folder / ".gitignore")))
        inner = []
        for entry in entries:
            found = _judge(root, prefix, entry, rules, config)
            if isinstance(found, Folder):
                if may_enter is None or may_enter(found.path):
                    inner.append((found.path, rules))
            else:
                yield found
        waiting.extend(reversed(inner))


def _judge(
    root: Path, prefix: str, entry: os.DirEntry[str], rules: tuple[_Rules, ...], config: IngestConfig
) -> Found:
    path = prefix + entry.name
    shown = path.encode("utf-8", "backslashreplace").decode("utf-8")
    if shown != path:
        return LeftOut(shown, "bad_file_name", "its name is no UTF-8")
    try:
        is_folder = entry.is_dir(follow_symlinks=False)
        if is_folder and entry.name in _VERSION_CONTROL:
            found: Found = LeftOut(path, "version_control", None)
        elif _is_ignored(path, is_folder, rules):
            found = LeftOut(path, "ignored", "by a .gitignore")
        elif entry.is_symlink():
            found = _judge_link(root, path)
        elif is_folder:
            found = _judge_folder(path, entry.name, config)
        else:
            found = _judge_file(path, entry.stat(follow_symlinks=False))
    except OSError as error:
        found = LeftOut(path, "unreadable", error.strerror)
    return found


def _judge_file(path: str, status: os.stat_result) -> Found:
    if not stat.S_ISREG(status.st_mode):
        return LeftOut(path, "not_a_file", "a pipe, a socket or a device")
    return FoundFile(path, status.st_size)


def _judge_folder(path: str, name: str, config: IngestConfig) -> Found:
    why = directory_reason(name)
    if why is not None and not (config.keep_vendored if why[0] == "vendored" else config.keep_generated):
        return LeftOut(path, *why)
    return Folder(path, ())


def _judge_link(root: Path, path: str) -> LeftOut:
    """Why a symbolic link is not followed. A target inside the root is read under its own name."""
    link = root / path
    try:
        target = link.resolve(strict=True)
    except FileNotFoundError:
        return LeftOut(path, "symlink_broken", "its target does not exist")
    except (OSError, RuntimeError):
        # Python 3.11 and 3.12 tell a loop by RuntimeError, later ones by OSError.
        return LeftOut(path, "symlink_loop", "it leads back to itself")
    real_root = root.resolve()
    if target == link.parent.resolve() or target in link.parent.resolve().parents:
        return LeftOut(path, "symlink_loop", "its target is a folder that holds it")
    if not target.is_relative_to(real_root):
        return LeftOut(path, "symlink_outside", "its target is outside the source")
    return LeftOut(path, "symlink", "its target is read under its own name")


def _spec(path: Path) -> GitIgnoreSpec:
    return patterns_of(text_at(path, _MAX_RULES_BYTES).splitlines())


def _rules_above(root: Path) -> tuple[_Rules, ...]:
    """Rules of the working tree the root is a folder of, outermost first; none when they ignore the root."""
    real = root.resolve()
    top = next((folder for folder in (real, *real.parents) if (folder / ".git").exists()), None)
    if top is None or top == real:
        return ()
    between = [folder for folder in real.parents if folder.is_relative_to(top)]
    rules = tuple(
        _Rules("", f"{real.relative_to(folder).as_posix()}/", _spec(folder / ".gitignore"))
        for folder in reversed(between)
        if (folder / ".gitignore").is_file()
    )
    # Who names an ignored folder wants it.
    return () if _is_ignored("", True, rules) else rules


def _is_ignored(path: str, is_folder: bool, rules: tuple[_Rules, ...]) -> bool:
    """By git's rule: the innermost file that says anything about the path decides."""
    for folder, above, spec in reversed(rules):
        relative = above + path[len(folder) :]
        include = spec.check_file(
            f"{relative}/" if is_folder and not relative.endswith("/") else relative
        ).include
        if include is not None:
            return include
    return False
