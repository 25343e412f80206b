from __future__ import annotations

import pickle
from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RequestError
from tilth.llm.request import ChatRequest

REQUEST = ChatRequest(
    provider="local",
    model="small",
    messages=({"role": "system", "content": "be brief"}, {"role": "user", "content": "hello"}),
    parameters={"temperature": 0.5, "max_tokens": 20},
    schema={"type": "object"},
    sample=0,
)

VALUES = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(max_size=8),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(max_size=4), inner, max_size=3),
    max_leaves=6,
)


@given(st.dictionaries(st.text(max_size=6), VALUES, max_size=5))
def test_the_key_does_not_depend_on_the_order_of_parameters(parameters):
    turned = dict(reversed(list(parameters.items())))
    assert replace(REQUEST, parameters=parameters).key == replace(REQUEST, parameters=turned).key


@pytest.mark.parametrize(
    "changed",
    [
        {"provider": "other"},
        {"model": "large"},
        {"messages": REQUEST.messages[::-1]},
        {"messages": ({"role": "system", "content": "be briefhello"},)},
        {"parameters": {"temperature": 0.6, "max_tokens": 20}},
        {"schema": None},
        {"sample": 1},
    ],
    ids=lambda changed: next(iter(changed)),
)
def test_whatever_can_change_the_answer_changes_the_key(changed):
    assert replace(REQUEST, **changed).key != REQUEST.key


@given(st.lists(st.text(), max_size=4))
def test_the_input_is_never_bounded_below_its_bytes(texts):
    request = replace(REQUEST, messages=tuple({"role": "user", "content": text} for text in texts))
    assert request.input_bytes >= sum(len(text.encode()) for text in texts)


def test_the_bound_of_the_output_is_found_under_each_providers_name():
    bounds = [{"max_tokens": 7}, {"max_completion_tokens": 7, "max_tokens": 9}, {"max_output_tokens": 7}]
    assert [replace(REQUEST, parameters=each).max_output_tokens for each in bounds] == [7, 7, 7]
    assert replace(REQUEST, parameters={"max_tokens": 7, "n": 3}).max_output_tokens == 21
    assert replace(REQUEST, parameters={}).max_output_tokens is None


def test_a_request_survives_a_process_border_as_it_was():
    copy = pickle.loads(pickle.dumps(REQUEST))
    assert copy == REQUEST
    assert {copy, REQUEST} == {REQUEST}


def test_half_a_surrogate_pair_has_a_key_too():
    request = replace(REQUEST, messages=({"role": "user", "content": "\ud800"},))
    assert len(request.key) == 32


def test_a_value_that_json_has_no_word_for_is_named():
    with pytest.raises(RequestError, match="small"):
        _ = replace(REQUEST, parameters={"stop": {1, 2}}).key
