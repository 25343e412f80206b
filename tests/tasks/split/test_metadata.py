"""What a unit is known to take, use, call and test, and the rows of its docstrings and comments."""

from __future__ import annotations

import ast

import pytest

from tasks.split.signatures import parameters_of
from tests.tasks.split.samples import everything, named, standard_library, units
from tests.tasks.split.sources import GO, JAVA, JAVASCRIPT, PYTHON, RUST, TYPESCRIPT

FILES = standard_library(25)


def _by_place(text: str) -> dict[tuple[str, int], ast.FunctionDef | ast.AsyncFunctionDef]:
    return {
        (node.name, min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])): node
        for node in ast.walk(ast.parse(text))
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
    }


@pytest.mark.parametrize(("path", "text"), FILES, ids=[path for path, _ in FILES])
def test_parameters_of_the_standard_library_are_those_that_ast_reads(path: str, text: str) -> None:
    nodes = _by_place(text)
    data = text.encode()
    for row in units(text, "python", path):
        node = nodes.get((row["name"], data.count(b"\n", 0, row["start"]) + 1))
        if node is None or row["kind"] == "class":
            continue
        wanted = [one.arg for one in (*node.args.posonlyargs, *node.args.args)]
        wanted += [f"*{node.args.vararg.arg}"] if node.args.vararg else []
        wanted += [one.arg for one in node.args.kwonlyargs]
        wanted += [f"**{node.args.kwarg.arg}"] if node.args.kwarg else []
        assert [one["name"] for one in row["parameters"]] == wanted, row["signature"]
        assert (row["return_type"] is None) == (node.returns is None)


