"""A second parse of what the parser could not read, with what it trips over masked.

A grammar knows neither what the preprocessor would do nor every corner of its language, and one such place may cost all
definitions of a file. A language's `repair` gives a text of the same length; its tree is taken when the parser
had to guess over fewer bytes of it. Its offsets are the file's, and everything else is read from the file itself.
A definition that the repair has touched keeps the mark of an error unless it was read without one before.
"""

from __future__ import annotations

import re
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
# Looking for conditionals around each error may read a file so many times. Beyond, the whole file is one part: of
# thousands of errors between unbalanced conditionals it would cost the square.
_MOST_READINGS = 8
# A conditional's directives, wherever they stand.
_DIRECTIVE = re.compile(rb"#[ \t]*(if|el|endif)")
Captures = dict[str, list["Node"]]
Span = tuple[int, int]
Ints = npt.NDArray[np.int64]


class Reading(NamedTuple):
    """What was captured, and the spans of the definitions that were only read with something masked."""

    captures: Captures
    masked: set[Span]


def repair_parts(data: bytes, root: Node, repair: Callable[[bytes], bytes], holders: frozenset[str]) -> bytes:
    """Text with those parts repaired that hold an error: the largest nodes that are none of the holders.

    A part is of whole lines, with the line before; a conditional that begins in it ends in it.
    """
    pieces, at = [], 0
    for first, last in _joined(_parts(data, root, holders)):
        start = max(at, data.rfind(b"\n", 0, max(0, data.rfind(b"\n", 0, first))) + 1)
        end = data.find(b"\n", last) + 1 or len(data)
        if end > at:
            pieces += [data[at:start], repair(data[start:end])]
            at = end
    return b"".join([*pieces, data[at:]])


def _parts(data: bytes, root: Node, holders: frozenset[str]) -> list[Span]:
    found: list[Span] = []
    left = _MOST_READINGS * len(data)
    level = [root]
    while level:
        following: list[Node] = []
        for node in level:
            children = node.children
            last = len(children) - 1
            for place, child in enumerate(children):
                if not child.has_error and not child.is_missing:
                    continue
                if child.type in holders:
                    following.append(child)
                    continue
                start, end = child.byte_range
                if child.is_error or child.is_missing:
                    # What the parser trips over may stand on either side of where it says so.
                    start = children[max(0, place - 1)].start_byte
                    end = children[min(last, place + 1)].end_byte
                outer: Node | None = node
                left -= end - start
                while outer is not None and not _has_whole_conditionals(data, start, end):
                    start, end = outer.byte_range
                    outer = outer.parent
                    left -= end - start
                if left < 0:
                    return [(0, len(data))]
                found.append((start, end))
        level = following
    return found


def _has_whole_conditionals(data: bytes, start: int, end: int) -> bool:
    depth = 0
    for directive in _DIRECTIVE.finditer(data, start, end):
        if directive[1] == b"if":
            depth += 1
        elif not depth:
            return False
        elif directive[1] == b"endif":
            depth -= 1
    return not depth


def _joined(spans: list[Span]) -> list[Span]:
    """Spans in order of start, those that touch as one."""
    joined: list[Span] = []
    for start, end in sorted(spans):
        if joined and start <= joined[-1][1] + 1:
            joined[-1] = joined[-1][0], max(end, joined[-1][1])
        else:
            joined.append((start, end))
    return joined


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
