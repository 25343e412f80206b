"""Where a file may be cut: nodes of the syntax tree and runs of neighbours, each with the kind of thing it is.

A node's chance grows with its size: a byte is drawn first, then one of the nodes that hold it. Kinds are the same
words in every language; grammars say them in their own.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tasks.generate.piece import Piece, statements_around
from tasks.generate.protocol import File, Unit, line_start

if TYPE_CHECKING:
    from tree_sitter import Node


class Cut(NamedTuple):
    """A span of the file, and what kind of thing it is."""

    start: int
    end: int
    kind: str


_BLOCKS = frozenset(
    "block suite body statement_list compound_statement statement_block class_body declaration_list"
    " field_declaration_list enum_body interface_body function_body do_group body_statement statements"
    " control_structure_body template_body block_body then constructor_body".split()
)
_FUNCTION = ("function", "method", "constructor", "closure", "lambda", "getter", "setter", "init", "_item")
# Words in a node's type, and what such a node is; the first that fits counts.
_KINDS = (
    ("comment", "comment"),
    ("import", "import_list"),
    ("include", "import_list"),
    ("use_declaration", "import_list"),
    ("using_directive", "import_list"),
    ("namespace_use", "import_list"),
    ("argument", "call_arguments"),
    ("parameter", "parameters"),
    ("definition", "declaration"),
    ("declaration", "declaration"),
    ("_item", "declaration"),
    ("statement", "statement"),
    ("string", "literal"),
    ("literal", "literal"),
)


@cache
def kind_of(node_type: str, field: str, parent_type: str) -> str:
    """What a node is, by its type, its field in its parent, and the parent's type.

    >>> kind_of("block", "body", "function_definition"), kind_of("argument_list", "arguments", "call")
    ('body', 'call_arguments')
    >>> kind_of("comparison_operator", "condition", "if_statement"), kind_of("if_statement", "", "block")
    ('condition', 'statement')
    """
    if field == "body" or node_type in _BLOCKS:
        return "body" if any(word in parent_type for word in _FUNCTION) else "block"
    if field in ("condition", "test"):
        return "condition"
    return next((kind for word, kind in _KINDS if word in node_type), "expression")


class Step(NamedTuple):
    """A node on the way from a unit down to a byte, the node above it, and the number of its field there."""

    node: Node
    parent: Node | None
    field: int | None

    def kind(self, piece: Piece) -> str:
        """See `kind_of`."""
        grammar = piece.source.parser.language
        field = grammar.field_name_for_id(self.field) if grammar is not None and self.field else None
        return kind_of(self.node.type, field or "", "" if self.parent is None else self.parent.type)


def path_to(piece: Piece, offset: int) -> list[Step]:
    """The nodes with a name that hold the byte `offset` of the file and lie in the piece, outermost first.

    Of several with one span the outermost stands for all.
    """
    shift = piece.shift
    at, low, high = offset + shift, piece.start + shift, piece.end + shift
    cursor = piece.source.root.walk()
    path: list[Step] = []
    parent, last_size = None, -1
    while cursor.goto_first_child_for_byte(at) is not None:
        node = cursor.node
        if node is None:
            break
        left, right = node.start_byte, node.end_byte
        if left > at:
            break
        # A node inside another is as long only if it is all of it.
        if low <= left and right <= high and right - left != last_size and node.is_named:
            path.append(Step(node, parent, cursor.field_id))
            last_size = right - left
        parent = node
    return path


def node_cut(
    piece: Piece, unit: Unit, offset: int, drawn: int, fits: Callable[[int, int], bool]
) -> Cut | None:
    """One of the nodes that hold the byte and whose span `fits`; None when none does."""
    shift = piece.shift
    path = [
        step
        for step in path_to(piece, offset)
        if fits(step.node.start_byte - shift, step.node.end_byte - shift)
    ]
    if not path:
        return None
    step = path[drawn % len(path)]
    start, end = step.node.start_byte - shift, step.node.end_byte - shift
    documented = unit.docstring_start, unit.docstring_end
    return Cut(start, end, "docstring" if (start, end) == documented else step.kind(piece))


def run_cut(
    piece: Piece, _unit: Unit, offset: int, drawn: int, fits: Callable[[int, int], bool]
) -> Cut | None:
    """Two to five neighbours of one parent, the first of which holds the byte; None when no run fits.

    The run is never all that the parent holds: that would be a node.
    """
    path = path_to(piece, offset)
    places = [step for step in path if step.node.named_child_count > 2]
    if not places:
        return None
    step = places[drawn % len(places)]
    children = step.node.named_children
    first = next(
        (number for number, child in enumerate(children) if child.end_byte > offset + piece.shift), 0
    )
    first = min(first, len(children) - 2)
    count = 2 + (drawn >> 8) % 4
    if first == 0:
        count = min(count, len(children) - 1)
    for last in range(min(first + count, len(children)) - 1, first, -1):
        start, end = children[first].start_byte - piece.shift, children[last].end_byte - piece.shift
        if fits(start, end):
            return Cut(start, end, _RUNS.get(step.kind(piece), "sibling_run"))
    return None


_RUNS = {"body": "statement_run", "block": "statement_run", "call_arguments": "argument_run"}


def treeless_cut(
    text: bytes, unit: Unit, drawn: int, fits: Callable[[int, int], bool], *, wants_run: bool
) -> Cut | None:
    """A node that is known without a tree: the unit, its body, or statements of it by their lines.

    With `wants_run` statements alone. None when nothing of that fits, or the unit has no body.
    """
    start, end = unit.body_start, unit.body_end
    if start is None or end is None:
        return None
    # A run may reach a quarter of the body beyond the statement that it begins with.
    size = 1 + ((drawn >> 40) % (1 + (end - start) // 4) if wants_run else 0)
    low, high = statements_around(text, start, end, start + (drawn >> 8) % (end - start), size)
    low, high = trimmed(text, low, high)
    kind = "statement_run" if wants_run else "statement"
    cuts = [] if (low, high) == trimmed(text, start, end) else [Cut(low, high, kind)]
    if not wants_run:
        cuts += [Cut(unit.start, unit.end, "definition"), Cut(*trimmed(text, start, end), "body")]
    fitting = [cut for cut in cuts if fits(cut.start, cut.end)]
    return fitting[drawn % len(fitting)] if fitting else None


def trimmed(text: bytes, start: int, end: int) -> tuple[int, int]:
    r"""The span without the blanks at its ends.

    >>> trimmed(b"  a = 1\n\n", 0, 9)
    (2, 7)
    """
    inside = text[start:end]
    return start + len(inside) - len(inside.lstrip()), start + len(inside.rstrip())


def member_cuts(file: File, holder: Unit) -> list[Cut]:
    """What lies directly in a class or a file, as the units say it; nothing is parsed."""
    return [
        Cut(_head(file.text, unit), unit.end, "import_list" if unit.kind == "imports" else "definition")
        for unit in file.members.get(holder.unit_id, ())
    ]


def member_runs(members: Sequence[Cut]) -> list[Cut]:
    """Every two or three neighbours among them."""
    return [
        Cut(members[first].start, members[first + count - 1].end, "definition_run")
        for count in (2, 3)
        for first in range(len(members) - count + 1)
    ]


def _head(text: bytes, unit: Unit) -> int:
    start = unit.start if unit.docstring_start is None else min(unit.start, unit.docstring_start)
    return line_start(text, start)
