"""A second parse of what the parser could not read, with what it trips over masked.

A grammar knows neither what the preprocessor would do nor every corner of its language, and one such place may cost all
definitions of a file. A language's `repair` gives a text of the same length; its tree is taken when the parser
had to guess over fewer bytes of it. Its offsets are the file's, and everything else is read from the file itself.
A definition that the repair has touched keeps the mark of an error unless it was read without one before.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, NamedTuple

import numpy as np

from tilth.syntax.grammars import ParseTimeout, parse
from tilth.syntax.shape import UnreasonableTree, require_reasonable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser

_DEFINITIONS = ("class", "function", "method")
Captures = dict[str, list["Node"]]
Span = tuple[int, int]


class Reading(NamedTuple):
    """What was captured, and the spans of the definitions that were only read with something masked."""

    captures: Captures
    masked: set[Span]


def read_again(
    data: bytes,
    repaired: bytes,
    parser: Parser,
    find: Callable[[Node], Captures],
    root: Node,
) -> Reading:
    """Captures of the repaired text, or of the text itself where the repair is no better.

    `root` is the text's tree, `find` gives a tree's captures.
    """
    captures = find(root)
    if repaired == data:
        return Reading(captures, set())
    try:
        second = parse(parser, repaired).root_node
        require_reasonable(second)
    except (ParseTimeout, UnreasonableTree):
        return Reading(captures, set())
    if guessed_bytes(second) >= guessed_bytes(root):
        return Reading(captures, set())
    better = find(second)
    return Reading(better, _masked(data, repaired, captures, better))


def guessed_bytes(root: Node) -> int:
    """Bytes that belong to nothing the grammar knows, and one for each token that is missing."""
    count, level = 0, [root]
    while level:
        following: list[Node] = []
        for node in level:
            if node.is_error:
                count += node.end_byte - node.start_byte
            elif node.is_missing:
                count += 1
            elif node.has_error:
                following += node.children
        level = following
    return count


def _masked(data: bytes, repaired: bytes, before: Captures, after: Captures) -> set[Span]:
    """Spans of the definitions of the repaired text with a masked byte inside, but for those well read before."""
    whole = {node.byte_range for name in _DEFINITIONS for node in before.get(name, ()) if not node.has_error}
    spans = [node.byte_range for name in _DEFINITIONS for node in after.get(name, ())]
    places = np.flatnonzero(np.frombuffer(data, np.uint8) != np.frombuffer(repaired, np.uint8))
    first, last = (np.searchsorted(places, [span[side] for span in spans]) for side in (0, 1))
    return {span for span, has_mask in zip(spans, (first < last).tolist(), strict=True) if has_mask} - whole
