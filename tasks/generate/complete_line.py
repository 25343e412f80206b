"""Next line: the file up to the beginning of a token is the question, the rest of that line is the answer.

Half of the cuts stand before the first token of a line, half before another. A token is a leaf of the syntax tree; a
string counts as one, and no line is taken that ends inside a string or a comment.
"""

from __future__ import annotations

from tasks.generate.complete_function import window_of
from tasks.generate.piece import Piece
from tasks.generate.protocol import Draft, View
from tilth.fingerprint import draw

VERSION = "1"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 22
# Short lines are many: `else:`, `}`, a blank one. So many bytes are tried.
_TRIES = 12
# Of a long function only so many bytes of statements are parsed.
_PARSED_BYTES = 400


def complete_line(view: View) -> Draft | str:
    """A draft for a function or method; the answer is one line or a part of it, without its line feed."""
    unit, config = view.unit, view.config
    if unit.kind not in ("function", "method"):
        return "not_a_function"
    if unit.body_start is None or unit.body_end is None:
        return "no_body"
    first = draw(unit.unit_id, _PURPOSE, config.seed)
    offset = unit.body_start + (first >> 20) % (unit.body_end - unit.body_start)
    piece = view.file.piece_around(unit, offset, _PARSED_BYTES)
    if piece is None:
        return "does_not_parse_alone"
    low, high = max(piece.start, unit.body_start), min(piece.end, unit.body_end)
    least, most = view.budget(config.min_answer_tokens), view.budget(config.max_answer_tokens)
    for number in range(1, _TRIES + 1):
        drawn = draw(unit.unit_id, _PURPOSE, config.seed + (number << 32))
        offset = low + (drawn >> 20) % max(1, high - low)
        start, end = _rest_of_line(view.text, piece, offset, drawn & 1, least)
        if low <= start and end <= high and least <= end - start <= most:
            extra = {"span_kind": "line", "span": [start, end]}
            return Draft(start, end, window_of(view, start), extra=extra)
    return "no_fitting_span"


def _rest_of_line(text: bytes, piece: Piece, offset: int, is_inside: int, least: int) -> tuple[int, int]:
    """From the token at the offset, or from the first of its line, to the end of the line; (0, 0) for none.

    A line of fewer bytes than `least` is not looked at in the tree.
    """
    begin = text.rfind(b"\n", 0, offset) + 1
    end = text.find(b"\n", offset)
    line = text[begin : len(text) if end < 0 else end]
    end = begin + len(line.rstrip())
    start = begin + len(line) - len(line.lstrip())
    if start >= end or end - start < least or _token(piece, start) != start or _ends_inside(piece, end):
        return 0, 0
    if not is_inside:
        return start, end
    token = _token(piece, offset)
    return (token, end) if begin <= token < end else (0, 0)


def _token(piece: Piece, offset: int) -> int:
    """Where the token begins that holds the byte; -1 in a comment, or between tokens."""
    cursor = piece.source.root.walk()
    at = offset + piece.shift
    found = -1
    while cursor.goto_first_child_for_byte(at) is not None:
        node = cursor.node
        if node is None or node.start_byte > at or node.type.endswith("comment"):
            return -1
        found = node.start_byte - piece.shift
        if "string" in node.type or "literal" in node.type:
            break
    return found


def _ends_inside(piece: Piece, end: int) -> bool:
    """Whether the last byte before `end` belongs to a string or a comment that goes on after it."""
    cursor = piece.source.root.walk()
    at = end - 1 + piece.shift
    while cursor.goto_first_child_for_byte(at) is not None:
        node = cursor.node
        if node is None or node.start_byte > at:
            return False
        if node.end_byte > at + 1 and ("string" in node.type or node.type.endswith("comment")):
            return True
    return False
