"""Answers by a schema: modes, repairs, and rejects that keep everything."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest
from tilth.llm.structured import (
    MODES,
    AnswerReject,
    ModeBook,
    Structured,
    Unusable,
    answer_in_form,
    input_bound,
    read_answer,
    read_text,
    repair_request,
    schema_of,
    wire_form,
)

SCHEMA = {"type": "object", "properties": {"score": {"type": "integer"}}, "required": ["score"]}
ASK = ChatRequest(
    "mill", "grist-1", ({"role": "system", "content": "You judge."}, {"role": "user", "content": "Judge this."}),
    {"max_tokens": 50}, SCHEMA,
)  # fmt: skip


def said(text: str, **changes: Any) -> ChatAnswer:
    answer = ChatAnswer(text, "stop", None, 10, 5, 0, 1, "grist-1", 0.1, {})
    return replace(answer, **changes)


def asked(*answers: ChatAnswer | ChatFailure, request=ASK, max_repairs=1, book=None):
    """The result of the loop when the model says `answers` one after another, and the requests that it saw."""
    seen: list[ChatRequest] = []

    async def ask(asked_for: ChatRequest) -> ChatAnswer | ChatFailure:
        seen.append(asked_for)
        return answers[len(seen) - 1]

    return asyncio.run(answer_in_form(ask, request, max_repairs, book)), seen


def test_an_answer_in_form_is_read_at_once():
    result, seen = asked(said('{"score": 7}'))
    assert isinstance(result, Structured)
    assert (result.value, result.changes, result.request_ids) == ({"score": 7}, (), (ASK.key,))
    assert seen == [ASK]


def test_what_was_mended_is_told_with_the_value():
    result, _ = asked(said('<think>eight?</think>```json\n{"score": "7.5",}\n```'))
    assert isinstance(result, Structured)
    assert result.value == {"score": 8}
    assert result.changes == (
        "reasoning_removed",
        "fence_removed",
        "syntax_relaxed",
        '/score: "7.5" became 8',
    )


@pytest.mark.parametrize(
    ("text", "score"),
    [
        ('At first I thought {"score": 3}. But then: {"score": 8}', 8),
        ('{"score": 8} as said in [1] and {"marks": 2}', 8),
        ('{"score": "high"} or rather {"score": 8}', 8),
        ('{"score": "7"}, which is {"score": 8} to be exact, see {"score": "9"}', 8),
    ],
)
def test_of_several_values_the_last_that_fits_as_it_is_counts(text, score):
    result = read_answer(ASK, said(text))
    assert isinstance(result, Structured)
    assert result.value == {"score": score}


def test_a_repair_shows_the_model_its_answer_and_the_fault_and_both_calls_are_named():
    result, seen = asked(said('{"marks": 7}'), said('{"score": 7}'))
    assert isinstance(result, Structured)
    assert result.value == {"score": 7}
    assert result.request_ids == (ASK.key, seen[1].key)
    assert seen[1].messages[:2] == ASK.messages
    assert seen[1].messages[2] == {"role": "assistant", "content": '{"marks": 7}'}
    assert "'score' is a required property" in seen[1].messages[3]["content"]


def test_a_schema_that_the_model_never_meets_is_a_reject_that_keeps_all_answers_and_the_request():
    result, seen = asked(said("No."), said("Never."), said("Go away."), max_repairs=2)
    assert isinstance(result, AnswerReject)
    assert len(seen) == 3
    assert (result.reason, result.raw_answers) == ("unparsable", ("No.", "Never.", "Go away."))
    row = result.row(item_id="i", key="document")
    assert json.loads(row["messages"]) == list(ASK.messages)
    assert json.loads(row["schema"]) == SCHEMA
    assert row["request_ids"] == [request.key for request in seen]


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("", refusal="I will not."), "refused"),
        (said('{"score"', finish_reason="length"), "truncated"),
        (said('{"score": 7}', finish_reason="content_filter"), "refused"),
        (said("  \n"), "empty_answer"),
    ],
)
def test_a_refused_cut_or_empty_answer_is_no_matter_for_repair(answer, reason):
    result, seen = asked(answer)
    assert isinstance(result, AnswerReject)
    assert result.reason == reason
    assert len(seen) == 1


def test_an_answer_in_text_is_read_without_its_reasoning():
    assert read_text(said("<think>hm</think>\n Loam. \n")) == "Loam."
    assert read_text(said("It says <think> in a tag.")) == "It says <think> in a tag."


@pytest.mark.parametrize(
    ("answer", "reason"),
    [
        (said("<think>hm</think>"), "empty_answer"),
        (said("Lo", finish_reason="length"), "truncated"),
        (said("", refusal="No."), "refused"),
    ],
)
def test_a_text_that_is_none_is_told_why(answer, reason):
    result = read_text(answer)
    assert isinstance(result, Unusable)
    assert result.reason == reason


def test_a_call_that_failed_is_given_back_and_one_that_failed_in_repair_keeps_the_first_answer():
    failure = ChatFailure("server", "500")
    assert asked(failure)[0] is failure
    result, _ = asked(said("No."), failure)
    assert isinstance(result, AnswerReject)
    assert (result.reason, result.raw_answers) == ("server", ("No.",))


def test_the_same_answer_asks_for_the_same_repair_so_that_a_replay_finds_it():
    answer = said("No.")
    result = read_answer(ASK, answer)
    assert isinstance(result, Unusable)
    first, second = (repair_request(ASK, answer, result) for _ in range(2))
    assert first is not None
    assert second is not None
    assert first.key == second.key != ASK.key


def test_each_mode_asks_for_the_schema_in_its_own_way_and_the_key_stays():
    key = ASK.key
    messages, extra = wire_form(ASK, "schema")
    assert messages == list(ASK.messages)
    assert extra["response_format"]["json_schema"]["schema"]["required"] == ["score"]
    messages, extra = wire_form(ASK, "json_object")
    assert extra == {"response_format": {"type": "json_object"}}
    # Providers refuse the mode when the word is nowhere in the messages.
    assert "JSON" in messages[0]["content"]
    messages, extra = wire_form(ASK, "prompt")
    assert extra == {}
    assert messages[0]["content"].startswith("You judge.\n\n")
    assert messages[1:] == list(ASK.messages[1:])
    assert ASK.key == key


def test_a_request_without_a_system_message_gets_one():
    bare = replace(ASK, messages=ASK.messages[1:])
    messages, _ = wire_form(bare, "prompt")
    assert [message["role"] for message in messages] == ["system", "user"]


@given(st.text(), st.dictionaries(st.text(min_size=1), st.sampled_from(["integer", "string"]), max_size=8))
def test_no_mode_sends_more_bytes_than_the_bound_of_its_input(words, fields):
    schema = {"type": "object", "properties": {name: {"type": kind} for name, kind in fields.items()}}
    request = replace(ASK, messages=({"role": "user", "content": words},), schema=schema)
    for mode in MODES:
        messages, extra = wire_form(request, mode)
        sent = json.dumps([messages, extra, dict(request.parameters)], ensure_ascii=False)
        assert len(sent.encode("utf-8", "surrogatepass")) <= input_bound(request)


def test_a_schema_is_compiled_once():
    assert schema_of(ASK) is schema_of(replace(ASK, sample=1))


REFUSED = ChatFailure("bad_request", "400: This model does not support response_format json_schema", 400)


def test_an_endpoint_that_refuses_a_mode_is_asked_in_the_next_one_from_then_on():
    book = ModeBook()
    assert book.mode(ASK) == "schema"
    assert book.step_down(ASK, "schema", REFUSED) == "json_object"
    assert book.mode(replace(ASK, sample=3)) == "json_object"
    # A second call that was in flight in the old mode learns the same and does not lower it further.
    assert book.step_down(ASK, "schema", REFUSED) == "json_object"
    assert book.step_down(ASK, "json_object", REFUSED) == "prompt"
    assert book.step_down(ASK, "prompt", REFUSED) is None
    assert book.mode(replace(ASK, model="grist-2")) == "schema"


@pytest.mark.parametrize(
    "failure",
    [
        ChatFailure("bad_request", "maximum context length exceeded"),
        ChatFailure("server", "json_schema is down"),
    ],
)
def test_other_failures_say_nothing_about_the_mode(failure):
    book = ModeBook()
    assert book.step_down(ASK, "schema", failure) is None
    assert book.mode(ASK) == "schema"


def test_a_complaint_about_one_schema_lowers_the_mode_for_that_schema_alone():
    book = ModeBook()
    failure = ChatFailure("bad_request", "Invalid schema for response_format 'answer'", 400)
    assert book.step_down(ASK, "schema", failure) == "json_object"
    assert book.mode(ASK) == "json_object"
    assert book.mode(replace(ASK, schema=dict(SCHEMA))) == "schema"


def test_an_endpoint_that_ignores_the_mode_is_told_in_the_prompt_after_three_answers():
    book = ModeBook()
    for _ in range(3):
        assert book.mode(ASK) == "schema"
        asked(said("Seven, I would say."), said('{"score": 7}'), book=book)
    assert book.mode(ASK) == "prompt"


def test_an_endpoint_that_has_heeded_its_mode_once_keeps_it():
    book = ModeBook()
    assert not book.is_proven(ASK)
    asked(said('{"score": 7}'), book=book)
    assert book.is_proven(ASK)
    for _ in range(9):
        asked(said("Seven."), said("Seven!"), book=book)
    assert book.mode(ASK) == "schema"


def test_a_provider_known_to_lack_schemas_starts_lower():
    assert ModeBook().mode(replace(ASK, provider="deepseek")) == "json_object"
