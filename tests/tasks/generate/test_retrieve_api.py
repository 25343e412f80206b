import email
import json

import pytest

from tasks.generate.retrieve_api import query_of
from tests.tasks.generate.repositories import generate, package, repository_of


@pytest.fixture(scope="module")
def rows():
    return generate(package(email.__file__), "retrieve_api").rows.to_pylist()


def test_a_docstring_asks_and_its_function_answers_without_it(rows):
    assert len(rows) >= 100
    for row in rows:
        assert row["kind"] == "triplet"
        assert len(row["query"].split()) >= 3
        assert " ".join(row["positive"].split()).find(row["query"]) < 0
        assert row["answer_start"] is None


def test_negatives_are_other_functions_that_score_below_the_margin(rows):
    for row in rows:
        limit = json.loads(row["extra"])["positive_score"] * 0.95
        assert 1 <= len(row["negatives"]) <= 3
        for negative in row["negatives"]:
            assert negative["text"] != row["positive"]
            assert negative["score"] <= limit + 1e-3
            assert "module; scores" in negative["reason"]
        assert len(row["origins"]) == 1 + len(row["negatives"])


def test_most_have_a_negative_of_the_same_module(rows):
    near = sum("from the same module" in row["negatives"][0]["reason"] for row in rows)
    assert near > len(rows) / 2


def test_constructors_short_functions_and_tests_answer_nothing(rows):
    for row in rows:
        head = row["positive"].split("def ", 1)[1].split("(")[0]
        assert not (head.startswith("__") and head.endswith("__"))
        assert "test" not in head.lower()


def test_a_query_that_two_functions_have_asks_for_neither():
    text = '''def first(items):
    """Take the first of the items."""
    for item in items:
        return item


def head(items):
    """Take the first of the items."""
    iterator = iter(items)
    return next(iterator)


def last(items):
    """Take the last item of a list."""
    for item in items:
        pass
    return item
'''
    queries = [
        row["query"] for row in generate(repository_of({"a.py": text}), "retrieve_api").rows.to_pylist()
    ]
    assert queries == ["Take the last item of a list."]


@pytest.mark.parametrize(
    ("docstring", "query"),
    [
        ("Parse it.", ""),
        ("Return the :class:`Silo` of a name.\n\n:param name: it", "Return the Silo of a name."),
        ("See the other function for this.", ""),
        ("@param x the thing that is meant", ""),
    ],
)
def test_what_documents_nothing_is_no_query(docstring, query):
    assert query_of(docstring) == query
