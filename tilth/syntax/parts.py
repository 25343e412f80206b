"""Cuts a repository that is too large to be looked at together into parts, by its folders.

A part is a folder with all below it, or neighbours in one folder that have room together. Tests leave their folder for
the part that they import most of, as far as there is room. What lies in two parts is not seen together. Pure over
names, sizes and imports; the same whatever the order of the rows. A file that grows moves only those that come after it
in its own folder.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from tilth.records import rows_of
from tilth.syntax.repository import imports_between

# So much of a part's room is left to the tests of what it holds: code with as many tests as itself is well tested.
_SHARE_OF_TESTS = 0.5


class Member(NamedTuple):
    """A file of the repository."""

    document_id: str
    path: str
    size_bytes: int
    is_test: bool


def places_of(files: pa.Table, max_bytes: int) -> pa.Table:
    """The part of each file of some large repositories: document_id, place.

    `files` has for each document_id, repository, path, bytes, language, is_test, kind (`module`) and imports.
    """
    members: dict[str, list[Member]] = defaultdict(list)
    names = ("repository", "document_id", "path", "bytes", "is_test")
    for repository, *member in rows_of(files, *names):
        members[repository].append(Member(*member))
    links: dict[str, list[str]] = defaultdict(list)
    if files.num_rows:
        for importer, imported in rows_of(imports_between(files, files), "importer", "imported"):
            links[importer].append(imported)
    found: dict[str, str] = {}
    for repository in sorted(members):
        found.update(parts_of(members[repository], links, max_bytes))
    return pa.table(
        {"document_id": pa.array(found, pa.string()), "place": pa.array(found.values(), pa.string())}
    )


def parts_of(
    members: Iterable[Member], imports: Mapping[str, Sequence[str]], max_bytes: int
) -> dict[str, str]:
    """Part of each document: the path of its first file, or nothing for a repository that needs no cut.

    `imports` names for a document those that it imports. A part holds at most `max_bytes`, but for a single file that
    is larger.

    >>> files = [Member("1", "a/x.py", 6, False), Member("2", "b/y.py", 6, False), Member("3", "t/test_y.py", 2, True)]
    >>> parts_of(files, {"3": ["2"]}, 100)
    {'1': '', '2': '', '3': ''}
    >>> parts_of(files, {"3": ["2"]}, 8)
    {'1': 'a/x.py', '2': 'b/y.py', '3': 'b/y.py'}
    """
    files = sorted(members, key=lambda member: (member.path.split("/"), member.document_id))
    if sum(member.size_bytes for member in files) <= max_bytes:
        return dict.fromkeys((member.document_id for member in files), "")
    code = [member for member in files if not member.is_test]
    room = int(max_bytes * (1 - _SHARE_OF_TESTS)) if len(code) < len(files) else max_bytes
    parts = _packed(code, 0, room)
    found = {member.document_id: number for number, part in enumerate(parts) for member in part}
    sizes = [sum(member.size_bytes for member in part) for part in parts]
    left = []
    for test in (member for member in files if member.is_test):
        votes = Counter(found[one] for one in imports.get(test.document_id, ()) if one in found)
        # The part most imported of, the first of equals.
        wanted = min(votes, key=lambda number: (-votes[number], number), default=None)
        if wanted is None or sizes[wanted] + test.size_bytes > max_bytes:
            left.append(test)
            continue
        sizes[wanted] += test.size_bytes
        parts[wanted].append(test)
    return {
        member.document_id: part[0].path for part in (*parts, *_packed(left, 0, max_bytes)) for member in part
    }


def _packed(files: Sequence[Member], depth: int, room: int) -> list[list[Member]]:
    """Files, in order of their paths, as parts: a folder that has room is not torn."""
    if not files:
        return []
    if sum(member.size_bytes for member in files) <= room or len(files) == 1:
        return [list(files)]
    parts: list[list[Member]] = []
    size = 0
    for folder in _folders(files, depth):
        own = sum(member.size_bytes for member in folder)
        if own > room and len(folder) > 1:
            parts += _packed(folder, depth + 1, room)
            # What follows a folder that was torn begins anew.
            size = room
        elif parts and size + own <= room:
            parts[-1] += folder
            size += own
        else:
            parts.append(list(folder))
            size = own
    return parts


def _folders(files: Sequence[Member], depth: int) -> list[list[Member]]:
    """Neighbours that share the first names of their paths; a file that lies here stands alone."""
    found: dict[tuple[str, ...], list[Member]] = {}
    for member in files:
        parts = member.path.split("/")
        key = tuple(parts[: depth + 1]) if len(parts) > depth + 1 else (member.path, member.document_id)
        found.setdefault(key, []).append(member)
    return list(found.values())