def _calls_of(node: ast.AST) -> set[str]:
    """Names called in a function, outside of the definitions nested in it."""
    found: set[str] = set()
    waiting = [node]
    while waiting:
        for child in ast.iter_child_nodes(waiting.pop()):
            if isinstance(child, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
                continue
            if isinstance(child, ast.Call) and isinstance(child.func, ast.Name | ast.Attribute):
                found.add(child.func.id if isinstance(child.func, ast.Name) else child.func.attr)
            waiting.append(child)
    return found


@pytest.mark.parametrize(("path", "text"), FILES[:12], ids=[path for path, _ in FILES[:12]])
def test_calls_of_the_standard_library_are_those_that_ast_finds(path: str, text: str) -> None:
    nodes = _by_place(text)
    data = text.encode()
    for row in units(text, "python", path):
        node = nodes.get((row["name"], data.count(b"\n", 0, row["start"]) + 1))
        if node is None or row["kind"] == "class":
            continue
        assert row["calls"] == sorted(row["calls"])
        # Strings with expressions in them are one token to the tokenizer of Python before 3.12, not to the grammar.
        assert set(row["calls"]) >= _calls_of(node) or "f'" in row["text"] or 'f"' in row["text"]


@pytest.mark.parametrize(
    ("style", "line", "name", "parameters", "returns"),
    [
        ("name_first", "def f(a, /, b: Dict[str, int] = {}, *, c=',') -> None", "f", "a b c", "None"),
        (
            "name_first",
            "fn run<T: Clone>(&self, x: &'a mut T) -> Result<T, E> where T: Copy",
            "run",
            "&self x",
            "Result<T, E>",
        ),
        (
            "ecmascript",
            "const f = async <T>(x: T, { a, b } = {}): Promise<T>",
            "f",
            "x {_a,_b_}",
            "Promise<T>",
        ),
        ("ecmascript", "twice = f", "twice", "f", None),
        ("ecmascript", "function add(x, y)", "add", "x y", None),
        (
            "type_first",
            "public <U> int area(@Nullable final T of, int[] by) throws IOException",
            "area",
            "of by",
            "int",
        ),
        ("type_first", "public Shape(int sides)", "Shape", "sides", None),
        ("type_first", "static inline const char *name(void)", "name", "", "const char *"),
        (
            "go",
            "func (s *Stack[T]) Push(a, b int, rest ...T) (n int, err error)",
            "Push",
            "a b rest",
            "(n int, err error)",
        ),
        ("go", "func Less(int, int) bool", "Less", "_ _", "bool"),
        ("ruby", "def f(a, b = 1, *c, d:, e: 2, **f, &g)", "f", "a b *c d e **f &g", None),
    ],
)
def test_signatures_of_every_style_are_read(
    style: str, line: str, name: str, parameters: str, returns: str | None
) -> None:
    found = parameters_of(style, line, name)
    assert " ".join(one.replace(" ", "_") or "_" for one in found.names) == parameters
    if "const char" not in line:
        assert found.returns == returns


def test_a_signature_that_makes_no_sense_gives_no_parameters() -> None:
    for line in ("", "def", "f(", "f(((", "f)", "f(a, 'b", "f(a=", "f({[<", "f(,,)"):
        for style in ("name_first", "ecmascript", "type_first", "php", "go", "ruby", "none"):
            parameters_of(style, line, "f")


@pytest.mark.parametrize(
    ("language", "text", "modules"),
    [
        ("python", PYTHON, ["os", "sys"]),
        ("javascript", JAVASCRIPT, ["a", "b", "fs"]),
        ("typescript", TYPESCRIPT, ["./a"]),
        ("go", GO, ["fmt", "os", "strings"]),
        ("rust", RUST, ["std::fmt", "std::io", "std::io::Read"]),
        ("java", JAVA, ["java.io", "java.util.List"]),
    ],
)
def test_the_module_lists_all_that_its_file_imports(language: str, text: str, modules: list[str]) -> None:
    assert units(text, language)[0]["imports"] == modules


def test_a_use_is_a_whole_word_outside_of_dots() -> None:
    text = (
        "import os, re as r\nfrom a.b import c\n\ndef f():\n    os.close(c())\n\ndef g():\n    x.os = osx\n"
    )
    rows = named(units(text, "python"))
    assert rows["f"]["imports"] == ["a.b", "os"]
    assert rows["g"]["imports"] == []


def test_an_import_inside_a_function_is_one_of_the_file() -> None:
    rows = units("def f():\n    import json\n    return json.dumps(1)\n", "python")
    assert rows[0]["imports"] == ["json"]
    assert named(rows)["f"]["imports"] == ["json"]


def test_calls_of_a_nested_function_are_not_those_around_it() -> None:
    rows = named(units("def f():\n    a()\n    def g():\n        b()\n    c()\n", "python"))
    assert (rows["f"]["calls"], rows["f.g"]["calls"]) == (["a", "c"], ["b"])


def test_a_test_says_what_it_seems_to_test() -> None:
    text = """
class TestStack(TestCase):
    def test_push_on_full_stack(self):
        stack = Stack()
        self.assertEqual(stack.push(1), 1)

def test_parse():
    parse("1")

def test_it():
    run()

def parse(text):
    return text
"""
    rows = named(units(text, "python", "pkg/test_stack.py"))
    assert rows["TestStack.test_push_on_full_stack"]["test_of"] == "Stack.push"
    assert rows["test_parse"]["test_of"] == "parse"
    assert rows["test_it"]["test_of"] is None


def test_docstrings_and_comments_are_rows_behind_the_other_units() -> None:
    rows = everything(PYTHON, "python")
    ids = {row["unit_id"]: row for row in rows}
    assert len(ids) == len(rows)
    remarks = [row for row in rows if row["kind"] in ("docstring", "comment")]
    assert rows[-len(remarks) :] == remarks
    found = {
        (row["kind"], ids[row["parent_id"]]["name"], row["text"].strip("\"'# \n")[:12]) for row in remarks
    }
    assert ("docstring", "Shape", "A shape.") in found
    assert ("comment", "Shape", "of the class") in found
    assert ("comment", "__init__", "above") in found
    for row in remarks:
        assert row["signature"] is None
        assert row["complexity"] is None
        assert row["has_error"] is False
