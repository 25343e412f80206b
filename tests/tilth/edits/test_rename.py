from __future__ import annotations

import ast
import bisect
import colorsys
import fnmatch
import re
import textwrap
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tilth.edits.bytecode import behaviour, compiled
from tests.tilth.edits.sources import MODULES, functions, module, samples, source_of
from tilth.edits.edit import Edit, apply, invert
from tilth.edits.rename import Renaming, rename_variables
from tilth.edits.source import Refusal

SAMPLES = [pytest.param(source, id=name) for name, source in samples()]


def renamed(text: str, language: str = "python", seed: int = 0, **options) -> str | Refusal:
    """The text with its variables renamed; the text itself where no name may change is a refusal."""
    source = source_of(text, language)
    renaming = rename_variables(source, 0, len(source.text), seed, **options)
    return renaming if isinstance(renaming, Refusal) else apply(source.text, renaming.edits).decode()


def wholly_renamed(source, seed: int) -> tuple[bytes, list[Edit]]:
    """The file with the variables of every outer function renamed."""
    edits: list[Edit] = []
    reached = 0
    for start, end in functions(source):
        renaming = rename_variables(source, start, end, seed) if start >= reached else None
        reached = max(reached, end)
        if isinstance(renaming, Renaming):
            edits += renaming.edits
    return apply(source.text, edits), edits


@pytest.mark.parametrize("name", MODULES)
def test_a_renamed_function_has_the_same_bytecode_but_for_names(name):
    source = module(name)
    text = source.text.decode()
    count = 0
    for seed, (start, end) in enumerate(functions(source)):
        renaming = rename_variables(source, start, end, seed)
        if isinstance(renaming, Refusal):
            continue
        names = {old.decode(): new.decode() for old, new in renaming.names}
        assert len(set(names.values())) == len(names)
        after = apply(source.text, renaming.edits)
        assert apply(after, invert(source.text, renaming.edits)) == source.text
        count += 1
        if count <= 8:
            assert behaviour(compiled(after), names) == behaviour(compiled(text.encode()), names)
    assert count


@pytest.mark.parametrize("source", SAMPLES)
def test_a_renamed_function_of_another_language_parses_and_comes_back(source):
    for seed, (start, end) in enumerate(functions(source)):
        renaming = rename_variables(source, start, end, seed)
        if isinstance(renaming, Refusal):
            assert renaming.reason in ("no_variables", "reads_own_names")
            continue
        after = source.after(list(renaming.edits))
        assert not after.root.has_error
        assert apply(after.text, invert(source.text, renaming.edits)) == source.text
        assert renaming.needs_oracle == (source.language in ("go", "rust"))
        taken = set(re.findall(rb"\w+", source.text[start:end]))
        assert taken.isdisjoint(new for _, new in renaming.names)


def load(name: str, seed: int) -> dict[str, Any]:
    source = module(name)
    text, _ = wholly_renamed(source, seed)
    assert text != source.text
    namespace: dict[str, Any] = {"__name__": "renamed"}
    # The module would take its compiled twin in its last lines.
    exec(compile(text.split(b"# Overwrite above definitions")[0], name, "exec"), namespace)
    return namespace


@given(st.lists(st.integers(0, 50)).map(sorted), st.integers(0, 50), st.integers(0, 5))
@settings(max_examples=25)
def test_renamed_bisection_finds_the_same_places(values, needle, seed):
    own = load("bisect.py", seed)
    assert own["bisect_left"](values, needle) == bisect.bisect_left(values, needle)


@given(*[st.floats(0, 1)] * 3, st.integers(0, 3))
@settings(max_examples=25)
def test_renamed_colours_are_the_same(red, green, blue, seed):
    own = load("colorsys.py", seed)
    for name in ("rgb_to_hls", "rgb_to_hsv", "rgb_to_yiq", "hsv_to_rgb"):
        assert own[name](red, green, blue) == getattr(colorsys, name)(red, green, blue)


