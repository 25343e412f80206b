"""Whether a syntax tree is too deep to be queried.

tree-sitter's query cursor takes time in the square of a tree's depth: 100,000 opening brackets parse in 0.03 s
and are queried in 7 s, a megabyte of them does not end. So a tree is measured first, along its long nodes only:
a chain that is dangerous is long itself, and real code has few nodes of such a length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

# A chain of depth d spans at least d bytes; below this the square costs a tenth of a second at most.
_LONG_BYTES = 8192
# The deepest of 36 MB of real code is 130; 2,000 levels are queried in a few milliseconds.
MAX_DEPTH = 2000


class TooDeep(Exception):
    """The tree is nested deeper than `MAX_DEPTH`."""


def require_shallow(root: Node) -> None:
    """Raise `TooDeep` when nodes of at least 8 KiB are nested more than `MAX_DEPTH` deep."""
    level = [root] if root.end_byte - root.start_byte >= _LONG_BYTES else []
    for _ in range(MAX_DEPTH):
        level = [
            child
            for node in level
            for child in node.children
            if child.end_byte - child.start_byte >= _LONG_BYTES
        ]
        if not level:
            return
    raise TooDeep(f"nested more than {MAX_DEPTH} deep")
