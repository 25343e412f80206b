from __future__ import annotations

import pytest

from tests.tilth.edits.sources import MODULES, module, samples, source_of
from tilth.edits.same_syntax import same_syntax, same_tree


@pytest.mark.parametrize(
    ("before", "after", "language"),
    [
        ("x = 'a'  # c\n", 'x = "a"\n', "python"),
        ('def f():\n  """A.\n\n    B. \n  """\n', 'def f():\n    """A.\n\n      B.\n    """\n', "python"),
        ("print 'a' # c\n", "print 'a'\n", "python"),
        ("f(a, /* c */ b)", "f(a,\n  b)", "javascript"),
        ("func f() {\n\t// c\n\tg()\n}", "func f() { g() }", "go"),
    ],
)
def test_layout_quotes_and_comments_make_no_difference(before, after, language):
    assert same_syntax(before.encode(), after.encode(), language)


@pytest.mark.parametrize(
    ("before", "after", "language"),
    [
        ("x = 1", "x = 2", "python"),
        ("x = 1", "x = True", "python"),
        ("x = 'a '", "x = 'a'", "python"),
        ("f(a)", "f(a", "python"),
        ("if a:\n    b\nc", "if a:\n    b\n    c", "python"),
        ("return x", "return\nx", "javascript"),
        ("a - b - c", "a - (b - c)", "javascript"),
        ("`a b`", "`a  b`", "javascript"),
        ("f(); g()", "f()", "javascript"),
        ("class A { int f() { return 1; } }", "class A { long f() { return 1; } }", "java"),
        ("x", "x", "brainfuck"),
    ],
)
def test_another_program_is_told(before, after, language):
    assert not same_syntax(before.encode(), after.encode(), language)


@pytest.mark.parametrize("name", MODULES[:4])
def test_a_file_is_the_same_as_itself_and_not_as_its_first_half(name):
    source = module(name)
    assert same_syntax(source.text, source.text, "python")
    half = source_of(source.text[: len(source.text) // 2], "python")
    assert not same_tree(source, half)


def test_every_sample_is_the_same_as_itself():
    assert all(same_tree(source, source) for _, source in samples())
