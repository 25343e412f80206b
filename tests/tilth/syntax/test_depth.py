import pytest

from tilth.syntax.depth import MAX_DEPTH, TooDeep, require_shallow
from tilth.syntax.grammars import parse, parser_for


def root_of(language, text):
    parser = parser_for(language)
    assert parser is not None
    return parse(parser, text).root_node


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("python", b"x = " + b"(" * 60_000),
        ("python", b"x = " + b"-" * 60_000 + b"1"),
        ("python", b"x = " + b"1 +" * 60_000 + b"1"),
        ("javascript", b"if (a) {} else " * 20_000),
        ("rust", b"fn f() { " * 20_000),
    ],
)
def test_a_tree_that_would_hang_the_query_is_too_deep(language, text):
    with pytest.raises(TooDeep, match=str(MAX_DEPTH)):
        require_shallow(root_of(language, text))


def test_long_flat_code_is_not_deep():
    require_shallow(root_of("python", b"def f(a):\n    return [1, 2, 3]\n\n\n" * 5000))


def test_nesting_that_people_write_is_not_deep():
    nested = b"".join(b"    " * level + b"if a:\n" for level in range(60)) + b"    " * 60 + b"pass\n"
    require_shallow(root_of("python", nested * 20))
