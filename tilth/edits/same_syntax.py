"""Whether two versions of a text are the same program but for comments and layout.

Python's own `ast` is the judge for Python, so that another kind of quotes, a bracket too many or a docstring that was
indented anew is the same program. For every other language, and for Python that this interpreter does not read,
two syntax trees are compared node by node without their comments; there a bracket or a comma too many is a difference.
"""

from __future__ import annotations

import ast
import inspect
import warnings
from collections.abc import Iterator
from typing import TYPE_CHECKING, Any

from tilth.edits.source import Source, read_source

if TYPE_CHECKING:
    from tree_sitter import Node

_WITH_DOCSTRING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


def same_syntax(before: bytes, after: bytes, language: str, path: str = "") -> bool:
    """Whether both texts say the same; False for a language without a grammar. Raises `ParseTimeout`."""
    if language == "python":
        one, other = python_tree(before), python_tree(after)
        if one is not None and other is not None:
            return same_python(one, other)
        if one is not None or other is not None:
            return False
    first, second = read_source(before, language, path), read_source(after, language, path)
    return first is not None and second is not None and same_tree(first, second)


def python_tree(text: bytes) -> ast.Module | None:
    """Python's own syntax tree; None for what this interpreter does not read."""
    with warnings.catch_warnings():
        # An escape that means nothing is the author's affair.
        warnings.simplefilter("ignore")
        try:
            return ast.parse(text)
        except (SyntaxError, ValueError, RecursionError, MemoryError):
            return None


def same_python(before: ast.AST, after: ast.AST) -> bool:
    """Whether two trees are equal but for places, the prefix `u` and the indentation of docstrings."""
    waiting: list[tuple[Any, Any]] = [(before, after)]
    while waiting:
        one, other = waiting.pop()
        if type(one) is not type(other):
            return False
        if isinstance(one, list):
            if len(one) != len(other):
                return False
            waiting.extend(zip(one, other, strict=True))
        elif isinstance(one, ast.AST):
            if isinstance(one, _WITH_DOCSTRING) and _docstring(one) != _docstring(other):
                return False
            has_docstring = isinstance(one, _WITH_DOCSTRING) and _docstring(one) is not None
            for name in one._fields:
                ours, theirs = getattr(one, name, None), getattr(other, name, None)
                if has_docstring and name == "body":
                    waiting.append((list(ours or ())[1:], list(theirs or ())[1:]))
                elif name != "kind":
                    waiting.append((ours, theirs))
        elif one != other:
            return False
    return True


def _docstring(node: Any) -> str | None:
    words: str | None = ast.get_docstring(node, clean=False)
    return None if words is None else "\n".join(map(str.rstrip, inspect.cleandoc(words).split("\n"))).strip()


def same_tree(before: Source, after: Source) -> bool:
    """Whether two syntax trees hold the same nodes and the same tokens, comments left out."""
    ours, theirs = _events(before), _events(after)
    # Each stream ends with an event of its own kind, so that the longer one differs before the shorter one is over.
    return all(one == other for one, other in zip(ours, theirs, strict=False))


def _events(source: Source) -> Iterator[tuple[int, int, bytes]]:
    """Every node in the order of the text: its kind, its number of children, and the text of a leaf or a string."""
    waiting = [source.root]
    while waiting:
        node = waiting.pop()
        is_string = "string" in node.type and not node.type.startswith("concatenated")
        children = [] if is_string else [child for child in node.children if _is_syntax(child)]
        token = b"" if children else source.slice(node)
        if (node.child_count and not is_string) or not token.strip():
            # What holds only comments or blanks is as good as empty.
            token = b""
        yield node.kind_id, len(children), token
        waiting.extend(reversed(children))
    yield -1, 0, b""


def _is_syntax(node: Node) -> bool:
    """Whether a node is no comment and no line feed; how a statement ends shows in the tree's shape."""
    return not node.type.endswith("comment") and node.type != "\n"
