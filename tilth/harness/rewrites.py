"""Other ways to write a Python function: the longhand of an idiom, and the idiom of a longhand.

Each rewrite replaces one statement, or two neighbours, and leaves every other byte. Statements with comments inside
stay as they are. Whether behaviour stays is for who runs both: `+=` on a shared list may not keep it.
"""

from __future__ import annotations

import ast
import copy
import re
from collections.abc import Callable, Iterator, Sequence
from typing import NamedTuple

from tilth.harness.modules import Function, parse_python

# PEP 8 allows 79; Ruff's default is 88. An idiom on a longer line is none.
_MAX_LINE = 88


class Rewrite(NamedTuple):
    """A rewrite: what it is called, the function's text after it, whether the new text is the idiom."""

    kind: str
    text: str
    is_idiom: bool
    line: int  # first line that differs, counted from 0
    lines: int  # how many lines the statement took before


# What a rule gives for some statements: how many of them it replaces, and by what.
Found = tuple[str, int, Sequence[ast.stmt], bool]
Rule = Callable[[Sequence[ast.stmt], Function], Found | None]


def rewrites(source: str) -> list[Rewrite]:
    r"""The rewrites of a function, by place and kind.

    >>> [r.kind for r in rewrites("def f(x):\n    if x:\n        return 1\n    else:\n        return 2\n")]
    ['conditional_expression', 'guard_clause']
    """
    tree = parse_python(source.encode("utf-8"))
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        return []
    function = tree.body[0]
    lines = source.splitlines(keepends=True)
    found = []
    for block in _blocks(function):
        for place in range(len(block)):
            for rule in _RULES:
                made = rule(block[place:], function)
                text = None if made is None else _replaced(lines, block[place : place + made[1]], made[2])
                if made is not None and text is not None and text != source:
                    first, last = block[place], block[place + made[1] - 1]
                    span = (last.end_lineno or last.lineno) - first.lineno + 1
                    found.append(Rewrite(made[0], text, made[3], first.lineno - 1, span))
    return sorted(found, key=lambda rewrite: (rewrite.line, rewrite.kind, rewrite.text))


def _blocks(node: ast.AST) -> Iterator[list[ast.stmt]]:
    """Every list of statements of a function, not of functions and classes inside it."""
    for name in ("body", "orelse", "finalbody"):
        block = getattr(node, name, None)
        if isinstance(block, list) and block and isinstance(block[0], ast.stmt):
            yield block
            for statement in block:
                if not isinstance(statement, Function | ast.ClassDef):
                    yield from _blocks(statement)
    for handler in getattr(node, "handlers", ()):
        yield from _blocks(handler)


def _replaced(lines: Sequence[str], old: Sequence[ast.stmt], new: Sequence[ast.stmt]) -> str | None:
    """The text with some statements in the place of others; None where that would lose words or go too far right."""
    start, end = old[0].lineno - 1, old[-1].end_lineno or old[-1].lineno
    before = lines[start][: old[0].col_offset]
    piece = "".join(lines[start:end])
    if (
        before.strip()
        or "#" in piece
        or not piece.isascii()
        or lines[end - 1][old[-1].end_col_offset or 0 :].strip()
    ):
        return None
    atoms = _Atoms(lines)
    try:
        text = "\n".join(
            ast.unparse(ast.fix_missing_locations(atoms.visit(copy.deepcopy(node)))) for node in new
        )
    except (ValueError, RecursionError):
        return None
    text = _ATOM.sub(lambda match: atoms.texts[int(match[1])], text)
    fresh = [f"{before}{line}" for line in text.split("\n")]
    if any(len(line) > _MAX_LINE for line in fresh):
        return None
    return "".join([*lines[:start], "\n".join(fresh), "\n" if piece.endswith("\n") else "", *lines[end:]])


_ATOM = re.compile(r"_atom_(\d+)_")


class _Atoms(ast.NodeTransformer):
    """Puts names in the place of literals, so that each is written as its author wrote it."""

    def __init__(self, lines: Sequence[str]) -> None:
        self.source, self.texts = "".join(lines), list[str]()

    def visit(self, node: ast.AST) -> ast.AST:
        """The node, or a name for the literal that it is."""
        if isinstance(node, ast.Constant | ast.JoinedStr) and hasattr(node, "lineno"):
            text = ast.get_source_segment(self.source, node)
            if text and "\n" not in text:
                self.texts.append(text)
                return ast.Name(f"_atom_{len(self.texts) - 1}_", ast.Load())
        return super().visit(node)  # type: ignore[no-any-return]


# --------------------------------------------------------------------------------------- from longhand to idiom


