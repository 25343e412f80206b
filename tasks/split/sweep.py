"""From captured nodes to units: one pass over spans in order of start, the open definitions on a stack.

Nodes become integers first (their attributes are slow and the sweep looks at each several times); the stack
is a list, so that depth of nesting costs memory and never recursion. It knows no language: what a capture
means is said in `syntax.py`, and every exception is a field of `Syntax`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection
from typing import TYPE_CHECKING, NamedTuple

from tasks.split.syntax import Syntax
from tasks.split.unit import REACH_BYTES, Unit, retreat, stands_alone

if TYPE_CHECKING:
    from tree_sitter import Node

# Two captures of one span are handled in this order: a body before what is the body (`x => y ? 1 : 2`).
_ORDER = (
    "wrap",
    "attribute",
    "imports",
    "body",
    "open",
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

_SEMICOLON, _SPACE = ord(";"), ord(" ")


class Patterns(NamedTuple):
    """A syntax' patterns and marks, as they are looked for: once a language."""

    import_text: re.Pattern[bytes] | None
    test_path: re.Pattern[str]
    test_name: re.Pattern[str] | None
    test_attribute: re.Pattern[str] | None
    doc_marks: tuple[bytes, ...]
    no_doc_marks: tuple[bytes, ...]


def patterns_of(syntax: Syntax) -> Patterns:
    """The patterns of a syntax, compiled, and its marks as bytes."""
    return Patterns(
        re.compile(syntax.import_text.encode()) if syntax.import_text else None,
        re.compile(syntax.test_path),
        re.compile(syntax.test_name) if syntax.test_name else None,
        re.compile(syntax.test_attribute) if syntax.test_attribute else None,
        tuple(mark.encode() for mark in syntax.doc_marks),
        tuple(mark.encode() for mark in syntax.no_doc_marks),
    )


