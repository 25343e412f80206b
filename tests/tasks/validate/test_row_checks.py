"""What is asked of each example alone: shape, length, place and hygiene."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.validate.config import ValidateConfig
from tasks.validate.verdicts import validate_examples

BODY = "if width:\n            return width * 2\n        return 0"
CODE = f"class Box:\n    def double(self, width):\n        {BODY}\n"


def reasons(shard, *checks, **config):
    """Reason of the verdict of each example in order of their making."""
    outcome = validate_examples(
        shard.examples, shard.documents, ValidateConfig(checks=checks, min_quality=0.0, **config)
    )
    found = dict(zip(outcome.rows["example_id"].to_pylist(), outcome.rows["reason"].to_pylist(), strict=True))
    return [found[example_id] for example_id in shard.examples["example_id"].to_pylist()]


def turns(*roles, trained=True):
    last = len(roles) - 1
    return [
        {"role": role, "content": "words", "is_trained": trained and at == last}
        for at, role in enumerate(roles)
    ]


@pytest.mark.parametrize(
    ("messages", "reason"),
    [
        (turns("user", "assistant"), None),
        (turns("system", "user", "assistant"), None),
        (turns("user", "assistant", "tool", "tool", "assistant"), None),
        (turns("user", "assistant", trained=False), "answer_not_trained"),
        (turns("user", "user", "assistant"), "roles_do_not_alternate"),
        (turns("user", "system", "assistant"), "roles_do_not_alternate"),
        (turns("system", "assistant", "user", "assistant"), "roles_do_not_alternate"),
        (turns("user", "robot", "assistant"), "roles_do_not_alternate"),
        (turns("assistant", "user"), "last_message_not_assistant"),
        (turns("assistant"), "missing_message"),
        ([], "missing_message"),
        (None, "missing_message"),
        ([*turns("user"), {"role": "assistant", "content": " \n", "is_trained": True}], "empty_answer"),
    ],
)
def test_a_chat_ends_with_the_trained_answer_of_the_assistant(shard, messages, reason):
    shard.example("chat", messages=messages)
    assert reasons(shard, "shape") == [reason]


def test_one_bad_conversation_does_not_spoil_its_neighbours(shard):
    for roles in (
        ("user", "assistant"),
        ("user", "user", "assistant"),
        ("user", "assistant", "user", "assistant"),
    ):
        shard.example("chat", messages=turns(*roles))
    assert reasons(shard, "shape") == [None, "roles_do_not_alternate", None]


def test_a_middle_is_not_blank_and_has_something_around_it(shard):
    shard.example("fim", prefix="a", middle="b", suffix="")
    shard.example("fim", prefix="a", middle=" \n", suffix="c")
    shard.example("fim", prefix="", middle="b", suffix="")
    assert reasons(shard, "shape") == [None, "empty_answer", "nothing_around_middle"]


@pytest.mark.parametrize(
    ("query", "positive", "negatives", "reason"),
    [
        ("q", "p", ["n"], None),
        (" ", "p", ["n"], "empty_query"),
        ("q", "", ["n"], "empty_answer"),
        ("p", "p", ["n"], "query_is_positive"),
        ("q", "p", [], "missing_negative"),
        ("q", "p", ["n", "p"], "negative_is_positive"),
        ("q", "p", ["n", " "], "empty_negative"),
    ],
)
def test_a_triplet_has_three_different_parts(shard, query, positive, negatives, reason):
    shard.example("triplet", query=query, positive=positive, negatives=[{"text": text} for text in negatives])
    assert reasons(shard, "shape") == [reason]


def test_a_preference_is_between_two_different_answers(shard, conversation):
    shard.example("preference", chosen=conversation("good"), rejected=conversation("bad"))
    shard.example("preference", chosen=conversation("same"), rejected=conversation("same"))
    shard.example("preference", chosen=conversation("good"), rejected=[])
    shard.example("preference", chosen=conversation("good"), rejected=conversation(" "))
    assert reasons(shard, "shape") == [
        None,
        "rejected_is_chosen",
        "last_message_not_assistant",
        "empty_rejected",
    ]


def test_every_answer_of_a_conversation_that_is_trained_on_says_something(shard):
    def answered(first: str, is_trained: bool):
        said = [
            ("user", "q", False),
            ("assistant", first, is_trained),
            ("user", "so?", False),
            ("assistant", "a", True),
        ]
        return [
            {"role": role, "content": content, "is_trained": trained, "tool_calls": None}
            for role, content, trained in said
        ]

    shard.example("chat", messages=answered("wrong", False))
    shard.example("chat", messages=answered(" ", False))
    shard.example("chat", messages=answered(" ", True))
    assert reasons(shard, "shape") == [None, None, "empty_message"]


def test_a_kind_nobody_knows_is_refused(shard):
    shard.example("poem")
    assert reasons(shard, "shape") == ["unknown_kind"]


def test_tokens_are_within_bounds_and_answers_are_whole(shard):
    answer = "a long enough answer to be worth the while of a reader"
    for tokens in (7, 8, 50, 51):
        shard.chat(answer, tokens=tokens)
    shard.chat(f"Here:\n```python\n{answer}\n", tokens=20)
    shard.chat(f"Here:\n```python\n{answer}\n```\n", tokens=20)
    said = reasons(shard, "length", max_tokens=50)
    assert said == ["too_short", None, None, "too_long", "truncated", None]


def test_the_score_of_length_grows_with_the_answer(shard):
    for words in (1, 5, 50):
        shard.chat("word " * words)
    rows = validate_examples(shard.examples, shard.documents, ValidateConfig(checks=("length",))).rows
    scores = {row["example_id"]: row["checks"][0]["score"] for row in rows.to_pylist()}
    ordered = [scores[example_id] for example_id in shard.examples["example_id"].to_pylist()]
    assert ordered == sorted(ordered)
    assert ordered[0] < 0.1
    assert ordered[2] == 1.0


def test_the_answer_of_a_closed_task_is_no_worse_for_being_one_word(shard):
    shard.chat("peas", task="choose_option")
    shard.chat("peas")
    rows = validate_examples(shard.examples, shard.documents, ValidateConfig(checks=("length",))).rows
    scores = {row["example_id"]: row["checks"][0]["score"] for row in rows.to_pylist()}
    closed, open_ = (scores[example_id] for example_id in shard.examples["example_id"].to_pylist())
    assert (closed, open_ < 0.1) == (1.0, True)


def test_an_answer_may_be_fenced_or_moved_as_a_whole_but_not_changed(shard, conversation):
    start = CODE.index(BODY)
    document_id = shard.document(CODE)
    place: dict[str, Any] = {"answer_start": start, "answer_end": start + len(BODY)}
    place["origins"] = [{"document_id": document_id, "start": 0, "end": len(CODE)}]
    moved = "if width:\n    return width * 2\nreturn 0"
    for answer in (
        BODY,
        f"Sure:\n```python\n{CODE}```",
        f"```python\n{moved}\n```",
        "def double(self, width):\n    " + moved.replace("\n", "\n    "),
        BODY.replace("2", "3"),
        "if width:\nreturn width * 2\nreturn 0",
    ):
        shard.example("chat", messages=conversation(answer), **place)
    wrong = "answer_not_in_place"
    assert reasons(shard, "in_place") == [None, None, None, None, wrong, wrong]


def test_the_words_of_a_docstring_may_be_moved_to_the_side_of_the_first(shard, conversation):
    text = 'def f():\n    """Words.\n\n    More words:\n        inside.\n    """\n    return 1\n'
    start, end = text.index("Words."), text.index('    """\n    return')
    place: dict[str, Any] = {"answer_start": start, "answer_end": end}
    place["origins"] = [{"document_id": shard.document(text), "start": 0, "end": len(text)}]
    for answer in ("Words.\n\nMore words:\n    inside.", "Words.\n\nMore words:\ninside.", "Words."):
        shard.example("chat", messages=conversation(answer), **place)
    assert reasons(shard, "in_place") == [None, "answer_not_in_place", "answer_not_in_place"]


