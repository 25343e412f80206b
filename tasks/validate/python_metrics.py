"""Radon's measures of Python files, each from one parse.

Cyclomatic complexity and Halstead's volume are Radon's own visitors over one syntax tree. Radon's
maintainability index spends twelve times that on tokenising the file again for three line counts
(measured: 0.4 MB/s against 4); here they are counted from the tree and by two regular expressions, and
Radon's formula makes the index of them. Does not run or compile anything.
"""

from __future__ import annotations

import ast
import gc
import math
import re
import warnings
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.validate.python_tree import count_tree

# The first character of each line that has one. A pattern that begins with a fixed character is searched for quickly,
# one with `^` is tried at every place.
_FIRST = re.compile(r"\n[ \t\f]*([^\s])")
# Comments before any quote of their line: one after a string is missed, a `#` in a string is none.
_COMMENT = re.compile(r"\n[^'\"#\n]*#")
# Fields of statements in a row, by the type of node that has them.
_BLOCKS: dict[type[ast.AST], tuple[str, ...]] = {
    **dict.fromkeys((ast.Module, ast.FunctionDef, ast.AsyncFunctionDef, ast.ClassDef), ("body",)),
    **dict.fromkeys((ast.With, ast.AsyncWith, ast.ExceptHandler, ast.match_case), ("body",)),
    **dict.fromkeys((ast.If, ast.For, ast.AsyncFor, ast.While), ("body", "orelse")),
    **dict.fromkeys((ast.Try, ast.TryStar), ("body", "orelse", "finalbody", "handlers")),
    ast.Match: ("cases",),
}


class PythonMetrics(NamedTuple):
    """Measures of one file. `problem` is why there are none; `parses` tells whether Python took the text."""

    parses: bool
    problem: str | None
    line_complexity: NDArray[np.int32] | None
    """Cyclomatic complexity of the innermost function around each line; 1 outside functions."""
    maintainability: float | None
    """Radon's index, 0 to 100."""


def measure_python(texts: Iterable[bytes]) -> list[PythonMetrics]:
    """Measures of each file; one that cannot be parsed or walked has its problem instead, never an error."""
    # A syntax tree is free of cycles: the collector would walk its million objects in vain
    # (a quarter of the time, measured).
    was_enabled = gc.isenabled()
    gc.disable()
    try:
        return [_measure(data.decode("utf-8", "replace").removeprefix("\ufeff")) for data in texts]
    finally:
        if was_enabled:
            gc.enable()


def _measure(text: str) -> PythonMetrics:
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            tree = ast.parse(text)
    except SyntaxError as error:
        return PythonMetrics(False, f"line {error.lineno}: {error.msg}", None, None)
    except (ValueError, RecursionError, MemoryError) as error:
        return PythonMetrics(False, f"{type(error).__name__}: {error}", None, None)
    return _measure_tree(tree, text)


def _measure_tree(tree: ast.Module, text: str) -> PythonMetrics:
    from radon.metrics import mi_compute

    counts = count_tree(tree)
    # Halstead's volume, N log2 n.
    volume = (counts.operators + counts.operands) * math.log2(counts.distinct or 1)
    logical, documented = _count_statements(tree)
    lines_of = f"\n{text}"
    firsts = _FIRST.findall(lines_of)
    source_lines = len(firsts) - documented - firsts.count("#")
    remarks = len(_COMMENT.findall(lines_of)) + documented
    share = 100.0 * remarks / source_lines if source_lines > 0 else 0.0
    index = float(mi_compute(volume, counts.complexity, logical, share))
    lines = text.count("\n") + text.count("\r") + 1
    return PythonMetrics(True, None, _by_line(counts.functions, lines), index)


def _count_statements(tree: ast.Module) -> tuple[int, int]:
    """Logical lines, and lines of string literals that stand alone over several lines.

    Radon counts the heads of clauses (`else:`, `except:`) as logical lines too, and so does this.
    """
    logical = documented = 0
    waiting: list[ast.AST] = [tree]
    while waiting:
        node = waiting.pop()
        logical += 1
        kind = type(node)
        if kind is ast.Expr:
            value = node.value  # type: ignore[attr-defined]  # `is` does not narrow
            if (
                type(value) is ast.Constant
                and isinstance(value.value, str)
                and node.end_lineno != node.lineno  # type: ignore[attr-defined]
            ):
                documented += 1 + sum(1 for line in value.value.splitlines()[1:] if line.strip())
            continue
        for field in _BLOCKS.get(kind, ()):
            block = getattr(node, field)
            if block:
                waiting.extend(block)
                logical += field == "finalbody" or (field == "orelse" and type(block[0]) is not ast.If)
    return logical - 1, documented


def _by_line(functions: list[tuple[int, int, int]], lines: int) -> NDArray[np.int32]:
    """Complexity of the innermost function around each line."""
    profile = np.ones(lines + 1, dtype=np.int32)
    for first, last, complexity in functions:
        # Outer before inner: a closure's own lines end with its own figure.
        profile[first - 1 : last] = complexity
    return profile
