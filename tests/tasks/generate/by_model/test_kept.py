"""What rules can tell of a rewritten or translated text."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.by_model.kept import changed_figure, fixed_parts, leaked_tag, likeness, lost_part
from tasks.generate.by_model.scripts import why_not_in


@given(st.text(max_size=200))
def test_a_text_keeps_all_of_itself(text: str) -> None:
    assert lost_part(text, text) == changed_figure(text, text) == leaked_tag(text, text) == ""
    assert likeness(text, text) in (0.0, 1.0)


def test_code_addresses_and_identifiers_are_fixed_and_plain_words_are_not() -> None:
    text = (
        "Run `tilth build` and/or call read_rows(), see https://tilth.example/a_b. "
        "camelCase stays, /etc/hosts too; km/h and Water may change.\n```sh\nls -l\n```\n"
    )
    assert fixed_parts(text) == [
        "/etc/hosts", "camelCase", "https://tilth.example/a_b", "ls -l", "read_rows", "tilth build",
    ]  # fmt: skip
    assert not {"and/or", "km/h"} & set(fixed_parts(text))


@pytest.mark.parametrize(
    ("text", "original", "figure"),
    [
        ("Es kostet 1.250,50 Euro.", "It costs 1,250.50 euros.", ""),
        ("Il coûte 1 250 euros.", "It costs 1,250 euros.", ""),
        ("٣ كيلو", "3 kilos", ""),
        ("In 2024 kamen 100.", "In 2024 there came 100.", ""),
        ("Drei Kilo.", "3 kilos.", "3"),
        ("3 Kilo, 4 Leute.", "3 kilos.", "4"),
    ],
)
def test_a_figure_is_the_same_in_the_marks_of_any_language(text: str, original: str, figure: str) -> None:
    assert changed_figure(text, original) == figure


@pytest.mark.parametrize(
    ("language", "text", "is_told"),
    [
        ("German", "Die Wurzeln eines Baumes, der im Wasser steht, faulen in einer Woche.", False),
        ("Dutch", "De wortels van een boom die in het water staat, rotten in een week weg.", False),
        ("French", "Les racines d'un arbre qui est dans l'eau pourrissent en une semaine.", False),
        ("es", "Las raíces de un árbol que está en el agua se pudren en una semana.", False),
        ("Spanish", "The roots of a tree that stands in water will be rotten within a week.", True),
        ("Chinese", "树根泡在水里一周就会腐烂。", False),
        ("Chinese", "木の根は水の中では一週間で腐る。", True),
        ("Japanese", "木の根は水の中では一週間で腐る。", False),
        ("Japanese", "树根泡在水里一周就会腐烂所以不要这样做请记住。", True),
        ("Arabic", "Rain fell.", True),
        ("Hindi", "पेड़ की जड़ें पानी में सड़ जाती हैं।", False),
        ("Klingon", "Rain fell on the roots of the tree and it was wet.", False),
        ("Russian", "Запустите `tilth build --from chunk --out version` сейчас", False),
    ],
)
def test_the_script_tells_what_a_text_cannot_be(language: str, text: str, is_told: bool) -> None:
    assert bool(why_not_in(language, text)) == is_told
