from __future__ import annotations

import ast
import shlex
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.tilth.edits.sources import MODULES, module, samples, source_of
from tilth.edits.edit import Edit, apply, invert
from tilth.edits.reorder import reorder_methods
from tilth.edits.source import Refusal, captured

CLASS = """class A:
    x = 1

    # about f
    def f(self):
        return 1

    @property
    def p(self):
        return 2

    @p.setter
    def p(self, value):
        self.f()

    def g(self, of=f):  # behind
        return 3

    y = f

    def h(self): ...
"""


def reordered(text: str, language: str, seed: int) -> str | Refusal:
    source = source_of(text, language)
    edits = reorder_methods(source, 0, len(source.text), seed)
    return edits if isinstance(edits, Refusal) else apply(source.text, edits).decode()


def classes(source):
    return [(node.start_byte, node.end_byte) for node in captured(source, "(class_definition) @c")]


@given(st.integers(0, 10_000))
@settings(max_examples=30)
def test_methods_move_with_their_comments_and_never_before_what_they_need(seed):
    text = reordered(CLASS, "python", seed)
    if isinstance(text, Refusal):
        assert text.reason == "order_matters"
        return
    assert sorted(text.splitlines()) == sorted(CLASS.splitlines())
    assert "    # about f\n    def f(self):" in text
    assert text.index("def f(") < text.index("def g(")
    assert text.index("def p(self):") < text.index("def p(self, value)")
    assert text.index("def g(") < text.index("y = f") < text.index("def h(")
    compile(text, "a.py", "exec")


@pytest.mark.parametrize("name", MODULES)
def test_a_class_of_the_standard_library_keeps_its_members_and_comes_back(name):
    source = module(name)
    for start, end in classes(source):
        edits = reorder_methods(source, start, end, 1)
        if isinstance(edits, Refusal):
            continue
        text = apply(source.text, edits)
        ast.parse(text)
        assert sorted(text.splitlines()) == sorted(source.text.splitlines())
        assert apply(text, invert(source.text, edits)) == source.text


@pytest.mark.parametrize("seed", range(3))
def test_a_lexer_whose_methods_changed_places_still_splits_words(seed):
    source = module("shlex.py")
    ((start, end),) = classes(source)
    edits = reorder_methods(source, start, end, seed)
    assert not isinstance(edits, Refusal)
    namespace: dict[str, Any] = {"__name__": "reordered"}
    exec(compile(apply(source.text, edits), "shlex.py", "exec"), namespace)
    lines = ["a 'b c' d # e", 'x="y z"; w\\ v', "((a|b)&&c)"]
    assert [namespace["split"](line) for line in lines] == [shlex.split(line) for line in lines]


@pytest.mark.parametrize(
    ("text", "language"),
    [
        ("class A {\n  int f() { return 1; }\n  /** g */\n  @Override\n  int g() { return 2; }\n}\n", "java"),
        ("class A {\n  f() {}\n  // g\n  get g() { return 1 }\n}\n", "javascript"),
        ("class A {\n  f(a: string): void;\n  f(a: any) {}\n\n  @log()\n  g() {}\n}\n", "typescript"),
        ("impl A {\n    /// f\n    fn f() {}\n    #[inline]\n    fn g() {}\n}\n", "rust"),
    ],
)
def test_methods_change_places_in_other_languages(text, language):
    results = {reordered(text, language, seed) for seed in range(8)} - {
        Refusal("order_matters", "no two methods of the class may change places")
    }
    (other,) = results
    assert isinstance(other, str)
    assert other.index("g(") < other.index("f(")
    assert not source_of(other, language).root.has_error
    assert sorted(other.splitlines()) == sorted(text.splitlines())


@pytest.mark.parametrize(
    ("text", "language", "reason"),
    [
        ("class A:\n    def f(self): ...\n", "python", "order_matters"),
        ("class A { f() {} g() {} }", "javascript", "order_matters"),
        ("def f(): ...\n", "python", "no_methods"),
        ("package p", "go", "no_methods"),
    ],
)
def test_what_cannot_be_reordered_is_refused_with_a_reason(text, language, reason):
    refused = reordered(text, language, 0)
    assert isinstance(refused, Refusal)
    assert refused.reason == reason


def test_the_sample_classes_of_other_languages_still_parse():
    for _, source in samples():
        for node in source.root.named_children:
            edits = reorder_methods(source, node.start_byte, node.end_byte, 2)
            if not isinstance(edits, Refusal):
                assert all(isinstance(edit, Edit) for edit in edits)
                assert not source.after(edits).root.has_error


def test_the_order_depends_on_the_seed_alone():
    assert [reordered(CLASS, "python", 5) for _ in range(2)] == [reordered(CLASS, "python", 5)] * 2


def test_a_class_of_a_thousand_methods_is_reordered():
    text = "class A:\n" + "".join(f"    def f{number}(self):\n        ...\n" for number in range(1000))
    other = reordered(text, "python", 0)
    assert isinstance(other, str)
    assert sorted(other.splitlines()) == sorted(text.splitlines())
