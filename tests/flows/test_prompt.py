"""`tilth generate --method prompt`: anybody's table through a real engine and ledger, against a server on loopback."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.alone.by_model import generate_by_model
from flows.alone.model_request import ModelRequest
from tests.llm_server.server import Handle, running
from tilth.errors import ModelError, RequestError
from tilth.llm.config import EngineConfig, ModelConfig

WORDS = ("barley", "oats", "rye", "wheat", "millet", "spelt")


class _Silent:
    def began(self, stage: str, shards: int) -> None: ...
    def advanced(self, stage: str) -> None: ...
    def at(self, stage: str, words: str) -> None: ...


@pytest.fixture
def server() -> Iterator[Handle]:
    with running() as handle:
        yield handle


def table(folder: Path, words: tuple[str, ...] = WORDS) -> Path:
    path = folder / "rows.jsonl"
    path.write_text("".join(json.dumps({"id": n, "crop": word}) + "\n" for n, word in enumerate(words)))
    return path


def ask(folder: Path, server: Handle, rows: Path, **changes: Any) -> dict[str, Any]:
    """Run the method in a folder; what it tells, with the rows and rejects that it wrote."""
    model = {
        "model": "gpt-4o-mini",
        "base_url": server.url,
        "max_tokens": 100,
        "calls": EngineConfig(max_attempts=1, backoff_s=0.01, patience_s=0.1, max_in_flight=32),
    }
    model |= {name: changes.pop(name) for name in list(changes) if name in ModelConfig.model_fields}
    request = ModelRequest(
        "prompt", ModelConfig.model_validate(model), rows, lake=str(folder / "lake"),
        **{"prompt": "Tell me of {{ crop }}.", **changes},
    )  # fmt: skip
    told = generate_by_model(request, folder / "out.parquet", folder / "rejects.parquet", _Silent())
    told["made"] = pq.read_table(folder / "out.parquet").to_pylist()
    told["left_out"] = pq.read_table(folder / "rejects.parquet").to_pylist()
    return told


def test_each_row_gets_its_answer_and_stays_in_its_place(tmp_path: Path, server: Handle) -> None:
    told = ask(tmp_path, server, table(tmp_path))
    assert [row["crop"] for row in told["made"]] == list(WORDS)
    assert all(f"Tell me of {row['crop']}." in row["answer"] for row in told["made"])
    assert (told["accepted"], told["calls"], told["replayed"], told["failed"]) == (6, 6, 0, 0)
    assert told["cost_usd"] > 0


def test_the_same_command_again_calls_nobody_and_an_edited_row_costs_one_call(
    tmp_path: Path, server: Handle
) -> None:
    first = ask(tmp_path, server, table(tmp_path))
    again = ask(tmp_path, server, table(tmp_path))
    edited = ask(tmp_path, server, table(tmp_path, (*WORDS[:3], "maize", *WORDS[4:])))
    assert (again["calls"], again["replayed"], again["made"]) == (0, 6, first["made"])
    assert (edited["calls"], edited["replayed"]) == (1, 5)
    assert "maize" in edited["made"][3]["answer"]


def test_equal_rows_are_asked_once(tmp_path: Path, server: Handle) -> None:
    told = ask(tmp_path, server, table(tmp_path, ("rye",) * 5))
    assert (told["calls"], told["replayed"], told["accepted"]) == (1, 4, 5)


def test_columns_that_refer_to_each_other_are_filled_in_their_order(tmp_path: Path, server: Handle) -> None:
    columns = tmp_path / "columns.yaml"
    columns.write_text(
        "- {name: verdict, prompt: 'Judge {{ question }}', answer_schema: {type: object, required: [score],"
        " properties: {score: {type: integer}}}}\n"
        "- {name: question, prompt: 'Ask about {{ crop }}'}\n"
        "- {name: answers, prompt: 'Answer {{ question }} ({{ verdict.score }})', samples: 2}\n"
    )
    told = ask(tmp_path, server, table(tmp_path), prompt="", columns=columns)
    row = told["made"][0]
    assert list(row) == ["id", "crop", "verdict", "question", "answers"]
    assert isinstance(row["verdict"]["score"], int)
    assert len(row["answers"]) == 2
    assert f"Answer {row['question']} ({row['verdict']['score']})" in row["answers"][0]
    assert told["calls"] == 4 * len(WORDS)


def test_a_refused_answer_is_a_reject_that_keeps_the_request_and_what_came(
    tmp_path: Path, server: Handle
) -> None:
    server.order(declined=0.5)
    told = ask(tmp_path, server, table(tmp_path))
    missing = [row["crop"] for row in told["made"] if row["answer"] is None]
    assert 0 < len(missing) < len(WORDS)
    assert told["accepted"] == len(WORDS) - len(missing)
    assert told["rejects"] == {"refused": len(missing)}
    for word, reject in zip(missing, told["left_out"], strict=True):
        assert word in reject["messages"]
        assert reject["line"] == WORDS.index(word) + 1
        assert len(reject["request_ids"]) == 1


def test_a_schema_that_is_never_met_leaves_the_raw_answers_of_every_try(
    tmp_path: Path, server: Handle
) -> None:
    schema = tmp_path / "schema.json"
    schema.write_text(
        json.dumps({"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]})
    )
    server.order(wrong_schema=1.0)
    told = ask(tmp_path, server, table(tmp_path), schema=schema)
    assert told["accepted"] == 0
    assert "Nothing came of it" in told["stopped"]
    assert {reject["reason"] for reject in told["left_out"]} == {"schema_unmet"}
    assert all(len(reject["raw_answers"]) == 2 for reject in told["left_out"])  # the answer and its repair


def test_bad_rows_are_rejects_with_their_line_and_the_rest_is_answered(
    tmp_path: Path, server: Handle
) -> None:
    path = table(tmp_path)
    path.write_text(path.read_text() + "{broken\n" + '{"id": 9, "crop": "flax"}\n')
    told = ask(tmp_path, server, path)
    assert told["made"][-1]["crop"] == "flax"
    assert [(reject["reason"], reject["line"]) for reject in told["left_out"]] == [("bad_row", 7)]


def test_a_parquet_file_keeps_the_types_of_its_columns(tmp_path: Path, server: Handle) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"crop": ["rye"], "sown": pa.array([19000], pa.date32())}), path)
    ask(tmp_path, server, path)
    assert pq.read_schema(tmp_path / "out.parquet").field("sown").type == pa.date32()


def test_a_budget_ends_a_run_and_a_higher_one_resumes_it(tmp_path: Path, server: Handle) -> None:
    rows = table(tmp_path)
    poor = ask(tmp_path, server, rows, budget_usd=0.0001)
    assert 0 < poor["accepted"] < len(WORDS)
    assert poor["cost_usd"] <= 0.0001
    assert "not paid twice" in poor["stopped"]
    rich = ask(tmp_path, server, rows, budget_usd=1.0)
    assert (rich["replayed"], rich["accepted"], rich["stopped"]) == (poor["calls"], len(WORDS), None)


def test_a_budget_of_nothing_calls_nobody(tmp_path: Path, server: Handle) -> None:
    told = ask(tmp_path, server, table(tmp_path), budget_usd=0)
    assert (told["calls"], server.stats.requests) == (0, 0)
    assert "does not cover" in told["stopped"]


def test_a_replay_needs_no_network_and_no_key(
    tmp_path: Path, server: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    first = ask(tmp_path, server, table(tmp_path))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    replayed = ask(tmp_path, server, table(tmp_path), base_url=None, is_replay=True)
    assert (replayed["made"], replayed["calls"]) == (first["made"], 0)


@pytest.mark.parametrize(
    ("faults", "said"),
    [
        ({"keys": "sk-good"}, "Check the key"),
        ({"models": "other"}, "Check the model's name"),
        ({"html": 1.0}, "Check the base URL"),
        ({"is_down": True}, "The server fails"),
    ],
)
def test_what_would_befall_every_call_ends_the_run(
    tmp_path: Path, server: Handle, faults: dict[str, Any], said: str
) -> None:
    server.order(**faults)
    with pytest.raises(ModelError, match=said) as told:
        ask(tmp_path, server, table(tmp_path))
    assert "\n" not in str(told.value)
    assert not (tmp_path / "out.parquet").exists()


def test_a_request_that_cannot_be_carried_out_is_told_before_anything_is_asked(
    tmp_path: Path, server: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    rows = table(tmp_path)
    with pytest.raises(RequestError, match="'town', which is no column"):
        ask(tmp_path, server, rows, prompt="{{ town }}")
    with pytest.raises(RequestError, match="no price for openai/unheard-of"):
        ask(tmp_path, server, rows, model="unheard-of", budget_usd=1)
    with pytest.raises(RequestError, match="has no row that can be read"):
        ask(tmp_path, server, table(tmp_path, ()))
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    with pytest.raises(RequestError, match="There is no key for openai"):
        ask(tmp_path, server, table(tmp_path), base_url=None)
    assert server.stats.requests == 0


def test_a_batch_costs_half_and_a_few_more_rows_are_asked_live(tmp_path: Path, server: Handle) -> None:
    many = tuple(f"crop {number}" for number in range(40))
    apart = tmp_path / "apart"
    apart.mkdir()
    live = ask(apart, server, table(tmp_path, many))
    batched = ask(tmp_path, server, table(tmp_path, many), is_batch=True, batch_poll_s=0.05)
    assert batched["made"] == live["made"]
    assert (batched["calls"], len(server.state.batches.batches)) == (40, 1)
    assert batched["cost_usd"] == pytest.approx(live["cost_usd"] / 2, rel=0.3)
    more = ask(tmp_path, server, table(tmp_path, (*many, "one more")), is_batch=True, batch_poll_s=0.05)
    assert (more["calls"], more["replayed"]) == (1, 40)
    assert len(server.state.batches.batches) == 1


def test_no_key_reaches_the_lake(tmp_path: Path, server: Handle, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-very-secret")
    server.order(keys="sk-very-secret")
    ask(tmp_path, server, table(tmp_path))
    written = [path for path in tmp_path.rglob("*") if path.is_file()]
    assert len(written) > 3
    assert not [path for path in written if b"sk-very-secret" in path.read_bytes()]


def test_half_a_surrogate_pair_in_rows_and_answers_is_no_traceback(tmp_path: Path, server: Handle) -> None:
    (tmp_path / "rows.jsonl").write_text('{"crop": "rye \\ud800"}\n')
    server.order(answer='{"kind": "\\ud800 grass"}')
    schema = tmp_path / "schema.json"
    schema.write_text('{"type": "object", "required": ["kind"], "properties": {"kind": {"type": "string"}}}')
    told = ask(tmp_path, server, tmp_path / "rows.jsonl", schema=schema)
    assert told["made"] == [{"crop": "rye ?", "answer": {"kind": "? grass"}}]


def test_an_integer_that_no_column_holds_is_a_reject(tmp_path: Path, server: Handle) -> None:
    server.order(answer='{"acres": ' + "9" * 30 + "}")
    schema = tmp_path / "schema.json"
    schema.write_text(
        '{"type": "object", "required": ["acres"], "properties": {"acres": {"type": "integer"}}}'
    )
    told = ask(tmp_path, server, table(tmp_path, WORDS[:1]), schema=schema)
    assert [row["answer"] for row in told["made"]] == [None]
    assert [(row["reason"], row["line"]) for row in told["left_out"]] == [("value_out_of_range", 1)]


def test_a_time_that_python_cannot_hold_is_its_text_in_a_prompt(tmp_path: Path, server: Handle) -> None:
    path = tmp_path / "rows.parquet"
    pq.write_table(pa.table({"crop": ["rye"], "sown": pa.array([1], pa.timestamp("ns"))}), path)
    told = ask(tmp_path, server, path, prompt="{{ crop }} {{ sown }}")
    assert "1970-01-01 00:00:00.000000001" in told["made"][0]["answer"]


@pytest.mark.parametrize("kind", ["csv", "parquet"])
def test_a_column_that_stands_twice_is_told_before_anything_is_asked(
    tmp_path: Path, server: Handle, kind: str
) -> None:
    path = tmp_path / f"rows.{kind}"
    if kind == "csv":
        path.write_text("crop,crop\nrye,oats\n")
    else:
        pq.write_table(pa.Table.from_arrays([pa.array(["rye"]), pa.array(["oats"])], ["crop", "crop"]), path)
    with pytest.raises(RequestError, match="has the column crop 2 times"):
        ask(tmp_path, server, path)
    assert server.stats.requests == 0


def test_no_file_that_is_read_is_written_over(tmp_path: Path, server: Handle) -> None:
    path = tmp_path / "out.parquet"
    pq.write_table(pa.table({"crop": ["rye"]}), path)
    with pytest.raises(RequestError, match="--out and --rows name the same file"):
        ask(tmp_path, server, path)
    assert pq.read_table(path).column_names == ["crop"]
    request = ModelRequest("prompt", ModelConfig(model="m"), path, prompt="{{ crop }}")
    for rejects, other in ((path, "--rows"), (tmp_path / "new.parquet", "--out")):
        with pytest.raises(RequestError, match=f"--rejects and {other} name the same file"):
            generate_by_model(request, tmp_path / "new.parquet", rejects, _Silent())
    assert server.stats.requests == 0


def test_a_key_that_is_revoked_half_way_leaves_what_was_answered_and_says_so(
    tmp_path: Path, server: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-to-be-revoked")
    ask(tmp_path, server, table(tmp_path, WORDS[:3]))
    server.order(revoked="sk-to-be-revoked")
    with pytest.raises(ModelError, match="What was answered is recorded and is not paid again"):
        ask(tmp_path, server, table(tmp_path))


@pytest.mark.parametrize(
    ("more", "told"),
    [
        ({"seeds": Path("seeds.jsonl")}, "prompt has no use for --seeds"),
        ({"chunks": Path("chunks.parquet")}, "prompt has no use for --chunks"),
        ({"columns": Path("columns.yaml")}, "prompt with --columns has no use for --prompt"),
        ({"wanted": 3}, "prompt answers each row, and .* has 6, not 3"),
    ],
)
def test_an_option_without_a_use_is_told_and_not_passed_over(
    tmp_path: Path, server: Handle, more: dict[str, Any], told: str
) -> None:
    with pytest.raises(RequestError, match=told):
        ask(tmp_path, server, table(tmp_path), **more)
    assert server.stats.requests == 0