def _loop_to_comprehension(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """`xs = []`, a loop that appends: a list comprehension."""
    if len(block) < 2 or not (isinstance(block[0], ast.Assign) and isinstance(block[1], ast.For)):
        return None
    first, loop = block[0], block[1]
    target = first.targets[0]
    is_empty = isinstance(first.value, ast.List) and not first.value.elts
    if not (is_empty and len(first.targets) == 1 and isinstance(target, ast.Name)) or loop.orelse:
        return None
    inner, tests = _filtered(loop)
    call = inner.value if isinstance(inner, ast.Expr) else None
    if not (
        isinstance(call, ast.Call) and isinstance(call.func, ast.Attribute) and call.func.attr == "append"
    ):
        return None
    if ast.unparse(call.func.value) != target.id or len(call.args) != 1:
        return None
    element = call.args[0]
    if _speaks_of([element, loop.iter, *tests], target.id) or _outlives(function, loop):
        return None
    value = ast.ListComp(element, [ast.comprehension(loop.target, loop.iter, tests, 0)])
    return "comprehension", 2, [ast.Assign([target], value)], True


def _loop_to_any(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """A loop that returns a truth value at the first hit, and the opposite after: `any` or `all`."""
    if len(block) < 2 or not isinstance(block[0], ast.For) or block[0].orelse:
        return None
    inner, tests = _filtered(block[0])
    hit, miss = _truth(inner), _truth(block[1])
    if hit is None or miss is None or hit == miss or len(tests) != 1:
        return None
    test = tests[0] if hit else _negated(tests[0])
    items = ast.GeneratorExp(test, [ast.comprehension(block[0].target, block[0].iter, [], 0)])
    call = ast.Call(ast.Name("any" if hit else "all", ast.Load()), [items], [])
    return "any_or_all", 2, [ast.Return(call)], True


def _join(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """Text gathered with `+=` in a loop: `join`."""
    if len(block) < 2 or not (isinstance(block[0], ast.Assign) and isinstance(block[1], ast.For)):
        return None
    first, loop = block[0], block[1]
    target = first.targets[0]
    is_empty = isinstance(first.value, ast.Constant) and first.value.value == ""
    inner, tests = _filtered(loop)
    if not (is_empty and isinstance(target, ast.Name) and isinstance(inner, ast.AugAssign)) or loop.orelse:
        return None
    if not isinstance(inner.op, ast.Add) or ast.unparse(inner.target) != target.id:
        return None
    if _speaks_of([inner.value, loop.iter, *tests], target.id) or _outlives(function, loop):
        return None
    items = ast.GeneratorExp(inner.value, [ast.comprehension(loop.target, loop.iter, tests, 0)])
    call = ast.Call(ast.Attribute(ast.Constant(""), "join", ast.Load()), [items], [])
    return "join", 2, [ast.Assign([target], call)], True


def _conditional(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """Two branches that return, or set one variable: a conditional expression."""
    node = block[0]
    if not isinstance(node, ast.If) or len(node.body) != 1 or len(node.orelse) != 1:
        return None
    yes, no = node.body[0], node.orelse[0]
    if isinstance(yes, ast.Return) and isinstance(no, ast.Return) and yes.value and no.value:
        new: ast.stmt = ast.Return(ast.IfExp(node.test, yes.value, no.value))
    elif (
        isinstance(yes, ast.Assign)
        and isinstance(no, ast.Assign)
        and len(yes.targets) == 1 == len(no.targets)
    ):
        if ast.unparse(yes.targets[0]) != ast.unparse(no.targets[0]):
            return None
        new = ast.Assign(yes.targets, ast.IfExp(node.test, yes.value, no.value))
    else:
        return None
    return "conditional_expression", 1, [new], True


def _guard(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """`else` after a branch that leaves: what follows needs no indentation."""
    node = block[0]
    if (
        not isinstance(node, ast.If)
        or not node.orelse
        or not isinstance(node.body[-1], ast.Return | ast.Raise)
    ):
        return None
    if isinstance(node.orelse[0], ast.If):
        return None
    return "guard_clause", 1, [ast.If(node.test, node.body, []), *node.orelse], True


def _merged(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """An `if` that holds nothing but another: one condition."""
    node = block[0]
    if not isinstance(node, ast.If) or node.orelse or len(node.body) != 1:
        return None
    inner = node.body[0]
    if not isinstance(inner, ast.If) or inner.orelse:
        return None
    return (
        "merged_condition",
        1,
        [ast.If(ast.BoolOp(ast.And(), [node.test, inner.test]), inner.body, [])],
        True,
    )


def _augmented(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """`x = x + y`: `x += y`."""
    node = block[0]
    if not isinstance(node, ast.Assign) or len(node.targets) != 1 or not isinstance(node.value, ast.BinOp):
        return None
    target = node.targets[0]
    if not isinstance(target, ast.Name) or ast.unparse(node.value.left) != target.id:
        return None
    return "augmented_assignment", 1, [ast.AugAssign(target, node.value.op, node.value.right)], True


def _get(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """`d[k] if k in d else x`: `d.get(k, x)`."""
    node = block[0]
    value = node.value if isinstance(node, ast.Return | ast.Assign) else None
    if not isinstance(value, ast.IfExp) or not isinstance(value.test, ast.Compare):
        return None
    test, item = value.test, value.body
    if not isinstance(test.ops[0], ast.In) or not isinstance(item, ast.Subscript) or len(test.ops) != 1:
        return None
    if ast.unparse(item) != f"{ast.unparse(test.comparators[0])}[{ast.unparse(test.left)}]":
        return None
    call = ast.Call(ast.Attribute(item.value, "get", ast.Load()), [test.left, value.orelse], [])
    new = ast.Assign(node.targets, call) if isinstance(node, ast.Assign) else ast.Return(call)
    return "get_with_default", 1, [new], True


# --------------------------------------------------------------------------------------- from idiom to longhand


def _comprehension_to_loop(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """A list comprehension that is returned or assigned: a loop that appends."""
    node = block[0]
    value = node.value if isinstance(node, ast.Return | ast.Assign) else None
    if not isinstance(value, ast.ListComp) or len(value.generators) != 1 or value.generators[0].is_async:
        return None
    comprehension = value.generators[0]
    names = {inner.id for inner in ast.walk(comprehension.target) if isinstance(inner, ast.Name)}
    # In a loop the variable is the function's own.
    if names & _names_outside(function, value):
        return None
    target = _result_of(node, function)
    if target is None or _speaks_of([value], target):
        return None
    body = _nested(
        comprehension.ifs, ast.Expr(_call(ast.Attribute(_name(target), "append", ast.Load()), value.elt))
    )
    new: list[ast.stmt] = [
        ast.Assign([ast.Name(target, ast.Store())], ast.List([], ast.Load())),
        ast.For(comprehension.target, comprehension.iter, [body], []),
    ]
    return (
        "comprehension",
        1,
        [*new, *([ast.Return(_name(target))] if isinstance(node, ast.Return) else [])],
        False,
    )


def _any_to_loop(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """`return any(…)`: a loop that returns at the first hit."""
    node = block[0]
    call = node.value if isinstance(node, ast.Return) else None
    if (
        not isinstance(call, ast.Call)
        or not isinstance(call.func, ast.Name)
        or call.func.id not in ("any", "all")
    ):
        return None
    items = call.args[0] if len(call.args) == 1 else None
    if not isinstance(items, ast.GeneratorExp) or len(items.generators) != 1:
        return None
    names = {inner.id for inner in ast.walk(items.generators[0].target) if isinstance(inner, ast.Name)}
    if names & _names_outside(function, items):
        return None
    is_any = call.func.id == "any"
    hit = ast.If(items.elt if is_any else _negated(items.elt), [ast.Return(ast.Constant(is_any))], [])
    one = items.generators[0]
    loop = ast.For(one.target, one.iter, [_nested(one.ifs, hit)], [])
    return "any_or_all", 1, [loop, ast.Return(ast.Constant(not is_any))], False


def _join_to_loop(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """`"".join(…)` of a generator: text gathered in a loop."""
    node = block[0]
    call = node.value if isinstance(node, ast.Return | ast.Assign) else None
    if not isinstance(call, ast.Call) or not isinstance(call.func, ast.Attribute) or call.func.attr != "join":
        return None
    items = call.args[0] if len(call.args) == 1 else None
    if not isinstance(items, ast.GeneratorExp | ast.ListComp) or len(items.generators) != 1:
        return None
    names = {inner.id for inner in ast.walk(items.generators[0].target) if isinstance(inner, ast.Name)}
    is_empty = isinstance(call.func.value, ast.Constant) and call.func.value.value == ""
    target = _result_of(node, function)
    if (
        not is_empty
        or target is None
        or names & _names_outside(function, items)
        or _speaks_of([items], target)
    ):
        return None
    one = items.generators[0]
    grown = ast.AugAssign(ast.Name(target, ast.Store()), ast.Add(), items.elt)
    new: list[ast.stmt] = [
        ast.Assign([ast.Name(target, ast.Store())], ast.Constant("")),
        ast.For(one.target, one.iter, [_nested(one.ifs, grown)], []),
    ]
    return "join", 1, [*new, *([ast.Return(_name(target))] if isinstance(node, ast.Return) else [])], False


def _conditional_to_branches(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """A conditional expression that is returned or assigned: two branches."""
    node = block[0]
    value = node.value if isinstance(node, ast.Return | ast.Assign) else None
    if not isinstance(value, ast.IfExp):
        return None
    if isinstance(node, ast.Assign):
        yes: ast.stmt = ast.Assign(node.targets, value.body)
        no: ast.stmt = ast.Assign(node.targets, value.orelse)
    else:
        yes, no = ast.Return(value.body), ast.Return(value.orelse)
    return "conditional_expression", 1, [ast.If(value.test, [yes], [no])], False


def _nested_conditions(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """`if a and b`: two conditions, one inside the other."""
    node = block[0]
    if not isinstance(node, ast.If) or node.orelse or not isinstance(node.test, ast.BoolOp):
        return None
    if not isinstance(node.test.op, ast.And):
        return None
    first, *rest = node.test.values
    inner = rest[0] if len(rest) == 1 else ast.BoolOp(ast.And(), rest)
    return "merged_condition", 1, [ast.If(first, [ast.If(inner, node.body, [])], [])], False


def _guard_to_else(block: Sequence[ast.stmt], function: Function) -> Found | None:
    """A guard that returns, and little after it: an `else`."""
    node = block[0]
    # The rest is moved to the right whole; more than a few statements is another function's worth.
    if (
        not isinstance(node, ast.If)
        or node.orelse
        or not 1 <= len(block) - 1 <= 4
        or block[-1] is not function.body[-1]
    ):
        return None
    if not isinstance(node.body[-1], ast.Return | ast.Raise):
        return None
    return "guard_clause", len(block), [ast.If(node.test, node.body, list(block[1:]))], False


def _augmented_to_plain(block: Sequence[ast.stmt], _: Function) -> Found | None:
    """`x += y`: `x = x + y`."""
    node = block[0]
    if not isinstance(node, ast.AugAssign) or not isinstance(node.target, ast.Name):
        return None
    value = ast.BinOp(_name(node.target.id), node.op, node.value)
    return "augmented_assignment", 1, [ast.Assign([node.target], value)], False


_RULES: tuple[Rule, ...] = (
    _loop_to_comprehension, _loop_to_any, _join, _conditional, _guard, _merged, _augmented, _get,
    _comprehension_to_loop, _any_to_loop, _join_to_loop, _conditional_to_branches, _nested_conditions, _guard_to_else,
    _augmented_to_plain,
)  # fmt: skip


# ------------------------------------------------------------------------------------------------ of statements


def _filtered(loop: ast.For) -> tuple[ast.stmt | None, list[ast.expr]]:
    """The one statement of a loop's body, and the conditions around it."""
    body, tests = loop.body, []
    while len(body) == 1 and isinstance(body[0], ast.If) and not body[0].orelse:
        tests.append(body[0].test)
        body = body[0].body
    return (body[0] if len(body) == 1 else None), tests


def _nested(tests: Sequence[ast.expr], inner: ast.stmt) -> ast.stmt:
    for test in reversed(tests):
        inner = ast.If(test, [inner], [])
    return inner


def _truth(node: ast.stmt | None) -> bool | None:
    value = node.value if isinstance(node, ast.Return) else None
    return value.value if isinstance(value, ast.Constant) and isinstance(value.value, bool) else None


def _negated(test: ast.expr) -> ast.expr:
    return (
        test.operand
        if isinstance(test, ast.UnaryOp) and isinstance(test.op, ast.Not)
        else ast.UnaryOp(ast.Not(), test)
    )


def _name(name: str) -> ast.Name:
    return ast.Name(name, ast.Load())


def _call(function: ast.expr, argument: ast.expr) -> ast.Call:
    return ast.Call(function, [argument], [])


def _speaks_of(nodes: Sequence[ast.AST], name: str) -> bool:
    return any(isinstance(inner, ast.Name) and inner.id == name for node in nodes for inner in ast.walk(node))


def _outlives(function: Function, loop: ast.For) -> bool:
    """Whether a loop's variable is spoken of outside the loop."""
    names = {inner.id for inner in ast.walk(loop.target) if isinstance(inner, ast.Name)}
    return bool(names & _names_outside(function, loop))


def _names_outside(function: Function, node: ast.AST) -> set[str]:
    """Names and parameters of a function, but for those inside a node."""
    inside = {id(inner) for inner in ast.walk(node)}
    found = {
        inner.id for inner in ast.walk(function) if isinstance(inner, ast.Name) and id(inner) not in inside
    }
    return found | {inner.arg for inner in ast.walk(function) if isinstance(inner, ast.arg)}


def _result_of(node: ast.stmt, function: Function) -> str | None:
    """The variable that holds what is made: the one that is assigned, or for a return a new one."""
    if isinstance(node, ast.Assign):
        return (
            node.targets[0].id if len(node.targets) == 1 and isinstance(node.targets[0], ast.Name) else None
        )
    return "result" if "result" not in _names_outside(function, node) else None
