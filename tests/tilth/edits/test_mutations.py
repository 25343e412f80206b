from __future__ import annotations

import ast
import io
import tokenize

import pytest

from tests.tilth.edits.sources import MODULES, functions, module, samples, source_of
from tilth.edits.edit import apply
from tilth.edits.mutation import DESCRIPTIONS
from tilth.edits.mutation_tables import DIALECTS
from tilth.edits.mutations import mutations
from tilth.edits.same_syntax import same_python
from tilth.edits.source import error_count

SAMPLES = [pytest.param(source, id=name) for name, source in samples()]
SMALL = ("bisect.py", "colorsys.py", "fnmatch.py", "graphlib.py", "asyncio/timeouts.py")


def bugs(text: str, language: str = "python") -> dict[str, set[str]]:
    """Each kind of bug with the texts that it gives."""
    source = source_of(text, language)
    found: dict[str, set[str]] = {}
    for bug in mutations(source, 0, len(source.text)):
        found.setdefault(bug.kind, set()).add(apply(source.text, bug.edits).decode())
    return found


@pytest.mark.parametrize("name", SMALL)
def test_every_bug_of_a_module_is_another_program_that_compiles(name):
    source = module(name)
    tree = ast.parse(source.text)
    for start, end in functions(source):
        for bug in mutations(source, start, end):
            text = apply(source.text, bug.edits)
            compile(text, name, "exec")
            assert not same_python(tree, ast.parse(text)), bug


def words(text: bytes) -> list[str]:
    tokens = tokenize.tokenize(io.BytesIO(text).readline)
    return [token.string for token in tokens if token.type in (tokenize.STRING, tokenize.COMMENT)]


@pytest.mark.parametrize("name", SMALL)
def test_a_bug_of_one_token_changes_no_string_and_no_comment(name):
    source = module(name)
    said = words(source.text)
    whole = ("dropped_statement", "missing_guard", "early_return", "swapped_branches", "swapped_arguments")
    for start, end in functions(source):
        for bug in mutations(source, start, end)[::3]:
            if bug.kind not in whole:
                assert words(apply(source.text, bug.edits)) == said, bug


@pytest.mark.parametrize("source", SAMPLES)
def test_bugs_of_other_languages_parse_and_lie_inside_the_unit(source):
    errors = error_count(source.root)
    for start, end in functions(source)[:6]:
        for bug in mutations(source, start, end)[::4]:
            mutated = source.after(list(bug.edits))
            assert error_count(mutated.root) <= errors, bug
            assert mutated.text != source.text
            # A line that is taken away may be the last one of the unit, with its line feed.
            assert all(start - 80 <= edit.start and edit.end <= end + 1 for edit in bug.edits)


def test_most_functions_of_the_standard_library_have_bugs_to_offer():
    counts = [len(mutations(module(name), *span)) for name in MODULES for span in functions(module(name))]
    assert sum(map(bool, counts)) > 0.85 * len(counts)


def test_bugs_come_in_the_same_order_each_without_a_double():
    source = module("textwrap.py")
    found = mutations(source, 0, len(source.text))
    assert found == mutations(source, 0, len(source.text))
    assert found == sorted(found, key=lambda bug: bug.edits[0].start)
    assert len({bug.edits for bug in found}) == len(found)


def test_a_description_is_that_of_its_kind_and_says_no_place():
    source = module("shlex.py")
    assert {(bug.kind, bug.description) for bug in mutations(source, 0, len(source.text))} <= set(
        DESCRIPTIONS.items()
    )


