"""What is special about Go, Rust and Java."""

from __future__ import annotations

from tests.tasks.split.samples import kinds, named, units
from tests.tasks.split.sources import GO, JAVA, RUST

GO_ROWS = units(GO, "go")
RUST_ROWS = units(RUST, "rust")
JAVA_ROWS = units(JAVA, "java")


def test_go_methods_are_qualified_by_their_receiver() -> None:
    assert kinds(GO_ROWS) == {
        "Area": "function",
        "Stack.Push": "method",
        "Stack": "class",
        "Reader": "class",
        "Reader.Read": "method",
        "Celsius": "class",
    }


def test_a_go_type_spans_its_declaration_unless_it_shares_it() -> None:
    assert named(GO_ROWS)["Stack"]["text"].startswith("type Stack[T any] struct {")
    assert named(GO_ROWS)["Reader"]["text"].startswith("Reader interface {")
    assert named(GO_ROWS)["Reader"]["signature"] == "Reader interface"
    assert named(GO_ROWS)["Reader"]["body"] == "Read(p []byte) (n int, err error)"


def test_comment_lines_above_a_go_definition_are_its_docstring() -> None:
    assert named(GO_ROWS)["Area"]["docstring"] == "Area is big.\nReally."
    assert named(GO_ROWS)["Reader"]["docstring"] == "Reader reads."
    assert GO_ROWS[0]["docstring"] == "Package shapes has shapes.\nTwo lines."
    assert GO_ROWS[0]["remarks"] == ["//go:generate x"]


def test_go_imports_are_one_run() -> None:
    assert [row["lines"] for row in GO_ROWS if row["kind"] == "imports"] == [6]


def test_rust_types_traits_and_impl_blocks_hold_their_methods() -> None:
    found = [
        (row["kind"], row["qualified_name"]) for row in RUST_ROWS if row["kind"] not in ("module", "imports")
    ]
    assert found == [
        ("class", "Point"),
        ("class", "Unit"),
        ("class", "Kind"),
        ("class", "Draw"),
        ("method", "Draw.draw"),
        ("method", "Draw.twice"),
        ("class", "Point"),
        ("method", "Point.draw"),
        ("class", "Kind"),
        ("method", "Kind.fmt"),
        ("function", "run"),
        ("function", "tests.works"),
    ]


def test_rust_attributes_belong_to_the_unit_and_doc_comments_above_them_are_its_docstring() -> None:
    point = next(row for row in RUST_ROWS if row["name"] == "Point")
    assert point["text"].startswith("#[derive(Debug, Clone)]\npub struct Point<T> {")
    assert point["docstring"] == "A point.\n\nWith two parts."
    assert point["docstring_end"] < point["start"]
    assert RUST_ROWS[0]["docstring"] == "Shapes.\nMore of them."


def test_java_types_constructors_and_methods_are_found() -> None:
    assert kinds(JAVA_ROWS) == {
        "Shape": "class",
        "Shape.Shape": "method",
        "Shape.area": "method",
        "Shape.draw": "method",
        "Shape.Colour": "class",
        "Shape.Colour.code": "method",
        "Shape.Pair": "class",
        "Shape.Pair.Pair": "method",
        "Shape.Mark": "class",
        "Shape.Inner": "class",
        "Shape.Inner.run": "method",
        "Draw": "class",
        "Draw.draw": "method",
        "Draw.twice": "method",
    }


def test_java_annotations_belong_to_the_unit_and_not_to_its_signature() -> None:
    area = named(JAVA_ROWS)["Shape.area"]
    assert area["text"].startswith("@Override\n  public <U> int area")
    assert area["signature"] == "public <U> int area(@Nullable T of) throws IOException"
    assert (area["docstring"], area["complexity"], area["nesting"]) == ("Area.", 5, 1)


def test_a_java_case_of_several_labels_is_one_more_path() -> None:
    text = "class A { int f(int a) { switch (a) { case 1, 2, 3: return 1; default: return 2; } } }"
    assert named(units(text, "java"))["A.f"]["complexity"] == 2
