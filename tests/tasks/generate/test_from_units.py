import argparse
import json
from pathlib import Path

import pyarrow as pa
import pyarrow.compute as pc
import pytest

from tasks.generate.config import GenerateConfig
from tasks.generate.from_seeds import generate_from_seeds
from tasks.generate.from_units import generate_from_units
from tasks.generate.piece import statements_around
from tasks.generate.templates import load_templates, word
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.records import DOCUMENTS, EXAMPLES, REJECTS, Columns

GO = """package grain

import "fmt"

// Lot is a load of grain.
type Lot struct {
	Tonnes float64
}

// Value of the lot at a price for each tonne.
func (l Lot) Value(price float64) float64 {
	if price < 0 {
		panic(fmt.Sprintf("a price of %f", price))
	}
	return l.Tonnes * price
}
"""


def documents_of(**texts):
    rows = Columns(DOCUMENTS)
    for name, (language, text) in texts.items():
        rows.add(
            key=name,
            document_id=digest(name, text),
            source="s",
            repository="s",
            path=f"src/{name}",
            kind="code",
            language=language,
            text=text,
            bytes=len(text.encode()),
            licence="MIT",
            licence_class="permissive",
            secrets=[],
            personal_data=[],
            category="s",
            extra="{}",
        )
    return rows.table()


@pytest.fixture(scope="module")
def library():
    documents = documents_of(
        argparse=("python", Path(argparse.__file__).read_text()),
        jsonenc=("python", Path(json.encoder.__file__).read_text()),
        grain=("go", GO),
    )
    return documents, split_documents(documents, SplitConfig()).rows


def generate(library, **config):
    documents, units = library
    kept = frozenset(units["unit_id"].to_pylist())
    return generate_from_units(documents, units, kept, GenerateConfig(**config))


def texts_of(library):
    documents, _ = library
    names = documents["document_id"].to_pylist()
    return dict(zip(names, (text.encode() for text in documents["text"].to_pylist()), strict=True))


def test_every_answer_is_what_stands_in_its_span(library):
    texts = texts_of(library)
    outcome = generate(library)
    assert outcome.rows.schema == EXAMPLES
    assert outcome.rejects.schema == REJECTS
    assert outcome.rows.num_rows > 200
    for row in outcome.rows.to_pylist():
        text = texts[row["origins"][0]["document_id"]]
        answer = text[row["answer_start"] : row["answer_end"]].decode()
        if row["kind"] == "fim":
            assert row["middle"] == answer
            around = (row["prefix"] + row["middle"] + row["suffix"]).encode()
            assert text.startswith(around, row["answer_start"] - len(row["prefix"].encode()))
        else:
            assert answer.rstrip() in row["messages"][1]["content"]
            assert row["messages"][1]["is_trained"]


def test_the_answer_is_not_in_its_own_question(library):
    for row in generate(library).rows.to_pylist():
        if row["task"] in ("function_completion", "method_completion"):
            body = row["messages"][1]["content"].split("\n", 1)[1].rsplit("\n", 1)[0]
            assert not row["messages"][0]["content"].rstrip("`\n").endswith(body)


def test_each_unit_gives_examples_or_is_a_reject(library):
    _, units = library
    outcome = generate(library)
    wanted = {
        unit_id
        for unit_id, kind in zip(units["unit_id"].to_pylist(), units["kind"].to_pylist(), strict=True)
        if kind in ("function", "method", "class")
    }
    files = set(units.filter(pc.equal(units["kind"], "module"))["unit_id"].to_pylist())
    made, left = set(outcome.rows["origin_id"].to_pylist()), set(outcome.rejects["item_id"].to_pylist())
    assert (made - files) | left == wanted
    assert not made & left


def test_ids_are_unique_and_depend_on_nothing_but_the_content(library):
    documents, units = library
    once = generate(library)
    assert len(set(once.rows["example_id"].to_pylist())) == once.rows.num_rows
    order = pa.array(range(units.num_rows - 1, -1, -1))
    turned = generate((documents.take(pa.array([2, 1, 0])), units.take(order)))
    assert sorted(once.rows["example_id"].to_pylist()) == sorted(turned.rows["example_id"].to_pylist())


@pytest.mark.parametrize("views", [1, 2])
def test_a_unit_gives_no_more_views_than_allowed(library, views):
    origins = generate(library, max_views_per_unit=views).rows["origin_id"].to_pylist()
    assert max(map(origins.count, set(origins))) == views


