from __future__ import annotations

import json
from typing import Any, get_args

import pyarrow.parquet as pq
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.export.columns import VERSION
from tasks.export.config import ExportConfig, Format, Sentinels
from tasks.export.render import rendering_of
from tasks.export.sentinels import TEMPLATES
from tasks.export.write_jsonl import Written, write_jsonl
from tests.tasks.export.conftest import message
from tilth.records import Columns

TEXT = st.text(st.characters(exclude_categories=["Cs"]), max_size=30)


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("render")


def rendered(
    folder, name: Format, rows: list[dict[str, Any]], **config: Any
) -> tuple[list[dict[str, Any]], Written]:
    """The lines that a format makes of the rows, parsed, and what was counted."""
    columns = Columns(VERSION)
    for rank, row in enumerate(rows):
        columns.add(**{"example_id": f"{rank:032x}", "rank": rank, **row})
    pq.write_table(columns.table(), folder / "shard.parquet", row_group_size=max(2, len(rows) // 3))
    target = folder / "lines.jsonl"
    (written,) = write_jsonl(folder / "shard.parquet", [(rendering_of(name, ExportConfig(**config)), target)])
    data = target.read_bytes()
    assert len(data) == written.bytes
    lines = [json.loads(line) for line in data.decode("utf-8").split("\n")[:-1]]
    return lines, written


def chat(*messages: dict[str, Any]) -> dict[str, Any]:
    return {"kind": "chat", "messages": list(messages)}


def parts_of(text: str, preset: Sentinels, order: str) -> tuple[str, str]:
    """The suffix, and prefix with middle, read back from a rendered text by its marks alone."""
    template = TEMPLATES[preset]
    pieces = template.psm if order == "psm" else template.spm
    assert pieces is not None
    found: dict[str, str] = {}
    waiting: list[str] = []
    for piece in [*pieces, None]:
        if piece in ("{p}", "{s}", "{m}"):
            waiting.append(piece)
            continue
        if piece is None:
            value, text = text, ""
        else:
            value, _, text = text.partition(piece)
        found["".join(waiting)] = value
        waiting = []
    return found.get("{s}", ""), found.get("{p}", "") + found.get("{m}", "") + found.get("{p}{m}", "")


@pytest.mark.parametrize("preset", [name for name in get_args(Sentinels) if name != "neutral"])
@given(parts=st.tuples(TEXT, TEXT.filter(bool), TEXT), spm=st.sampled_from([0.0, 1.0]))
@settings(max_examples=4, deadline=None)
def test_the_parts_can_be_read_back_from_a_fill_in_the_middle_text(folder, preset, parts, spm):
    prefix, middle, suffix = parts
    row = {"kind": "fim", "prefix": prefix, "middle": middle, "suffix": suffix}
    (line,), written = rendered(folder, "fim", [row], fim_sentinels=preset, spm_ratio=spm)
    assert (line["prefix"], line["middle"], line["suffix"]) == parts
    assert line["order"] == ("spm" if spm and TEMPLATES[preset].spm else "psm")
    assert parts_of(line["text"], preset, line["order"]) == (suffix, prefix + middle)
    assert (written.rows, written.examples, written.skipped) == (1, 1, {})


def test_each_family_is_written_as_its_model_reads_it(folder):
    row = {"kind": "fim", "prefix": "P", "middle": "M", "suffix": "S"}
    texts = {
        (preset, spm): rendered(folder, "fim", [row], fim_sentinels=preset, spm_ratio=spm)[0][0]["text"]
        for preset in ("starcoder", "codellama", "deepseek", "qwen", "codegemma")
        for spm in (0.0, 1.0)
    }
    assert texts["starcoder", 0.0] == "<fim_prefix>P<fim_suffix>S<fim_middle>M"
    assert texts["starcoder", 1.0] == "<fim_prefix><fim_suffix>S<fim_middle>PM"
    assert texts["codellama", 0.0] == "<PRE> P <SUF>S <MID>M <EOT>"
    assert texts["codellama", 1.0] == "<PRE> <SUF>S <MID> PM <EOT>"
    assert texts["deepseek", 1.0] == "<｜fim▁begin｜>P<｜fim▁hole｜>S<｜fim▁end｜>M"
    assert texts["qwen", 1.0] == texts["codegemma", 1.0] == "<|fim_prefix|>P<|fim_suffix|>S<|fim_middle|>M"


def test_neutral_writes_the_parts_alone(folder):
    row = {"kind": "fim", "prefix": "P", "middle": "M", "suffix": None}
    assert rendered(folder, "fim", [row], fim_sentinels="neutral")[0] == [
        {"prefix": "P", "middle": "M", "suffix": ""}
    ]


def test_half_of_many_rows_have_the_suffix_first_and_the_seed_says_which(folder):
    rows = [{"kind": "fim", "prefix": "P", "middle": "M", "suffix": "S"}] * 400
    orders = [[line["order"] for line in rendered(folder, "fim", rows, seed=seed)[0]] for seed in (1, 1, 2)]
    # Five standard deviations of a binomial with n = 400, p = 1/2.
    assert abs(orders[0].count("spm") - 200) < 50
    assert orders[0] == orders[1] != orders[2]


def test_a_source_that_holds_a_special_token_is_skipped_even_where_the_parts_only_join_to_one(folder):
    rows = [
        {"kind": "fim", "prefix": "a <fim_middle> b", "middle": "M", "suffix": "S"},
        {"kind": "fim", "prefix": "a <fim_mid", "middle": "dle> b", "suffix": "S"},
        {"kind": "fim", "prefix": "P", "middle": "", "suffix": "S"},
        {"kind": "chat"},
    ]
    lines, written = rendered(folder, "fim", rows)
    assert lines == []
    assert written.skipped == {"holds_special_token": 2, "kind_chat": 1, "lacks_middle": 1}


@given(st.lists(st.tuples(TEXT, TEXT), min_size=1, max_size=3), st.booleans())
@settings(max_examples=6, deadline=None)
def test_a_conversation_reads_back_from_every_chat_format(folder, turns, has_system):
    said = [message("system", "Be brief.")] if has_system else []
    for question, answer in turns:
        said += [message("user", question), message("assistant", answer, True)]
    (openai,), _ = rendered(folder, "openai_chat", [chat(*said)])
    assert [(one["role"], one["content"]) for one in openai["messages"]] == [
        (one["role"], one["content"]) for one in said
    ]
    assert all(("weight" in one) == (one["role"] == "assistant") for one in openai["messages"])
    (sharegpt,), _ = rendered(folder, "sharegpt", [chat(*said)])
    roles = {"system": "system", "user": "human", "assistant": "gpt"}
    assert sharegpt["conversations"] == [
        {"from": roles[one["role"]], "value": one["content"]} for one in said
    ]
    (alpaca,), _ = rendered(folder, "alpaca", [chat(*said)])
    assert (alpaca["instruction"], alpaca["output"]) == turns[-1]
    assert alpaca["history"] == [list(turn) for turn in turns[:-1]]
    assert alpaca["system"] == ("Be brief." if has_system else "")


def test_a_turn_not_to_be_trained_on_keeps_its_mask_or_is_not_said(folder):
    row = chat(
        message("user", "q"),
        message("assistant", "wrong", False),
        message("user", "no"),
        message("assistant", "r", True),
    )
    (line,), _ = rendered(folder, "openai_chat", [row])
    assert [one.get("weight") for one in line["messages"]] == [None, 0, None, 1]
    for name in ("sharegpt", "alpaca"):
        assert rendered(folder, name, [row])[1].skipped == {"has_masked_turns": 1}


def test_what_chat_formats_cannot_say_is_counted_by_reason(folder):
    call = {**message("assistant", "", True), "tool_calls": "[]"}
    rows: list[dict[str, Any]] = [
        chat(message("user", "q"), call),
        chat(message("user", "q"), {**message("assistant", "a"), "content": None}),
        chat(message("user", "q"), message("tool", "t"), message("assistant", "a", True)),
        chat(message("user", "q")),
        chat(),
        {"kind": "chat"},
        {"kind": "preference"},
        chat(message("user", "q"), message("user", "q"), message("assistant", "a", True)),
    ]
    counted = {
        "has_tool_calls": 1,
        "lacks_content": 1,
        "unknown_role": 1,
        "nothing_to_train_on": 3,
        "kind_preference": 1,
    }
    for name in ("openai_chat", "sharegpt"):
        lines, written = rendered(folder, name, rows)
        assert (len(lines), written.skipped) == (1, counted)
    assert rendered(folder, "alpaca", rows)[1].skipped == {**counted, "turns_do_not_alternate": 1}


def test_a_triplet_is_a_line_for_each_negative(folder):
    negatives = [{"text": text, "reason": "bm25", "score": 1.0} for text in ("n\n1", "n2", None)]
    rows: list[dict[str, Any]] = [
        {"kind": "triplet", "query": "q", "positive": "p", "negatives": negatives},
        {"kind": "triplet", "query": "q", "positive": "p", "negatives": []},
        {"kind": "triplet", "query": "q", "positive": "p"},
        {"kind": "triplet", "query": "q", "negatives": negatives},
    ]
    lines, written = rendered(folder, "triplet", rows)
    assert lines == [{"anchor": "q", "positive": "p", "negative": text} for text in ("n\n1", "n2")]
    assert (written.rows, written.examples) == (2, 1)
    assert written.skipped == {"lacks_negatives": 2, "lacks_pair": 1}


def preference(prompt, chosen, rejected):
    return {"kind": "preference", "messages": prompt, "chosen": chosen, "rejected": rejected}


def test_a_preference_is_a_line_of_prompt_chosen_and_rejected_messages(folder):
    asked, good, bad = (
        message("user", "q\n"),
        message("assistant", "good", True),
        message("assistant", "bad", False),
    )
    rows: list[dict[str, Any]] = [
        preference([message("system", "Be brief."), asked], [good], [bad]),
        preference([asked, bad, message("user", "no")], [good, message("user", "so?"), good], [bad]),
    ]
    lines, written = rendered(folder, "preference", rows)
    assert lines[0] == {
        "prompt": [{"role": "system", "content": "Be brief."}, {"role": "user", "content": "q\n"}],
        "chosen": [{"role": "assistant", "content": "good"}],
        "rejected": [{"role": "assistant", "content": "bad"}],
    }
    assert [len(lines[1][name]) for name in ("prompt", "chosen", "rejected")] == [3, 3, 1]
    assert (written.rows, written.skipped) == (2, {})


def test_what_is_no_preference_is_counted_by_reason(folder):
    asked, answer = message("user", "q"), message("assistant", "a", True)
    call = {**answer, "tool_calls": "[]"}
    rows: list[dict[str, Any]] = [
        chat(asked, answer),
        preference(None, [answer], [answer]),
        preference([asked], [answer], None),
        preference([asked], [call], [answer]),
        preference([asked], [answer], [{**answer, "content": None}]),
        preference([asked, answer], [answer], [answer]),
        preference([asked], [asked, answer], [answer]),
    ]
    lines, written = rendered(folder, "preference", rows)
    assert lines == []
    assert written.skipped == {
        "kind_chat": 1,
        "lacks_prompt": 1,
        "lacks_pair": 1,
        "has_tool_calls": 1,
        "lacks_content": 1,
        "turns_do_not_alternate": 2,
    }


@given(st.lists(TEXT, min_size=1, max_size=5))
@settings(max_examples=6, deadline=None)
def test_json_lines_hold_every_column_as_it_is(folder, texts):
    rows = [
        {
            "kind": "text",
            "middle": text,
            "quality": 0.25,
            "origins": [{"document_id": text, "start": 0, "end": 2}],
        }
        for text in texts
    ]
    lines, _ = rendered(folder, "jsonl", rows)
    assert lines == pq.read_table(folder / "shard.parquet").to_pylist()
