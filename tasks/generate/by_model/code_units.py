"""What two versions of a unit of code have in common, told from their syntax trees; nothing is run here.

A unit is parsed as it stands, or inside what it needs around it (a method in a class). A language without a grammar,
and a unit that does not parse by itself, are not judged: `read_unit` gives nothing.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Sequence
from typing import TYPE_CHECKING

from tasks.generate.piece import Piece, parse_piece
from tilth.edits.same_syntax import python_tree
from tilth.syntax.grammars import parser_for

if TYPE_CHECKING:
    from tree_sitter import Node

# The kinds of unit, in the order in which they are tried: most are a program by themselves.
_KINDS = ("function", "method", "class")
# What the last line of a unit begins with, where it is as far in as the first.
_CLOSERS = ("}", ")", "end")
# What has no definitions inside that others could use.
_CLOSED = ("function", "method", "constructor")


def read_unit(code: str, language: str, path: str = "") -> Piece | None:
    """The code parsed without an error, by itself or inside a class; None where it cannot be."""
    parser = parser_for(language, path)
    data = code.encode("utf-8")
    if parser is None:
        return None
    pieces = (parse_piece(parser, data, language, kind, ((0, len(data)),)) for kind in _KINDS)
    return next((piece for piece in pieces if piece is not None), None)


def is_program(code: str, language: str, path: str = "") -> bool:
    r"""Whether code parses as a file of its own, as validation reads it: a method of most languages does not.

    >>> is_program("def f(self):\n    return 1", "python"), is_program("place(): number { return 1 }", "typescript")
    (True, False)
    """
    read = read_unit(code, language, path)
    return read is not None and read.source.text == code.encode("utf-8")


def heads(unit: Piece) -> list[str]:
    """The heads of what others can use of a unit: name, parameters, types; without blanks and comments, sorted.

    Of a class its own and its public members'. Names that begin with one underscore, and what is marked private, are
    nobody else's, unless the unit itself is called so.
    """
    data = unit.source.text[unit.start + unit.shift : unit.end + unit.shift]
    low, high = unit.start + unit.shift, unit.start + unit.shift + len(data)
    found: list[str] = []
    for node, is_member in _definitions(unit.source.root, low, high):
        body = node.child_by_field_name("body")
        parts = [
            unit.source.slice(child)
            for child in node.children
            if body is not None and child.start_byte < body.start_byte and not child.type.endswith("comment")
        ]
        name = node.child_by_field_name("name")
        said = unit.source.slice(name) if name is not None else b""
        is_private = said.startswith((b"_", b"#")) and not said.startswith(b"__")
        is_marked = any(part.split()[:1] == [b"private"] for part in parts[:1])
        if not (is_member and (is_private or is_marked)):
            found.append(b"".join(b"".join(parts).split()).decode("utf-8", "replace").replace(",)", ")"))
    return sorted(found)


def _definitions(root: Node, low: int, high: int) -> Iterator[tuple[Node, bool]]:
    """Definitions inside the span, and whether each stands in another one; nothing inside a function."""
    waiting = [(root, False)]
    while waiting:
        node, is_inside = waiting.pop()
        is_named = any(node.child_by_field_name(field) for field in ("name", "declarator"))
        is_definition = (
            node.child_by_field_name("body") is not None
            and (is_named or node.type == "impl_item")
            and low <= node.start_byte
            and node.end_byte <= high
        )
        if is_definition:
            yield node, is_inside
        if not (is_definition and any(word in node.type for word in _CLOSED)):
            waiting += [(child, is_inside or is_definition) for child in node.children]


def dedented(code: str) -> str:
    r"""A unit that was cut out of its file, its first line without the indentation of the others, as a unit by itself.

    >>> dedented("def f(self):\n        return 1"), dedented("int f() {\n    return 1;\n  }")
    ('def f(self):\n    return 1', 'int f() {\n  return 1;\n}')
    """
    first, *rest = code.split("\n")
    lines = [line for line in rest if line.strip()]
    indents = [line[: len(line) - len(line.lstrip(" \t"))] for line in lines]
    least = min(indents, key=len, default="")
    common = least if all(indent.startswith(least) for indent in indents) else ""
    if lines and lines[-1][len(common) :].startswith(_CLOSERS):
        outer = common
    elif common.endswith("\t"):
        outer = common[:-1]
    else:
        # Python's body alone stands after the first line, one step further in than its head.
        outer = common[: -4 if len(common) % 4 == 0 else -2]
    return "\n".join((first, *(line.removeprefix(outer) for line in rest)))


def python_function(code: str) -> str:
    """The name of the one plain function that code consists of; empty for a method, a coroutine or anything else."""
    tree = python_tree(code.encode("utf-8"))
    if tree is None or len(tree.body) != 1 or not isinstance(tree.body[0], ast.FunctionDef):
        return ""
    function = tree.body[0]
    first = [argument.arg for argument in (*function.args.posonlyargs, *function.args.args)][:1]
    return "" if function.decorator_list or first in (["self"], ["cls"]) else function.name


def calls_of(name: str, calls: Sequence[str]) -> list[str]:
    """Those of the expressions that are Python and call the function, each once.

    >>> calls_of("total", ["total([1, 2])", "total([", "sum([1])", "total([1, 2])"])
    ['total([1, 2])']
    """
    found: dict[str, None] = {}
    for call in calls:
        tree = python_tree(call.strip().encode("utf-8"))
        is_expression = tree is not None and len(tree.body) == 1 and isinstance(tree.body[0], ast.Expr)
        called = [node.func for node in ast.walk(tree) if isinstance(node, ast.Call)] if tree else []
        if is_expression and any(isinstance(func, ast.Name) and func.id == name for func in called):
            found.setdefault(call.strip())
    return list(found)


def same_outcomes(before: str, calls: Sequence[str]) -> str:
    """Tests that end well when code before them does on each call what an older version of it does.

    They follow the new version in one program. What a call gives is compared by value, else by its representation; an
    error by its type. A name that neither knows would be no proof, and so would errors alone.
    """
    return "\n".join(
        (
            f"_calls = [{', '.join(map(repr, calls))}]",
            "",
            "",
            "def _outcome(call):",
            "    try:",
            '        return "value", eval(call)',
            "    except Exception as error:",
            '        return "error", type(error).__name__',
            "",
            "",
            "_after = [_outcome(call) for call in _calls]",
            'assert ("error", "NameError") not in _after',
            'assert any(kind == "value" for kind, _ in _after)',
            "",
            "",
            "# The version of the question does the same.",
            before.rstrip(),
            "",
            "",
            "for _call, _one in zip(_calls, _after):",
            "    _other = _outcome(_call)",
            "    assert _one == _other or repr(_one) == repr(_other), _call",
            "",
        )
    )
