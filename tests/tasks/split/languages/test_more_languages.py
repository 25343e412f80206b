"""What is found in C, C++, C#, Ruby, PHP, Kotlin, Swift, Scala and Bash."""

from __future__ import annotations

from typing import Any

import pytest

from tests.tasks.split.more_sources import MORE_SOURCES
from tests.tasks.split.samples import kinds, named, units

ROWS = {language: units(text, language) for language, text in MORE_SOURCES.items()}

FOUND = {
    "c": "class:node class:List class:tag class:colour function:push function:chosen",
    "cpp": (
        "class:shapes.flat.Shape method:shapes.flat.Shape.Shape method:shapes.flat.Shape.~Shape "
        "method:shapes.flat.Shape.area method:shapes.flat.Shape.operator== "
        "method:shapes.flat.Shape.operator_bool class:shapes.flat.Shape.Inner method:shapes.flat.Shape.later "
        "class:shapes.flat.Kind function:TEST_F"
    ),
    "csharp": (
        "class:Shape method:Shape.Shape method:Shape.Run function:Shape.Run.Local method:Shape.Short "
        "method:Shape.+ method:Shape.No class:IDraw method:IDraw.Draw class:Point class:Colour class:Pair"
    ),
    "ruby": (
        "class:Shapes class:Shapes.Shape method:Shapes.Shape.make method:Shapes.Shape.unit "
        "method:Shapes.Shape.draw method:Shapes.Shape.sides? method:Shapes.Shape.== method:Shapes.Shape.hidden"
    ),
    "php": (
        "class:Shape method:Shape.__construct method:Shape.area method:Shape.no class:Draw method:Draw.draw "
        "class:Named class:Colour method:Colour.code function:top"
    ),
    "kotlin": (
        "class:Shape class:Shape.Companion method:Shape.Companion.make method:Shape.constructor "
        "method:Shape.area method:Shape.no function:twice class:Draw method:Draw.draw class:Single method:Single.run"
    ),
    "swift": (
        "class:Shape method:Shape.init method:Shape.deinit method:Shape.area method:Shape.+ class:Point "
        "class:Colour method:Colour.code class:Shape.Inner method:Shape.Inner.draw class:Draw method:Draw.draw"
    ),
    "scala": (
        "class:Shape method:Shape.area method:Shape.short method:Shape.no method:Shape.apply class:Draw "
        "method:Draw.draw class:Point class:Colour class:ord method:ord.compare"
    ),
    "bash": "function:run function:stop",
}


@pytest.mark.parametrize("language", sorted(FOUND))
def test_the_usual_definitions_are_found_under_their_qualified_names(language: str) -> None:
    found = {f"{kind}:{name.replace(' ', '_')}" for name, kind in kinds(ROWS[language]).items()}
    assert found == set(FOUND[language].split())
    assert not any(row["has_error"] for row in ROWS[language])


DOCUMENTED = {
    "c": ("push", "Pushes it."),
    "cpp": ("shapes.flat.Shape", "A shape."),
    "csharp": ("Shape", "<summary>A shape.</summary>"),
    "ruby": ("Shapes.Shape.draw", "Draws it.\nTwice."),
    "php": ("Shape", "A shape."),
    "kotlin": ("Shape", "A shape."),
    "swift": ("Shape", "A shape.\nWith sides."),
    "bash": ("run", "Runs it."),
}


@pytest.mark.parametrize("language", sorted(DOCUMENTED))
def test_the_comment_above_a_definition_is_its_docstring(language: str) -> None:
    name, words = DOCUMENTED[language]
    assert named(ROWS[language])[name]["docstring"] == words


BODIES = {
    "c": ("push", "  // above\n  if (list"),
    "csharp": ("Shape.Run", "      // above\n      if (a"),
    "ruby": ("Shapes.Shape.draw", "      # above\n      if on"),
    "php": ("Shape.area", "        // above\n        if ($a"),
    "kotlin": ("Shape.area", "    // above\n    if (a"),
    "swift": ("Shape.area", "    // above\n    if a"),
    "scala": ("Shape.area", "    // above\n    if (a"),
    "bash": ("run", "  # above\n  local a"),
}


@pytest.mark.parametrize("language", sorted(BODIES))
def test_a_body_begins_at_its_first_statement_or_the_comment_above_it(language: str) -> None:
    name, head = BODIES[language]
    assert named(ROWS[language])[name]["body"].startswith(head)


def test_a_ruby_body_keeps_the_brace_it_begins_with() -> None:
    assert named(ROWS["ruby"])["Shapes.Shape.hidden"]["body"] == "{ a: 1 }"


def test_a_template_belongs_to_what_it_precedes() -> None:
    assert named(ROWS["cpp"])["shapes.flat.Shape"]["text"].startswith("template <typename T>\nclass Shape")


