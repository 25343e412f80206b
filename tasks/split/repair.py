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
import numpy.typing as npt

from tilth.syntax.grammars import ParseTimeout, parse
from tilth.syntax.shape import UnreasonableTree, require_reasonable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Tree

_DEFINITIONS = ("class", "function", "method")
# Each edit takes time with the children of the root; a real file has a few hundred.
_MOST_EDITS = 2000
Captures = dict[str, list["Node"]]
Span = tuple[int, int]
Ints = npt.NDArray[np.int64]


class Reading(NamedTuple):
    """What was captured, and the spans of the definitions that were only read with something masked."""

    captures: Captures
    masked: set[Span]


def read_again(
    data: bytes, repaired: bytes, parser: Parser, tree: Tree, find: Callable[[Node], Captures]
) -> Reading:
    """Captures of the repaired text, or of the text itself where the repair is no better.

    `tree` is the text's; `find` gives the captures of a root.
    """
    root = tree.root_node
    places = np.flatnonzero(np.frombuffer(data, np.uint8) != np.frombuffer(repaired, np.uint8))
    if not len(places):
        return Reading(find(root), set())
    try:
        second = parse(parser, repaired, edited=_edited(tree, places)).root_node
        require_reasonable(second)
    except (ParseTimeout, UnreasonableTree):
        return Reading(find(root), set())
    errors = _errors(root)
    if _size(_errors(second)) >= _size(errors):
        return Reading(find(root), set())
    captures = find(second)
    return Reading(captures, _masked(captures, places, errors))


def _edited(tree: Tree, places: Ints) -> Tree | None:
    """The tree told where its text has changed, so that the rest need not be parsed again.

    Nothing asks it for rows and columns, which stay those of its text. None where there are too many changes.
    """
    gaps = np.flatnonzero(np.diff(places) > 1)
    if len(gaps) > _MOST_EDITS:
        return None
    edited = tree.copy()
    starts, ends = places[np.r_[0, gaps + 1]], places[np.r_[gaps, len(places) - 1]] + 1
    for start, end in zip(starts.tolist(), ends.tolist(), strict=True):
        edited.edit(start, end, end, (0, 0), (0, 0), (0, 0))
    return edited


def _errors(root: Node) -> list[Span]:
    """Spans of what belongs to nothing the grammar knows, and of tokens that are missing, which have no bytes."""
    found: list[Span] = []
    level = [root]
    while level:
        following: list[Node] = []
        for node in level:
            if node.is_error or node.is_missing:
                found.append(node.byte_range)
            elif node.has_error:
                following += node.children
        level = following
    return sorted(found)


def _size(errors: list[Span]) -> int:
    return sum(max(1, end - start) for start, end in errors)


def _masked(captures: Captures, places: Ints, errors: list[Span]) -> set[Span]:
    """Spans of the definitions that hold both a masked byte and a part of an error of the text as it is."""
    spans = [node.byte_range for name in _DEFINITIONS for node in captures.get(name, ())]
    first, last = (np.searchsorted(places, [span[side] for span in spans]) for side in (0, 1))
    starts = np.array([start for start, _ in errors])
    # Errors do not overlap: the last that starts before a definition's end is the one to look at.
    before = np.searchsorted(starts, [end for _, end in spans]) - 1
    return {
        span
        for span, has_mask, error in zip(spans, (first < last).tolist(), before.tolist(), strict=True)
        if has_mask and error >= 0 and errors[error][1] >= span[0]
    }
