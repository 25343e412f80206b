"""Radon's counts over a Python syntax tree, all of them in one walk.

Radon walks a tree twice with a visitor of several calls a node; that is two thirds of what its measures cost. Here
one loop counts what both visitors count, by Radon's own rules (`radon.visitors`, 6.0), so that Radon's formulas give
the same figures; a test holds it against Radon. It differs where Radon loses sight: a function's lines end where
the function ends, and a method of a class inside a function has its own figure. Does not recurse: depth costs nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Callable
from operator import attrgetter
from typing import Any, NamedTuple

_FUNCTIONS = (ast.FunctionDef, ast.AsyncFunctionDef)
# Hold nothing that is counted; they are most of a tree, so they are told apart first.
_LEAVES = frozenset(
    (ast.Name, ast.Constant, ast.Pass, ast.Import, ast.ImportFrom, type(None), str, int, bool)
)
_OPERATIONS = frozenset((ast.BinOp, ast.UnaryOp, ast.BoolOp, ast.AugAssign, ast.Compare))
# Fields that hold no node to walk: operators and contexts are looked at from the node that has them.
_BARE_FIELDS = frozenset(
    "ctx op ops kind names type_comment lineno simple type_ignores attr arg name asname conversion rest".split()
)


class TreeCounts(NamedTuple):
    """What Radon's formulas are made of."""

    functions: list[tuple[int, int, int]]
    """First line, last line (both from 1) and cyclomatic complexity of each function, outer before inner."""
    complexity: int
    """Radon's total of the module."""
    operators: int
    operands: int
    distinct: int
    """Distinct operators and operands together."""


# What makes a path more, by type; the numbers are those of `ComplexityVisitor.generic_visit`.
_PATHS: dict[type, Callable[[Any], int]] = {
    ast.If: lambda _node: 1,
    ast.Assert: lambda _node: 1,
    ast.IfExp: lambda _node: 1,
    ast.BoolOp: lambda node: len(node.values) - 1,
    ast.Try: lambda node: len(node.handlers) + bool(node.orelse),
    ast.For: lambda node: 1 + bool(node.orelse),
    ast.AsyncFor: lambda node: 1 + bool(node.orelse),
    ast.While: lambda node: 1 + bool(node.orelse),
    ast.comprehension: lambda node: 1 + len(node.ifs),
    ast.Match: lambda node: max(0, len(node.cases) - any(_takes_all(case.pattern) for case in node.cases)),
}


# What the walk looks at more closely; most nodes are none of these.
_COUNTED = frozenset((*_PATHS, *_OPERATIONS, *_FUNCTIONS, ast.ClassDef))


def _takes_all(pattern: ast.pattern) -> bool:
    return isinstance(pattern, ast.MatchAs) and pattern.pattern is None


def _find_fields(kind: type[ast.AST]) -> tuple[str, ...]:
    """Names of the fields of a type of node in which nodes may stand."""
    return tuple(name for name in kind._fields if name not in _BARE_FIELDS)


class _Getters(dict[type, Callable[[Any], tuple[Any, ...]]]):
    """For each type of node, what fetches all that is below it in one call."""

    def __missing__(self, kind: type[ast.AST]) -> Callable[[Any], tuple[Any, ...]]:
        names = _find_fields(kind)
        # Of a single name `attrgetter` gives the value and not a tuple; a word beside it is a leaf.
        getter = attrgetter(*names, *["__module__"] * (2 - len(names)))
        self[kind] = getter
        return getter


_GETTERS = _Getters()


class _Tally:
    """Halstead's counts of a module. Equal operands of functions of one name count as one, as in Radon."""

    def __init__(self) -> None:
        self.operators = self.operands = self.compound = 0
        self.seen_operators: set[type] = set()
        self.seen_operands: set[tuple[str | None, Any]] = set()

    def add(self, node: Any, context: str | None) -> None:
        kind = type(node)
        signs, operands = [getattr(node, "op", None)], []
        if kind is ast.BinOp:
            operands = [node.left, node.right]
        elif kind is ast.Compare:
            signs, operands = node.ops, [*node.comparators, node.left]
        elif kind is ast.BoolOp:
            operands = node.values
        elif kind is ast.UnaryOp:
            operands = [node.operand]
        else:
            operands = [node.target, node.value]
        self.operators += len(signs)
        self.operands += len(operands)
        self.seen_operators.update(map(type, signs))
        for operand in operands:
            self._see(operand, context)

    def _see(self, operand: Any, context: str | None) -> None:
        kind = type(operand)
        if kind is ast.Name:
            self.seen_operands.add((context, operand.id))
        elif kind is ast.Attribute:
            self.seen_operands.add((context, operand.attr))
        elif kind is ast.Constant:
            self.seen_operands.add((context, operand.value))
        else:
            # A whole expression is like no other.
            self.compound += 1


class _Scope(NamedTuple):
    """What one scope holds itself: paths, and the definitions directly in it."""

    paths: int
    functions: list[ast.FunctionDef | ast.AsyncFunctionDef]
    classes: list[ast.ClassDef]
    aside: list[ast.AST]
    """Expressions whose operators count and whose paths do not: in asserts, and in the heads of classes."""


def _sweep(waiting: list[Any], context: str | None, tally: _Tally) -> _Scope:
    """Walk nodes down to the next definitions."""
    found = _Scope(0, [], [], [])
    paths = 0
    while waiting:
        node = waiting.pop()
        kind = type(node)
        if kind in _LEAVES:
            continue
        if kind is list:
            waiting += node
            continue
        if kind in _COUNTED:
            if kind in _PATHS:
                paths += _PATHS[kind](node)
            if kind in _OPERATIONS:
                tally.add(node, context)
            elif kind in _FUNCTIONS:
                found.functions.append(node)
                continue
            elif kind is ast.ClassDef:
                found.classes.append(node)
                found.aside.extend((*node.bases, *node.keywords, *node.decorator_list))
                continue
            elif kind is ast.Assert:
                found.aside.extend((node.test, node.msg))
                continue
        waiting += _GETTERS[kind](node)
    return found._replace(paths=paths)


def count_tree(tree: ast.Module) -> TreeCounts:
    """Everything that is counted in a module."""
    tally = _Tally()
    functions: list[tuple[int, int, int]] = []
    total = 1
    # Nodes of a scope, the context of its operands, and whether its paths count towards the module.
    waiting: list[tuple[Any, str | None, bool]] = [(tree, None, True)]
    while waiting:
        owner, context, is_counted = waiting.pop()
        scope = _sweep(list(owner.body), context, tally)
        _sweep(list(scope.aside), context, tally)
        if isinstance(owner, _FUNCTIONS):
            functions.append((owner.lineno, owner.end_lineno or owner.lineno, 1 + scope.paths))
        total += scope.paths if is_counted else 0
        if isinstance(owner, ast.ClassDef):
            # A method is one path more of its class.
            total += len(scope.functions) if is_counted else 0
        is_function = isinstance(owner, _FUNCTIONS)
        # What stands inside a function, and a class inside a class, is not in Radon's total.
        waiting += [(node, node.name, is_counted and not is_function) for node in scope.functions]
        waiting += [(node, context, is_counted and owner is tree) for node in scope.classes]
    distinct = len(tally.seen_operators) + len(tally.seen_operands) + tally.compound
    return TreeCounts(sorted(functions, key=_outer_first), total, tally.operators, tally.operands, distinct)


def _outer_first(function: tuple[int, int, int]) -> tuple[int, int]:
    return function[0], -function[1]
