"""What a method for code sees, and what it gives back.

A method is a function from a `View` (one unit in its file) to a `Draft`, or to the reason why it makes none. It
thinks in byte offsets; `from_units.py` words the question, counts tokens and fills the row.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import NamedTuple

from tasks.generate.config import GenerateConfig


class Unit(NamedTuple):
    """The columns of a unit that methods use; see `tilth.records.UNITS`."""

    unit_id: str
    parent_id: str | None
    kind: str
    name: str
    qualified_name: str
    start: int
    end: int
    body_start: int | None
    body_end: int | None
    signature: str | None
    docstring: str | None
    docstring_start: int | None
    docstring_end: int | None
    complexity: int | None
    nesting: int | None
    lines: int | None
    has_error: bool


class View(NamedTuple):
    """One unit in its file."""

    unit: Unit
    text: bytes  # the whole file
    language: str
    units: Mapping[str, Unit]  # all of the file, by id
    imports_end: int  # end of the leading run of imports; 0 without one
    tops: Sequence[int]  # where definitions begin in the file and in its classes, with what documents them
    config: GenerateConfig


class Draft(NamedTuple):
    """An example that is not worded yet. Answer and middle are [start, end) of the file."""

    start: int
    end: int
    context: bytes  # what a chat shows before the answer; for fill-in-the-middle the prefix
    suffix: bytes | None = None  # after the middle; null: the example is a chat
    subject: bytes | None = None  # what dedupe compares; null: the answer


Method = Callable[[View], Draft | str]


def before(text: bytes, start: int, max_bytes: int) -> bytes:
    r"""At most so many bytes that end at `start`, from the beginning of a line.

    >>> before(b"one\ntwo\nthree", 8, 5)
    b'two\n'
    """
    low = start - max_bytes
    if low <= 0:
        return text[:start]
    newline = text.find(b"\n", low - 1, start)
    return text[newline + 1 : start] if newline >= 0 else b""


def after(text: bytes, end: int, max_bytes: int) -> bytes:
    r"""At most so many bytes from `end` on, up to the end of a line.

    >>> after(b"one\ntwo\nthree", 4, 5)
    b'two\n'
    """
    high = end + max_bytes
    if high >= len(text):
        return text[end:]
    newline = text.rfind(b"\n", end, high)
    return text[end : newline + 1] if newline >= 0 else b""


def line_start(text: bytes, start: int) -> int:
    r"""Where the line begins, if nothing but white space stands before `start` in it; else `start`.

    >>> line_start(b"a\n  def", 4), line_start(b"a; def", 3)
    (2, 3)
    """
    begin = text.rfind(b"\n", 0, start) + 1
    return start if text[begin:start].strip() else begin