@given(st.text("ab*?[]!-c", max_size=8), st.text("abc", max_size=5))
@settings(max_examples=25)
def test_renamed_patterns_match_the_same_names(pattern, name):
    assert load("fnmatch.py", 1)["fnmatchcase"](name, pattern) == fnmatch.fnmatchcase(name, pattern)


@given(st.text("ab \n\t-", max_size=60), st.integers(5, 20))
@settings(max_examples=20)
def test_renamed_wrapping_gives_the_same_lines(text, width):
    assert load("textwrap.py", 2)["wrap"](text, width) == textwrap.wrap(text, width)


@pytest.mark.parametrize(
    ("before", "after"),
    [
        ("def f(a, b=x):\n    c = a + b\n    return c\n",
         "def f(arg0, arg1=x):\n    v0 = arg0 + arg1\n    return v0\n"),
        ("def f():\n    global g\n    g = 1\n    h = g\n", "def f():\n    global g\n    g = 1\n    v0 = g\n"),
        ("def f():\n    a = 1\n    def g():\n        nonlocal a\n        a = 2\n",
         "def f():\n    v0 = 1\n    def g():\n        nonlocal v0\n        v0 = 2\n"),
        ("def f(xs):\n    return [x for x in xs if x]\n",
         "def f(arg0):\n    return [v0 for v0 in arg0 if v0]\n"),
        ("def f(a):\n    class B:\n        x = a\n        a = 1\n    return B.a, a\n",
         "def f(arg0):\n    class B:\n        x = a\n        a = 1\n    return B.a, arg0\n"),
        ("def f(a):\n    return f'{a!r:>{a}}'\n", "def f(arg0):\n    return f'{arg0!r:>{arg0}}'\n"),
        ("def f(a, b):\n    return f'{a=} {b}'\n", "def f(a, arg0):\n    return f'{a=} {arg0}'\n"),
        ("def f(a, c):\n    import os\n    return os.a(a=a, b=c)\n",
         "def f(a, arg0):\n    import os\n    return os.a(a=a, b=arg0)\n"),
        ("def f(self, v0):\n    return self.v0 + v0\n", "def f(self, arg0):\n    return self.v0 + arg0\n"),
        ("def f(x):\n    try: g()\n    except E as e: h(e)\n",
         "def f(arg0):\n    try: g()\n    except E as v0: h(v0)\n"),
        ("def f(x):\n    match x:\n        case y: return y\n",
         "def f(arg0):\n    match arg0:\n        case y: return y\n"),
        ("@app.get\ndef f(a):\n    b = a\n", "@app.get\ndef f(a):\n    v0 = a\n"),
    ],
)  # fmt: skip
def test_python_names_change_by_the_rules_of_their_scopes(before, after):
    seed = next(seed for seed in range(99) if b"v0" in style(seed))
    assert renamed(before, seed=seed) == after


def style(seed: int) -> bytes:
    """The text of a small function renamed with a seed, which shows the seed's style."""
    return str(renamed("def f(p):\n    q = p\n", seed=seed)).encode()


