"""Pieces packed into passages: as many as fit, a new one at each break, an overlap that holds whole words.

An overlap is made of the last sentences of the passage before, or of its last words when no sentence fits. It
never reaches over a heading or another break: what follows a break is about something else.
"""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator
from typing import NamedTuple

from tasks.chunk.config import ChunkConfig
from tasks.chunk.layout import Kind, Layout
from tasks.chunk.pieces import Pieces
from tasks.chunk.ruler import Ruler
from tilth.sentences import sentence_starts

# A sentence is only seen to begin by what stands before it: the full stop, what closes after it, white space.
_BEFORE_BORDER = 64
_WORD_START = re.compile(rb"(?<=[ \t\n\r\f\v])[^ \t\n\r\f\v]")


class Passage(NamedTuple):
    """A byte span: [start, own) repeats the passage before, [own, end) holds pieces `first` to `last`."""

    start: int
    own: int
    end: int
    first: int
    last: int
    tokens: int


class Document(NamedTuple):
    """One document on its way; `breaks` are the indices of pieces that a passage should start with."""

    data: bytes
    layout: Layout
    pieces: Pieces
    breaks: list[int]
    ruler: Ruler


def heading_pieces(layout: Layout, pieces: Pieces) -> list[int]:
    """Indices of the pieces that begin a heading."""
    found, seen = [], -1
    for index, block in enumerate(pieces.blocks):
        if block != seen and layout.kinds[block] is Kind.HEADING:
            found.append(index)
        seen = block
    return found


def _without_last_headings(document: Document, first: int, last: int) -> int:
    """The last piece before the headings at the end, which head what follows; `last` if all are headings."""
    kinds, blocks = document.layout.kinds, document.pieces.blocks
    at = last
    while at > first and kinds[blocks[at]] is Kind.HEADING:
        at -= 1
    return last if kinds[blocks[at]] is Kind.HEADING else at


def _last_piece(document: Document, lead: int, first: int, config: ChunkConfig) -> int:
    """The last piece of the passage that starts at byte `lead` with new text from piece `first`."""
    (starts, ends, _), ruler, breaks = document.pieces, document.ruler, document.breaks
    limit = ruler.reach(lead, len(document.data), config.max_tokens)
    last = max(first, bisect_right(ends, limit) - 1)
    while last > first and ruler.count(lead, ends[last]) > config.max_tokens:
        last -= 1
    for at in range(bisect_right(breaks, first), bisect_right(breaks, last)):
        before = breaks[at] - 1
        # A break after a heading would leave the heading alone.
        if document.layout.kinds[document.pieces.blocks[before]] is Kind.HEADING:
            continue
        if ruler.count(starts[first], ends[before]) >= config.min_tokens:
            return before
    return last if last == len(ends) - 1 else _without_last_headings(document, first, last)


def _overlap_start(document: Document, before: Passage, first: int, config: ChunkConfig) -> int:
    """Where the passage after `before` starts, so that its overlap and piece `first` fit together."""
    data, layout, (starts, ends, blocks), _, ruler = document
    own, stop = starts[first], before.end
    at = bisect_left(document.breaks, first)
    if not config.overlap_tokens or (at < len(document.breaks) and document.breaks[at] == first):
        return own
    floor = before.own
    if at and document.breaks[at - 1] >= before.first:
        opening = document.breaks[at - 1]
        is_heading = layout.kinds[blocks[opening]] is Kind.HEADING
        floor = starts[min(opening + is_heading, first)]
    low = max(
        ruler.reach_back(stop, min(floor, stop), config.overlap_tokens),
        ruler.reach_back(ends[first], min(floor, own), config.max_tokens),
    )
    if low <= floor < stop:
        return floor
    return (
        _first_border(data, max(floor, low - _BEFORE_BORDER), low, stop, layout.kinds[blocks[before.last]])
        or own
    )


def _first_border(data: bytes, start: int, low: int, stop: int, kind: Kind) -> int | None:
    """The first sentence in [low, stop), else the first word; in code and tables the first line."""
    if kind is Kind.LINES:
        newline = data.find(b"\n", low - 1, stop - 1)
        return newline + 1 if newline >= 0 else None
    found = [at for at in sentence_starts(data, start, stop) if at >= low]
    if found:
        return found[0]
    word = _WORD_START.search(data, low, stop)
    return word.start() if word else None


def pack(document: Document, config: ChunkConfig) -> Iterator[Passage]:
    """Passages in order; together they hold every piece, and each at most `config.max_tokens` tokens."""
    starts, ends, _ = document.pieces
    before: Passage | None = None
    first = 0
    while first < len(starts):
        own = starts[first]
        lead = _overlap_start(document, before, first, config) if before else own
        if lead < own and document.ruler.count(lead, ends[first]) > config.max_tokens:
            lead = own
        last = _last_piece(document, lead, first, config)
        end = ends[last]
        before = Passage(lead, own, end, first, last, document.ruler.count(lead, end))
        yield before
        first = last + 1