SIGNATURES: dict[str, tuple[str, list[tuple[str, str | None, str | None]], str | None]] = {
    "c": (
        "push",
        [("list", "struct node *", None), ("value", "int", None), ("then", "void (*then)(int)", None)],
        "int *",
    ),
    "cpp": ("shapes.flat.Shape.Shape", [("sides", "int", "3")], None),
    "csharp": ("Shape.Run", [("a", "int", None), ("b", "ref string", None)], "Task<R>"),
    "ruby": ("Shapes.Shape.draw", [("on", None, None), ("times", None, "2")], None),
    "php": ("Shape.area", [("$a", "?int", None), ("$b", None, "[]")], "?array"),
    "kotlin": ("Shape.area", [("a", "Int", "1"), ("b", "List<R>", None)], "R?"),
    "swift": ("Shape.area", [("a", "Int", "1"), ("b", "[R]", None)], "R?"),
    "scala": ("Shape.area", [("a", "Int", "1"), ("b", "List[R]*", None), ("c", "X", None)], "Option[R]"),
    "bash": ("run", [], None),
}


@pytest.mark.parametrize("language", sorted(SIGNATURES))
def test_parameters_and_return_type_are_read_from_the_signature(language: str) -> None:
    name, parameters, returns = SIGNATURES[language]
    row = named(ROWS[language])[name]
    assert [(one["name"], one["type"], one["default"]) for one in row["parameters"]] == parameters
    assert row["return_type"] == returns


CALLS = {
    "c": ("push", ["drop", "then"]),
    "cpp": ("shapes.flat.Shape.area", ["sum"]),
    "csharp": ("Shape.Run", ["Call", "Foo", "Other", "Thing"]),
    "ruby": ("Shapes.Shape.draw", ["call", "retreat"]),
    "php": ("Shape.area", ["Other", "call", "make", "other"]),
    "kotlin": ("Shape.area", ["Thing", "call", "foo", "other"]),
    "swift": ("Shape.area", ["call", "foo", "other", "thing"]),
    "scala": ("Shape.area", ["Thing", "call", "other"]),
    "bash": ("run", ["echo", "ready", "sleep", "start", "waiting"]),
}


@pytest.mark.parametrize("language", sorted(CALLS))
def test_what_a_unit_calls_is_listed_once_and_sorted(language: str) -> None:
    name, calls = CALLS[language]
    assert named(ROWS[language])[name]["calls"] == calls


IMPORTS = {
    "c": ["list.h", "stdio.h"],
    "cpp": ["vector"],
    "csharp": ["A.B", "System"],
    "ruby": ["b", "set"],
    "php": ["X\\Other", "X\\Third", "X\\Y\\Thing"],
    "kotlin": ["x.y.Thing", "x.z.Other"],
    "swift": ["Foundation"],
    "scala": ["x.y.Other", "x.y.Thing", "z"],
    "bash": ["./lib.sh"],
}


@pytest.mark.parametrize("language", sorted(IMPORTS))
def test_the_module_lists_all_that_its_file_imports(language: str) -> None:
    assert ROWS[language][0]["imports"] == IMPORTS[language]


def test_a_unit_lists_what_it_uses_of_that() -> None:
    def used(language: str, name: str) -> Any:
        return named(ROWS[language])[name]["imports"]

    assert used("kotlin", "Shape.area") == ["x.y.Thing"]
    assert used("kotlin", "Single.run") == ["x.z.Other"]
    assert used("php", "Shape.area") == ["X\\Other", "X\\Y\\Thing"]
    assert used("scala", "Shape.short") == []


@pytest.mark.parametrize(
    ("language", "name"),
    [("csharp", "Shape.Run"), ("php", "Shape.area"), ("kotlin", "Shape.area"), ("cpp", "TEST_F")],
)
def test_tests_are_known_by_attribute_or_macro(language: str, name: str) -> None:
    rows = named(ROWS[language])
    assert rows[name]["is_test"]
    assert not all(row["is_test"] for row in rows.values())


@pytest.mark.parametrize("language", ["c", "cpp", "csharp", "kotlin", "swift", "scala", "php"])
def test_an_else_if_is_one_more_path_and_no_deeper(language: str) -> None:
    condition = "a" if language == "swift" else "(a)"
    chain = f"if {condition} {{ b(); }} else if {condition} {{ c(); }} else {{ d(); }}"
    head = {
        "csharp": "class T { void f()",
        "kotlin": "fun f()",
        "swift": "func f()",
        "scala": "class T { def f() =",
        "php": "<?php function f()",
    }.get(language, "void f()")
    chain = chain.replace(";", "") if language in ("kotlin", "swift", "scala") else chain
    text = f"{head} {{ {chain} }}" + (" }" if language in ("csharp", "scala") else "")
    row = next(row for row in units(text, language) if row["name"] == "f")
    assert (row["complexity"], row["nesting"]) == (3, 1)


@pytest.mark.parametrize("language", sorted(MORE_SOURCES))
def test_half_a_file_still_gives_the_definitions_that_end_before_the_cut(language: str) -> None:
    text = MORE_SOURCES[language]
    cut = text[: len(text) * 2 // 3]
    whole = {row["name"] for row in ROWS[language] if row["signature"] and row["end"] < len(cut) - 1}
    found = {row["name"] for row in units(cut, language)}
    assert whole <= found


@pytest.mark.parametrize("language", sorted(MORE_SOURCES))
def test_carriage_returns_and_a_byte_order_mark_change_no_name(language: str) -> None:
    text = "\ufeff" + MORE_SOURCES[language].replace("\n", "\r\n")
    assert kinds(units(text, language)) == kinds(ROWS[language])