@pytest.mark.parametrize(
    ("kind", "before", "after"),
    [
        ("off_by_one", "def f(a):\n    return a < 3\n", "def f(a):\n    return a <= 3\n"),
        ("off_by_one", "def f(a):\n    return a[0]\n", "def f(a):\n    return a[1]\n"),
        ("off_by_one", "def f(a):\n    return len(a) - 1\n", "def f(a):\n    return len(a)\n"),
        ("off_by_one", "def f(a):\n    return range(a)\n", "def f(a):\n    return range(a - 1)\n"),
        ("wrong_comparison", "def f(a):\n    return a is None\n", "def f(a):\n    return a is not None\n"),
        ("wrong_arithmetic", "def f(a, b):\n    return a + b\n", "def f(a, b):\n    return a - b\n"),
        ("wrong_boolean", "def f(a, b):\n    return a and b\n", "def f(a, b):\n    return a or b\n"),
        ("wrong_variable", "def f(a, b):\n    return a\n", "def f(a, b):\n    return b\n"),
        ("wrong_method", "def f(a, b):\n    a.append(b)\n", "def f(a, b):\n    a.extend(b)\n"),
        ("wrong_constant", "def f(a):\n    return g(a, True)\n", "def f(a):\n    return g(a, False)\n"),
        ("changed_default", "def f(a=1):\n    return a\n", "def f(a=2):\n    return a\n"),
        ("swapped_arguments", "def f(a, b):\n    g(a, b)\n", "def f(a, b):\n    g(b, a)\n"),
        ("dropped_not", "def f(a):\n    return not a\n", "def f(a):\n    return a\n"),
        ("dropped_await", "async def f(a):\n    return await a\n", "async def f(a):\n    return a\n"),
        ("dropped_return", "def f(a):\n    return g(a)\n", "def f(a):\n    g(a)\n"),
        ("missing_guard", "def f(a):\n    if a:\n        return\n    g(a)\n", "def f(a):\n    g(a)\n"),
        ("negated_condition", "def f(a):\n    if a:\n        g()\n", "def f(a):\n    if not a:\n        g()\n"),
        ("dropped_statement", "def f(a):\n    a.x = 1\n    return a\n", "def f(a):\n    return a\n"),
        ("lost_accumulation", "def f(a):\n    a += 1\n", "def f(a):\n    a = 1\n"),
        ("wrong_jump", "def f(a):\n    for b in a:\n        break\n", "def f(a):\n    for b in a:\n        continue\n"),
        ("missing_self", "def f(self, a):\n    self.a = a\n", "def f(self, a):\n    a = a\n"),
        (
            "early_return",
            "def f(a):\n    for b in a:\n        g(b)\n    return a\n",
            "def f(a):\n    for b in a:\n        g(b)\n        return a\n    return a\n",
        ),
        (
            "swapped_branches",
            "def f(a):\n    if a:\n        g()\n    else:\n        h()\n",
            "def f(a):\n    if a:\n        h()\n    else:\n        g()\n",
        ),
    ],
)  # fmt: skip
def test_each_kind_of_bug_is_what_its_name_says(kind, before, after):
    assert after in bugs(before)[kind]


@pytest.mark.parametrize(
    ("language", "kind", "before", "after"),
    [
        ("javascript", "dropped_not", "function f(a) { return !a; }", "function f(a) { return a; }"),
        ("typescript", "wrong_comparison", "function f(a: T) { return a === 1; }",
         "function f(a: T) { return a !== 1; }"),
        ("java", "wrong_variable", "class A { int f(int a, int b) { return a; } }",
         "class A { int f(int a, int b) { return b; } }"),
        ("go", "wrong_method", 'package p\nfunc f(a string) bool { return strings.HasPrefix(a, "x") }\n',
         'package p\nfunc f(a string) bool { return strings.HasSuffix(a, "x") }\n'),
        ("rust", "off_by_one", "fn f() { for i in 0..3 { g(i); } }", "fn f() { for i in 0..=3 { g(i); } }"),
        ("go", "missing_guard", "package p\nfunc f(a int) int {\n\tif a < 0 {\n\t\treturn 0\n\t}\n\treturn a\n}\n",
         "package p\nfunc f(a int) int {\n\treturn a\n}\n"),
    ],
)  # fmt: skip
def test_bugs_of_other_languages_are_what_their_names_say(language, kind, before, after):
    assert after in bugs(before, language)[kind]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ('def f(a: 1 = None) -> 1:\n    """1 < 2 and not 3"""\n    # 1 < 2\n', "python"),
        ("import a.b\nfrom a import b\n", "python"),
        ("@g(1, 2)\ndef f(): ...\n", "python"),
        ("class A { String f() { return \"1 < 2\"; } /* 1 < 2 */ }", "java"),
        ("x = 1 < 2", "brainfuck"),
    ],
)  # fmt: skip
def test_words_types_imports_and_decorators_are_left_alone(text, language):
    source = source_of(text, language if language in DIALECTS else "python")._replace(language=language)
    assert mutations(source, 0, len(source.text)) == []


def test_a_variable_gives_way_to_one_of_its_own_type_only_where_types_are_written():
    text = "class A { int f(int a, String b) { return a; } }"
    assert "wrong_variable" not in bugs(text, "java")


def test_a_variable_that_go_would_miss_is_not_taken_away():
    assert "wrong_variable" not in bugs(
        "package p\nfunc f(b int) int {\n\tvar a int = g()\n\treturn a\n}\n", "go"
    )


def test_arguments_in_any_order_and_named_ones_are_not_swapped():
    assert "swapped_arguments" not in bugs("def f(a, b):\n    max(a, b)\n    g(a=a, b=b)\n")
