"""What documents of a repository say about its code, and show of it."""

import pytest

from tasks.chunk.by_structure import chunk_documents
from tasks.chunk.config import ChunkConfig
from tasks.generate.config import GenerateConfig
from tasks.generate.from_chunks import describe_repository, generate_from_chunks
from tasks.generate.show_usage import code_bytes
from tests.tasks.generate.repositories import repository_of

CODE = '''def find_silo(name, silos):
    """The silo of that name, or None."""
    for silo in silos:
        if silo.name == name:
            return silo
    return None


def weigh(lots):
    """All lots together."""
    return sum(lot.tonnes for lot in lots)
'''
README = """# Granary

## Quick start for a granary

Open it and look for a silo:

```python
from granary import open_store, find_silo

store = open_store("north")
print(find_silo("barley", store.silos).tonnes)
```

## `find_silo(name, silos)`

Looks for a silo by its name. Names are compared as they are, so that capitals count, and the first
silo of that name is the one you get. Without one the answer is `None`, never an error.

## How lots are counted

When lots arrive they are put on the scale by `weigh()`, which adds what each of them says of itself. It
does not look at the scale's own figure: `weigh()` trusts the lots, and a lot that lies is found in the
inventory at the end of the year, when every silo is emptied and its grain is measured again.

## What a farmer should know

Grain is taken in from July on. Who comes late finds the silos full, and waits until the first ships have
been loaded. Calls to `find_silo()` and to `weigh()` are cheap, so nobody need be afraid of them here.
"""
CHANGES = "# Changes\n\n## 1.2\n\nNow `find_silo()` is quick, and `find_silo()` is right. It was slow in the past.\n"


@pytest.fixture(scope="module")
def granary():
    files = {"granary/store.py": CODE, "README.md": README, "CHANGELOG.md": CHANGES}
    documents, units = repository_of(files)
    prose = documents.filter([kind == "prose" for kind in documents["kind"].to_pylist()])
    return documents, units, chunk_documents(prose, ChunkConfig(max_tokens=160, min_tokens=20)).rows


def test_a_section_of_code_answers_its_heading(granary):
    documents, _, chunks = granary
    found = generate_from_chunks(chunks, documents, GenerateConfig(prose_methods=("show_usage",)))
    (row,) = found.rows.to_pylist()
    question, answer = (message["content"] for message in row["messages"])
    assert "Quick start for a granary" in question
    assert answer.startswith("Open it and look for a silo:\n\n```python\n")
    text = README.encode()[row["answer_start"] : row["answer_end"]].decode()
    assert text == answer


def test_a_section_about_one_function_answers_its_code(granary):
    documents, units, chunks = granary
    keys = {name: f"repository:{name}" for name in documents["document_id"].to_pylist()}
    config = GenerateConfig(prose_methods=("describe_function",))
    rows = describe_repository(chunks, documents, units, keys, config).rows.to_pylist()
    assert sorted(row["extra"] for row in rows) == ['{"describes": "find_silo"}', '{"describes": "weigh"}']
    for row in rows:
        question, answer = (message["content"] for message in row["messages"])
        assert "```python\ndef " in question
        assert answer in README
        assert row["key"].startswith("repository:")
        assert len(row["origins"]) == 2


def test_a_changelog_describes_nothing(granary):
    documents, units, chunks = granary
    keys = {name: name for name in documents["document_id"].to_pylist()}
    rows = describe_repository(chunks, documents, units, keys, GenerateConfig()).rows.to_pylist()
    assert not any("slow in the past" in row["messages"][1]["content"] for row in rows)


@pytest.mark.parametrize(
    ("body", "size"),
    [
        (b"~~~\nfirst\n~~~\n", 6),
        (b".. code-block:: python\n   :linenos:\n\n   call(1)\n", 10),
        (b"Inline `code` alone.", 0),
        (b"```\nnever closed", 0),
    ],
)
def test_code_is_told_by_fences_and_directives(body, size):
    assert code_bytes(body) == size
