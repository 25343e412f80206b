from __future__ import annotations

import ast

import pytest

from tests.tilth.edits.sources import MODULES, module, source_of
from tilth.edits.docstrings import strip_docstrings
from tilth.edits.edit import apply


class _Undocumented(ast.NodeTransformer):
    def visit(self, node):
        node = self.generic_visit(node)
        if not isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            return node
        if ast.get_docstring(node, clean=False) is not None:
            node.body = node.body[1:] or ([] if isinstance(node, ast.Module) else [ast.Pass()])
        return node


@pytest.mark.parametrize("name", MODULES)
def test_python_without_docstrings_is_the_tree_without_docstrings(name):
    source = module(name)
    bare = ast.parse(apply(source.text, strip_docstrings(source)))
    assert ast.dump(bare) == ast.dump(_Undocumented().visit(ast.parse(source.text)))


@pytest.mark.parametrize(
    ("text", "bare"),
    [
        ('def f():\n    """d"""\n', "def f():\n    pass\n"),
        ('def f():\n    """d"""\n    # c\n', "def f():\n    pass\n    # c\n"),
        ('def f(): "d"\n', "def f(): pass\n"),
        ('class A:\n    r"""d\n    e"""\n\n    x = 1\n', "class A:\n\n    x = 1\n"),
        ('def f():\n    f"d"\n    return "x"\n', 'def f():\n    f"d"\n    return "x"\n'),
        ('def f():\n    "d"; return 1\n', 'def f():\n    "d"; return 1\n'),
    ],
)
def test_a_docstring_goes_and_a_body_stays_a_body(text, bare):
    source = source_of(text, "python")
    assert apply(source.text, strip_docstrings(source)).decode() == bare
