from __future__ import annotations

import pytest

from tests.tilth.edits.sources import MODULES, module
from tilth.edits.reformat import fix_lint, reformat
from tilth.edits.same_syntax import same_syntax
from tilth.errors import RequestError


def test_ruff_lays_out_many_texts_at_once_and_they_stay_the_same_programs():
    texts = [module(name).text for name in MODULES]
    laid_out = reformat(texts, line_length=60)
    assert all(same_syntax(old, new, "python") for old, new in zip(texts, laid_out, strict=True) if new)
    assert None not in laid_out
    assert laid_out != texts


def test_a_text_that_ruff_cannot_read_is_told_apart_from_the_others():
    assert reformat([b"x=1\n", b"def (:\n", b"y=2\n"]) == [b"x = 1\n", None, b"y = 2\n"]
    assert reformat([]) == []


def test_lint_fixes_are_those_of_the_rules_asked_for():
    assert fix_lint([b"import os\nx = f'a'\n"], ["F541"]) == [b"import os\nx = 'a'\n"]
    assert fix_lint([b"import os\nx = f'a'\n"], ["F"]) == [b"x = 'a'\n"]


def test_a_rule_that_ruff_does_not_know_is_named():
    with pytest.raises(RequestError, match="ZZ9"):
        fix_lint([b"x = 1\n"], ["ZZ9"])