@pytest.mark.parametrize(
    ("language", "before", "after"),
    [
        ("javascript", "function f({a, b: c = 1}) { return {a, c: c}; }",
         "function f({a: arg0, b: arg1 = 1}) { return {a: arg0, c: arg1}; }"),
        ("javascript", "function f() { var x = 1; { let x = 2; g(x); } return o.x + x; }",
         "function f() { var v0 = 1; { let v0 = 2; g(v0); } return o.x + v0; }"),
        ("javascript", "function f() { g(() => y); let y = z; for (const k in y) k(); }",
         "function f() { g(() => v0); let v0 = z; for (const v1 in v0) v1(); }"),
        ("javascript", "function f({a = 1}, ...r) { try { r() } catch (e) { e() } }",
         "function f({a: arg0 = 1}, ...arg1) { try { arg1() } catch (v0) { v0() } }"),
        ("typescript", "function f(a: string, b: (c: number) => void): a is X { return b(a); }",
         "function f(a: string, arg0: (c: number) => void): a is X { return arg0(a); }"),
        ("typescript", "class A { constructor(private x: T, y: T) { g(x, y); } }",
         "class A { constructor(private x: T, arg0: T) { g(x, arg0); } }"),
        ("java", "class A { int x; int f(int a) { int x = this.x; return a(x) + o.a; } }",
         "class A { int x; int f(int arg0) { int v0 = this.x; return a(v0) + o.a; } }"),
        ("java", "class A { void f(L l) { l.each(i -> g(i, x)); for (int j : l) h(j); } }",
         "class A { void f(L arg0) { arg0.each(v0 -> g(v0, x)); for (int v1 : arg0) h(v1); } }"),
        ("java", "class A { void f(int a, int b) { new R() { void run() { g(a); } }; h(b); } }",
         "class A { void f(int a, int arg0) { new R() { void run() { g(a); } }; h(arg0); } }"),
        ("go", "package p\nfunc f(a int) int {\n\tx := a\n\treturn P{x: x}.a + q\n}\n",
         "package p\nfunc f(arg0 int) int {\n\tx := arg0\n\treturn P{x: x}.a + q\n}\n"),
    ],
)  # fmt: skip
def test_other_languages_have_scopes_of_their_own(language, before, after):
    seed = next(seed for seed in range(99) if b"v0" in style(seed))
    assert renamed(before, language, seed) == after


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("def f(a):\n    return locals()\n", "python", "reads_own_names"),
        ("def f(a):\n    return '%(a)s' % vars()\n", "python", "reads_own_names"),
        ("def f(a):\n    eval('a')\n", "python", "reads_own_names"),
        ("def f(a):\n    print a\n", "python", "python_2"),
        ("def f(:\n", "python", "parse_errors"),
        ("def f(self): ...\n", "python", "no_variables"),
        ("function f(a) { eval('a') }", "javascript", "reads_own_names"),
    ],
)
def test_what_looks_at_its_own_names_is_refused_with_a_reason(text, language, reason):
    refused = renamed(text, language)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


def test_parameters_stay_when_callers_may_name_them():
    text = renamed("def f(a):\n    b = a\n    return b\n", keep_parameters=True)
    assert isinstance(text, str)
    assert text.startswith("def f(a):")
    assert "b" not in text.split(":")[1].replace("return", "")


def test_names_that_comments_and_strings_still_say_are_told():
    source = source_of('def f(total, x):\n    """The total."""\n    return total + x\n', "python")
    renaming = rename_variables(source, 0, len(source.text), 0)
    assert isinstance(renaming, Renaming)
    assert renaming.mentioned == (b"total",)


def test_the_seed_decides_the_names():
    text = "def f(a):\n    long = a\n    return long\n"
    results = {renamed(text, seed=seed) for seed in range(40)}
    assert len(results) == 4
    assert [renamed(text, seed=seed) for seed in range(40)] == [
        renamed(text, seed=seed) for seed in range(40)
    ]
    assert all(ast.parse(result) for result in results if isinstance(result, str))


def test_a_unit_is_found_behind_its_attributes_and_a_part_of_one_is_no_unit():
    source = source_of("#[inline]\nfn f(a: u8) -> u8 { a }\n", "rust")
    assert isinstance(rename_variables(source, 0, len(source.text) - 1, 0), Renaming)
    part = rename_variables(source, 11, 12, 0)
    assert isinstance(part, Refusal)
    assert part.reason == "no_unit"


def test_a_variable_of_go_that_is_only_assigned_is_not_the_functions_own():
    text = renamed("package p\nfunc f(a int) {\n\ttotal = a\n\tvar x [size]int\n\tg(x)\n}\n", "go")
    assert isinstance(text, str)
    assert "\ttotal = " in text
    assert "[size]int" in text
