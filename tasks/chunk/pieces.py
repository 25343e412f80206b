"""Blocks that are too long, cut into pieces that fit: at sentences or lines, then words, at last characters.

A piece is a byte span that is never cut again; passages are made of whole pieces. A word is cut only when it
is longer than a passage alone, and a character never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.chunk.layout import Kind, Layout
from tasks.chunk.ruler import Ruler
from tilth.sentences import sentence_starts

_NEXT_WORD = re.compile(rb"\S")
_WHITE_SPACE = (b" ", b"\n", b"\t", b"\r", b"\f", b"\v")


class Pieces(NamedTuple):
    """Pieces column by column, in order; `blocks[i]` is the ordinal of the block that piece i is of."""

    starts: list[int]
    ends: list[int]
    blocks: list[int]


def _line_starts(data: bytes, start: int, end: int) -> list[int]:
    found = []
    at = data.find(b"\n", start, end)
    while 0 <= at < end - 1:
        found.append(at + 1)
        at = data.find(b"\n", at + 1, end)
    return found


def _after_last_white_space(data: bytes, start: int, end: int) -> int:
    """Offset after the last white space in [start, end), or `start` without one."""
    last = start - 1
    for mark in _WHITE_SPACE:
        last = max(last, data.rfind(mark, max(start, last), end))
    return last + 1


def _one_character(data: bytes, start: int, end: int) -> int:
    at = start + 1
    while at < end and data[at] & 0xC0 == 0x80:
        at += 1
    return at


def _chop(data: bytes, start: int, end: int, ruler: Ruler, budget: int) -> Iterator[tuple[int, int]]:
    """Runs of whole words of at most `budget` tokens without white space around; a longer word is cut."""
    while word := _NEXT_WORD.search(data, start, end):
        start = word.start()
        limit = ruler.reach(start, end, budget)
        is_border = limit >= end or data[limit : limit + 1].isspace()
        cut = limit if is_border else _after_last_white_space(data, start, limit)
        if cut == start:
            cut = max(limit, _one_character(data, start, end))
        yield start, start + len(data[start:cut].rstrip())
        start = cut


def cut_blocks(data: bytes, layout: Layout, ruler: Ruler, max_tokens: int, overlap_tokens: int) -> Pieces:
    """Each block whole when it fits in `max_tokens`, else in pieces that leave room for an overlap."""
    pieces = Pieces([], [], [])
    starts, ends, blocks = pieces
    for block, (start, end, kind) in enumerate(zip(layout.starts, layout.ends, layout.kinds, strict=True)):
        if ruler.reach(start, end, max_tokens) >= end:
            starts.append(start)
            ends.append(end)
            blocks.append(block)
            continue
        borders = _line_starts if kind is Kind.LINES else sentence_starts
        at = start
        for border in (*borders(data, start, end), end):
            for low, high in _chop(data, at, border, ruler, max_tokens - overlap_tokens):
                starts.append(low)
                ends.append(high)
                blocks.append(block)
            at = border
    return pieces
