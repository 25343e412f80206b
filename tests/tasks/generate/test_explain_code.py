import argparse
import difflib
import heapq
import inspect
import textwrap

import pytest

from tasks.generate.config import GenerateConfig
from tasks.generate.explain_code import running_text
from tasks.generate.from_units import generate_from_units
from tests.tasks.generate.repositories import repository_of


@pytest.fixture(scope="module")
def outcome():
    files = {
        f"{module.__name__}.py": inspect.getsource(module) for module in (argparse, difflib, heapq, textwrap)
    }
    documents, units = repository_of(files)
    kept = frozenset(units["unit_id"].to_pylist())
    return generate_from_units(documents, units, kept, GenerateConfig(code_methods=("explain_code",)))


def test_the_answer_is_prose_of_the_docstring_and_not_in_the_question(outcome):
    rows = outcome.rows.to_pylist()
    assert len(rows) >= 20
    for row in rows:
        question, answer = (message["content"] for message in row["messages"])
        assert not answer.startswith("```")
        assert len(answer.split()) >= 20
        assert answer not in question
        assert ">>>" not in answer


def test_a_docstring_that_says_what_and_no_more_explains_nothing(outcome):
    reasons = outcome.rejects["reason"].to_pylist()
    assert {"no_docstring", "docstring_too_short"} <= set(reasons)


@pytest.mark.parametrize(
    ("docstring", "text"),
    [
        ("It sums.\n\nIt is slow.\n\n>>> f(1)\n1", "It sums.\n\nIt is slow."),
        ("It sums.\n\nParameters\n----------\nx : int", "It sums."),
        ("It sums.\n\nFor example:\n\n    f(1)\n\n- one", "It sums.\n\nFor example:\n\n    f(1)"),
        ("It sums. Like this::\n\n    >>> f()", ""),
        ("Sums.\n@param x the list\n@return the sum", "Sums."),
    ],
)
def test_running_text_ends_before_lists_and_examples(docstring, text):
    assert running_text(docstring) == text
