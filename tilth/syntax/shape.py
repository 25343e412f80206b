"""Whether a syntax tree has a shape that can be queried in reasonable time.

tree-sitter's query cursor looks, at every node, for the next sibling that has a name: in a run of tokens without one,
which only garbage has, that takes time in the square of the run. 60,000 opening brackets parse in 0.02 s and
are queried in 2.8 s, a megabyte of them in a quarter of an hour. And everything that walks a tree by recursion
fails in one too deep. So a tree is measured first, along its long nodes only: what is dangerous is long itself, and
real code has few nodes of such a length.
"""

from __future__ import annotations

from collections.abc import Sequence
from itertools import groupby
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Node

# A chain or run of n nodes spans at least n bytes; below this the square costs a twentieth of a second at most.
_LONG_BYTES = 8192
# The deepest of 36 MB of real code is 130.
MAX_DEPTH = 2000
# Real code has at most a few tokens in a row between two nodes with a name.
MAX_RUN = 5000


class UnreasonableTree(Exception):
    """The tree cannot be queried in reasonable time; `reason` says why in one word."""

    def __init__(self, reason: str, detail: str) -> None:
        super().__init__(reason, detail)
        self.reason, self.detail = reason, detail


def require_reasonable(root: Node) -> None:
    """Raise `UnreasonableTree` (`too_deep`, `no_structure`) when a query of the tree might not end."""
    level = [root] if root.end_byte - root.start_byte >= _LONG_BYTES else []
    for _ in range(MAX_DEPTH):
        families = [node.children for node in level]
        if any(len(family) > MAX_RUN and _longest_run(family) > MAX_RUN for family in families):
            raise UnreasonableTree(
                "no_structure", f"more than {MAX_RUN} tokens in a row that belong to nothing"
            )
        level = [
            child
            for family in families
            for child in family
            if child.end_byte - child.start_byte >= _LONG_BYTES
        ]
        if not level:
            return
    raise UnreasonableTree("too_deep", f"nested more than {MAX_DEPTH} deep")


def _longest_run(family: Sequence[Node]) -> int:
    runs = (
        sum(1 for _ in run) for is_named, run in groupby(node.is_named for node in family) if not is_named
    )
    return max(runs, default=0)
