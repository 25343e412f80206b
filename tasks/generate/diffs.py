"""Unified diffs as git writes them: files, hunks, and both sides of each. Bytes; offsets are of the whole text."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.source import read_source, walk
from tilth.syntax.grammars import ParseTimeout

if TYPE_CHECKING:
    from tree_sitter import Node

_FILE = re.compile(rb"^diff --git a/.*? b/(.*)$", re.MULTILINE)
_HUNK = re.compile(rb"^@@ -(\d+)(?:,\d+)? \+(\d+)(?:,\d+)? @@(.*)$", re.MULTILINE)
# What git shows around a change unless it is told otherwise.
_CONTEXT_LINES = 3


class Hunk(NamedTuple):
    """A run of lines, each with its mark: blank, minus or plus; [start, end) is where it stands in the text."""

    start: int
    end: int
    old_line: int  # where it begins in the file before and after, from 1
    new_line: int
    section: bytes  # what git writes behind the second @@
    lines: list[bytes]  # with their line ends

    def side(self, mark: bytes) -> bytes:
        """The lines before (`-`) or after (`+`) the change."""
        return b"".join(line[1:] for line in self.lines if line[:1] in (b" ", mark))


class FileChange(NamedTuple):
    """One file of a diff."""

    path: str
    head: bytes  # the lines before the first hunk
    hunks: list[Hunk]


def files_of(text: bytes, start: int) -> list[FileChange]:
    """The files of the diff that begins at `start`."""
    heads = list(_FILE.finditer(text, start))
    ends = [head.start() for head in heads[1:]] + [len(text)]
    return [
        _file_of(text, head.start(), end, head[1].decode("utf-8", "replace").strip('"'))
        for head, end in zip(heads, ends, strict=False)
    ]


def _file_of(text: bytes, start: int, end: int, path: str) -> FileChange:
    heads = list(_HUNK.finditer(text, start, end))
    ends = [head.start() for head in heads[1:]] + [end]
    hunks = [
        Hunk(head.start(), stop, int(head[1]), int(head[2]), head[3], _lines(text, head.end() + 1, stop))
        for head, stop in zip(heads, ends, strict=False)
    ]
    return FileChange(path, text[start : heads[0].start() if heads else end], hunks)


def _lines(text: bytes, start: int, end: int) -> list[bytes]:
    """The marked lines; a line that git marks with a backslash says that the one before has no line end."""
    lines: list[bytes] = []
    for line in text[start:end].split(b"\n"):
        if line[:1] == b"\\" and lines:
            lines[-1] = lines[-1].removesuffix(b"\n")
        elif line[:1] in (b" ", b"-", b"+"):
            lines.append(line + b"\n")
    return lines


def narrowed(files: Sequence[FileChange]) -> bytes:
    """The diff with three lines of context around each change, as people read it."""
    return b"".join(change.head + b"".join(map(_narrow, change.hunks)) for change in files)


def _narrow(hunk: Hunk) -> bytes:
    changed = [number for number, line in enumerate(hunk.lines) if line[:1] != b" "]
    shown = sorted(
        {near for number in changed for near in range(number - _CONTEXT_LINES, number + _CONTEXT_LINES + 1)}
        & set(range(len(hunk.lines)))
    )
    parts: list[bytes] = []
    old, new, at, last = hunk.old_line, hunk.new_line, 0, -2
    for number in shown:
        for line in hunk.lines[at:number]:
            old, new = old + (line[:1] != b"+"), new + (line[:1] != b"-")
        at = number
        if number != last + 1:
            run = _run(shown, number)
            counts = [sum(hunk.lines[place][:1] != mark for place in run) for mark in (b"+", b"-")]
            parts.append(b"@@ -%d,%d +%d,%d @@%b\n" % (old, counts[0], new, counts[1], hunk.section))
        parts.append(hunk.lines[number])
        last = number
    return b"".join(part if part.endswith(b"\n") else part + b"\n" for part in parts)


def _run(shown: Sequence[int], first: int) -> list[int]:
    """The neighbouring numbers from `first` on."""
    place = shown.index(first)
    run = [first]
    while place + 1 < len(shown) and shown[place + 1] == shown[place] + 1:
        place += 1
        run.append(shown[place])
    return run


# Endings of the names that grammars give to functions and methods.
_FUNCTION = re.compile(
    r"(?:function|method|constructor)(?:_definition|_declaration|_item)$|^(?:method|singleton_method)$"
)


# What a member needs around it to be read as one, where it stands in no class of its own.
_AROUND = {
    "csharp": (b"class _ {\n", b"\n}"),
    "javascript": (b"class _ {\n", b"\n}"),
    "php": (b"<?php class _ {\n", b"\n}"),
    "typescript": (b"class _ {\n", b"\n}"),
}


def functions_of(region: bytes, language: str, path: str) -> dict[bytes, bytes]:
    """The outermost functions of a region by name, whole and without an error; a name that comes twice counts not.

    The region is a piece of a file, moved to the left margin, so what surrounds a function need not parse.
    """
    found = _functions(region, language, path)
    if not found and language in _AROUND:
        before, after = _AROUND[language]
        found = _functions(before + region + after, language, path)
    # A header says by its name neither C nor C++.
    return _functions(region, "cpp", path) if not found and language == "c" else found


def _functions(region: bytes, language: str, path: str) -> dict[bytes, bytes]:
    try:
        source = read_source(region, language, path)
    except ParseTimeout:
        return {}
    found: dict[bytes, bytes] = {}
    twice: set[bytes] = set()
    held: list[tuple[int, int]] = []
    for node in walk(source.root) if source is not None else ():
        if not _FUNCTION.search(node.type) or node.has_error or (held and node.start_byte < held[-1][1]):
            continue
        name = node.child_by_field_name("name") or node.child_by_field_name("declarator")
        if name is None or not _has_body(node):
            continue
        outer = (
            node.parent if node.parent is not None and node.parent.type == "decorated_definition" else node
        )
        held.append((outer.start_byte, outer.end_byte))
        key = region[name.start_byte : name.end_byte].split(b"(")[0]
        if key in found:
            twice.add(key)
        found[key] = region[outer.start_byte : outer.end_byte]
    return {name: text for name, text in found.items() if name not in twice}


def _has_body(node: Node) -> bool:
    """Whether a function is more than its head; Kotlin's grammar does not name its body."""
    return node.child_by_field_name("body") is not None or any(
        child.type == "function_body" for child in node.children
    )


def changed_functions(hunk: Hunk, language: str, path: str) -> Iterator[tuple[bytes, bytes, bytes]]:
    """Name, text before and text after of each function that the hunk holds whole and changes."""
    before, after = (functions_of(flush(hunk.side(mark)), language, path) for mark in (b"-", b"+"))
    for name, text in after.items():
        if name in before and before[name].split() != text.split():
            yield name, before[name], text


def flush(region: bytes) -> bytes:
    r"""Lines moved to the left as far as the least indented of them allows.

    >>> flush(b"\n    # note\n    def f():\n        pass\n")
    b'\n# note\ndef f():\n    pass\n'
    """
    lines = region.split(b"\n")
    margins = [line[: len(line) - len(line.lstrip(b" \t"))] for line in lines if line.strip()]
    margin = min(margins, key=len, default=b"")
    if not all(found.startswith(margin) for found in margins):
        return region
    return b"\n".join(line.removeprefix(margin) for line in lines)
