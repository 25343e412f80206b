"""Prompted columns: a graph by references, checked before anything is asked."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RequestError
from tilth.llm.columns import PromptColumn, PromptTable, check_columns
from tilth.llm.template_language import PromptError

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}


def column(name, prompt, **more: Any):
    return PromptColumn(name=name, prompt=prompt, provider="mill", model="grist-1", **more)


def filled(table, row, answer=lambda cell: f"<{cell.column}>"):
    """The row with every column answered, and the rounds in which its cells became ready."""
    row, started, rounds = dict(row), set[str](), []
    while cells := table.ready(row, started):
        rounds.append([cell.column for cell in cells])
        started.update(rounds[-1])
        row.update({cell.column: answer(cell) for cell in cells})
    return row, rounds


def test_one_column_asks_once_a_row():
    table = PromptTable([column("answer", "Summarise: {{ text }}")], ["text"])
    (cell,) = table.ready({"text": "Loam."}, ())
    assert cell.request.messages == ({"role": "user", "content": "Summarise: Loam."},)
    assert table.ready({"text": "Loam."}, ("answer",)) == []


def test_columns_are_asked_when_what_they_refer_to_is_there():
    columns = [
        column("verdict", "{{ question }} {{ answer }}", answer_schema=SCHEMA, system="Judge."),
        column("answer", "{{ question }}"),
        column("question", "About {{ text }}"),
        column("title", "Name {{ text }}"),
    ]
    table = PromptTable(columns, ["text"])
    assert table.order.index("question") < table.order.index("answer") < table.order.index("verdict")
    row, rounds = filled(table, {"text": "Loam."})
    assert rounds == [["question", "title"], ["answer"], ["verdict"]]
    assert row.keys() == {"text", "question", "title", "answer", "verdict"}
    assert table.depends_on("verdict") == {"question", "answer"}
    assert table.is_structured("verdict")


def test_a_field_of_a_structured_answer_can_be_referred_to():
    table = PromptTable([column("a", "x", answer_schema=SCHEMA), column("b", "{{ a.score + 1 }}")], [])
    row, _ = filled(
        table, {}, lambda cell: {"score": 6} if cell.column == "a" else cell.request.messages[0]["content"]
    )
    assert row["b"] == "7"


def test_samples_are_requests_of_their_own():
    cells = PromptTable([column("a", "x", samples=3)], []).ready({}, ())
    assert len({cell.request.key for cell in cells}) == 3


def test_equal_rows_ask_the_same_request_so_that_one_answer_is_paid():
    table = PromptTable([column("a", "{{ text }}")], ["text", "id"])
    first, second = (table.ready({"text": "Loam.", "id": n}, ())[0].request.key for n in range(2))
    assert first == second


@pytest.mark.parametrize(
    ("columns", "fact"),
    [
        ([column("a", "{{ titel }}")], "a uses 'titel', which is no column; there are: a, title"),
        ([column("a", "x", system="{{ who }}")], r"a \(system\) uses 'who'"),
        ([column("a", "{{ b }}"), column("b", "{{ a }}")], "in a circle: a → b → a|in a circle: b → a → b"),
        ([column("a", "{{ a }}")], "in a circle"),
        ([column("a", "x"), column("a", "y")], "Two new columns are called 'a'"),
        ([column("title", "x")], "has a column 'title' already"),
        ([column("a", "{{ x")], "a is no template"),
        ([column("a", "x", answer_schema={"type": "array"})], "schema of a describes no object"),
    ],
)
def test_a_graph_that_cannot_be_asked_is_told_before_any_call(columns, fact):
    with pytest.raises(RequestError, match=fact):
        PromptTable(columns, ["title"])


def test_a_row_whose_values_make_no_prompt_is_told():
    table = PromptTable([column("a", "{{ person.age }}")], ["person"])
    with pytest.raises(PromptError, match="a cannot be rendered: there is no 'age'"):
        table.ready({"person": {}}, ())


def test_the_shared_start_of_a_column_is_measured():
    rules = "Rules. " * 100
    assert PromptTable([column("a", "{{ t }}" + rules)], ["t"]).shared_bytes("a") == 0
    assert PromptTable([column("a", "On: {{ t }}", system=rules)], ["t"]).shared_bytes("a") == len(rules) + 4
    assert PromptTable([column("a", "On: {{ t }}", system="{{ t }}")], ["t"]).shared_bytes("a") == 0


@given(
    st.dictionaries(st.sampled_from("bcdefg"), st.sets(st.sampled_from("abcdefgh"), max_size=3), max_size=6)
)
def test_every_graph_is_either_filled_whole_each_column_once_or_told(graph):
    columns = [
        column(name, "".join(f"{{{{ {other} }}}}" for other in sorted(used)) or "x")
        for name, used in graph.items()
    ]
    try:
        table = PromptTable(columns, ["a", "h"])
    except RequestError:
        return
    row, rounds = filled(table, {"a": 1, "h": 2})
    assert sorted(name for names in rounds for name in names) == sorted(graph)
    assert row.keys() == {"a", "h", *graph}


def test_a_file_that_lacks_columns_is_told_with_what_it_has():
    check_columns(["task"], ["id", "task"], "seeds.jsonl")
    with pytest.raises(
        RequestError, match=r"seeds\.jsonl lacks the columns instruction, answer; it has id, text\."
    ):
        check_columns(["instruction", "id", "answer"], ["id", "text"], "seeds.jsonl")
