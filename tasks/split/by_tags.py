"""Units of a language that has no file in `languages/`, by its grammar's own `tags.scm`.

Tags name functions, methods, classes and what is called; a definition's body is its field `body`, where the
grammar has one. Docstrings, comments, imports and complexity are not told, so a unit has none of them. Without
tags a document is its module.
"""

from __future__ import annotations

from functools import cache
from typing import TYPE_CHECKING

import pyarrow as pa

from tasks.split import by_syntax
from tasks.split.config import SplitConfig
from tasks.split.syntax import Syntax
from tilth.records import Outcome
from tilth.syntax.foreign import foreign_grammar

if TYPE_CHECKING:
    from tree_sitter import Node, Query

_KINDS = {"definition.function": "function", "definition.method": "method"} | {
    f"definition.{kind}": "class"
    for kind in ("class", "interface", "module", "struct", "enum", "trait", "object")
}


class _Tags:
    """A query for tags that answers as a query of `languages/` does."""

    def __init__(self, query: Query | None) -> None:
        self.query = query

    def captures(self, root: Node) -> dict[str, list[Node]]:
        from tree_sitter import QueryCursor

        found: dict[str, list[Node]] = {"name": [], "body": [], "call": []}
        if self.query is None:
            return found
        for _, match in QueryCursor(self.query).matches(root):
            names = match.get("name", [])
            if "reference.call" in match:
                found["call"] += names
            for capture, nodes in match.items():
                if capture in _KINDS:
                    found.setdefault(_KINDS[capture], []).extend(nodes)
                    found["name"] += names
                    found["body"] += filter(None, (node.child_by_field_name("body") for node in nodes))
        return found


@cache
def _tools(name: str) -> by_syntax.Tools | None:
    from tree_sitter import Parser, Query, QueryError

    found = foreign_grammar(name)
    if found is None:
        return None
    language, tags = found
    try:
        query = Query(language, tags) if tags else None
    except QueryError:
        query = None
    return by_syntax.tools_of(
        Syntax(query=tags, parameter_style="none", has_bodies=False), Parser(language), _Tags(query)
    )


def split_by_tags(documents: pa.Table, config: SplitConfig) -> Outcome:
    """Units of documents in languages that Tilth has no queries for; to be called in a child."""
    return by_syntax.split_with(_tools, documents, config)
