"""Quick ways give what the plain ways give."""

from __future__ import annotations

import re

from hypothesis import given
from hypothesis import strategies as st

from tasks.split.bodies import docstring_words
from tasks.split.signatures import split_top
from tasks.split.uses import uses_of
from tests.tasks.split.samples import named, units

_PROSE = st.text(alphabet="ab *\n\t é\f", max_size=60)


@given(_PROSE)
def test_a_literals_words_lose_their_common_indentation_whatever_white_space_they_hold(text: str) -> None:
    first, *rest = text.split("\n")
    lines = [line.expandtabs() for line in rest]
    margin = min((len(line) - len(line.lstrip()) for line in lines if line.strip()), default=0)
    expected = "\n".join([first.strip(), *(line[margin:].rstrip() for line in lines)]).strip()
    assert docstring_words([f'"""{text}"""']) == expected


@given(_PROSE)
def test_a_block_comments_words_lose_the_margin_of_each_line(text: str) -> None:
    # What opens and what closes the comment is not of its words.
    inner = f"a{text}b"
    expected = re.sub(r"\n[ \t]*(?:\*+ ?)?", "\n", inner).strip()
    assert docstring_words([f"/**{inner}*/"]) == expected


_BYTES = st.lists(st.sampled_from(["ab", "a", ".", " ", "_", "é", "b1", "\n", "(", "$"]), max_size=80)


@given(_BYTES)
def test_names_found_among_a_long_files_words_are_those_found_one_by_one(pieces: list[str]) -> None:
    data = ("import x\n" + "".join(pieces) * 40).encode() + b" " * 12_288
    names = [(name.encode(), name) for name in "a ab b b1 a_ é éa _ aa ab.a".split()]
    one_by_one = [found for name in names for found in uses_of(data, [name], [(0, 8)])]
    assert sorted(uses_of(data, names, [(0, 8)])) == sorted(one_by_one)


@given(st.text(alphabet="a,:=>-([)]'\\ ", max_size=30), st.sampled_from(",=:"))
def test_pieces_of_a_signature_and_the_marks_between_them_are_the_signature(text: str, mark: str) -> None:
    assert mark.join(split_top(text, mark)) == text


def test_a_string_that_never_closes_hides_nothing_behind_its_quote() -> None:
    assert split_top("a = ', b", ",") == ["a = '", " b"]
    assert split_top(r"a = '\', b'", ",") == [r"a = '\', b'"]


def test_a_magic_comment_right_above_a_class_is_no_docstring() -> None:
    found = named(units("# frozen_string_literal: true\nclass A\nend\n", "ruby"))
    assert found["A"]["docstring"] is None