def test_a_middle_and_what_is_around_it_are_the_very_bytes(shard):
    text = "é = 1\nö = é + 2\nü = 3\n"
    data = text.encode()
    document_id = shard.document(text)
    start = data.index("ö".encode())
    place: dict[str, Any] = {
        "answer_start": start,
        "answer_end": start + 11,
        "origins": [{"document_id": document_id}],
    }
    middle = data[start : start + 11].decode()
    before, after = data[:start].decode(), data[start + 11 :].decode()
    for prefix, suffix in (
        (before, after),
        ("1\n", after[:2]),
        ("", ""),
        ("2\n", after),
        (before, "x"),
        ("x" * 99, ""),
    ):
        shard.example("fim", prefix=prefix, middle=middle, suffix=suffix, **place)
    shard.example("fim", prefix=before, middle=middle.replace("2", "3"), suffix=after, **place)
    wrong = "answer_not_in_place"
    assert reasons(shard, "in_place") == [None, None, None, wrong, wrong, wrong, wrong]


def test_a_span_outside_the_code_or_without_code_is_refused(shard):
    document_id = shard.document("x = 1\n")
    for start, end in ((0, 99), (-1, 2), (4, 2)):
        origins = [{"document_id": document_id, "start": 0, "end": 6}]
        shard.chat("x = 1", origins=origins, answer_start=start, answer_end=end)
    shard.chat("x = 1", answer_start=0, answer_end=5)
    assert set(reasons(shard, "in_place")) == {"answer_not_in_place"}


