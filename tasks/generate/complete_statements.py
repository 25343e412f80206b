"""Next statements: the file up to a statement is the question, one to three statements from there are the answer."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tasks.generate.complete_function import window_of
from tasks.generate.cuts import path_to, trimmed
from tasks.generate.piece import Piece
from tasks.generate.protocol import Draft, View, line_start
from tilth.fingerprint import draw

if TYPE_CHECKING:
    from tree_sitter import Node

VERSION = "1"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 21
# A byte may lie in no block, or before the first statement; so many are tried.
_TRIES = 6
# Of a long function only so many bytes of statements are parsed.
_PARSED_BYTES = 1500
_MOST_STATEMENTS = 3


def complete_statements(view: View) -> Draft | str:
    """A draft for a function or method with a block of at least two statements; never its whole body."""
    unit, config = view.unit, view.config
    if unit.kind not in ("function", "method"):
        return "not_a_function"
    if unit.body_start is None or unit.body_end is None:
        return "no_body"
    size = unit.body_end - unit.body_start
    first = draw(unit.unit_id, _PURPOSE, config.seed)
    piece = view.file.piece_around(unit, unit.body_start + (first >> 20) % size, _PARSED_BYTES)
    if piece is None:
        return "does_not_parse_alone"
    low, high = view.budget(config.min_answer_tokens), view.budget(config.max_answer_tokens)
    for number in range(1, _TRIES + 1):
        drawn = draw(unit.unit_id, _PURPOSE, config.seed + (number << 32))
        for start, end in _runs(view, piece, drawn):
            if low <= end - start <= high:
                extra = {"span_kind": "statement_run", "span": [start, end]}
                return Draft(start, end, window_of(view, start), extra=extra)
    return "no_fitting_span"


def _runs(view: View, piece: Piece, drawn: int) -> Iterator[tuple[int, int]]:
    """Runs of statements that begin at the one around a drawn byte, in the innermost block first."""
    unit, shift = view.unit, piece.shift
    start, end = max(piece.start, unit.body_start or 0), min(piece.end, unit.body_end or 0)
    if end <= start:
        return
    offset = start + (drawn >> 20) % (end - start)
    path = path_to(piece, offset)
    for step in reversed(path):
        if step.kind(piece) not in ("body", "block"):
            continue
        children = step.node.named_children
        place = next((at for at, child in enumerate(children) if child.end_byte - shift > offset), -1)
        if place < 1:
            continue
        run = children[place : place + 1 + drawn % _MOST_STATEMENTS]
        if not all(map(_is_comment, run)):
            begin = line_start(view.text, run[0].start_byte - shift)
            yield begin, trimmed(view.text, begin, run[-1].end_byte - shift)[1]


def _is_comment(node: Node) -> bool:
    return node.type.endswith("comment")
