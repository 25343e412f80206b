"""Schemas of answers: what is accepted as one, and what is put right to meet it."""

from __future__ import annotations

import json
from typing import Literal

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import BaseModel, Field

from tilth.errors import RequestError
from tilth.llm.schemas import AnswerSchema, Fitted, Misfit, load_schema


class Review(BaseModel):
    score: int = Field(ge=0, le=10)
    level: Literal["easy", "hard"]
    reasons: list[str]
    is_safe: bool = True
    note: str | None = None


REVIEW = AnswerSchema(Review)
GOOD = {"score": 7, "level": "easy", "reasons": ["short"]}


def fitted(value):
    result = REVIEW.fit(value)
    assert isinstance(result, Fitted), result
    Review.model_validate(result.value, strict=True)
    return result


def test_a_value_that_meets_the_schema_is_returned_as_it_is():
    assert REVIEW.fit(GOOD) == Fitted(GOOD)


@pytest.mark.parametrize(
    ("change", "field", "value"),
    [
        ({"score": "7.5"}, "score", 8),
        ({"score": "6.5"}, "score", 6),
        ({"score": 7.2}, "score", 7),
        ({"score": "8/10"}, "score", 8),
        ({"score": " 9 out of 10"}, "score", 9),
        ({"level": "Easy."}, "level", "easy"),
        ({"reasons": "short"}, "reasons", ["short"]),
        ({"reasons": '["a", "b"]'}, "reasons", ["a", "b"]),
        ({"reasons": ["a", 2]}, "reasons", ["a", "2"]),
        ({"is_safe": "yes"}, "is_safe", True),
        ({"note": 3}, "note", "3"),
    ],
)
def test_what_is_wrong_only_in_form_is_put_right_and_told(change, field, value):
    result = fitted(GOOD | change)
    assert result.value[field] == value
    assert result.changes
    assert all(f"/{field}" in told for told in result.changes)


@pytest.mark.parametrize(
    "value",
    [{"review": GOOD}, [GOOD], json.dumps(GOOD), {**GOOD, "is_safe": None}],
)
def test_an_answer_in_a_wrapper_is_taken_out_of_it(value):
    assert fitted(value).value == GOOD


def test_a_list_is_put_under_the_only_property():
    schema = AnswerSchema({
        "type": "object", "required": ["items"],
        "properties": {"items": {"type": "array", "items": {"type": "string"}}},
    })  # fmt: skip
    assert schema.fit(["a"]) == Fitted({"items": ["a"]}, ("the list was put under items",))


def test_properties_that_a_closed_schema_does_not_know_are_left_out_and_told():
    schema = AnswerSchema(
        {"type": "object", "properties": {"a": {"type": "integer"}}, "additionalProperties": False}
    )
    result = schema.fit({"a": "1", "thoughts": "hm"})
    assert isinstance(result, Fitted)
    assert result.value == {"a": 1}
    assert len(result.changes) == 2


@pytest.mark.parametrize(
    ("value", "fact"),
    [
        ({"score": 7, "level": "easy"}, "'reasons' is a required property"),
        (GOOD | {"score": 11}, "/score: 11 is greater than the maximum"),
        (GOOD | {"score": "eleven"}, "/score: 'eleven' is not of type 'integer'"),
        (GOOD | {"score": "1e400"}, "/score"),
        (GOOD | {"level": "middling"}, "/level"),
        (GOOD | {"score": True}, "/score"),
        (None, "not of type 'object'"),
        ("text", "not of type 'object'"),
        ([], "not of type 'object'"),
    ],
)
def test_what_is_wrong_in_content_stays_wrong_and_the_model_is_told_where(value, fact):
    result = REVIEW.fit(value)
    assert isinstance(result, Misfit)
    assert fact in result.detail


_VALUES = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-20, 20)
    | st.floats(-20, 20)
    | st.sampled_from(["7", "easy", "[]", "{}"]),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.sampled_from([*Review.model_fields, "extra"]), inner, max_size=6)
    ),
    max_leaves=10,
)


@given(_VALUES)
def test_whatever_comes_out_as_fitted_meets_the_schema_and_the_input_is_untouched(value):
    before = json.dumps(value)
    result = REVIEW.fit(value)
    assert json.dumps(value) == before
    if isinstance(result, Fitted):
        assert REVIEW.fit(result.value) == Fitted(result.value)


def test_the_strict_form_requires_every_property_and_lets_optional_ones_be_null():
    body = REVIEW.response_format["json_schema"]
    assert body["strict"] is True
    assert body["schema"]["required"] == list(Review.model_fields)
    assert body["schema"]["additionalProperties"] is False
    assert {"type": "null"} in body["schema"]["properties"]["is_safe"]["anyOf"]
    # What strict decoding then writes fits the schema again.
    assert fitted({**GOOD, "is_safe": None, "note": None}).value["score"] == 7


def test_a_free_form_object_is_asked_for_without_strictness():
    schema = AnswerSchema({"type": "object", "properties": {"tags": {"type": "object"}}})
    assert schema.response_format["json_schema"]["strict"] is False


def test_a_property_may_be_called_like_a_keyword():
    schema = AnswerSchema(
        {"type": "object", "properties": {"default": {"type": "string"}, "not": {"type": "string"}}}
    )
    assert set(schema.response_format["json_schema"]["schema"]["properties"]) == {"default", "not"}


@pytest.mark.parametrize(
    ("schema", "fact"),
    [
        ({"type": "objekt"}, "is no JSON schema"),
        ({"type": "array"}, "describes no object"),
        ({}, "describes no object"),
        ({"type": "object", "properties": {"a": {"$ref": "https://x.example/a.json"}}}, "not inside it"),
        ({"type": "object", "properties": {"a": {"$ref": "#/$defs/none"}}}, "not inside it"),
    ],
)
def test_what_is_no_schema_of_an_answer_is_told(schema, fact):
    with pytest.raises(RequestError, match=fact):
        AnswerSchema(schema)


@pytest.mark.parametrize("text", ["[1, 2]", "{", "\x00", "2024-99-99"])
def test_a_file_that_holds_no_schema_is_told(tmp_path, text):
    (tmp_path / "schema.json").write_text(text)
    with pytest.raises(RequestError, match=r"schema\.json"):
        load_schema(tmp_path / "schema.json")


def test_a_schema_is_read_from_json_and_from_yaml(tmp_path):
    (tmp_path / "a.json").write_text(REVIEW.text)
    (tmp_path / "a.yaml").write_text("type: object\nproperties: {a: {type: integer}}\n")
    assert load_schema(tmp_path / "a.json").json == REVIEW.json
    assert load_schema(tmp_path / "a.yaml").fit({"a": "1"}) == Fitted({"a": 1}, ('/a: "1" became 1',))


def test_a_value_nested_without_end_is_a_misfit():
    tree = AnswerSchema({
        "type": "object", "$defs": {"node": {"type": "object", "properties": {"child": {"$ref": "#/$defs/node"}}}},
        "properties": {"child": {"$ref": "#/$defs/node"}},
    })  # fmt: skip
    value: dict[str, object] = {}
    for _ in range(900):
        value = {"child": value}
    assert tree.fit(value) == Misfit("nested too deeply to be checked")
