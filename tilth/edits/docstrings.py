"""Docstrings taken out of Python; `pass` takes the place of one that was a whole body.

Behaviour stays but for what reads `__doc__`. Comments beside a docstring stay.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from tilth.edits.edit import Edit
from tilth.edits.source import Source, captured, lines_removed

if TYPE_CHECKING:
    from tree_sitter import Node

_BODIES = "(module) @body (function_definition body: (block) @body) (class_definition body: (block) @body)"
# Neither bytes nor an f-string documents anything.
_PLAIN = re.compile(rb"(?i)[ur]*['\"]")


def docstring_nodes(source: Source, start: int = 0, end: int | None = None) -> list[tuple[Node, bool]]:
    """Statements that are docstrings inside the span, and whether each is the whole body."""
    found = []
    for body in captured(source, _BODIES, start, end):
        statements = [node for node in body.named_children if node.type != "comment"]
        if statements and _is_docstring(source, statements[0]):
            found.append((statements[0], len(statements) == 1 and body.type == "block"))
    return found


def _is_docstring(source: Source, statement: Node) -> bool:
    if statement.type != "expression_statement" or statement.child_count != 1:
        return False
    return statement.children[0].type == "string" and bool(_PLAIN.match(source.text, statement.start_byte))


def strip_docstrings(source: Source, start: int = 0, end: int | None = None) -> list[Edit]:
    """Edits that take out the docstrings inside the span of a Python file, one an edit."""
    edits: list[Edit] = []
    for node, is_whole in docstring_nodes(source, start, end):
        if is_whole:
            edits.append(Edit(node.start_byte, node.end_byte, b"pass"))
            continue
        removal = lines_removed(source.text, node.start_byte, node.end_byte)
        if removal is not None:
            edits.append(removal)
    return edits
