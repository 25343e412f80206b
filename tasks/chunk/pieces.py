"""Blocks that are too long, cut into pieces that fit: at sentences or lines, then words, at last characters.

A piece is a byte span that is never cut again; passages are made of whole pieces. A word is cut only when it
is longer than a passage alone, and a character never.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from tasks.chunk.config import ChunkConfig
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


def _room(layout: Layout, block: int, lead: int, ruler: Ruler, config: ChunkConfig) -> tuple[int, int]:
    """Where a passage with the block would start, and the tokens that a piece of it may have.

    A piece leaves room for what comes before it: the overlap, or the headings that begin at `lead`. Headings
    that fill half a passage alone are not waited for.
    """
    start = layout.starts[block]
    before = ruler.count(lead, start) if lead < start else 0
    if before > config.max_tokens // 2:
        lead, before = start, 0
    return lead, config.max_tokens - max(before, config.overlap_tokens)


def cut_blocks(data: bytes, layout: Layout, ruler: Ruler, config: ChunkConfig) -> Pieces:
    """Each block whole when it fits in a passage with the headings right above it, else in pieces."""
    pieces = Pieces([], [], [])
    starts, ends, blocks = pieces
    lead = 0
    previous = Kind.TEXT
    for block, (start, end, kind) in enumerate(zip(layout.starts, layout.ends, layout.kinds, strict=True)):
        if previous is not Kind.HEADING:
            lead = start
        previous = kind
        # Most blocks fit at a glance; the rest is only asked for where it matters.
        if ruler.reach(lead, end, config.max_tokens) >= end:
            starts.append(start)
            ends.append(end)
            blocks.append(block)
            continue
        first, budget = _room(layout, block, lead, ruler, config)
        is_whole = ruler.reach(first, end, config.max_tokens) >= end
        borders = (
            () if is_whole else (_line_starts if kind is Kind.LINES else sentence_starts)(data, start, end)
        )
        at = start
        for border in (*borders, end):
            for low, high in _chop(data, at, border, ruler, config.max_tokens if is_whole else budget):
                starts.append(low)
                ends.append(high)
                blocks.append(block)
            at = border
    return pieces
