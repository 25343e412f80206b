"""JSON in the wild: what models wrap around it and do to it."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tilth.llm.tolerant_json import find_values, relax, without_reasoning

_JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)  # fmt: skip


def first(text):
    return next(find_values(text)).value


@given(_JSON)
def test_json_is_read_as_json_and_relaxing_it_changes_nothing(value):
    text = json.dumps(value)
    assert first(text) == value
    assert json.loads(relax(text)) == value


@given(st.dictionaries(st.text(), _JSON, min_size=1))
def test_an_object_is_found_in_a_fence_after_reasoning_and_between_sentences(value):
    text = json.dumps(value, indent=1)
    assert first(f"```json\n{text}\n```") == value
    assert first(f"<think>Perhaps {{}}? No.</think>\n{text}") == value
    assert first(f"Here you are:\n{text}\nHope that helps!") == value


@given(st.text(alphabet="{}[]\"'\\/*,: \nabTrueNone0.1e9-“”<think>|`"))
def test_no_text_at_all_raises(text):
    for found in find_values(text):
        json.dumps(found.value)


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ('{"a": [1, 2,], }', {"a": [1, 2]}),
        ("{'a': 'it\\'s \"so\"'}", {"a": 'it\'s "so"'}),
        ("{a: 1, b_2: True, c: None}", {"a": 1, "b_2": True, "c": None}),
        ('{"a": 1 // one\n, /* two */ "b": 2}', {"a": 1, "b": 2}),
        ('{“a”: “b”}', {"a": "b"}),
        ('{"pattern": "\\d+\\.py"}', {"pattern": "\\d+\\.py"}),
        ('{"code": "line one\nline two\ttab"}', {"code": "line one\nline two\ttab"}),
        ('{"a": "http://x.example/*.json, ]"}', {"a": "http://x.example/*.json, ]"}),
        ('Draft:\n```json\n{"a": 0}\n```\nFinal:\n```\n{"a": 1}\n```', {"a": 1}),
        ('As [1] says, {"a": {"b": "}"}} it is.', {"a": {"b": "}"}}),
        ('I think so.</think>{"a": 1}', {"a": 1}),
        ('[THINK]no[/THINK]{"a": 1}', {"a": 1}),
        ('<|channel|>analysis<|message|>{"a": 0}<|end|><|channel|>final<|message|>{"a": 1}<|return|>', {"a": 1}),
        ('{"a": "<think>not mine</think>"}', {"a": "<think>not mine</think>"}),
        ('Well {this is no JSON. {"a": 1}', {"a": 1}),
        ('{"a": "caf\\u00e9 \\ud83d\\ude00"}', {"a": "café 😀"}),
    ],
)  # fmt: skip
def test_what_models_do_to_json_is_undone(text, value):
    assert first(text) == value


@pytest.mark.parametrize(
    "text",
    ["", "I cannot help with that.", '{"a": "cut in the mid', '{"a": [1, 2', '{"a": NaN}',
     '{"a": 1e999}', '{"a": ' + "9" * 5000 + "}",
     "[" * 100_000 + "]" * 100_000, "<think>forever {a"],
)  # fmt: skip
def test_what_is_no_whole_json_value_is_not_made_one(text):
    assert [found.value for found in find_values(text) if isinstance(found.value, dict)] == []


def test_the_adjustments_say_what_was_done():
    found = next(find_values('<think>hm</think>```json\n{"a": 1,}\n```'))
    assert found.adjustments == ("reasoning_removed", "fence_removed", "syntax_relaxed")


def test_reasoning_that_never_ends_is_left_for_the_reader():
    assert without_reasoning("<think>on and on") == "<think>on and on"


@pytest.mark.parametrize(
    "piece", ["/*", "{", '{"', "'", "“", "```\n", "<think>", "</think>", "\\", "[,", "//"]
)
def test_a_long_hostile_answer_holds_nothing_and_does_not_hang_the_reader(piece):
    assert [found.value for found in find_values(piece * 10_000) if isinstance(found.value, dict)] == []