def test_a_method_is_shown_in_its_class(library):
    rows = generate(library, code_methods=("complete_method",)).rows.to_pylist()
    questions = {row["messages"][0]["content"] for row in rows}
    assert any("class HelpFormatter" in question and "def _split_lines" in question for question in questions)
    assert any("func (l Lot) Value(price float64) float64 {" in question for question in questions)


def test_a_docstring_is_asked_for_without_being_shown(library):
    for row in generate(library, code_methods=("write_docstring",)).rows.to_pylist():
        answer = row["messages"][1]["content"].split("\n", 1)[1].rsplit("\n", 1)[0]
        assert answer not in row["messages"][0]["content"]


def test_a_window_begins_at_a_definition(library):
    units = {row["unit_id"]: row for row in library[1].to_pylist()}
    methods = ("complete_function", "complete_method")
    for row in generate(library, code_methods=methods, max_context_tokens=400).rows.to_pylist():
        holder = units[units[row["origin_id"]]["parent_id"]]
        if row["language"] == "python" and holder["kind"] in ("module", "class"):
            first = row["messages"][0]["content"].split("```python\n", 1)[1].split("\n", 1)[0]
            assert not first.startswith(" ") or first.lstrip().startswith(
                ("def ", "class ", "@", "async ", "#")
            )


def test_code_with_fences_in_it_stays_inside_its_fence():
    text = 'def show(text):\n    """Show a text in a block."""\n    mark = "```"\n    print(mark)\n    print(text)\n'
    documents = documents_of(fences=("python", text))
    rows = generate((documents, split_documents(documents, SplitConfig()).rows)).rows.to_pylist()
    assert any(row["messages"] and row["messages"][1]["content"].startswith("````python") for row in rows)


def test_a_ratio_of_nought_cuts_nothing_and_of_one_cuts_all(library):
    assert generate(library, code_methods=("fill_in_the_middle",), fim_ratio=0).rows.num_rows == 0
    rejects = generate(library, code_methods=("fill_in_the_middle",), fim_ratio=1).rejects
    assert "not_drawn" not in rejects["reason"].to_pylist()


def test_a_run_of_statements_ends_where_a_statement_ends():
    body = b"    a = 1\n    if a:\n        b()\n    else:\n        c()\n    d()\n"
    for offset in range(len(body)):
        start, end = statements_around(body, 0, len(body), offset, 1)
        assert body[start:end].startswith(b"    ")
        assert not body[end:].startswith((b"    else", b"        "))


def test_a_wording_never_names_what_is_not_known():
    templates = load_templates("code.yaml")["function_completion"]
    for origin in range(60):
        known = {
            "language": "Go",
            "name": "f",
            "qualified_name": "f",
            "kind": "function",
            "signature": "func f()",
        }
        text = word(templates, str(origin), 0, known).text
        assert "{" not in text
        assert "purpose" not in text


def test_templates_that_cannot_be_read_are_told(tmp_path, monkeypatch):
    monkeypatch.setattr("tasks.generate.templates.ROOT", tmp_path)
    folder = tmp_path / "data" / "instructions"
    folder.mkdir(parents=True)
    for number, content in enumerate(
        ("{", "- {id: a}", "- {id: a, task: t, text: x}\n- {id: a, task: t, text: y}")
    ):
        (folder / f"{number}.yaml").write_text(content)
        with pytest.raises(RequestError, match=f"{number}.yaml"):
            load_templates(f"{number}.yaml")


def test_seeds_become_examples_as_they_are():
    messages = [{"role": "user", "content": "Hi"}, {"role": "assistant", "content": "Hello"}]
    table = documents_of(seed=("text", "Hi Hello"), empty=("text", "x")).to_pylist()
    for row, extra in zip(table, ({"messages": messages}, {}), strict=True):
        row.update(kind="seed", extra=json.dumps(extra))
    outcome = generate_from_seeds(pa.Table.from_pylist(table, schema=DOCUMENTS))
    (row,) = outcome.rows.to_pylist()
    assert [(m["role"], m["content"], m["is_trained"]) for m in row["messages"]] == [
        ("user", "Hi", False),
        ("assistant", "Hello", True),
    ]
    assert outcome.rejects["reason"].to_pylist() == ["no_messages"]
