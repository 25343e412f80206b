import pytest

from tilth.syntax.grammars import parse, parser_for
from tilth.syntax.shape import UnreasonableTree, require_reasonable


def root_of(language, text):
    parser = parser_for(language)
    assert parser is not None
    return parse(parser, text).root_node


@pytest.mark.parametrize(
    ("language", "text", "reason"),
    [
        ("python", b"x = " + b"(" * 60_000, "no_structure"),
        ("javascript", b"[" * 60_000, "no_structure"),
        ("java", b"(" * 60_000, "no_structure"),
        ("python", b"x = " + b"(" * 30_000 + b")" * 30_000, "too_deep"),
        ("python", b"x = " + b"-" * 60_000 + b"1", "too_deep"),
        ("python", b"x = " + b"1 +" * 60_000 + b"1", "too_deep"),
        ("javascript", b"if (a) {} else " * 20_000, "too_deep"),
    ],
)
def test_a_tree_that_would_hang_the_query_is_told_by_its_shape(language, text, reason):
    with pytest.raises(UnreasonableTree) as caught:
        require_reasonable(root_of(language, text))
    assert caught.value.reason == reason


def test_a_long_list_of_literals_is_reasonable():
    require_reasonable(root_of("python", b"x = [" + b"1, " * 30_000 + b"]"))


def test_long_flat_code_is_not_deep():
    require_reasonable(root_of("python", b"def f(a):\n    return [1, 2, 3]\n\n\n" * 5000))


def test_nesting_that_people_write_is_not_deep():
    nested = b"".join(b"    " * level + b"if a:\n" for level in range(60)) + b"    " * 60 + b"pass\n"
    require_reasonable(root_of("python", nested * 20))
