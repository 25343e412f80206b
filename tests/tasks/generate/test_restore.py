import ast
import dataclasses
import json
import re
import textwrap
from pathlib import Path

import pytest

from tests.tasks.generate.corpus import code_in, corpus_of_languages, generated, library_of
from tilth.edits.same_syntax import same_syntax

TYPED = '''
from typing import Optional

def weigh(loads: list[float], tare: Optional[float] = None) -> float:
    """Sum of the loads, without the tare."""
    total: float = sum(loads)
    # Lorries are weighed empty first, so the tare is known.
    return total - (tare or 0.0)
'''


@pytest.fixture(scope="module")
def library():
    return library_of(
        dataclasses=("python", Path(dataclasses.__file__).read_text()),
        textwrap=("python", Path(textwrap.__file__).read_text()),
        jsonenc=("python", Path(json.decoder.__file__).read_text()),
        typed=("python", TYPED),
        **corpus_of_languages(),
    )


def rows_of(library, method, **config):
    return generated(library, method, **config).rows.to_pylist()


def question(row):
    return code_in(row["messages"][0]["content"])


def answer(row):
    return code_in(row["messages"][1]["content"])


@pytest.mark.parametrize("method", ["restore_comments", "restore_type_hints", "restore_names"])
def test_the_answer_is_the_authors_text_and_the_question_is_another(library, method):
    documents, _ = library
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    rows = rows_of(library, method)
    assert len(rows) >= 5
    for row in rows:
        text = texts[row["origins"][0]["document_id"]].encode()
        assert text[row["answer_start"] : row["answer_end"]].decode() == answer(row)
        assert question(row) != answer(row)


def test_without_its_comments_a_function_is_the_same_program(library):
    rows = rows_of(library, "restore_comments")
    assert {row["language"] for row in rows} >= {"go", "python", "rust"}
    for row in rows:
        language = row["language"]
        head = "if True:\n" if language == "python" and answer(row)[:1].isspace() else ""
        one, other = (head + question(row)).encode(), (head + answer(row)).encode()
        assert same_syntax(one, other, language)


def test_commented_out_code_is_nothing_to_restore():
    text = "def f(a, b):\n    # a = b(a)\n    # return a.b(b)\n    c = a + b * 2 + 17\n    return c\n"
    assert generated(library_of(f=("python", text)), "restore_comments").rejects["reason"].to_pylist() == [
        "no_comments"
    ]


def test_hints_are_taken_out_and_nothing_else(library):
    (row,) = [row for row in rows_of(library, "restore_type_hints") if "def weigh" in answer(row)]
    assert question(row).startswith("def weigh(loads, tare=None):")
    assert "total = sum(loads)" in question(row)
    for row in rows_of(library, "restore_type_hints"):
        assert "->" not in question(row).split("\n", 1)[0] or row["language"] == "typescript"


def test_renamed_variables_come_back_by_the_names_that_are_told(library):
    for row in rows_of(library, "restore_names"):
        names = json.loads(row["extra"])["names"]
        assert len(names) >= 2
        words = set(re.findall(r"\w+", answer(row)))
        assert not words & set(names)
        assert set(names.values()) <= words
        assert set(names) <= set(re.findall(r"\w+", question(row)))


def test_a_function_whose_docstring_says_its_names_is_no_riddle():
    text = 'def area(width, height):\n    """The product of width and height."""\n'
    text += "    product = width * height\n    return product\n"
    rejects = generated(library_of(area=("python", text)), "restore_names").rejects
    assert rejects["reason"].to_pylist() == ["names_are_mentioned"]


def gap_of(text):
    outcome = generated(library_of(f=("python", text)), "implement_from_docstring", min_answer_tokens=1)
    return next(iter(outcome.rejects["reason"].to_pylist()), None)


@pytest.mark.parametrize(
    ("words", "body", "reason"),
    [
        ("Return the load of the cart.", "return cart.load", None),
        ("Return the load that it has now.", "return cart.load", "parameter_not_documented"),
        ("Looks at the load of the cart.", "return cart.load", "return_not_documented"),
        ("Looks at the load of the cart.", "print(cart.load)", None),
        ("The cart.", "return cart.load", "docstring_too_short"),
    ],
)
def test_a_docstring_must_name_parameters_and_what_is_returned(words, body, reason):
    assert gap_of(f'def f(cart):\n    """{words}"""\n    {body}\n') == reason


def test_code_from_a_docstring_shows_no_line_of_the_body(library):
    rows = rows_of(library, "implement_from_docstring")
    assert len(rows) >= 8
    for row in rows:
        lines = [line for line in answer(row).splitlines() if len(line.strip()) > 20]
        assert not any(line in question(row).splitlines() for line in lines)


def test_a_description_is_words_and_the_answer_a_whole_function(library):
    rows = rows_of(library, "implement_from_description")
    assert rows
    for row in rows:
        assert "```" not in row["messages"][0]["content"]
        if row["language"] == "python":
            assert isinstance(ast.parse(answer(row)).body[-1], ast.FunctionDef)


UGLY = """class Mill:
    def grind(self, sacks,   coarse = False):
        flour = [ sack*2 for sack in sacks ]
        if not 'rye' in sacks:
            return "{}".format(flour)
        else:
            return  flour
"""


def test_formatting_answers_what_ruff_makes_of_the_function_in_its_file():
    (row,) = rows_of(library_of(mill=("python", UGLY)), "format_code")
    assert answer(row).startswith("    def grind(self, sacks, coarse=False):\n        flour = [sack * 2")
    assert same_syntax(b"if 1:\n" + question(row).encode(), b"if 1:\n" + answer(row).encode(), "python")
    assert row["oracle"] == "parse"


def test_lint_is_fixed_and_each_finding_is_named():
    (row,) = rows_of(library_of(mill=("python", UGLY)), "fix_lint")
    said = row["messages"][0]["content"]
    assert "(E713)" in said
    assert "line 3:" in said
    assert "(RET505)" in said
    assert "'rye' not in sacks" in answer(row)
    assert "else" not in answer(row)
    ast.parse("if 1:\n" + answer(row))


def test_what_is_laid_out_well_is_no_exercise():
    tidy = library_of(tidy=("python", "def double(load):\n    heavier = load * 2\n    return heavier\n"))
    assert generated(tidy, "format_code").rejects["reason"].to_pylist() == ["already_formatted"]
    assert generated(tidy, "fix_lint").rejects["reason"].to_pylist() == ["nothing_to_mend"]


def test_other_languages_than_python_are_passed_over():
    go = library_of(go=("go", "package a\n\nfunc Load(a int) int {\n\tb := a * 2\n\treturn b\n}\n"))
    for method in ("format_code", "fix_lint"):
        assert generated(go, method).rejects["reason"].to_pylist() == ["not_python"]
