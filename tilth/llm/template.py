"""A prompt as a Jinja template: sandboxed, strict about names, and bounded in what it can do.

A template may come from anybody's recipe. It sees a row's values and nothing else; a name that is no column is an error
that lists the columns. There are no calls, imports and macros; every loop step and every text made counts against one
budget, so that a hostile template ends in an error within seconds. Null is rendered as nothing, a list or an object as
JSON, so that a prompt never depends on Python's ways of writing.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from difflib import get_close_matches
from functools import cache
from typing import Any

from jinja2 import StrictUndefined, TemplateError, TemplateSyntaxError, meta, nodes
from jinja2.runtime import LoopContext
from jinja2.sandbox import ImmutableSandboxedEnvironment

from tilth.errors import RequestError
from tilth.llm.template_language import (
    CHARGED,
    CONCAT,
    FILTERS,
    METER,
    STEPS,
    TESTS,
    Meter,
    PromptError,
    operate,
    text_of,
)

# A template is written by hand; the longest of Tilth's own have 4 kB.
_MOST_SOURCE = 200_000
# Deeper than any prompt, and far from Python's own bounds on recursion.
_MOST_NESTING = 40
_LOOP = frozenset(("index", "index0", "revindex", "revindex0", "first", "last", "length"))

_ALLOWED = (
    nodes.Template, nodes.Output, nodes.TemplateData, nodes.Name, nodes.Const, nodes.Getattr, nodes.Getitem,
    nodes.Slice, nodes.Filter, nodes.Test, nodes.If, nodes.For, nodes.Assign, nodes.CondExpr, nodes.Compare,
    nodes.Operand, nodes.And, nodes.Or, nodes.Not, nodes.Add, nodes.Sub, nodes.Mul, nodes.Div, nodes.FloorDiv,
    nodes.Mod, nodes.Neg, nodes.Pos, nodes.Concat, nodes.List, nodes.Tuple, nodes.Keyword,
)  # fmt: skip


class Template:
    """A prompt's template. Raises `RequestError` for what is none, naming `name` and the line.

    `variables` are the names it uses, in the order of their first use; `head` is the text before the first of
    them, which all rows share.
    """

    def __init__(self, source: str, name: str = "prompt") -> None:
        if len(source) > _MOST_SOURCE:
            raise RequestError(
                f"{name} has {len(source):,} characters; a template may have {_MOST_SOURCE:,}."
            )
        self.name, self.source = name, source
        environment = _environment()
        try:
            tree = environment.parse(source)
            _check(tree, name)
            undeclared = meta.find_undeclared_variables(tree)
            used = dict.fromkeys(name.name for name in tree.find_all(nodes.Name))
            self.variables: tuple[str, ...] = tuple(name for name in used if name in undeclared)
            self.head = _head(tree)
            self._compiled = environment.from_string(_metered(tree))
        except TemplateSyntaxError as error:
            raise RequestError(f"{name} is no template: line {error.lineno}: {error.message}") from None
        # Python's compiler has its own bounds: twenty loops in one another, some hundred brackets.
        except (RecursionError, SyntaxError, MemoryError):
            raise RequestError(f"{name} is no template: it is nested too deeply.") from None

    def check_names(self, columns: Iterable[str]) -> None:
        """Raises `RequestError` when the template uses a name that is no column."""
        known = sorted(columns)
        for unknown in sorted(set(self.variables) - set(known)):
            close = get_close_matches(unknown, known, n=1)
            hint = f" Did you mean {close[0]}?" if close else ""
            listed = ", ".join(known) or "none"
            raise RequestError(
                f"{self.name} uses {unknown!r}, which is no column; there are: {listed}.{hint}"
            )

    def render(self, row: Mapping[str, Any]) -> str:
        """The prompt of a row; a column that it lacks is null. Raises `PromptError` when these values make none."""
        meter = Meter()
        pieces: list[str] = []
        length = 0
        values = {name: row.get(name) for name in self.variables}
        try:
            for piece in self._compiled.generate({**values, METER: meter}):
                length += len(piece)
                meter.charge(len(piece))
                meter.bound(length)
                pieces.append(piece)
        # What values of the wrong kind make of an expression: "a" < 1, 1 // 0, a list that holds itself.
        except (PromptError, TemplateError, TypeError, ValueError, ArithmeticError, LookupError, AttributeError,
                RecursionError) as error:  # fmt: skip
            raise PromptError(f"{self.name} cannot be rendered: {str(error).rstrip('.')}.") from None
        return "".join(pieces)


class _Sandbox(ImmutableSandboxedEnvironment):
    """Jinja's sandbox with charged operators, where a dot reaches the fields of objects and nothing of Python's."""

    intercepted_binops = frozenset(("+", "-", "*", "/", "//", "%", "**"))

    def call_binop(self, context: Any, operator: str, left: Any, right: Any) -> Any:
        return operate(context[METER], operator, left, right)

    def getattr(self, obj: Any, attribute: str) -> Any:
        return self.getitem(obj, attribute)

    def getitem(self, obj: Any, argument: Any) -> Any:
        if isinstance(obj, Mapping) and isinstance(argument, str | int) and argument in obj:
            return obj[argument]
        is_sequence = isinstance(obj, str | list | tuple)
        if is_sequence and isinstance(argument, slice):
            return obj[argument]
        if is_sequence and isinstance(argument, int) and -len(obj) <= argument < len(obj):
            return obj[argument]
        if isinstance(obj, LoopContext) and argument in _LOOP:
            return getattr(obj, argument)
        return self.undefined(
            f"there is no {argument!r} in {type(obj).__name__ if obj is not None else 'null'}"
        )


@cache
def _environment() -> _Sandbox:
    # Folding constants at compile time would go past the meter.
    environment = _Sandbox(
        undefined=StrictUndefined, finalize=text_of, optimized=False, trim_blocks=True, lstrip_blocks=True, cache_size=0
    )  # fmt: skip
    environment.globals = {}
    environment.filters = dict(FILTERS)
    environment.tests = dict(TESTS)
    return environment


def _check(tree: nodes.Template, name: str) -> None:
    """Raises `RequestError` for what Jinja has and a prompt has no use for."""
    waiting: list[tuple[nodes.Node, int]] = [(tree, 0)]
    while waiting:
        node, depth = waiting.pop()
        if not isinstance(node, _ALLOWED) or (isinstance(node, nodes.For) and node.recursive):
            raise RequestError(
                f"{name}: line {node.lineno} uses {type(node).__name__}, which prompts do not have. "
                "They have values, filters, tests, operators, if, for and set."
            )
        if isinstance(node, nodes.List | nodes.Tuple) and _is_built(node):
            raise RequestError(
                f"{name}: line {node.lineno} puts values into a list; prompts have lists of constants."
            )
        if depth > _MOST_NESTING:
            raise RequestError(f"{name} is no template: it is nested too deeply.")
        waiting += [(child, depth + 1) for child in node.iter_child_nodes()]


def _is_built(node: nodes.List | nodes.Tuple) -> bool:
    """Whether a list holds values: lists of lists that double at each step would grow past any meter."""
    is_target = isinstance(node, nodes.Tuple) and node.ctx == "store"
    return not is_target and not all(isinstance(item, nodes.Const) for item in node.items)


def _head(tree: nodes.Template) -> str:
    first = tree.body[0] if tree.body else None
    head: list[str] = []
    for piece in first.nodes if isinstance(first, nodes.Output) else ():
        if not isinstance(piece, nodes.TemplateData):
            break
        head.append(piece.data)
    return "".join(head)


def _metered(tree: nodes.Template) -> nodes.Template:
    """The tree with its loops counted, and `~`, comparisons and slices charged; changed in place."""
    waiting: list[nodes.Node] = [tree]
    while waiting:
        node = waiting.pop()
        if isinstance(node, nodes.For):
            # Ten nodes of Jinja's cost about what the meter takes for one unit of work.
            weight = sum(1 for _ in node.find_all(nodes.Node)) // 10
            node.iter = _filtered(node.iter, STEPS, nodes.Const(weight, lineno=node.lineno))
        elif isinstance(node, nodes.Compare | nodes.Operand):
            node.expr = _filtered(node.expr, CHARGED)
        elif isinstance(node, nodes.Getitem) and isinstance(node.arg, nodes.Slice):
            node.node = _filtered(node.node, CHARGED)
        for field, value in node.iter_fields():
            if isinstance(value, list):
                value[:] = [_joined(item) for item in value]
            elif isinstance(value, nodes.Concat):
                setattr(node, field, _joined(value))
        waiting += node.iter_child_nodes()
    tree.set_environment(_environment())
    return tree


def _joined(value: Any) -> Any:
    if not isinstance(value, nodes.Concat):
        return value
    return _filtered(nodes.List(value.nodes, lineno=value.lineno), CONCAT)


def _filtered(node: Any, name: str, *arguments: nodes.Expr) -> nodes.Filter:
    return nodes.Filter(node, name, list(arguments), [], None, None, lineno=node.lineno)
