"""Grammars that are not Tilth's own: found by their name, used by their tags, killed when they hang."""

from __future__ import annotations

from pathlib import Path

import pyarrow as pa
import pytest

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tasks.split.in_child import Child, ChildLost
from tests.tasks.split.samples import documents
from tilth.syntax.foreign import foreign_packages, is_installed

# The grammar of JavaScript under a name that Tilth has no queries for, with the tags its wheel ships.
_BORROWED = """
from tree_sitter_javascript import TAGS_QUERY, language
"""
_HANGING = """
def language():
    while True:
        pass
"""
_CRASHING = """
import os

def language():
    os._exit(3)
"""


@pytest.fixture
def install(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    def write(name: str, source: str) -> str:
        folder = tmp_path / f"tree_sitter_{name}"
        folder.mkdir()
        (folder / "__init__.py").write_text(source)
        is_installed.cache_clear()
        return name

    monkeypatch.syspath_prepend(str(tmp_path))
    yield write
    is_installed.cache_clear()


def test_an_installed_grammar_gives_what_its_tags_name(install) -> None:
    language = install("borrowed", _BORROWED)
    text = "class A {\n  run(a) { go(); }\n}\nfunction f(b) {\n  return 1;\n}\n"
    rows = split_documents(
        documents(("a.py", "python", "x = 1\n"), ("a.x", language, text), ("b.py", "python", "")),
        SplitConfig(),
    ).rows.to_pylist()
    assert [(row["path"], row["kind"], row["qualified_name"]) for row in rows] == [
        ("a.py", "module", "a"),
        ("a.x", "module", "a"),
        ("a.x", "class", "A"),
        ("a.x", "method", "A.run"),
        ("a.x", "function", "f"),
        ("b.py", "module", "b"),
    ]
    method = rows[3]
    assert (method["signature"], method["calls"]) == ("run(a)", ["go"])


def test_a_grammar_without_tags_gives_modules(install) -> None:
    language = install("untagged", "from tree_sitter_javascript import language\n")
    rows = split_documents(documents(("a", language, "function f() {}")), SplitConfig()).rows
    assert rows["kind"].to_pylist() == ["module"]


def test_what_is_no_grammar_is_none(install) -> None:
    language = install("nothing", "")
    outcome = split_documents(documents(("a", language, "x")), SplitConfig())
    assert outcome.rejects["reason"].to_pylist() == ["no_grammar"]


def test_a_grammar_that_hangs_costs_its_documents_and_no_other(
    install, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("tasks.split.in_child.LIMIT_S", 0.2)
    language = install("hanging", _HANGING)
    outcome = split_documents(
        documents(("a.x", language, "x"), ("a.py", "python", "def f(): pass\n")), SplitConfig()
    )
    assert outcome.rejects["reason"].to_pylist() == ["parse_timeout"]
    assert outcome.rows["path"].to_pylist() == ["a.py", "a.py"]


def test_a_grammar_that_crashes_costs_its_documents(install) -> None:
    language = install("crashing", _CRASHING)
    outcome = split_documents(documents(("a.x", language, "x"), ("b.x", language, "y")), SplitConfig())
    assert outcome.rejects["reason"].to_pylist() == ["grammar_crashed", "grammar_crashed"]


def test_a_child_that_was_lost_is_followed_by_another(install) -> None:
    hanging, borrowed = install("hanging", _HANGING), install("borrowed", _BORROWED)
    child = Child(SplitConfig(), limit_s=0.2)

    def one(language: str) -> pa.Table:
        return documents(("a", language, "function f() {}"))

    with pytest.raises(ChildLost):
        child.split(one(hanging))
    assert child.process is None
    child.limit_s = 20.0
    assert child.split(one(borrowed)).rows["kind"].to_pylist() == ["module", "function"]
    child.close()


def test_own_grammars_are_not_among_the_others() -> None:
    assert "tree-sitter-python" not in foreign_packages(("tree-sitter-python",))
    assert not is_installed("no such language")
