"""Scopes of a unit's variables, and which scope each occurrence of a name belongs to.

The readers of Python, JavaScript, TypeScript and Java fill a `Reading`; a name that may not change, for whatever reason
and wherever in the unit, is in `fixed`. Names of functions, classes, imports and members are never variables here.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.source import Refusal, Source, walk

if TYPE_CHECKING:
    from tree_sitter import Node


@dataclass(eq=False)
class Scope:
    """What a function, a block, a comprehension or a class binds."""

    kind: str
    parent: Scope | None = None
    bound: set[bytes] = field(default_factory=set)
    passed_over: set[bytes] = field(default_factory=set)
    """Names that belong to a scope further out though they are assigned here: Python's `nonlocal`."""

    def function(self) -> Scope:
        """The function, class or unit around a block or a comprehension: itself if it is none."""
        scope = self
        while scope.kind in ("block", "comprehension") and scope.parent is not None:
            scope = scope.parent
        return scope


class Occurrence(NamedTuple):
    """A name in the text; a `shorthand` stands for a property and a variable of that name at once."""

    start: int
    name: bytes
    scope: Scope
    is_shorthand: bool


class Reading:
    """What a reader found in a unit."""

    def __init__(self, source: Source) -> None:
        self.source = source
        self.occurrences: list[Occurrence] = []
        self.parameters: set[bytes] = set()
        self.fixed: set[bytes] = set()
        self.refusal: Refusal | None = None

    def see(self, node: Node, scope: Scope, *, is_shorthand: bool = False) -> None:
        """Note an occurrence."""
        self.occurrences.append(Occurrence(node.start_byte, self.source.slice(node), scope, is_shorthand))

    def fix(self, nodes: Iterable[Node | None]) -> None:
        """Keep every name that occurs in these nodes."""
        for node in nodes:
            if node is not None:
                self.fixed.update(self.source.slice(leaf) for leaf in walk(node) if "identifier" in leaf.type)

    def refuse(self, reason: str, detail: str) -> None:
        """Give the unit up; the first reason stays."""
        self.refusal = self.refusal or Refusal(reason, detail)


def owner(occurrence: Occurrence, *, are_classes_open: bool) -> tuple[Scope | None, bool]:
    """The scope that binds the name, None when it lies outside the unit; and whether a class lies between.

    In Python a class's own names are seen from its body alone (`are_classes_open` false), in Java from its methods too.
    """
    scope: Scope | None = occurrence.scope
    has_crossed = False
    while scope is not None:
        is_seen = scope.kind != "class" or are_classes_open or scope is occurrence.scope
        if is_seen and occurrence.name in scope.bound and occurrence.name not in scope.passed_over:
            return scope, has_crossed
        has_crossed |= scope.kind == "class"
        scope = scope.parent
    return None, has_crossed