KEYED = "def a():\n    return 1\n\n\ndef b():\n    key = 'AKIA'\n    return key\n"
SPAN = {"start": KEYED.index("'AKIA'"), "end": KEYED.index("'AKIA'") + 6}


def test_a_secret_is_fatal_to_what_shows_it_only(shard):
    document_id = shard.document(KEYED, secrets=[{"kind": "aws_key", **SPAN}])
    shard.chat("return 1", document_id, KEYED)
    shard.chat("key = 'AKIA'\n    return key", document_id, KEYED)
    assert reasons(shard, "hygiene") == [None, "secret"]


def test_a_secret_in_what_surrounds_a_middle_is_fatal_too(shard):
    document_id = shard.document(KEYED, secrets=[{"kind": "aws_key", **SPAN}])
    place = {"answer_start": 13, "answer_end": 21, "middle": "return 1", "prefix": KEYED[:13]}
    place["origins"] = [{"document_id": document_id, "start": 0, "end": 21}]
    shard.example("fim", suffix=KEYED[21:30], **place)
    shard.example("fim", suffix=KEYED[21:], **place)
    assert reasons(shard, "hygiene") == [None, "secret"]


def test_a_secret_that_a_question_shows_from_outside_its_origins_is_fatal_too(shard, conversation):
    text = KEYED.replace("'AKIA'", "'AKIA1234567890'")
    start = text.index("AKIA")
    document_id = shard.document(text, secrets=[{"kind": "aws_key", "start": start, "end": start + 14}])
    asked = conversation("return 1")
    shard.chat("return 1", document_id, text, messages=asked)
    shown = [{**asked[0], "content": f"Finish a, after key = {text[start : start + 14]}"}, asked[1]]
    shard.chat("return 1", document_id, text, messages=shown)
    assert reasons(shard, "hygiene") == [None, "secret"]


def test_personal_data_lowers_the_score_or_rejects_by_config(shard):
    document_id = shard.document(KEYED, personal_data=[{"kind": "email", **SPAN}])
    shard.chat("key = 'AKIA'", document_id, KEYED)
    assert reasons(shard, "hygiene") == [None]
    assert reasons(shard, "hygiene", personal_data="reject") == ["personal_data"]
    row = validate_examples(
        shard.examples, shard.documents, ValidateConfig(checks=("hygiene",))
    ).rows.to_pylist()[0]
    assert row["checks"][0] == {
        "check": "hygiene",
        "passed": True,
        "score": 0.5,
        "reason": "personal_data",
        "detail": "email in an origin",
    }


def test_a_licence_class_that_is_not_allowed_rejects(shard):
    free = shard.document("x = 1\n", licence_class="permissive")
    bound = shard.document("y = 1\n", licence_class="copyleft")
    nameless = shard.document("z = 1\n", licence_class=None)
    for document_id, text in ((free, "x = 1\n"), (bound, "y = 1\n"), (nameless, "z = 1\n")):
        shard.chat(text.strip(), document_id, text)
    assert reasons(shard, "hygiene", allowed_licence_classes=("permissive",)) == [None, "licence", "licence"]
    assert reasons(shard, "hygiene") == [None, None, None]


def test_an_origin_that_is_not_there_is_refused(shard):
    shard.chat("x = 1", "gone", "")
    assert reasons(shard, "hygiene") == ["origin_missing"]


def test_bounds_that_nothing_can_meet_are_refused():
    with pytest.raises(ValidationError, match="min_tokens is 50, above max_tokens, which is 10"):
        ValidateConfig(min_tokens=50, max_tokens=10)
