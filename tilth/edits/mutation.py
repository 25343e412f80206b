"""A mutation as data, and what the rules that find mutations share while one unit is walked."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.edit import Edit
from tilth.edits.mutation_tables import Dialect
from tilth.edits.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

# What each kind of bug is, said without saying where; it may stand in a question.
DESCRIPTIONS = {
    "changed_default": "A default value is not what it should be.",
    "dropped_await": "Something asynchronous is not awaited.",
    "dropped_not": "A condition that should be negated is not.",
    "dropped_return": "A result is computed and not returned.",
    "dropped_statement": "A step is missing.",
    "early_return": "A loop is left too early.",
    "lost_accumulation": "A value is overwritten where it should be accumulated.",
    "missing_guard": "A case that should be handled first is not handled.",
    "missing_self": "A name is looked up in the wrong place.",
    "negated_condition": "A condition is the opposite of what it should be.",
    "off_by_one": "A bound, an index or a count is off by one.",
    "swapped_arguments": "Arguments are passed in the wrong order.",
    "swapped_branches": "Two branches are the wrong way round.",
    "wrong_arithmetic": "A computation uses the wrong operator.",
    "wrong_boolean": "Conditions are combined wrongly.",
    "wrong_comparison": "A comparison is the wrong one.",
    "wrong_constant": "A constant is not what it should be.",
    "wrong_jump": "A loop goes on where it should stop, or stops where it should go on.",
    "wrong_method": "A function is called in place of a related one.",
    "wrong_variable": "A variable is used in place of another one.",
}


class Mutation(NamedTuple):
    """A bug of one kind, as edits of the file, with a sentence that does not tell its place."""

    kind: str
    description: str
    edits: tuple[Edit, ...]


class Found(NamedTuple):
    """A mutation before it was checked; `is_safe` when a token took the place of one of its own kind."""

    mutation: Mutation
    is_safe: bool
    variable: bytes = b""
    """The variable that is read once less."""


class Scope(NamedTuple):
    """Names that one function or block declares: the type, as written, and from which byte on they hold a value."""

    is_class: bool
    names: dict[bytes, tuple[bytes, int]]


class Walk(NamedTuple):
    """One unit while it is walked: the scopes around the node at hand, innermost last."""

    source: Source
    dialect: Dialect
    scopes: list[Scope]
    reads: dict[bytes, int]

    def visible(self, offset: int) -> Iterator[tuple[bytes, bytes]]:
        """Names that hold a value at an offset, with their types; what was declared last comes first."""
        for depth, scope in enumerate(reversed(self.scopes)):
            # The names of a class's body are no variables of its methods.
            if not (scope.is_class and depth):
                yield from (
                    (name, kind) for name, (kind, start) in reversed(scope.names.items()) if start <= offset
                )

    def type_of(self, name: bytes, offset: int) -> bytes | None:
        """The type of a name that holds a value at an offset, as written; None for a name that does not."""
        for depth, scope in enumerate(reversed(self.scopes)):
            known = scope.names.get(name)
            if known is not None and known[1] <= offset and not (scope.is_class and depth):
                return known[0]
        return None

    def is_visible(self, name: bytes, offset: int) -> bool:
        """Whether a name holds a value at an offset."""
        return self.type_of(name, offset) is not None


def found(kind: str, *edits: Edit, is_safe: bool = False, variable: bytes = b"") -> Found:
    """A mutation of a kind, with the sentence that goes with it."""
    return Found(Mutation(kind, DESCRIPTIONS[kind], edits), is_safe, variable)


def replaced(node: Node, text: bytes) -> Edit:
    """The edit that puts a text in the place of a node."""
    return Edit(node.start_byte, node.end_byte, text)


def swapped(source: Source, one: Node, other: Node) -> tuple[Edit, Edit]:
    """The edits that make two nodes change places."""
    return replaced(one, source.slice(other)), replaced(other, source.slice(one))


def words(node: Node) -> list[Node]:
    """The named children of a node that are no comments."""
    return [child for child in node.named_children if not child.type.endswith("comment")]
