"""A unit parsed alone: a tenth of what its file would cost.

Most definitions are a program by themselves. Some are only inside a class, an object or a tag, so these are put
around them; what does not parse without an error even then is not looked at. Offsets in the piece are those of the
file plus `shift`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.source import Source
from tilth.syntax.grammars import ParseTimeout, parse

if TYPE_CHECKING:
    from tree_sitter import Parser

_CLASS, _OBJECT, _BARE = (b"class _ {", b"\n}"), (b"_ = {", b"\n}"), (b"", b"")
# What may stand around a unit, by language and kind, in the order of trying. Measured on 16,000 units of fourteen
# languages: with these all but one in a hundred parse, bodies without their heads fail in half of Go and Rust.
_AROUND: dict[tuple[str, str], tuple[tuple[bytes, bytes], ...]] = {
    ("csharp", "function"): (_CLASS,),
    ("csharp", "method"): (_CLASS,),
    ("go", "class"): ((b"type ", b""), _BARE),
    ("java", "method"): (_CLASS,),
    ("javascript", "method"): (_CLASS, _OBJECT, _BARE),
    ("kotlin", "method"): (_CLASS,),
    ("php", "class"): ((b"<?php ", b""),),
    ("php", "function"): ((b"<?php ", b""),),
    ("php", "method"): ((b"<?php class _ {", b"\n}"),),
    ("typescript", "method"): (_CLASS, _OBJECT, _BARE),
}


class Piece(NamedTuple):
    """A source that holds the bytes [start, end) of a file, `shift` further on than they lie there."""

    source: Source
    shift: int
    start: int
    end: int


def parse_piece(
    parser: Parser, text: bytes, language: str, kind: str, spans: tuple[tuple[int, int], ...]
) -> Piece | None:
    """Spans of the text that make a unit of that kind, by themselves; None when they are no program.

    Of several spans the last but one is what the piece holds: head, some statements, end.
    """
    place = max(0, len(spans) - 2)
    parts = [text[start:end] for start, end in spans]
    start, end = spans[place]
    for before, after in _AROUND.get((language, kind), (_BARE,)):
        alone = b"".join((before, *parts, after))
        try:
            tree = parse(parser, alone)
        except ParseTimeout:
            return None
        if not tree.root_node.has_error:
            shift = len(before) + sum(map(len, parts[:place])) - start
            return Piece(Source(alone, language, parser, tree), shift, start, end)
    return None


# A line that begins so belongs to the statement before it.
_CONTINUES = (
    b"}",
    b")",
    b"]",
    b"else",
    b"elif",
    b"except",
    b"finally",
    b"catch",
    b".",
    b"case",
    b"default",
    b"end",
)


def statements_around(text: bytes, start: int, end: int, offset: int, size: int) -> tuple[int, int]:
    r"""Whole statements of a body, [start, end) of the text, around an offset: `size` bytes, or the fewest above it.

    It goes by the body's own indentation.

    >>> statements_around(b"  a = 1\n  if a:\n    b()\n  c()\n", 0, 30, 10, 4)
    (8, 24)
    """
    first = text[start:end]
    indent = first[: len(first) - len(first.lstrip(b" \t"))]
    mark = b"\n" + indent
    low, high = start, end
    at = offset
    while (at := text.rfind(mark, start, at + len(indent))) >= 0:
        if _begins(text, at + len(mark)):
            low = at + 1
            break
    at = max(offset, low + size) - 1
    while (at := text.find(mark, at + 1, end)) >= 0:
        if _begins(text, at + len(mark)):
            high = at + 1
            break
    return low, high


def _begins(text: bytes, at: int) -> bool:
    return not text[at : at + 1].isspace() and not text.startswith(_CONTINUES, at)
