import email
import re

import pytest

from tests.tasks.generate.repositories import generate, package, repository_of

STORE = '''"""Where lots of grain lie."""


def find_silo(name):
    """The silo of that name, or None."""
    for silo in SILOS:
        if silo.name == name:
            return silo
    return None
'''
INTAKE = '''from granary.store import find_silo


def take_in(name, tonnes):
    """Put grain into a silo."""
    silo = find_silo(name)
    if silo is None:
        raise LookupError(name)
    silo.tonnes += tonnes
    return silo.tonnes


def count(lots):
    """How many lots there are."""
    total = len(list(lots))
    return total if total else 0
'''
GRANARY = {"granary/__init__.py": "\n", "granary/store.py": STORE, "granary/intake.py": INTAKE}


@pytest.fixture(scope="module")
def mail():
    return package(email.__file__)


def test_the_callee_of_another_file_stands_in_the_question_under_its_path():
    (row,) = generate(repository_of(GRANARY), "complete_in_repository").rows.to_pylist()
    question = row["messages"][0]["content"]
    assert row["task"] == "repository_completion"
    assert question.index("# granary/store.py\ndef find_silo") < question.index("# granary/intake.py")
    assert "return silo\n" in question
    assert question.rstrip("`\n").endswith('"""Put grain into a silo."""')
    assert "silo.tonnes += tonnes" in row["messages"][1]["content"]


def test_what_is_shown_of_another_file_is_among_the_origins():
    documents, units = repository_of(GRANARY)
    (row,) = generate((documents, units), "complete_in_repository").rows.to_pylist()
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    shown = [texts[origin["document_id"]][origin["start"] : origin["end"]] for origin in row["origins"]]
    assert [text.split("(")[0] for text in shown] == ["def take_in", "def find_silo"]


def test_a_callee_that_does_not_fit_shows_its_head():
    long = STORE.replace("    return None", "    # nothing\n" * 300 + "    return None")
    (row,) = generate(
        repository_of(GRANARY | {"granary/store.py": long}), "complete_in_repository"
    ).rows.to_pylist()
    assert '"""The silo of that name, or None."""\n    ...' in row["messages"][0]["content"]


def test_every_question_of_a_real_package_shows_a_definition_that_the_answer_calls(mail):
    documents, _ = mail
    rows = generate(mail, "complete_in_repository").rows.to_pylist()
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    assert len(rows) >= 20
    for row in rows:
        text = texts[row["origins"][0]["document_id"]].encode()
        answer = text[row["answer_start"] : row["answer_end"]].decode()
        assert answer.rstrip() in row["messages"][1]["content"]
        for origin in row["origins"][1:]:
            assert origin["document_id"] != row["origins"][0]["document_id"]
            shown = texts[origin["document_id"]].encode()[origin["start"] : origin["end"]].decode()
            defined = re.search(r"^\s*(?:async )?(?:def|class) (\w+)", shown, re.MULTILINE)
            assert defined is not None
            assert defined[1] in answer


def test_the_rows_do_not_depend_on_the_order_of_the_files(mail):
    documents, units = mail
    turned = (documents.sort_by([("path", "descending")]), units.sort_by([("unit_id", "ascending")]))
    once, again = (generate(tables, "complete_in_repository").rows for tables in (mail, turned))
    assert sorted(once["example_id"].to_pylist()) == sorted(again["example_id"].to_pylist())
