from __future__ import annotations

import ast
from pathlib import Path

import pytest

from tests.house.checkout import ROOT
from tests.tilth.edits.sources import module, samples, source_of
from tilth.edits.edit import apply, invert
from tilth.edits.source import Refusal, read_source
from tilth.edits.type_hints import INDIFFERENT_DECORATORS, remove_type_hints

TYPED = sorted((ROOT / "tilth").glob("*.py")) + sorted((ROOT / "data/sample/orchard/src").rglob("*.py"))


class _Erased(ast.NodeTransformer):
    """The tree without annotations, by the same rules about what is read at run time."""

    def __init__(self):
        self.scopes = ["module"]

    def visit_ClassDef(self, node):
        return self._within(node, "class")

    def visit_Lambda(self, node):
        return self._within(node, "function")

    def _within(self, node, scope):
        self.scopes.append(scope)
        self.generic_visit(node)
        self.scopes.pop()
        return node

    def visit_FunctionDef(self, node):
        self._within(node, "function")
        named = [ast.unparse(decorator).split("(")[0] for decorator in node.decorator_list]
        if all(name.encode() in INDIFFERENT_DECORATORS or name.endswith(".setter") for name in named):
            node.returns = None
            given = node.args
            for one in (*given.posonlyargs, *given.args, *given.kwonlyargs, given.vararg, given.kwarg):
                if one is not None:
                    one.annotation = None
        node.body = node.body or [ast.Pass()]
        return node

    def visit_AsyncFunctionDef(self, node):
        return self.visit_FunctionDef(node)

    def visit_AnnAssign(self, node):
        self.generic_visit(node)
        if self.scopes[-1] == "class":
            return node
        return None if node.value is None else ast.Assign([node.target], node.value, lineno=0)


def unhinted(source) -> bytes:
    edits = remove_type_hints(source)
    assert not isinstance(edits, Refusal)
    return apply(source.text, edits)


@pytest.mark.parametrize("path", TYPED, ids=lambda path: path.name)
def test_python_without_hints_is_the_tree_with_its_annotations_erased(path: Path):
    source = source_of(path.read_bytes(), "python")
    edits = remove_type_hints(source)
    assert not isinstance(edits, Refusal)
    bare = apply(source.text, edits)
    assert ast.dump(ast.parse(bare)) == ast.dump(_Erased().visit(ast.parse(source.text)))
    assert apply(bare, invert(source.text, edits)) == source.text


def test_the_standard_library_parses_without_hints():
    for name in ("asyncio/timeouts.py", "dataclasses.py", "graphlib.py"):
        source = module(name)
        ast.parse(unhinted(source))


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("def f(a: int, *b: str, c: int = 1, **d: int) -> int: ...", "def f(a, *b, c=1, **d): ..."),
        ("def f():\n    x: int\n    x = 1\n", "def f():\n    x = 1\n"),
        ("def f():\n    x: int\n", "def f():\n    pass\n"),
        ("x: int = 1\n", "x = 1\n"),
        ("class A:\n    x: int = 1\n", "class A:\n    x: int = 1\n"),
        ("@app.get\ndef f(a: int): ...", "@app.get\ndef f(a: int): ..."),
        ("@property\ndef f(a) -> int: ...", "@property\ndef f(a): ..."),
    ],
)
def test_hints_go_where_nothing_reads_them(text, bare):
    source = source_of(text, "python")
    assert unhinted(source).decode() == bare


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ("function f(a: number, b?: string): void {}", "function f(a, b?) {}"),
        ("const g = (x: T): T => x;", "const g = (x) => x;"),
        ("let x: number = 1, y!: string;", "let x = 1, y!: string;"),
        ("function f(this: Foo, a: A): a is B {}", "function f(this: Foo, a) {}"),
        ("interface I { f(a: number): void }", "interface I { f(a: number): void }"),
        ("type F = (a: number) => void;", "type F = (a: number) => void;"),
        ("class C { x: number = 1; f(a: string): void; f(a: any) {} }",
         "class C { x: number = 1; f(a: string): void; f(a) {} }"),
    ],
)  # fmt: skip
def test_typescript_loses_the_hints_of_code_and_keeps_its_types(text, bare):
    source = source_of(text, "typescript")
    assert unhinted(source).decode() == bare


def test_sample_files_of_typescript_still_parse():
    typed = [(name, source) for name, source in samples() if source.language == "typescript"]
    assert typed
    for name, source in typed:
        bare = read_source(unhinted(source), "typescript", name)
        assert bare is not None
        assert not bare.root.has_error


def test_a_language_whose_types_are_no_hints_is_refused():
    refused = remove_type_hints(source_of("class A { int x; }", "java"))
    assert isinstance(refused, Refusal)
    assert refused.reason == "no_type_hints"
