"""Splitting as a whole: rows, rejects, order, damage and size."""

from __future__ import annotations

import random
from typing import Any

import pyarrow as pa
import pytest

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tests.tasks.split.samples import definitions, documents, kinds, named, standard_library, units
from tilth.records import REJECTS, UNITS

FILES = standard_library(60)


@pytest.mark.parametrize(("path", "text"), FILES, ids=[path for path, _ in FILES])
def test_every_definition_that_ast_finds_in_the_standard_library_is_found_with_its_lines(
    path: str, text: str
) -> None:
    data = text.encode()
    found = {
        (row["name"], data.count(b"\n", 0, row["start"]) + 1, data.count(b"\n", 0, row["end"]) + 1)
        for row in named_rows(units(text, "python", path))
    }
    assert found == definitions(text)


def named_rows(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    return [row for row in rows if row["kind"] in ("class", "function", "method")]


def test_the_tables_have_the_schemas_of_their_artifacts() -> None:
    outcome = split_documents(
        documents(("a.py", "python", "x = 1\n"), ("a.cob", "cobol", "x")), SplitConfig()
    )
    assert outcome.rows.schema == UNITS
    assert outcome.rejects.schema == REJECTS


def test_no_documents_give_no_units() -> None:
    outcome = split_documents(documents(), SplitConfig())
    assert (outcome.rows.num_rows, outcome.rejects.num_rows) == (0, 0)
    assert outcome.rows.schema == UNITS


def test_every_document_gives_its_module_or_a_reject() -> None:
    table = documents(
        ("a.py", "python", ""),
        ("b.py", "python", "def f(): pass\n"),
        ("c.cob", "cobol", "MOVE 1 TO X."),
        ("d.py", "python", "x = 1\n" * 100),
        ("e.go", "go", "not go at all )("),
    )
    outcome = split_documents(table, SplitConfig(max_bytes=500))
    modules = [row["path"] for row in outcome.rows.to_pylist() if row["kind"] == "module"]
    assert modules == ["a.py", "b.py", "e.go"]
    assert {row["path"]: row["reason"] for row in outcome.rejects.to_pylist()} == {
        "c.cob": "no_grammar",
        "d.py": "too_large",
    }


def test_a_document_gives_the_same_units_whatever_stands_around_it() -> None:
    rows = [(path, "python", text) for path, text in FILES[:6]]
    alone = [
        split_documents(documents(*rows).slice(place, 1), SplitConfig()).rows.to_pylist()
        for place in range(len(rows))
    ]
    backwards = documents(*rows).take(pa.array(range(len(rows) - 1, -1, -1)))
    together = split_documents(backwards, SplitConfig()).rows.to_pylist()
    assert together == [row for unit_rows in reversed(alone) for row in unit_rows]


def test_unit_ids_differ_and_parents_come_before_their_children() -> None:
    for path, text in FILES[:10]:
        rows = units(text, "python", path)
        assert [row["ordinal"] for row in rows] == list(range(len(rows)))
        seen: set[str] = set()
        for row in rows:
            assert row["unit_id"] not in seen
            assert row["parent_id"] in seen or (row["kind"] == "module" and row["parent_id"] is None)
            seen.add(row["unit_id"])


@pytest.mark.parametrize("share", [0.3, 0.6, 0.9])
def test_a_file_cut_in_the_middle_still_gives_its_whole_functions(share: float) -> None:
    for path, text in FILES[:20]:
        cut = text[: int(len(text) * share)]
        # The last line may be half a line, which may end any definition.
        whole = {
            (row["qualified_name"], row["start"])
            for row in named_rows(units(text, "python", path))
            if row["end"] < len(cut[: cut.rfind("\n") + 1].encode()) - 1
        }
        found = {(row["qualified_name"], row["start"]) for row in named_rows(units(cut, "python", path))}
        assert len(whole - found) <= 0.02 * len(whole)


def test_an_error_marks_the_units_around_it_and_no_other() -> None:
    rows = named(units("def good():\n    return 1\n\ndef bad():\n    return ) 1\n", "python"))
    assert not rows["good"]["has_error"]
    assert rows["bad"]["has_error"]


def test_a_jpeg_that_claims_to_be_python_is_a_module_with_an_error() -> None:
    noise = random.Random(7).randbytes(3000).decode("latin-1")
    rows = units(noise, "python", "a.py")
    assert rows[0]["kind"] == "module"
    assert rows[0]["has_error"]


def test_a_byte_order_mark_carriage_returns_and_nul_bytes_do_no_harm() -> None:
    text = '\ufeff"""Doc."""\r\nimport os\r\ndef f():\r\n\treturn "\0"\r\n\r\ndef g():\r\n    return 2\r\n'
    rows = units(text, "python")
    assert rows[0]["docstring"] == "Doc."
    assert kinds(rows) == {"f": "function", "g": "function"}
    assert named(rows)["f"]["body"] == '\treturn "\0"'
    assert named(rows)["g"]["body"] == "    return 2"


def test_characters_of_several_bytes_shift_no_span() -> None:
    rows = named(units("ß = 'äöü€𝄞'\ndef größe(ß):\n    return '𝄞'\n", "python"))
    assert rows["größe"]["text"] == "def größe(ß):\n    return '𝄞'"
    assert rows["größe"]["signature"] == "def größe(ß)"


@pytest.mark.parametrize(
    ("language", "opening", "closing"),
    [
        ("python", "f(", ")"),
        ("javascript", "function f(){", "}"),
        ("typescript", "class A { m = () => {", "}}"),
        ("go", "func(){", "}"),
        ("rust", "fn f(){", "}"),
        ("java", "class A {", "}"),
    ],
)
def test_ten_thousand_fold_nesting_is_split_without_recursion(
    language: str, opening: str, closing: str
) -> None:
    # The parser may give up on one of them, which is a reject; neither may raise.
    text = opening * 10_000 + closing * 10_000
    outcome = split_documents(documents(("a", language, text)), SplitConfig())
    assert outcome.rejects.num_rows + len(set(outcome.rows.column("document_id").to_pylist())) == 1


def test_definitions_nested_too_deep_stay_in_the_unit_around_them() -> None:
    text = "".join("  " * depth + f"def f{depth}():\n" for depth in range(9)) + "  " * 9 + "pass\n"
    rows = named(units(text, "python", max_depth=3))
    assert list(rows) == ["f0", "f0.f1", "f0.f1.f2"]


def test_a_parse_that_takes_too_many_steps_is_a_reject(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("tilth.syntax.grammars.step_limit", lambda size: 3)
    monkeypatch.setattr("tilth.syntax.grammars._SHORT_BYTES", 0)
    outcome = split_documents(documents(("a.py", "python", "x = [1, 2]\n" * 2000)), SplitConfig())
    assert outcome.rejects.column("reason").to_pylist() == ["parse_timeout"]


def test_complexity_and_nesting_leave_out_what_nested_functions_hold() -> None:
    text = """
def outer(a):
    if a and a > 1:
        for b in a:
            while b:
                b -= 1
    elif a:
        return [c for c in a if c]
    def inner(d):
        if d:
            return 1
    return inner
"""
    rows = named(units(text, "python"))
    # outer: if, and, for, while, elif, and the comprehension's for and if.
    assert (rows["outer"]["complexity"], rows["outer"]["nesting"]) == (8, 3)
    assert (rows["outer.inner"]["complexity"], rows["outer.inner"]["nesting"]) == (2, 1)


@pytest.mark.parametrize("language", ["javascript", "typescript", "java", "go", "rust"])
def test_an_else_if_is_one_more_path_and_no_deeper(language: str) -> None:
    condition = "a" if language in ("go", "rust") else "(a)"
    chain = f"if {condition} {{ b(); }} else if {condition} {{ c(); }} else {{ d(); }}"
    head = {"go": "package p\nfunc f()", "rust": "fn f()", "java": "class T { void f()"}.get(
        language, "function f()"
    )
    text = f"{head} {{ {chain} }}" + (" }" if language == "java" else "")
    row = next(row for row in units(text, language) if row["name"] == "f")
    assert (row["complexity"], row["nesting"]) == (3, 1)


@pytest.mark.parametrize(
    ("path", "language", "text", "name"),
    [
        ("tests/thing.py", "python", "def check(): pass", "check"),
        ("pkg/test_thing.py", "python", "def make(): pass", "make"),
        ("pkg/thing.py", "python", "def test_it(): pass", "test_it"),
        ("src/a.test.ts", "typescript", "function f() { return 1 }", "f"),
        ("pkg/a_test.go", "go", "package p\nfunc TestA() {}", "TestA"),
        ("src/lib.rs", "rust", "#[cfg(test)]\nmod tests { fn helper() {} }", "helper"),
        ("src/lib.rs", "rust", "#[tokio::test]\nasync fn works() {}", "works"),
        ("A.java", "java", "class A { @Test void adds() { } }", "adds"),
        ("src/test/java/A.java", "java", "class A { void adds() { } }", "adds"),
    ],
)
def test_tests_are_known_by_path_name_or_attribute(path: str, language: str, text: str, name: str) -> None:
    assert next(row for row in units(text, language, path) if row["name"] == name)["is_test"]


@pytest.mark.parametrize(
    ("path", "language", "text"),
    [
        ("pkg/contest.py", "python", "def tester(): pass"),
        ("src/latest.ts", "typescript", "function test() { return 1 }"),
        ("src/attest.rs", "rust", "fn f() {}"),
        ("Contest.java", "java", "class Contest { @Override void f() {} }"),
    ],
)
def test_code_that_is_no_test_is_not_taken_for_one(path: str, language: str, text: str) -> None:
    assert not any(row["is_test"] for row in units(text, language, path))
