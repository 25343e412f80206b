"""What a function can be called with: calls in tests, in its docstring, in its module, and made-up values.

An argument is a piece of Python that needs no name but the builtins'. What a survey recorded comes first, for those
are real; made-up values go by type hints and by the names of parameters. Nothing is run.
"""

from __future__ import annotations

import ast
import builtins
import itertools
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

from tilth.fingerprint import digest, draw
from tilth.harness.modules import Function, Module, parse_python
from tilth.harness.tests import called_in_examples

_BUILTIN = frozenset(dir(builtins)) - {
    "open",
    "input",
    "print",
    "exec",
    "eval",
    "__import__",
    "exit",
    "quit",
    "help",
}
# Longer arguments are tables that nobody works out in the head.
_MAX_TEXT = 160
# What is drawn for a function here; see `tilth.fingerprint.draw`.
_PURPOSE, _EDGE_PURPOSE = 40, 60
# What functions are often not made for.
_EDGES = ("''", "-1", "None", "[]", "0", "'x'", "{}", "1.5")

_INTEGERS = ("3", "0", "7", "-2", "12", "1")
_TEXTS = ("'hello world'", "''", "'Tilth 42'", "'a,b,,c'", "'snake_case_name'", "'  padded '")
_LISTS = ("[3, 1, 2]", "[]", "[1, 1, 2, 3, 5]", "['b', 'a', 'c']", "[0, 4, -4]")
_MAPPINGS = ("{'a': 1, 'b': 2}", "{}", "{'x': [1, 2], 'y': []}")
_FLOATS = ("2.5", "0.0", "-1.25", "100.0")
_BOOLEANS = ("True", "False")
_BYTES = ("b'abc'", "b''")
_CALLABLES = ("len", "str", "bool", "lambda x: x", "lambda x: x * 2")
_BY_TYPE: Mapping[str, Sequence[str]] = {
    "int": _INTEGERS, "float": _FLOATS, "str": _TEXTS, "bool": _BOOLEANS, "bytes": _BYTES, "list": _LISTS,
    "List": _LISTS, "Sequence": _LISTS, "Iterable": _LISTS, "Collection": _LISTS, "Iterator": _LISTS,
    "tuple": _LISTS, "dict": _MAPPINGS, "Dict": _MAPPINGS, "Mapping": _MAPPINGS, "Callable": _CALLABLES,
}  # fmt: skip
_BY_NAME: tuple[tuple[Sequence[str], Sequence[str]], ...] = (
    ("n k i j m size count num number index width length depth limit start stop step times value x y z".split(),
     _INTEGERS),
    ("s text string name word line char sep delimiter prefix suffix path title label html query url".split(), _TEXTS),
    ("xs seq sequence items iterable values elements list lst l iterables it data collection array src".split(),
     _LISTS),
    ("d mapping dict dictionary dct options obj".split(), _MAPPINGS),
    ("func function fn f key pred predicate callback".split(), _CALLABLES),
)  # fmt: skip

Call = Mapping[str, Any]


def calls_in(tree: ast.AST) -> Iterator[tuple[str, Call]]:
    """Calls whose arguments stand by themselves, with the last name of what is called."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        name = node.func.attr if isinstance(node.func, ast.Attribute) else getattr(node.func, "id", "")
        call = _call_of(node)
        if name and call is not None:
            yield name, call


def documented_calls(node: Function) -> list[tuple[str, Call]]:
    """The calls in the examples of a function's docstring."""
    tree = parse_python(called_in_examples(node).encode("utf-8"))
    return [] if tree is None else list(calls_in(tree))


def _call_of(node: ast.Call) -> Call | None:
    values = [*node.args, *(keyword.value for keyword in node.keywords)]
    is_plain = all(keyword.arg for keyword in node.keywords)
    if not is_plain or any(isinstance(value, ast.Starred) or not stands_alone(value) for value in values):
        return None
    call: Call = {
        "args": [ast.unparse(argument) for argument in node.args],
        "kwargs": {str(keyword.arg): ast.unparse(keyword.value) for keyword in node.keywords},
    }
    return call if all(len(text) <= _MAX_TEXT for text in (*call["args"], *call["kwargs"].values())) else None


def stands_alone(node: ast.expr) -> bool:
    """Whether an expression needs no name but the builtins' and those that it binds itself.

    >>> stands_alone(ast.parse("[n * 2 for n in range(3)]", mode="eval").body)
    True
    """
    bound = {inner.arg for inner in ast.walk(node) if isinstance(inner, ast.arg)}
    names = [inner for inner in ast.walk(node) if isinstance(inner, ast.Name)]
    bound |= {name.id for name in names if isinstance(name.ctx, ast.Store)}
    is_odd = any(
        isinstance(inner, ast.Await | ast.Yield | ast.YieldFrom | ast.NamedExpr) for inner in ast.walk(node)
    )
    return not is_odd and all(name.id in bound or name.id in _BUILTIN for name in names)


