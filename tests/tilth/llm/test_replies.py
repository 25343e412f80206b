"""Replies as providers and their imitators send them."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.llm.replies import read_reply, wait_of
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest

ASKED = ChatRequest("p", "m", ({"role": "user", "content": "Rye?"},), {"max_tokens": 50})


def read(content, status=200, headers=None):
    body = content if isinstance(content, bytes) else json.dumps(content).encode()
    return read_reply(ASKED, status, headers or {}, body, 0.5)


def completion(message=None, **more):
    return {"choices": [{"message": message or {"content": "Yes."}, "finish_reason": "stop"}], **more}


def test_an_answer_tells_its_text_its_tokens_and_its_time():
    usage = {"prompt_tokens": 9, "completion_tokens": 2, "prompt_tokens_details": {"cached_tokens": 4}}
    answer = read(completion(usage=usage, model="m-2026"))
    assert isinstance(answer, ChatAnswer)
    assert (answer.text, answer.finish_reason, answer.model, answer.seconds) == (
        "Yes.",
        "stop",
        "m-2026",
        0.5,
    )
    assert (answer.input_tokens, answer.output_tokens, answer.cached_tokens) == (9, 2, 4)


def test_without_usage_the_bounds_count():
    answer = read(completion())
    assert (answer.input_tokens, answer.output_tokens) == (ASKED.input_bytes, 50)


def test_contents_in_parts_are_joined_and_thoughts_left_out():
    parts = [
        {"type": "thinking", "thinking": []},
        {"type": "text", "text": "Ye"},
        {"type": "text", "text": "s."},
    ]
    assert read(completion({"content": parts})).text == "Yes."


def test_a_call_of_a_tool_has_no_text():
    assert read(completion({"content": None, "tool_calls": []})).text == ""


def error(message, code=None):
    return {"error": {"message": message, "code": code}}


@pytest.mark.parametrize(
    ("status", "content", "kind", "is_retryable"),
    [
        (429, error("Rate limit reached"), "rate_limited", True),
        (429, error("You exceeded your current quota", "insufficient_quota"), "no_credit", False),
        (429, error("Request too large for m on tokens per min"), "bad_request", False),
        (402, error("Insufficient Balance"), "no_credit", False),
        (401, error("Incorrect API key"), "bad_key", False),
        (403, error("No access to model m"), "bad_key", False),
        (404, error("The model `m` does not exist", "model_not_found"), "unknown_model", False),
        (404, {"detail": "Not Found"}, "bad_request", False),
        (400, error("filtered", "content_filter"), "refused", False),
        (400, error("max_tokens is too large"), "bad_request", False),
        (500, error("oops"), "server", True),
        (502, b"<html>Bad Gateway</html>", "server", True),
        (503, b"", "overloaded", True),
        (529, error("Overloaded"), "overloaded", True),
        (200, error("Provider returned error", 429), "rate_limited", True),
        (200, error("Provider returned error"), "server", True),
        (200, {"object": "list"}, "not_json", True),
        (200, b"<!doctype html><title> Log in </title>", "not_json", False),
        (200, b'{"choices": [', "not_json", True),
        (200, [], "bad_request", False),
        (301, b"moved", "bad_request", False),
    ],
)
def test_what_goes_wrong_has_a_kind(status, content, kind, is_retryable):
    failure = read(content, status)
    assert isinstance(failure, ChatFailure)
    assert (failure.kind, failure.is_retryable) == (kind, is_retryable)


def test_the_providers_words_are_quoted_but_not_at_length():
    failure = read(error("x" * 10_000), 500)
    assert failure.detail.startswith("HTTP 500: xxx")
    assert len(failure.detail) < 400


def test_a_wait_until_a_date_is_read_against_the_replys_own_clock():
    dates = {"Retry-After": "Wed, 21 Oct 2026 07:28:30 GMT", "Date": "Wed, 21 Oct 2026 07:28:00 GMT"}
    assert wait_of(dates) == 30.0
    assert wait_of({"Retry-After": "soon"}) is None
    assert wait_of({"Retry-After": "-5"}) == 0.0


JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=5),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(
            st.sampled_from(["choices", "message", "content", "usage", "error", "code", "type"]), inner
        )
    ),
    max_leaves=12,
)


@given(status=st.sampled_from([200, 400, 404, 429, 500]), content=JSON | st.binary(max_size=30))
def test_no_reply_whatever_raises(status, content):
    assert isinstance(read(content, status), ChatAnswer | ChatFailure)
