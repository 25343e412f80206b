"""What no parser was made for: units or a counted reject in every language, never an exception."""

from __future__ import annotations

import pytest

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tasks.split.languages.preprocessor import flatten, repair
from tests.tasks.split.more_sources import MORE_SOURCES
from tests.tasks.split.samples import documents, kinds, named, units
from tilth.records import Outcome

LANGUAGES = sorted(MORE_SOURCES)
NESTED = {
    "bash": ("", "f() {\n", "}\n"),
    "c": ("", "void f() {", "}"),
    "cpp": ("", "namespace a {", "}"),
    "csharp": ("", "class A {", "}"),
    "kotlin": ("", "class A {", "}"),
    "php": ("<?php ", "function f() {", "}"),
    "ruby": ("", "module A\n", "end\n"),
    "scala": ("", "object A {", "}"),
    "swift": ("", "struct A {", "}"),
}


def accounted(outcome: Outcome) -> int:
    """Documents that gave units or a reject."""
    ids: list[str] = outcome.rows.column("document_id").to_pylist()
    return int(outcome.rejects.num_rows) + len(set(ids))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("is_closed", [True, False])
def test_ten_thousand_fold_nesting_gives_units_or_a_reject(language: str, is_closed: bool) -> None:
    head, opening, closing = NESTED[language]
    text = head + opening * 10_000 + closing * 10_000 * is_closed
    assert accounted(split_documents(documents(("a", language, text)), SplitConfig())) == 1


@pytest.mark.parametrize("language", LANGUAGES)
def test_nul_bytes_between_definitions_lose_none_that_stands_apart(language: str) -> None:
    text = MORE_SOURCES[language]
    rows = units(text.rstrip("\n") + "\n\0\0\n", language)
    assert rows[0]["kind"] == "module"
    half = len(text.encode()) // 2
    whole = {name for name, row in named(units(text, language)).items() if row["end"] < half}
    assert whole <= set(named(rows))


@pytest.mark.parametrize("language", LANGUAGES)
def test_tabs_among_spaces_and_mixed_ends_of_lines_change_no_name(language: str) -> None:
    lines = MORE_SOURCES[language].split("\n")
    mixed = [line.replace("  ", "\t", 1) if place % 2 else line for place, line in enumerate(lines)]
    ends = ["\r\n" if place % 3 else "\n" for place in range(len(lines))]
    text = "\ufeff" + "".join(line + end for line, end in zip(mixed, ends, strict=True))
    assert kinds(units(text, language)) == kinds(units(MORE_SOURCES[language], language))


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("share", [0.2, 0.5, 0.8])
def test_any_part_of_a_file_is_accounted_for(language: str, share: float) -> None:
    text = MORE_SOURCES[language]
    cut = int(len(text) * share)
    table = documents(("a", language, text[:cut]), ("b", language, text[cut:]))
    assert accounted(split_documents(table, SplitConfig())) == 2


@pytest.mark.parametrize("language", LANGUAGES)
def test_templates_for_another_program_are_units_or_an_error_in_them(language: str) -> None:
    text = (
        "{% if a %}\n" + MORE_SOURCES[language].replace("Shape", "{{ name }}") + "\n{% endif %}\n<?= $x ?>\n"
    )
    rows = units(text, language)
    assert rows[0]["kind"] == "module"


@pytest.mark.parametrize("language", LANGUAGES)
def test_a_file_over_the_limit_is_one_reject_and_the_next_is_split(language: str) -> None:
    table = documents(("a", language, "x" * 3000), ("b", language, "\n"))
    outcome = split_documents(table, SplitConfig(max_bytes=2000))
    assert outcome.rejects.column("reason").to_pylist() == ["too_large"]
    assert accounted(outcome) == 2


def test_a_hundred_megabytes_in_one_file_are_one_reject() -> None:
    outcome = split_documents(documents(("a.c", "c", "int a;\n" * 15_000_000)), SplitConfig())
    assert outcome.rejects.column("reason").to_pylist() == ["too_large"]


TORN = """
LIB_API int before(int a) { return a; }

#ifdef A
int torn(int a) {
  if (a) {
#else
int torn(long a) {
  if (a > 1) {
#endif
    return 1;
  }
  return 0;
}

TEST_CASE_OF(one, two) {
  check();
}
TEST_END

struct LIB_EXPORT after { int a GUARDED_BY(b); };
"""


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_macros_and_torn_conditionals_lose_no_definition(language: str) -> None:
    rows = named(units(TORN, language))
    assert {"before", "torn", "TEST_CASE_OF", "after"} <= set(rows)
    assert rows["torn"]["text"].endswith("return 0;\n}")
    assert rows["before"]["text"].startswith("LIB_API int before")
    assert rows["TEST_CASE_OF"]["text"].startswith("TEST_CASE_OF(one, two) {")


@pytest.mark.parametrize("language", ["c", "cpp"])
def test_what_was_only_read_with_something_masked_says_so(language: str) -> None:
    torn = "int f(\n#if A\n  int a) {\n#else\n  long a) {\n#endif\n  return a;\n}\n"
    text = "int good(int a) {\n  return a;\n}\n\n" + torn
    rows = named(units(text, language))
    assert not rows["good"]["has_error"]
    assert rows["f"]["has_error"]


@pytest.mark.parametrize(
    "text", ["/*" * 50_000, "#if A\n" * 5000, "A_B(" * 50_000, "A_B " * 50_000, "'" * 99_999]
)
def test_a_repair_takes_no_longer_than_the_text_is_long(text: str) -> None:
    data = text.encode()
    assert len(repair(data)) == len(data)
    assert len(flatten(data)) == len(data)


@pytest.mark.parametrize("language", ["c", "kotlin", "bash"])
@pytest.mark.parametrize("source", LANGUAGES)
def test_a_repaired_text_keeps_its_length(language: str, source: str) -> None:
    from tasks.split.languages.registry import SYNTAXES

    mend = SYNTAXES[language].repair
    data = (TORN + MORE_SOURCES[source]).encode()
    assert mend is not None
    assert len(mend(data)) == len(data)


KOTLIN = """
class Settings private constructor(val a: Int) {
  private var set = 0
  fun or(in1: Int) { set = set or in1 }
  fun run() {
    try { go() }
    catch (e: A) { }
    catch (e: B) { }
  }
}
class After
  @Inject(1)
  internal constructor() : Base { fun last() {} }
"""


def test_kotlin_names_that_begin_as_keywords_lose_no_definition() -> None:
    assert {"Settings", "Settings.or", "Settings.run", "After", "After.last"} <= set(
        named(units(KOTLIN, "kotlin"))
    )


def test_a_bash_expansion_that_ends_in_a_semicolon_loses_no_function() -> None:
    text = 'a() {\n  echo "${b:+${b};}1"\n}\nb.c() {\n  echo "${d:+$d;}2"\n}\n'
    assert list(named(units(text, "bash"))) == ["a", "b.c"]


def test_a_function_assigned_to_the_module_keeps_its_own_name() -> None:
    text = (
        "module.exports = function run(a) { return a; };\nA.prototype['@@b/c'] = function () { return 1; };\n"
    )
    assert list(named(units(text, "javascript"))) == ["run", "A.@@b/c"]


def test_a_delegate_is_a_type() -> None:
    assert kinds(units("public delegate bool Check<T>(T a);", "csharp")) == {"Check": "class"}
