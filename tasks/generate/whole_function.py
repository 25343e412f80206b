"""A function or method as a whole, whose question is the same with something taken away."""

from __future__ import annotations

from collections.abc import Iterable

from tasks.generate.piece import Piece
from tasks.generate.protocol import View, line_start
from tilth.edits.edit import Edit, apply


def whole_function(view: View) -> Piece | str:
    """The unit parsed alone, from the beginning of its line; or why it gives no example."""
    refused = function_refusal(view)
    if refused is not None:
        return refused
    return view.file.piece(view.unit) or "does_not_parse_alone"


def function_refusal(view: View) -> str | None:
    """Why the whole unit cannot be an answer: no function with a body, or of a wrong size; None when it can."""
    unit, config = view.unit, view.config
    if unit.kind not in ("function", "method"):
        return "not_a_function"
    if unit.body_start is None:
        return "no_body"
    size = unit.end - line_start(view.text, unit.start)
    if size > view.budget(config.max_answer_tokens):
        return "answer_too_long"
    return "answer_too_short" if size < view.budget(config.min_answer_tokens) else None


def in_file(piece: Piece, edits: Iterable[Edit]) -> list[Edit]:
    """Edits of a piece as edits of its file."""
    return [edit._replace(start=edit.start - piece.shift, end=edit.end - piece.shift) for edit in edits]


def end_of(view: View, piece: Piece) -> int:
    """Where the function ends but for blanks, which some grammars count to it."""
    return piece.start + len(view.text[piece.start : piece.end].rstrip())


def edited(view: View, piece: Piece, edits: Iterable[Edit]) -> bytes:
    """The function after edits of its piece."""
    moved = in_file(piece, edits)
    shifted = [edit._replace(start=edit.start - piece.start, end=edit.end - piece.start) for edit in moved]
    return apply(view.text[piece.start : piece.end], shifted)
