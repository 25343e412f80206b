"""Python files as Ruff lays them out, and where each definition of the file stands in them.

A file counts only if Python's own syntax tree says that both versions are the same program; then the definitions of
both come in the same order, and the first of one is the first of the other.
"""

from __future__ import annotations

import ast
from collections.abc import Sequence
from typing import NamedTuple

from tasks.generate.protocol import File
from tilth.edits.reformat import reformat
from tilth.edits.same_syntax import python_tree, same_python

_DEFINITIONS = (ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef)


class Place(NamedTuple):
    """Lines of a definition, as bytes of the file; and where its statements begin, its docstring aside."""

    start: int
    end: int
    body: int


class Formatted(NamedTuple):
    """A file laid out anew: its text, and of each definition, by where its lines began, the old place and the new."""

    text: bytes
    places: dict[int, tuple[Place, Place]]


def format_files(files: Sequence[File]) -> list[Formatted | str]:
    """Each file laid out, or why it is not: by one process of Ruff for all. Raises `MissingExtra`."""
    texts = [file.text if file.language == "python" else None for file in files]
    laid_out = iter(reformat([text for text in texts if text is not None]))
    return ["not_python" if text is None else _formatted(text, next(laid_out)) for text in texts]


def _formatted(before: bytes, after: bytes | None) -> Formatted | str:
    if after is None:
        return "ruff_cannot_read"
    if after == before:
        return "already_formatted"
    old, new = python_tree(before), python_tree(after)
    if old is None or new is None or not same_python(old, new):
        return "syntax_differs"
    pairs = zip(_places(before, old), _places(after, new), strict=True)
    return Formatted(after, {one.start: (one, other) for one, other in pairs})


def _places(text: bytes, tree: ast.Module) -> list[Place]:
    starts = [0]
    at = text.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = text.find(b"\n", at + 1)
    starts.append(len(text))
    return [_place(text, starts, node) for node in ast.walk(tree) if isinstance(node, _DEFINITIONS)]


def _place(
    text: bytes, starts: list[int], node: ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef
) -> Place:
    first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
    last = node.end_lineno or node.lineno
    statements = node.body[1:] if ast.get_docstring(node, clean=False) is not None else node.body
    # A body on the line of its head has no line of its own to begin with.
    body = statements[0].lineno if statements else last
    end = starts[min(last, len(starts) - 1)]
    return Place(starts[first - 1], end - (text[end - 1 : end] == b"\n"), starts[body - 1])