def calls_by_name(modules: Iterable[Module]) -> dict[str, list[Call]]:
    """All such calls of a repository, by the last name of what is called; those of tests first."""
    found: dict[str, list[Call]] = {}
    for module in sorted(modules, key=lambda module: (not module.is_test, module.path)):
        for statement in module.body:
            for name, call in calls_in(statement):
                calls = found.setdefault(name, [])
                if call not in calls:
                    calls.append(call)
    return found


def inputs_of(
    node: Function,
    recorded: Sequence[Call],
    written: Sequence[Call],
    identity: str,
    seed: int,
    count: int,
    skipped: int = 0,
) -> list[Call]:
    """At most so many different calls of a function: recorded, written in the repository, made up, documented.

    The first parameters that are `skipped` (`self`) are nobody's to give.
    """
    documented = [call for name, call in documented_calls(node) if name == node.name]
    short = [call for call in recorded if all(len(text) <= _MAX_TEXT for text in call["args"])]
    found: list[Call] = []
    # What the docstring shows comes late: a question that shows the docstring would give its own answer away.
    for call in itertools.chain(short, written, _made_up(node, identity, seed, skipped), documented):
        if call not in found and _fits(node, call, skipped):
            found.append(call)
        if len(found) >= count:
            break
    return found


def _fits(node: Function, call: Call, skipped: int) -> bool:
    """Whether a call gives every parameter its argument, and no more."""
    arguments = node.args
    names = [argument.arg for argument in (*arguments.posonlyargs, *arguments.args)][skipped:]
    if len(call["args"]) > len(names) and arguments.vararg is None:
        return False
    needed = set(names[len(call["args"]) : len(names) - len(arguments.defaults)])
    pairs = zip(arguments.kwonlyargs, arguments.kw_defaults, strict=True)
    needed |= {argument.arg for argument, default in pairs if default is None}
    known = {*names[len(call["args"]) :], *(argument.arg for argument in arguments.kwonlyargs)}
    return needed <= call["kwargs"].keys() and (arguments.kwarg is not None or call["kwargs"].keys() <= known)


def _made_up(node: Function, identity: str, seed: int, skipped: int) -> Iterator[Call]:
    """Six calls of drawn values; none when nothing says what a parameter is."""
    arguments = node.args
    needed = [*arguments.posonlyargs, *arguments.args]
    needed = needed[: len(needed) - len(arguments.defaults)][skipped:]
    choices = [_values_of(argument) for argument in needed]
    if not needed or any(not choice for choice in choices) or any(d is None for d in arguments.kw_defaults):
        return
    for turn in range(6):
        texts = [
            choice[draw(digest(identity, str(turn), str(place)), _PURPOSE, seed) % len(choice)]
            for place, choice in enumerate(choices)
        ]
        yield {"args": texts, "kwargs": {}}


def _values_of(argument: ast.arg) -> Sequence[str]:
    if argument.annotation is not None:
        words = ast.unparse(argument.annotation).strip("'\"").split("[")[0].split(" |")[0].rpartition(".")[2]
        if words in _BY_TYPE:
            return _BY_TYPE[words]
    name = argument.arg.lower().strip("_")
    return next((values for names, values in _BY_NAME if name in names), ())


def on_the_edge(calls: Sequence[Call], identity: str, seed: int, count: int) -> list[Call]:
    """At most so many calls that are like those of a function but for one argument, which may be more than it bears."""
    found: list[Call] = []
    for number, call in enumerate(calls):
        for place, text in enumerate(call["args"]):
            drawn = draw(digest(identity, str(number), str(place)), _EDGE_PURPOSE, seed) % len(_EDGES)
            other = next(value for value in (*_EDGES[drawn:], *_EDGES) if value != text)
            args = [*call["args"][:place], other, *call["args"][place + 1 :]]
            if (edge := {**call, "args": args}) not in (*calls, *found):
                found.append(edge)
    return found[:count]


def text_of_call(name: str, call: Call) -> str:
    """A call as it is written.

    >>> text_of_call("chunk", {"args": ["[1, 2]"], "kwargs": {"size": "1"}})
    'chunk([1, 2], size=1)'
    >>> text_of_call("read", {"args": ["5"], "kwargs": {}, "on": "Scale(2)"})
    'Scale(2).read(5)'
    """
    before = f"{call['on']}." if "on" in call else ""
    if call.get("is_property"):
        return before + name
    words = [*call["args"], *(f"{key}={text}" for key, text in call["kwargs"].items())]
    return f"{before}{name}({', '.join(words)})"
