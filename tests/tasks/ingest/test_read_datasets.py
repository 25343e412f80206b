import csv
import io
import json

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tasks.ingest.config import ColumnMapping, IngestConfig
from tasks.ingest.read_datasets import BadMessages, BadRow, Record, messages_of, read_dataset

CONFIG = IngestConfig()
ROWS = [
    {"text": "one", "language": "python"},
    {"text": 'zwei\nlines, "quoted" \u2028 sep', "language": "text"},
]


def read(name: str, data: bytes | str, config: IngestConfig = CONFIG) -> list[Record | BadRow]:
    return list(read_dataset(name, data.encode() if isinstance(data, str) else data, config))


def packed(extension: str) -> bytes:
    if extension == "json":
        return json.dumps(ROWS, indent=1, ensure_ascii=False).encode()
    if extension == "jsonl":
        return "".join(json.dumps(row, ensure_ascii=False) + "\n" for row in ROWS).encode()
    if extension == "yaml":
        return yaml.safe_dump(ROWS, allow_unicode=True).encode()
    if extension == "parquet":
        sink = io.BytesIO()
        pq.write_table(pa.Table.from_pylist(ROWS), sink)
        return sink.getvalue()
    out = io.StringIO()
    writer = csv.DictWriter(out, ["text", "language"], delimiter="\t" if extension == "tsv" else ",")
    writer.writeheader()
    writer.writerows(ROWS)
    return out.getvalue().encode()


@pytest.mark.parametrize("extension", ["json", "jsonl", "yaml", "csv", "tsv", "parquet"])
def test_every_format_gives_the_same_rows(extension):
    found = read(f"d.{extension}", packed(extension))
    assert [item.columns for item in found if isinstance(item, Record)] == ROWS
    assert not [item for item in found if isinstance(item, BadRow)]


def test_a_bad_row_of_jsonl_is_told_by_its_line_and_the_others_read():
    found = read("d.jsonl", '{"a": 1}\n\n{broken\n[1]\n{"a": 2}')
    assert [item.line for item in found] == [1, 3, 4, 5]
    assert [item.reason for item in found if isinstance(item, BadRow)] == ["bad_row", "bad_row"]


def test_rows_of_a_json_array_have_the_lines_they_start_at():
    found = read("d.json", '[\n {"a": 1},\n {"a":\n 2}, 7,\n {"a": 3}\n]\n')
    assert [item.line for item in found] == [2, 3, 4, 5]
    assert [type(item) for item in found] == [Record, Record, BadRow, Record]


def test_a_json_array_that_breaks_off_gives_the_rows_before_the_break():
    found = read("d.json", '[{"a": 1},\n{"a": 2},\n{"a"')
    assert [type(item) for item in found] == [Record, Record, BadRow]
    assert found[-1].line == 3


def test_one_json_object_is_one_row():
    assert read("d.json", '{"text": "x"}') == [Record(1, {"text": "x"})]


def test_rows_of_csv_are_counted_in_lines_of_the_file():
    found = read("d.csv", 'text,x\n"two\nlines",1\nshort\n"last",2\n')
    assert [item.line for item in found] == [2, 4, 5]
    assert [type(item) for item in found] == [Record, BadRow, Record]


def test_a_long_field_of_csv_is_read_and_the_limit_put_back():
    before = csv.field_size_limit()
    (row,) = read("d.csv", f"text\n{'x' * 200_000}\n")
    assert isinstance(row, Record)
    assert len(row.columns["text"]) == 200_000
    assert csv.field_size_limit() == before


def test_yaml_rows_have_lines_and_a_break_is_told_with_its_own():
    found = read("d.yaml", "- text: a\n- text: b\n- 3\n")
    assert [item.line for item in found] == [1, 2, 3]
    broken = read("d.yaml", "- text: a\n- text: [b\n")
    assert [type(item) for item in broken] == [BadRow]
    assert broken[0].line == 3


def test_python_objects_in_yaml_are_not_made():
    (row,) = read("d.yaml", "- !!python/object/apply:os.system ['true']\n")
    assert isinstance(row, BadRow)


def test_a_line_longer_than_allowed_is_told_and_the_next_read():
    found = read(
        "d.jsonl", '{"text": "' + "x" * 500 + '"}\n{"text": "y"}\n', IngestConfig(max_file_bytes=100)
    )
    assert [(type(item), item.line) for item in found] == [(BadRow, 1), (Record, 2)]


@given(st.sampled_from(["json", "jsonl", "yaml", "csv", "tsv", "parquet"]), st.binary(max_size=120))
def test_no_bytes_raise(extension, data):
    read(f"d.{extension}", data)


@given(st.sampled_from(["json", "jsonl", "yaml", "csv", "parquet"]), st.data())
def test_a_dataset_cut_anywhere_does_not_raise(extension, data):
    whole = packed(extension)
    read(f"d.{extension}", whole[: data.draw(st.integers(min_value=0, max_value=len(whole)))])


def test_deeply_nested_json_is_a_bad_row():
    assert isinstance(read("d.jsonl", "[" * 100_000)[0], BadRow)
    assert isinstance(read("d.json", "[" * 100_000)[0], BadRow)
    assert isinstance(read("d.yaml", "[" * 200_000)[0], BadRow)


CONVERSATION = [{"role": "user", "content": "Add 1 and 2."}, {"role": "assistant", "content": "3"}]


@pytest.mark.parametrize(
    "columns",
    [
        {"messages": CONVERSATION},
        {"messages": json.dumps(CONVERSATION)},
        {"messages": [{"from": "human", "value": "Add 1 and 2."}, {"from": "gpt", "value": "3"}]},
        {
            "messages": [
                {"role": "user", "content": [{"type": "text", "text": "Add 1 and 2."}]},
                CONVERSATION[1],
            ]
        },
        {"instruction": "Add 1 and 2.", "output": "3", "input": ""},
    ],
)
def test_all_usual_shapes_of_a_conversation_become_one(columns):
    assert messages_of(columns, ColumnMapping()) == CONVERSATION


@pytest.mark.parametrize(
    "columns",
    [
        {"messages": "no json"},
        {"messages": [1]},
        {"messages": [{"role": "wizard", "content": "x"}]},
        {"messages": [{"role": "user"}]},
        {"messages": {"role": "user", "content": "x"}},
        {"output": "answer without a question"},
    ],
)
def test_a_bad_conversation_is_told(columns):
    with pytest.raises(BadMessages):
        messages_of(columns, ColumnMapping())


def test_columns_are_read_under_the_names_of_the_mapping():
    mapping = ColumnMapping(instruction="prompt", output="completion")
    messages = messages_of({"prompt": "p", "completion": "c"}, mapping)
    assert messages is not None
    assert [message["content"] for message in messages] == ["p", "c"]


@pytest.mark.parametrize("value", ["!!timestamp x", "!!bool maybe", "!!int x", "2024-99-99"])
def test_a_yaml_value_that_its_own_type_refuses_is_told(value):
    (row,) = read("d.yaml", f"- {value}\n")
    assert isinstance(row, BadRow)


def test_a_nul_byte_spoils_its_row_and_no_other():
    found = read(
        "d.csv", "text\none line that is long enough\nt\0o lines that are long enough\nthree lines\n"
    )
    assert [(type(item), item.line) for item in found] == [(Record, 2), (BadRow, 3), (Record, 4)]
    found = read(
        "d.jsonl", '{"text": "one line"}\n{"text": "t\0o lines of it"}\n{"text": "three lines of it"}\n'
    )
    assert [(type(item), item.line) for item in found] == [(Record, 1), (BadRow, 2), (Record, 3)]
