"""An edit as data: which bytes of a text are replaced by which.

A list of edits belongs to one text; its members do not overlap, and two insertions at one place stay in their order.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

from tilth.errors import TilthError


class OverlappingEdits(TilthError):
    """Two edits of one list want the same bytes, or one lies outside the text."""


class Edit(NamedTuple):
    """Bytes `start` to `end` (exclusive) of the text become `replacement`."""

    start: int
    end: int
    replacement: bytes


def in_order(edits: Iterable[Edit], size: int) -> list[Edit]:
    """Edits by their place in a text of `size` bytes. Raises `OverlappingEdits`."""
    ordered = sorted(edits, key=lambda edit: (edit.start, edit.end))
    reached = 0
    for edit in ordered:
        if edit.start < reached or edit.end < edit.start or edit.end > size:
            raise OverlappingEdits(
                f"the edit of bytes {edit.start} to {edit.end} overlaps the one before it, which ends at "
                f"{reached}, or leaves the text of {size} bytes; apply such edits one after the other"
            )
        reached = edit.end
    return ordered


def apply(text: bytes, edits: Iterable[Edit]) -> bytes:
    """The text after all edits, whose offsets are those of the text before any.

    >>> apply(b"a < b", [Edit(2, 3, b"<="), Edit(0, 1, b"left")])
    b'left <= b'
    """
    parts: list[bytes] = []
    reached = 0
    for edit in in_order(edits, len(text)):
        parts += (text[reached : edit.start], edit.replacement)
        reached = edit.end
    return b"".join((*parts, text[reached:]))


def invert(text: bytes, edits: Iterable[Edit]) -> list[Edit]:
    """Edits that bring the edited text back: for a stripped comment, where it stood and what it said.

    >>> invert(b"a < b", [Edit(2, 3, b"<=")])
    [Edit(start=2, end=4, replacement=b'<')]
    """
    back, shift = [], 0
    for edit in in_order(edits, len(text)):
        start = edit.start + shift
        back.append(Edit(start, start + len(edit.replacement), text[edit.start : edit.end]))
        shift += len(edit.replacement) - (edit.end - edit.start)
    return back


def move(edits: Iterable[Edit], start: int, end: int) -> tuple[int, int]:
    """Where the span lies after the edits. An edit across one of its borders draws that border to the edit's own end.

    >>> move([Edit(0, 4, b""), Edit(6, 7, b"xyz")], 4, 8)
    (0, 6)
    """
    new_start, new_end = start, end
    for edit in edits:
        growth = len(edit.replacement) - (edit.end - edit.start)
        if edit.end <= start and not edit.start == edit.end == start:
            new_start += growth
        elif edit.start < start:
            new_start += growth + edit.end - start
        if edit.end <= end:
            new_end += growth
        elif edit.start < end:
            new_end += growth + edit.end - end
    return new_start, new_end
