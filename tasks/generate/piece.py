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
    low = offset + 1
    while low > start:
        low = text.rfind(mark, start, low)
        if low < 0 or _begins(text, low + len(mark)):
            break
    low = start if low < start else low + 1
    high = max(offset, low + size)
    while high < end:
        high = text.find(mark, high, end)
        if high < 0 or _begins(text, high + len(mark)):
            break
        high += 1
    return low, end if not 0 <= high < end else high + 1


def _begins(text: bytes, at: int) -> bool:
    return not text[at : at + 1].isspace() and not text.startswith(_CONTINUES, at)
