"""What is special about JavaScript and TypeScript."""

from __future__ import annotations

from tests.tasks.split.samples import kinds, named, units
from tests.tasks.split.sources import JAVASCRIPT, TYPESCRIPT

SCRIPT = units(JAVASCRIPT, "javascript")
TYPED = units(TYPESCRIPT, "typescript")


def test_functions_are_found_where_they_are_declared_bound_assigned_or_keyed() -> None:
    assert kinds(SCRIPT) == {
        "add": "function",
        "Stack": "class",
        "Stack.size": "method",
        "Stack.push": "method",
        "Stack.top": "method",
        "Stack.each": "method",
        "twice": "function",
        "one": "function",
        "run": "function",
        "Stack.pop": "function",
        "go": "method",
        "stop": "method",
        "deep.down": "method",
        "hidden": "function",
    }


def test_interfaces_enums_overloads_and_namespaces_are_found() -> None:
    assert kinds(TYPED) == {
        "Point": "class",
        "Point.move": "method",
        "Colour": "class",
        "Shape": "class",
        "Shape.constructor": "method",
        "Shape.area": "method",
        "Shape.draw": "method",
        "Shape.handler": "method",
        "Geo.far": "function",
        "external": "function",
        "f": "function",
        "over": "function",
    }


def test_export_declaration_and_semicolon_belong_to_the_unit() -> None:
    assert named(TYPED)["f"]["text"] == "export const f = async <T>(x: T): Promise<T> => x;"
    assert named(TYPED)["external"]["text"].startswith("declare function")
    assert named(SCRIPT)["run"]["text"].endswith("};")
    assert named(SCRIPT)["Stack.size"]["text"].endswith("length;")


def test_one_declarator_of_several_is_a_unit_by_itself() -> None:
    assert named(SCRIPT)["one"]["text"] == "one = function () { return 1 }"


def test_an_exported_function_without_a_name_is_called_default() -> None:
    rows = named(units("export default function () { return 1 }", "javascript"))
    assert list(rows) == ["default"]
    assert rows["default"]["text"] == "export default function () { return 1 }"


def test_a_jsdoc_comment_is_the_docstring_and_no_comment_of_the_module() -> None:
    add = named(SCRIPT)["add"]
    assert add["docstring"] == "Adds.\n\n@param {number} x one"
    assert SCRIPT[0]["remarks"] == []
    assert SCRIPT[0]["docstring"] == "@file Things."
    assert named(TYPED)["Shape.area"]["docstring"] == "Area."


def test_a_jsdoc_comment_apart_is_not_the_docstring() -> None:
    rows = named(
        units("/** Section. */\n\n\nfunction f() { return 1 }\n/* plain */\nfunction g() {}", "javascript")
    )
    assert (rows["f"]["docstring"], rows["g"]["docstring"]) == (None, None)


def test_a_body_starts_on_the_line_after_a_comment_beside_the_brace() -> None:
    assert named(SCRIPT)["add"]["body"] == "  // above\n  return x + y;"


def test_an_arrow_functions_body_may_be_an_expression() -> None:
    assert named(SCRIPT)["twice"]["body"] == "x => f(f(x))"
    row = named(units("const f = a => a ? 1 : 2", "javascript"))["f"]
    assert (row["body"], row["complexity"]) == ("a ? 1 : 2", 2)


def test_decorators_belong_to_the_method_and_not_to_its_signature() -> None:
    area = named(TYPED)["Shape.area"]
    assert area["text"].startswith("@Memo() async area")
    assert area["signature"] == "async area(): Promise<number>"


def test_a_definition_without_a_body_is_a_unit_without_one() -> None:
    assert named(TYPED)["Shape.draw"]["body"] is None
    assert named(TYPED)["Point.move"]["signature"] == "move(by: T): void"


def test_imports_and_requires_in_a_row_are_one_run() -> None:
    runs = [row["text"] for row in SCRIPT if row["kind"] == "imports"]
    assert runs == ["import a from 'a';\nimport { b } from \"b\";\nconst fs = require('fs');"]


def test_tsx_is_read_with_its_elements() -> None:
    rows = units("export const A = (p: P) => <b>{p.x}</b>;\n", "typescript", "src/a.tsx")
    assert (named(rows)["A"]["body"], rows[0]["has_error"]) == ("<b>{p.x}</b>", False)
