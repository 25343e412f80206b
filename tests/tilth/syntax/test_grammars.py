"""Grammars are found by language and path, and a parse ends."""

from __future__ import annotations

import pytest

from tilth.syntax.grammars import GRAMMARS, ParseTimeout, grammar, language_for, parse, parser_for


@pytest.mark.parametrize("name", sorted(GRAMMARS))
def test_every_grammar_named_is_installed(name: str) -> None:
    assert grammar(name) is not None


def test_a_language_without_a_grammar_has_no_parser() -> None:
    assert language_for("cobol") is None
    assert parser_for("cobol", "a.cob") is None


def test_a_tsx_file_is_read_by_a_grammar_of_its_own() -> None:
    text = b"const a = <b>hello</b>;"
    for path, has_error in (("a.ts", True), ("a.tsx", False)):
        parser = parser_for("typescript", path)
        assert parser is not None
        assert parse(parser, text).root_node.has_error is has_error


def test_a_bounded_parse_gives_the_tree_that_a_plain_parse_gives() -> None:
    parser = parser_for("python")
    assert parser is not None
    text = "def f(x):\n    return 'äöü'\n".encode() * 500
    assert str(parse(parser, text).root_node) == str(parser.parse(text).root_node)


def test_a_parse_out_of_steps_is_a_timeout_and_leaves_the_parser_fit_for_the_next() -> None:
    parser = parser_for("python")
    assert parser is not None
    with pytest.raises(ParseTimeout, match="2 parser steps"):
        parse(parser, b"x = [1, 2]\n" * 2000, max_steps=2)
    assert not parse(parser, b"y = 1\n").root_node.has_error