class Sweep:
    """One document's sweep. `units` are in order of start, a parent before its children, the module first."""

    def __init__(self, data: bytes, syntax: Syntax, patterns: Patterns, max_depth: int) -> None:
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
        # Spans of the definitions in which the parser had to guess.
        self.damaged: set[tuple[int, int]] = set()
        # Every import statement, wherever it stands.
        self.import_spans: list[tuple[int, int]] = []
        # What starts before this offset is taken by a closed unit.
        self.floor = 0
        self.import_text, _, self.test_name, self.test_attribute, self.doc_marks, self.no_doc_marks = patterns

    def run(
        self, captures: dict[str, list[Node]], has_error: bool, masked: Collection[tuple[int, int]] = ()
    ) -> list[Unit]:
        """The units of all captures. `has_error`: the tree has an error somewhere.

        `masked` are spans of definitions that have one, beside those whose nodes say so.
        """
        self.module.has_error = has_error
        self.damaged = _damaged(captures).union(masked) if has_error else set()
        stack = self.stack
        last = (-1, 0, 0)
        for event in _events(captures):
            # Two patterns may capture one node; it counts once.
            if event == last:
                continue
            last = event
            start, minus_end, rank = event
            top = stack[-1]
            while top.end <= start and len(stack) > 1:
                self._close()
                top = stack[-1]
            _HANDLERS[rank](self, top, start, -minus_end)
        while stack:
            self._close()
        return self.units

    def _on_wrap(self, _top: Unit, start: int, end: int) -> None:
        self.wraps.append((start, end))

    def _on_attribute(self, top: Unit, start: int, end: int) -> None:
        self.trivia.append((start, end, True))
        self.attributes[start] = end
        if self.test_attribute and top.body_start < 0 and self._is_test_attribute(start, end):
            top.is_test = True

    def _on_body(self, top: Unit, start: int, end: int) -> None:
        if top.body_start < 0 and start < end:
            top.body_start, top.body_end = start, end

    def _on_open(self, top: Unit, start: int, _end: int) -> None:
        self._on_body(top, start, top.end)

    def _on_receiver(self, top: Unit, start: int, end: int) -> None:
        top.path = self.syntax.name_of(self.data[start:end].decode()) + "."

    def _on_class(self, _top: Unit, start: int, end: int) -> None:
        self._define("class", start, end)

    def _on_function(self, _top: Unit, start: int, end: int) -> None:
        self._define("method" if self.owners[-1].kind == "class" else "function", start, end)

    def _on_method(self, _top: Unit, start: int, end: int) -> None:
        self._define("method", start, end)

    def _on_scope(self, _top: Unit, start: int, end: int) -> None:
        self._define("scope", start, end)

    def _is_test_attribute(self, start: int, end: int) -> bool:
        found = self.test_attribute
        return found is not None and found.search(self.data[start:end].decode()) is not None

    def _on_name(self, unit: Unit, start: int, end: int) -> None:
        # What assigns to `module.exports` gives no name; the function's own may follow.
        if unit.name:
            return
        dotted = self.data[start:end].decode()
        if not dotted.isidentifier() or dotted == "exports":
            dotted = self.syntax.name_of(dotted)
        is_path = "." in dotted and not self.syntax.has_dotted_names
        unit.name = dotted.rsplit(".", 1)[-1] if is_path else dotted
        above = unit.parent.path if unit.parent is not None else ""
        receiver = "" if unit.kind == "scope" else unit.path
        unit.path = f"{above}.{receiver}{dotted}".strip(".") if dotted else above
        if self.syntax.qualified_is_method and "." in dotted and unit.kind == "function":
            unit.kind = "method"
        if self.test_name and unit.kind != "scope" and self.test_name.match(unit.name):
            unit.is_test = True

    def _on_comment(self, _top: Unit, start: int, end: int) -> None:
        # Rust's doc comments hold their newline, 10, and what may stand before it, 13.
        while end > start and self.data[end - 1] in (10, 13):
            end -= 1
        self.trivia.append((start, end, False))
        self.owners[-1].comments.append((start, end))

    def _on_docstring(self, top: Unit, start: int, end: int) -> None:
        """Take a string that is the unit's first statement, and neither f-string nor bytes, for its words."""
        if top is self.module:
            is_first = len(self.units) == 1 and not self.has_statement and self._is_joined(0, start, start)
            self.has_statement = True
        else:
            is_first = start == top.body_start
        if is_first and self.data[start : start + 1] not in b"fFbB":
            top.docs.append((start, end))

    def _on_imports(self, top: Unit, start: int, end: int) -> None:
        if self.import_text and not self.import_text.match(self.data, start, end):
            return
        self.import_spans.append((start, end))
        if top is not self.module:
            return
        # Indented, it stands under an `if` or `try` and is no part of a run. 0xBF ends a byte-order mark.
        if self.syntax.has_indented_blocks and start and self.data[start - 1] not in b"\n\r\xbf":
            return
        end = retreat(self.data, end)
        run = self.imports
        if run is not None and self._is_joined(run.end, start, REACH_BYTES):
            run.end = max(run.end, end)
        else:
            self.imports = run = Unit("imports", start, end, start, self.module)
            run.is_test = self.module.is_test
            self.units.append(run)
        self.floor = run.end

    def _is_joined(self, left: int, right: int, reach: int) -> bool:
        """Whether only white space, semicolons and comments stand between offsets `reach` apart at most."""
        if right - left > reach:
            return False
        for start, end, _ in reversed(self.trivia):
            if start < left:
                break
            if self.data[end:right].strip():
                return False
            right = start
        return not self.data[left:right].strip(b" \t\r\n;\xef\xbb\xbf")

    def _define(self, kind: str, start: int, end: int) -> None:
        top, owner = self.stack[-1], self.owners[-1]
        if kind == "function" and top.body_start < 0 and self._is_value_of(top, start, end):
            return
        is_damaged = (start, end) in self.damaged
        # What a repair has masked may stand before its first byte.
        if self.data[start] <= _SPACE:
            start = end - len(self.data[start:end].lstrip())
        outer_start, outer_end = self._wrapped(start, end, owner) if self.wraps else (start, end)
        if self.syntax.takes_semicolon and outer_end < owner.end and self.data[outer_end] == _SEMICOLON:
            outer_end += 1
        unit = Unit(kind, outer_start, outer_end, outer_start, top)
        unit.owner = owner
        unit.is_test = top.is_test
        unit.has_error = is_damaged
        # Mostly what stands before is of the definition before.
        if self.trivia and self.trivia[-1][0] >= self.floor:
            self._attach(unit, owner)
        self.stack.append(unit)
        if kind == "scope":
            # Until it has a name, and for good without one, it qualifies nothing.
            unit.path = top.path
        if kind == "scope" or len(self.stack) > self.max_depth + 1:
            self.owners.append(owner)
        else:
            self.owners.append(unit)
            self.units.append(unit)

    def _is_value_of(self, top: Unit, start: int, end: int) -> bool:
        """Whether a function with a name is what the definition around it names: `a.b = function b() {}`."""
        if top.kind not in ("function", "method") or start == top.start:
            return False
        return not self.data[end : top.end].strip(b"; \t\r\n")

    def _wrapped(self, start: int, end: int, owner: Unit) -> tuple[int, int]:
        """Span of a definition with the statements that hold it alone."""
        outer = start, end
        while self.wraps:
            left, right = self.wraps.pop()
            if right <= start:
                continue
            if right < end or left < max(self.floor, owner.start) or right > owner.end:
                break
            if self.data[end:right].strip(self.syntax.wrap_tail):
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
            if start < floor or edge - end > REACH_BYTES or data[end:edge].strip():
                break
            if is_attribute:
                unit.start = edge = start
                if self._is_test_attribute(start, end):
                    unit.is_test = True
                continue
            if data.count(b"\n", end, edge) > 1:
                break
            if data.startswith(self.doc_marks, start) and not data.startswith(self.no_doc_marks, start):
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
        self.floor = max(self.floor, unit.end)
        while unit.head in self.attributes and unit.head < unit.end:
            after = self.attributes[unit.head]
            rest = self.data[after : after + REACH_BYTES]
            unit.head = after + len(rest) - len(rest.lstrip())

    def _trim(self, unit: Unit, owner: Unit) -> None:
        """Give comments on lines of their own after the last statement to the unit around, as `ast` does."""
        moved: list[tuple[int, int]] = []
        while unit.comments and unit.comments[-1][1] >= retreat(self.data, unit.end):
            start = unit.comments[-1][0]
            if not stands_alone(self.data, start) or start <= unit.body_start:
                break
            moved.append(unit.comments.pop())
            unit.end = retreat(self.data, start)
        unit.body_end = min(unit.body_end, unit.end)
        owner.comments.extend(reversed(moved))


# By rank, what is done with a node.
_HANDLERS: list[Callable[[Sweep, Unit, int, int], None]] = [getattr(Sweep, f"_on_{name}") for name in _ORDER]


def _events(captures: dict[str, list[Node]]) -> list[tuple[int, int, int]]:
    """Start, minus end and rank of every captured node, in order of start, the longest first."""
    events: list[tuple[int, int, int]] = []
    for capture, nodes in captures.items():
        rank = _RANKS.get(capture, -1)
        if rank >= 0:
            events += [(start, -end, rank) for start, end in [node.byte_range for node in nodes]]
    events.sort()
    return events


def _damaged(captures: dict[str, list[Node]]) -> set[tuple[int, int]]:
    """Spans of the definitions in which the parser had to guess."""
    names = ("class", "function", "method")
    return {node.byte_range for name in names for node in captures.get(name, ()) if node.has_error}


def _remove(comments: list[tuple[int, int]], offset: int, taken: list[tuple[int, int]]) -> None:
    """Take out of the comments those that became a docstring; they are among the last, from `offset`."""
    keep = len(comments)
    while keep and comments[keep - 1][0] >= offset:
        keep -= 1
    known = set(taken)
    comments[keep:] = [span for span in comments[keep:] if span not in known]
