"""Tests and doctests of a repository, each as a few lines that run it once and raise when it fails.

Functions called `test_…` whose arguments `parametrize` gives, methods of `unittest` classes and of classes called
`Test…`, and the examples of a docstring. What needs a fixture is no test here. Nothing is run.
"""

from __future__ import annotations

import ast
import doctest
from collections.abc import Iterator
from typing import NamedTuple

from tilth.harness.modules import Function, Module, first_line

# Flags that authors set in their runner's options rather than in the text.
_DOCTEST = """import doctest
_examples = doctest.DocTestParser().get_doctest({text!r}, globals(), {name!r}, None, 0)
doctest.DebugRunner(verbose=False, optionflags=doctest.ELLIPSIS | doctest.NORMALIZE_WHITESPACE).run(
    _examples, clear_globs=False
)"""
_SIMPLE = """import doctest
_examples = doctest.DocTestParser().get_doctest({text!r}, globals(), {name!r}, None, 0)
doctest.DebugRunner(verbose=False).run(_examples, clear_globs=False)"""


class Test(NamedTuple):
    """One test. `needs` is the name at the top of its module that holds it; null for a doctest."""

    test_id: str  # path::qualified name
    path: str
    name: str
    run: str  # lines to run in the module's namespace
    needs: str | None
    node: ast.stmt | None  # its tree; of a doctest what is documented
    line: int  # where what it stands in begins; of a doctest the line of the function

    @property
    def is_doctest(self) -> bool:
        """Whether it is the examples of a docstring."""
        return self.needs is None


def tests_of(module: Module) -> list[Test]:
    """The tests of a module in the order of its text, and the doctests of its functions."""
    return [*_written(module), *_doctests(module)]


def _written(module: Module) -> Iterator[Test]:
    for node in module.body:
        if isinstance(node, ast.FunctionDef) and node.name.startswith("test"):
            if (run := _call_of(node, node.name, 0)) is not None:
                yield _test(module, node, node.name, run, node.name)
        elif isinstance(node, ast.ClassDef):
            yield from _of_class(module, node)


def _of_class(module: Module, node: ast.ClassDef) -> Iterator[Test]:
    is_plain = not node.bases and node.name.startswith("Test")
    methods = [item for item in node.body if isinstance(item, ast.FunctionDef)]
    names = {method.name for method in methods}
    if (is_plain and "__init__" in names) or not (is_plain or node.bases):
        return
    for method in methods:
        if not method.name.startswith("test"):
            continue
        if is_plain:
            call = _call_of(method, f"_case.{method.name}", 1)
            before = [
                f"_case = {node.name}()",
                *(["_case.setup_method()"] if "setup_method" in names else []),
            ]
            lines = None if call is None else "\n".join([*before, call])
        elif len(method.args.args) == 1:
            # `debug` runs set-up, test and tear-down, and lets what is raised through.
            lines = f'{node.name}.setUpClass()\n{node.name}("{method.name}").debug()'
        else:
            lines = None
        if lines is not None:
            yield _test(module, method, f"{node.name}.{method.name}", lines, node.name)


def _call_of(node: ast.FunctionDef, callee: str, skipped: int) -> str | None:
    """The line that calls a test; None when it needs an argument that nobody gives."""
    arguments = node.args
    wanted = {argument.arg for argument in (*arguments.posonlyargs, *arguments.args)[skipped:]}
    wanted -= {argument.arg for argument in arguments.args[len(arguments.args) - len(arguments.defaults) :]}
    given: set[str] = set()
    for decorator in node.decorator_list:
        words = ast.unparse(decorator)
        if "parametrize" in words and isinstance(decorator, ast.Call) and decorator.args:
            given |= _names_in(decorator.args[0])
        elif "skip" in words or "xfail" in words or "mock" in words or "patch" in words:
            return None
    if wanted - given:
        return None
    if not given:
        return f"{callee}()"
    return f"for _arguments in pytest.cases({callee}):\n    {callee}(**_arguments)"


def _names_in(node: ast.expr) -> set[str]:
    """Parameters that `parametrize` names, as one string or as several."""
    if isinstance(node, ast.Constant) and isinstance(node.value, str):
        return {name.strip() for name in node.value.split(",")}
    if isinstance(node, ast.Tuple | ast.List):
        return {str(item.value) for item in node.elts if isinstance(item, ast.Constant)}
    return set()


def _test(module: Module, node: ast.FunctionDef, name: str, run: str, needs: str) -> Test:
    return Test(f"{module.path}::{name}", module.path, name, run, needs, node, first_line(node))


def _doctests(module: Module) -> Iterator[Test]:
    for line, (name, node) in sorted(module.functions.items()):
        text = ast.get_docstring(node, clean=True)
        if not text or ">>>" not in text:
            continue
        examples = examples_of(text)
        if examples is None or not examples:
            continue
        template = _DOCTEST if "..." in "".join(example.want for example in examples) else _SIMPLE
        run = template.format(text=text_of(examples), name=name)
        yield Test(f"{module.path}::doctest {name}", module.path, name, run, None, node, line)


def examples_of(text: str) -> list[doctest.Example] | None:
    """The examples of a docstring; None when they cannot be read."""
    try:
        return doctest.DocTestParser().get_examples(text)
    except ValueError:
        return None


def text_of(examples: list[doctest.Example]) -> str:
    r"""Examples as text, without the words between them.

    >>> text_of(examples_of("Adds.\n\n  >>> 1 + 1\n  2\n"))
    '>>> 1 + 1\n2'
    """
    parts = []
    for example in examples:
        first, *rest = example.source.rstrip("\n").split("\n")
        lines = [f">>> {first}", *(f"... {line}".rstrip() for line in rest)]
        want = example.want.rstrip("\n")
        # An empty line would end what is expected.
        parts.append("\n".join([*lines, *([want.replace("\n\n", "\n<BLANKLINE>\n")] if want else [])]))
    return "\n".join(parts)


def called_in_examples(node: Function) -> str:
    """The code of a docstring's examples, as one program; empty without any."""
    examples = examples_of(ast.get_docstring(node) or "")
    return "".join(example.source for example in examples or ())
