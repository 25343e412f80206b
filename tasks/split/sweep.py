"""From captured nodes to units: one pass over spans in the order they start, with the open definitions on a stack.

Nodes become integers first (their attributes are slow and the sweep looks at each several times); the stack is
a list, so that depth of nesting costs memory and never recursion. It knows no language: what a capture means
is said in `syntax.py`, and every exception is a field of `Syntax`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tasks.split.syntax import Syntax

if TYPE_CHECKING:
    from tree_sitter import Node

# Two captures of one span are handled in this order: a body before what is the body (`x => y ? 1 : 2`).
_ORDER = (
    "wrap",
    "attribute",
    "imports",
    "body",
    "open",
    "chain",
    "branch",
    "control",
    "decision",
    "class",
    "function",
    "method",
    "scope",
    "receiver",
    "name",
    "docstring",
    "comment",
)
_RANKS = {name: rank for rank, name in enumerate(_ORDER)}
(_WRAP, _ATTRIBUTE, _IMPORTS, _BODY, _OPEN, _CHAIN, _BRANCH, _CONTROL, _DECISION) = range(9)
(_CLASS, _FUNCTION, _METHOD, _SCOPE, _RECEIVER, _NAME, _DOCSTRING, _COMMENT) = range(9, 17)

# Farther than this a comment does not belong to a definition, nor one import to another; it bounds the look back.
_REACH_BYTES = 4096


class Unit:
    """A definition while it is swept: spans in bytes. `frame_unit` is the unit that owns what stands inside."""

    __slots__ = (
        "body_end",
        "body_start",
        "comments",
        "complexity",
        "docs",
        "end",
        "frame_unit",
        "has_error",
        "head",
        "is_test",
        "kind",
        "levels",
        "name",
        "nesting",
        "parent",
        "path",
        "start",
    )

    def __init__(self, kind: str, start: int, end: int, head: int, parent: Unit | None) -> None:
        self.kind = kind
        self.start, self.end, self.head = start, end, head
        self.parent = parent
        self.frame_unit = self
        self.name: str | None = None
        # Dotted names from the outermost definition to this one.
        self.path = ""
        # Of the node that is the body; -1 without one.
        self.body_start = self.body_end = -1
        self.docs: list[tuple[int, int]] = []
        self.comments: list[tuple[int, int]] = []
        self.levels: list[int] = []
        self.complexity = 1
        self.nesting = 0
        self.is_test = False
        self.has_error = False


def stands_alone(data: bytes, start: int) -> bool:
    """Whether only white space stands before `start` on its line.

    >>> stands_alone(b"a = 1 # b", 6), stands_alone(b"a\\n  # b", 4)
    (False, True)
    """
    reach = max(0, start - _REACH_BYTES)
    line = max(data.rfind(b"\n", reach, start) + 1, reach)
    return not data[line:start].strip()


def retreat(data: bytes, end: int) -> int:
    """The offset after the last byte before `end` that is no white space.

    >>> retreat(b"ab  \n", 5)
    2
    """
    while end > 0:
        reach = max(0, end - _REACH_BYTES)
        left = len(data[reach:end].rstrip())
        if left:
            return reach + left
        end = reach
    return 0


class Sweep:
    """One document's sweep. `units` are in order of start, a parent before its children; the module is first."""

    def __init__(self, data: bytes, syntax: Syntax, max_depth: int) -> None:
        self.data, self.syntax, self.max_depth = data, syntax, max_depth
        self.module = Unit("module", 0, len(data), 0, None)
        self.module.body_start, self.module.body_end = 0, len(data)
        self.units = [self.module]
        self.stack = [self.module]
        self.wraps: list[tuple[int, int]] = []
        # Comments and attributes so far: start, end, whether an attribute.
        self.trivia: list[tuple[int, int, bool]] = []
        # Annotation at its start -> end, to find a definition's head behind them.
        self.attributes: dict[int, int] = {}
        self.imports: Unit | None = None
        # What starts before this offset is taken by a closed unit.
        self.floor = 0
        self.test_name = re.compile(syntax.test_name) if syntax.test_name else None
        self.test_attribute = re.compile(syntax.test_attribute) if syntax.test_attribute else None

    def run(self, captures: dict[str, list[Node]], has_error: bool) -> list[Unit]:
        """The units of all captures. `has_error`: the tree has an error somewhere."""
        events: list[tuple[int, int, int, int]] = []
        nodes: list[Node] = []
        for capture, found in captures.items():
            rank = _RANKS.get(capture, -1)
            if rank < 0:
                continue
            base = len(nodes)
            nodes += found
            for index, node in enumerate(found, base):
                start, end = node.byte_range
                events.append((start, -end, rank, index))
        events.sort()
        self.module.has_error = has_error
        stack = self.stack
        chain = -1
        last = (-1, 0, 0)
        for start, minus_end, rank, index in events:
            end = -minus_end
            while stack[-1].end <= start and len(stack) > 1:
                self._close(stack.pop())
            top = stack[-1]
            if rank == _NAME:
                if top.name is None:
                    self._name(top, start, end)
            elif _CHAIN <= rank <= _DECISION:
                if rank == _CHAIN:
                    chain = start
                else:
                    _measure(top.frame_unit, start, end, rank, start == chain)
            elif rank == _BODY:
                if top.body_start < 0 and start < end:
                    top.body_start, top.body_end = start, end
            elif rank == _COMMENT:
                self._comment(top, start, end)
            elif _CLASS <= rank <= _SCOPE:
                if (start, minus_end, rank) != last:
                    last = (start, minus_end, rank)
                    self._open(rank, start, end, has_error and nodes[index].has_error)
            else:
                self._other(rank, top, start, end)
        while len(stack) > 1:
            self._close(stack.pop())
        self._close(self.module)
        return self.units

    def _other(self, rank: int, top: Unit, start: int, end: int) -> None:
        if rank == _WRAP:
            self.wraps.append((start, end))
        elif rank == _ATTRIBUTE:
            self.trivia.append((start, end, True))
            self.attributes[start] = end
            if self.test_attribute and top.body_start < 0 and self._is_test_attribute(start, end):
                top.is_test = True
        elif rank == _DOCSTRING:
            if not top.docs and self.data[start : start + 1] not in b"fFbB":
                top.docs.append((start, end))
        elif rank == _IMPORTS:
            self._import(top, start, end)
        elif rank == _OPEN:
            if top.body_start < 0:
                top.body_start, top.body_end = start, top.end
        elif rank == _RECEIVER:
            top.path = self.syntax.name_of(self.data[start:end].decode()) + "."

    def _is_test_attribute(self, start: int, end: int) -> bool:
        found = self.test_attribute
        return found is not None and found.search(self.data[start:end].decode()) is not None

    def _name(self, unit: Unit, start: int, end: int) -> None:
        dotted = self.syntax.name_of(self.data[start:end].decode())
        unit.name = dotted.rsplit(".", 1)[-1]
        above = unit.parent.path if unit.parent is not None else ""
        receiver = unit.path
        unit.path = f"{above}.{receiver}{dotted}".strip(".") if dotted else above
        if self.test_name and unit.kind != "scope" and self.test_name.match(unit.name):
            unit.is_test = True

    def _comment(self, top: Unit, start: int, end: int) -> None:
        # Rust's doc comments hold their newline.
        while end > start and self.data[end - 1] in b"\r\n":
            end -= 1
        self.trivia.append((start, end, False))
        top.frame_unit.comments.append((start, end))

    def _import(self, top: Unit, start: int, end: int) -> None:
        if top is not self.module:
            return
        end = retreat(self.data, end)
        run = self.imports
        if run is not None and self._is_joined(run.end, start):
            run.end = max(run.end, end)
        else:
            self.imports = run = Unit("imports", start, end, start, self.module)
            run.is_test = self.module.is_test
            self.units.append(run)
        self.floor = run.end

    def _is_joined(self, left: int, right: int) -> bool:
        """Whether nothing but white space, semicolons and comments stands between the offsets."""
        if right - left > _REACH_BYTES:
            return False
        for start, end, _ in reversed(self.trivia):
            if start < left:
                break
            if self.data[end:right].strip():
                return False
            right = start
        return not self.data[left:right].strip(b" \t\r\n;")

    def _open(self, rank: int, start: int, end: int, has_error: bool) -> None:
        top = self.stack[-1]
        owner = top.frame_unit
        outer_start, outer_end = self._wrapped(start, end, owner)
        kind = _ORDER[rank]
        if rank == _FUNCTION and owner.kind == "class":
            kind = "method"
        unit = Unit(kind, outer_start, outer_end, outer_start, top)
        unit.path = ""
        unit.is_test = top.is_test
        unit.has_error = has_error
        self._attach(unit, owner)
        self.stack.append(unit)
        if rank == _SCOPE or len(self.stack) > self.max_depth + 1:
            unit.frame_unit = owner
        else:
            self.units.append(unit)

    def _wrapped(self, start: int, end: int, owner: Unit) -> tuple[int, int]:
        """Span of a definition with the statements that hold it alone."""
        outer = start, end
        while self.wraps:
            left, right = self.wraps.pop()
            if right <= start:
                continue
            if right < end or left < max(self.floor, owner.start) or right > owner.end:
                break
            if self.data[end:right].strip(b"; \t\r\n"):
                break
            outer = left, right
        self.wraps.clear()
        return outer

    def _attach(self, unit: Unit, owner: Unit) -> None:
        """Look back from a definition: attributes become part of it, doc comments its docstring."""
        data, syntax = self.data, self.syntax
        edge = unit.start
        floor = max(self.floor, owner.start)
        for start, end, is_attribute in reversed(self.trivia):
            if start >= edge:
                continue
            if start < floor or edge - end > _REACH_BYTES or data[end:edge].strip():
                break
            if is_attribute:
                unit.start = edge = start
                if self._is_test_attribute(start, end):
                    unit.is_test = True
                continue
            if data.count(b"\n", end, edge) > 1:
                break
            text = data[start : start + 16].decode(errors="replace")
            if text.startswith(syntax.doc_marks) and not text.startswith(syntax.no_doc_marks):
                if syntax.joins_doc_lines and not stands_alone(data, start):
                    break
                unit.docs.append((start, end))
                edge = start
                if not syntax.joins_doc_lines:
                    break
            elif unit.docs or not syntax.doc_marks:
                break
            else:
                edge = start
        if unit.docs:
            unit.docs.reverse()
            first = unit.docs[0][0]
            _remove(owner.comments, first, unit.docs)

    def _close(self, unit: Unit) -> None:
        if self.syntax.has_indented_blocks and unit.frame_unit is unit and unit is not self.module:
            self._trim(unit)
        if unit.frame_unit is unit and unit is not self.module:
            self.floor = max(self.floor, unit.end)
        while unit.head in self.attributes and unit.head < unit.end:
            after = self.attributes[unit.head]
            rest = self.data[after : after + _REACH_BYTES]
            unit.head = after + len(rest) - len(rest.lstrip())

    def _trim(self, unit: Unit) -> None:
        """Comments on lines of their own after the last statement go to the unit around: `ast` ends there too."""
        owner = unit.parent.frame_unit if unit.parent is not None else self.module
        moved: list[tuple[int, int]] = []
        while unit.comments and unit.comments[-1][1] >= retreat(self.data, unit.end):
            start, end = unit.comments[-1]
            if not stands_alone(self.data, start) or start <= unit.body_start:
                break
            moved.append(unit.comments.pop())
            unit.end = retreat(self.data, start)
        unit.body_end = min(unit.body_end, unit.end)
        owner.comments.extend(reversed(moved))


def _measure(unit: Unit, start: int, end: int, rank: int, is_chained: bool) -> None:
    """Count a node of control flow for the unit it stands in."""
    if rank != _CONTROL:
        unit.complexity += 1
    if rank == _DECISION or is_chained:
        return
    levels = unit.levels
    while levels and levels[-1] <= start:
        levels.pop()
    levels.append(end)
    unit.nesting = max(unit.nesting, len(levels))


def _remove(comments: list[tuple[int, int]], offset: int, taken: list[tuple[int, int]]) -> None:
    """Take out of the comments those that became a docstring; they are among the last, from `offset`."""
    keep = len(comments)
    while keep and comments[keep - 1][0] >= offset:
        keep -= 1
    comments[keep:] = [span for span in comments[keep:] if span not in taken]
