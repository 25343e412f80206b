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

_SEMICOLON = ord(";")
# Farther than this a comment does not belong to a definition, nor one import to another; it bounds the look back.
_REACH_BYTES = 4096


class Unit:
    """A definition while it is swept: spans in bytes.

    `parent` is the definition or scope around it, `owner` the unit around it that becomes a row.
    """

    __slots__ = (
        "body_end",
        "body_start",
        "comments",
        "complexity",
        "docs",
        "end",
        "has_error",
        "head",
        "is_test",
        "kind",
        "levels",
        "name",
        "nesting",
        "owner",
        "parent",
        "path",
        "start",
    )

    def __init__(self, kind: str, start: int, end: int, head: int, parent: Unit | None) -> None:
        self.kind = kind
        self.start, self.end, self.head = start, end, head
        self.parent = self.owner = parent
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
    # Mostly a line's indentation is all there is.
    step = 64
    while end > 0:
        reach = max(0, end - step)
        left = len(data[reach:end].rstrip())
        if left:
            return reach + left
        end, step = reach, _REACH_BYTES
    return 0


class Sweep:
    """One document's sweep. `units` are in order of start, a parent before its children; the module is first."""

    def __init__(self, data: bytes, syntax: Syntax, max_depth: int) -> None:
        self.data, self.syntax, self.max_depth = data, syntax, max_depth
        self.module = Unit("module", 0, len(data), 0, None)
        self.module.body_start, self.module.body_end = 0, len(data)
        self.units = [self.module]
        # The open definitions and scopes, and for each the unit that owns what stands in it.
        self.stack = [self.module]
        self.owners = [self.module]
        self.wraps: list[tuple[int, int]] = []
        # Comments and attributes so far: start, end, whether an attribute.
        self.trivia: list[tuple[int, int, bool]] = []
        # Annotation at its start -> end, to find a definition's head behind them.
        self.attributes: dict[int, int] = {}
        self.imports: Unit | None = None
        # Whether a string that may be the module's docstring has been seen.
        self.has_statement = False
        # What starts before this offset is taken by a closed unit.
        self.floor = 0
        self.test_name = re.compile(syntax.test_name) if syntax.test_name else None
        self.test_attribute = re.compile(syntax.test_attribute) if syntax.test_attribute else None

    def run(self, captures: dict[str, list[Node]], has_error: bool) -> list[Unit]:
        """The units of all captures. `has_error`: the tree has an error somewhere."""
        self.module.has_error = has_error
        damaged = _damaged(captures) if has_error else set()
        stack, owners = self.stack, self.owners
        chain = -1
        last = (-1, 0, 0)
        for start, minus_end, rank in _events(captures):
            end = -minus_end
            while stack[-1].end <= start and len(stack) > 1:
                self._close()
            top = stack[-1]
            if rank == _NAME:
                if top.name is None:
                    self._name(top, start, end)
            elif _CHAIN <= rank <= _DECISION:
                if rank == _CHAIN:
                    chain = start
                else:
                    _measure(owners[-1], start, end, rank, start == chain)
            elif rank == _BODY:
                if top.body_start < 0 and start < end:
                    top.body_start, top.body_end = start, end
            elif rank == _COMMENT:
                self._comment(owners[-1], start, end)
            elif _CLASS <= rank <= _SCOPE:
                if (start, minus_end, rank) != last:
                    last = (start, minus_end, rank)
                    self._open(rank, start, end, (start, end) in damaged)
            else:
                self._other(rank, top, start, end)
        while stack:
            self._close()
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
            self._docstring(top, start, end)
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
        dotted = self.data[start:end].decode()
        if not dotted.isidentifier() or dotted == "exports":
            dotted = self.syntax.name_of(dotted)
        unit.name = dotted.rsplit(".", 1)[-1] if "." in dotted else dotted
        above = unit.parent.path if unit.parent is not None else ""
        receiver = unit.path
        unit.path = f"{above}.{receiver}{dotted}".strip(".") if dotted else above
        if self.test_name and unit.kind != "scope" and self.test_name.match(unit.name):
            unit.is_test = True

    def _comment(self, owner: Unit, start: int, end: int) -> None:
        # Rust's doc comments hold their newline, 10, and what may stand before it, 13.
        while self.data[end - 1] in (10, 13):
            end -= 1
        self.trivia.append((start, end, False))
        owner.comments.append((start, end))

    def _docstring(self, top: Unit, start: int, end: int) -> None:
        """Take a string for a docstring where it is the first statement of the unit, and no f-string or bytes."""
        if top is self.module:
            is_first = len(self.units) == 1 and not self.has_statement and self._is_joined(0, start, start)
            self.has_statement = True
        else:
            is_first = start == top.body_start
        if is_first and self.data[start : start + 1] not in b"fFbB":
            top.docs.append((start, end))

    def _import(self, top: Unit, start: int, end: int) -> None:
        if top is not self.module:
            return
        # Indented, it stands under an `if` or `try` and is no part of a run. 0xBF ends a byte-order mark.
        if self.syntax.has_indented_blocks and start and self.data[start - 1] not in b"\n\r\xbf":
            return
        end = retreat(self.data, end)
        run = self.imports
        if run is not None and self._is_joined(run.end, start, _REACH_BYTES):
            run.end = max(run.end, end)
        else:
            self.imports = run = Unit("imports", start, end, start, self.module)
            run.is_test = self.module.is_test
            self.units.append(run)
        self.floor = run.end

    def _is_joined(self, left: int, right: int, reach: int) -> bool:
        """Whether nothing but white space, semicolons and comments stands between offsets at most `reach` apart."""
        if right - left > reach:
            return False
        for start, end, _ in reversed(self.trivia):
            if start < left:
                break
            if self.data[end:right].strip():
                return False
            right = start
        return not self.data[left:right].strip(b" \t\r\n;\xef\xbb\xbf")

    def _open(self, rank: int, start: int, end: int, has_error: bool) -> None:
        top, owner = self.stack[-1], self.owners[-1]
        outer_start, outer_end = self._wrapped(start, end, owner) if self.wraps else (start, end)
        kind = _ORDER[rank]
        if rank == _FUNCTION and owner.kind == "class":
            kind = "method"
        if self.syntax.takes_semicolon and outer_end < owner.end and self.data[outer_end] == _SEMICOLON:
            outer_end += 1
        unit = Unit(kind, outer_start, outer_end, outer_start, top)
        unit.owner = owner
        unit.is_test = top.is_test
        unit.has_error = has_error
        if self.trivia:
            self._attach(unit, owner)
        self.stack.append(unit)
        if rank == _SCOPE or len(self.stack) > self.max_depth + 1:
            self.owners.append(owner)
        else:
            self.owners.append(unit)
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

    def _close(self) -> None:
        unit = self.stack.pop()
        if self.owners.pop() is not unit or unit.owner is None:
            return
        if self.syntax.has_indented_blocks and unit.comments:
            self._trim(unit, unit.owner)
        if unit.end > self.floor:
            self.floor = unit.end
        while unit.head in self.attributes and unit.head < unit.end:
            after = self.attributes[unit.head]
            rest = self.data[after : after + _REACH_BYTES]
            unit.head = after + len(rest) - len(rest.lstrip())

    def _trim(self, unit: Unit, owner: Unit) -> None:
        """Comments on lines of their own after the last statement go to the unit around: `ast` ends there too."""
        moved: list[tuple[int, int]] = []
        while unit.comments and unit.comments[-1][1] >= retreat(self.data, unit.end):
            start, end = unit.comments[-1]
            if not stands_alone(self.data, start) or start <= unit.body_start:
                break
            moved.append(unit.comments.pop())
            unit.end = retreat(self.data, start)
        unit.body_end = min(unit.body_end, unit.end)
        owner.comments.extend(reversed(moved))


def _events(captures: dict[str, list[Node]]) -> list[tuple[int, int, int]]:
    """Start, minus end and rank of every captured node: what begins first and, of these, what is longest, first."""
    events: list[tuple[int, int, int]] = []
    for capture, nodes in captures.items():
        rank = _RANKS.get(capture, -1)
        if rank >= 0:
            for node in nodes:
                start, end = node.byte_range
                events.append((start, -end, rank))
    events.sort()
    return events


def _damaged(captures: dict[str, list[Node]]) -> set[tuple[int, int]]:
    """Spans of the definitions in which the parser had to guess."""
    names = ("class", "function", "method")
    return {node.byte_range for name in names for node in captures.get(name, ()) if node.has_error}


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
