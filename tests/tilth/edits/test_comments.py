from __future__ import annotations

import pytest

from tests.tilth.edits.sources import MODULES, module, samples, source_of
from tilth.edits.comments import comment_spans, strip_comments
from tilth.edits.edit import apply, invert
from tilth.edits.same_syntax import same_syntax, same_tree

SAMPLES = [pytest.param(source, id=name) for name, source in samples()]


def stripped(text: str, language: str, path: str = "", **options) -> str:
    source = source_of(text, language, path)
    return apply(source.text, strip_comments(source, **options)).decode()


@pytest.mark.parametrize("name", MODULES)
def test_python_without_its_comments_is_the_same_program_and_comes_back(name):
    source = module(name)
    edits = strip_comments(source)
    bare = apply(source.text, edits)
    assert same_syntax(source.text, bare, "python")
    assert apply(bare, invert(source.text, edits)) == source.text


@pytest.mark.parametrize("source", SAMPLES)
def test_files_of_other_languages_without_comments_are_the_same_program(source):
    edits = strip_comments(source, keep_licence=False)
    bare = source.after(edits)
    assert same_tree(source, bare)
    assert len(comment_spans(bare)) == len(comment_spans(source)) - len(edits)


def test_a_comment_goes_with_its_lines_or_with_the_blanks_before_it():
    text = "x = 1\n# alone\n    # deeper\ny = 2  # behind\n"
    assert stripped(text, "python") == "x = 1\ny = 2\n"


def test_two_tokens_do_not_become_one():
    text = "let a = b/* */in/* c */ c; return/*\n*/x"
    assert stripped(text, "javascript") == "let a = b in c; return\nx"


def test_what_machines_read_stays():
    python = (
        "#!/usr/bin/python\n# -*- coding: utf-8 -*-\nimport os  # noqa: F401\nx = []  # type: list[int]\n"
    )
    assert stripped(python, "python") == python
    go = 'package p\n\n//go:generate stringer\n\n// #include <a.h>\nimport "C"\n'
    assert stripped(go, "go") == go
    assert stripped("// @ts-ignore\nf()\n", "typescript") == "// @ts-ignore\nf()\n"


def test_a_licence_at_the_head_stays_unless_it_is_not_wanted():
    text = "// Copyright 2020 A. Author\n// SPDX-License-Identifier: MIT\n\n// words\nf()\n"
    assert stripped("// a\nf() // Copyright\n", "javascript") == "f()\n"
    assert "Copyright" in stripped(text, "javascript")
    assert stripped(text, "javascript", keep_licence=False) == "\nf()\n"


def test_only_the_span_that_is_asked_for_is_touched():
    source = source_of("# a\ndef f():\n    # b\n    return 1  # c\n", "python")
    start = source.text.index(b"def")
    assert apply(source.text, strip_comments(source, start)) == b"# a\ndef f():\n    return 1\n"


def test_a_hash_in_a_string_is_no_comment():
    text = 'x = "# no"\ny = f"{x}# no"\n'
    assert stripped(text, "python") == text
