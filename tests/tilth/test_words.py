from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from tilth.words import stem, surfaces, terms


@given(st.text(max_size=200))
def test_a_stem_is_its_own_stem_in_any_text_or_shorter(text: str):
    for term in terms(text):
        assert len(stem(term)) <= len(term)


@given(st.text(max_size=200))
def test_every_term_has_the_spelling_that_the_text_uses(text: str):
    spelling = surfaces(text)
    assert set(spelling) == set(terms(text))
    assert all(word in text.lower() for word in spelling.values())


def test_stop_words_carry_no_subject():
    assert terms("It is what it was, and this is how.") == []


def test_each_character_of_an_unspaced_script_is_a_term():
    assert terms("文字 list") == ["文", "字", "list"]
