"""What is special about Python."""

from __future__ import annotations

from tests.tasks.split.samples import kinds, named, units
from tests.tasks.split.sources import PYTHON

ROWS = units(PYTHON, "python")


def test_definitions_have_kinds_and_dotted_names() -> None:
    assert kinds(ROWS) == {
        "Shape": "class",
        "Shape.__init__": "method",
        "Shape.area": "method",
        "Shape.empty": "method",
        "outer": "function",
        "outer.inner": "function",
        "late": "function",
    }


def test_decorators_belong_to_the_definition_and_not_to_its_signature() -> None:
    shape = named(ROWS)["Shape"]
    assert shape["text"].startswith("@decorate(\n    1,\n)\nclass Shape")
    assert shape["signature"] == "class Shape(Base)"
    assert named(ROWS)["Shape.area"]["signature"] == "async def area(self)"


def test_a_docstring_is_its_words_and_the_body_starts_behind_it() -> None:
    area = named(ROWS)["Shape.area"]
    assert area["docstring"] == "Area.\n\nIn square metres."
    assert area["body"].startswith("        if self.sides")
    assert area["body"].endswith("        return 0")
    assert ROWS[0]["docstring"] == "Shapes of things."


def test_a_body_on_the_line_of_its_head_starts_at_the_statement() -> None:
    assert named(ROWS)["outer.inner"]["body"] == "return a"


def test_a_body_takes_the_comments_above_its_first_statement() -> None:
    assert named(ROWS)["Shape.__init__"]["body"].startswith("        # above\n")


def test_a_definition_of_a_docstring_alone_has_no_body() -> None:
    late = named(ROWS)["late"]
    assert (late["docstring"], late["body"]) == ("Only words.", None)


def test_comments_belong_to_the_innermost_body_and_those_after_it_to_the_next_outer() -> None:
    assert named(ROWS)["Shape"]["remarks"] == ["# of the class", "# after"]
    assert named(ROWS)["Shape.__init__"]["remarks"] == ["# above", "# beside"]
    assert named(ROWS)["Shape.area"]["remarks"] == []


def test_prefix_and_body_and_suffix_are_the_file() -> None:
    data = PYTHON.encode()
    for row in ROWS:
        if row["body"] is not None:
            assert data[: row["body_start"]] + row["body"].encode() + data[row["body_end"] :] == data


def test_imports_with_comments_between_are_one_run_and_guarded_ones_are_none() -> None:
    runs = [row["text"] for row in ROWS if row["kind"] == "imports"]
    assert runs == ["import os  # first\n# between\nfrom sys import path"]
    guarded = units(
        "try:\n    import a\nexcept ImportError:\n    a = None\nimport b\nx = 1\nimport c\n", "python"
    )
    assert [row["text"] for row in guarded if row["kind"] == "imports"] == ["import b", "import c"]


def test_only_a_plain_string_in_first_place_is_a_docstring() -> None:
    text = 'x = 1\n"late"\ndef f():\n    f"no"\ndef g():\n    b"no"\ndef h():\n    r"""Yes\\n."""\n'
    rows = units(text, "python")
    assert rows[0]["docstring"] is None
    assert {name: row["docstring"] for name, row in named(rows).items()} == {
        "f": None,
        "g": None,
        "h": "Yes\\n.",
    }


def test_a_docstring_may_follow_a_shebang_and_a_licence() -> None:
    rows = units('#!/usr/bin/python\n# Licence.\n\n"""Doc."""\n"""Not."""\n', "python")
    assert rows[0]["docstring"] == "Doc."


def test_a_set_as_only_statement_keeps_its_braces() -> None:
    assert named(units("def f():\n    {1, 2}\n", "python"))["f"]["body"] == "    {1, 2}"


def test_a_signature_over_several_lines_is_one_line_without_comments() -> None:
    text = "def f(\n    a: int,  # one\n    b: str = 'x',\n) -> dict[str, int]:\n    return {}\n"
    assert (
        named(units(text, "python"))["f"]["signature"] == "def f( a: int, b: str = 'x', ) -> dict[str, int]"
    )
