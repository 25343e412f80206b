"""Prompts from templates of one's own, with replies handed in."""

from __future__ import annotations

from typing import Any

import pytest
from pydantic import ValidationError

from tasks.generate.by_model.protocol import Item
from tasks.generate.by_model.template import FromTemplate
from tests.tasks.generate.by_model.playing import brief, play
from tilth.llm.conversation import Unfit

TONE = {"kind": "category", "values": ["polite", "angry", "puzzled"]}
ROWS = [
    Item(f"0{number}", "row", "", values={"product": product})
    for number, product in enumerate(("drill", "hoe"))
]
PRODUCT = {"kind": "column", "column": "product"}
OBJECT = {
    "type": "object",
    "additionalProperties": False,
    "required": ["complaint", "reply"],
    "properties": {"complaint": {"type": "string"}, "reply": {"type": "string"}},
}


def config(prompt: str = "Write a {{ tone }} review of a {{ product }}.", **more: Any) -> FromTemplate:
    variables = more.pop("variables", {"tone": TONE, "product": PRODUCT})
    return FromTemplate.model_validate({"prompts": [prompt], "variables": variables, **more})


def test_what_the_template_says_is_the_question_and_the_reply_the_answer() -> None:
    played = play(config(system="You write reviews."), brief(ROWS[0]), ["It broke."])
    draft = played.drafts[0]
    tone = draft.extra["variables"]["tone"]
    assert [turn.content for turn in draft.turns] == [f"Write a {tone} review of a drill.", "It broke."]
    assert [message["role"] for message in played.asked[0][0].messages] == ["system", "user"]
    assert draft.extra["variables"]["product"] == "drill"


def test_without_a_system_message_none_is_sent() -> None:
    played = play(config(), brief(ROWS[0]), ["It broke."])
    assert [message["role"] for message in played.asked[0][0].messages] == ["user"]


def test_a_reply_by_a_schema_is_laid_out_by_two_templates() -> None:
    laid_out = config(
        "A customer of ours is {{ tone }}.",
        answer_schema=OBJECT,
        question="{{ reply.complaint }}",
        answer="{{ reply.reply | trim }}",
        task="serve_customer",
    )
    reply = {"complaint": "My hoe bent.", "reply": " We send another. "}
    draft = play(laid_out, brief(ROWS[1]), [reply]).drafts[0]
    assert [turn.content for turn in draft.turns] == ["My hoe bent.", "We send another."]
    assert draft.task == "serve_customer"


def test_a_reply_by_a_schema_is_json_where_nothing_else_is_said() -> None:
    draft = play(config(answer_schema=OBJECT), brief(ROWS[0]), [{"complaint": "a", "reply": "b"}]).drafts[0]
    assert draft.turns[1].content == '{"complaint": "a", "reply": "b"}'


def test_one_of_several_templates_is_drawn_by_the_candidate_and_named() -> None:
    two = config(prompts=["A {{ tone }} one.", "Another {{ tone }} one."], variables={"tone": TONE})

    def asked(ordinal: int) -> str:
        return play(two, brief(None, ordinal), ["Well."]).said[0]

    said = [asked(ordinal) for ordinal in range(100)]
    assert said == [asked(ordinal) for ordinal in range(100)]
    assert len(set(said)) == 6


def test_candidates_without_a_row_ask_for_answers_of_their_own_and_rows_for_theirs_alone() -> None:
    fixed = config("Tell a joke.", variables={})
    keys = {play(fixed, brief(None, ordinal), ["Well."]).asked[0][0].key for ordinal in range(5)}
    assert len(keys) == 5
    by_row = config("Sell a {{ product }}.", variables={"product": PRODUCT})
    keys = {play(by_row, brief(ROWS[0], ordinal), ["Well."]).asked[0][0].key for ordinal in range(5)}
    assert len(keys) == 1


def test_the_cell_fixes_a_variable_or_stands_in_the_template() -> None:
    cell = {"tone": "polite", "difficulty": "hard"}
    given = brief(ROWS[0], cell=cell, avoid=("rust",))
    played = play(
        config("{{ difficulty }}, {{ tone }}, not {{ avoid | join(', ') }}: {{ product }}"), given, ["Ok."]
    )
    assert played.said == ["hard, polite, not rust: drill"]


def test_a_sampled_difficulty_is_that_of_the_draft() -> None:
    sampled = config("{{ difficulty }}!", variables={"difficulty": {"kind": "category", "values": ["easy"]}})
    assert play(sampled, brief(None), ["Ok."]).drafts[0].difficulty == "easy"


def test_a_cell_that_nothing_meets_is_refused_and_one_that_the_row_meets_is_not() -> None:
    with pytest.raises(Unfit, match="cell_not_in_template"):
        play(config(), brief(ROWS[0], cell={"category": "tools"}), [])
    with pytest.raises(Unfit, match="cell_not_in_template"):
        play(config(), brief(ROWS[0], cell={"difficulty": "hard"}), [])
    assert play(
        config(), brief(ROWS[0]._replace(category="tools"), cell={"category": "tools"}), ["Ok."]
    ).drafts


def test_a_suggested_difficulty_is_claimed_only_where_the_template_asks_for_it() -> None:
    given = brief(ROWS[0], cell={"difficulty": "hard"}, suggested=frozenset({"difficulty"}))
    assert play(config(), given, ["Ok."]).drafts[0].difficulty is None
    assert play(config("{{ difficulty }}: {{ product }}"), given, ["Ok."]).drafts[0].difficulty == "hard"
    own = config("{{ difficulty }}!", variables={"difficulty": {"kind": "category", "values": ["easy"]}})
    assert play(own, given, ["Ok."]).drafts[0].difficulty == "easy"


def test_a_cell_counts_that_a_variable_depends_on() -> None:
    length = {
        "kind": "conditional",
        "by": "difficulty",
        "cases": {"hard": {"kind": "number", "least": 9, "most": 9}},
    }
    sampled = config("In {{ length }} words.", variables={"length": length})
    assert play(sampled, brief(None, cell={"difficulty": "hard"}), ["Ok."]).said == ["In 9 words."]


@pytest.mark.parametrize(
    ("change", "reply", "reason"),
    [
        ({"prompt": "{% if tone == 'x' %}Never.{% endif %}"}, "", "prompt_is_empty"),
        ({"prompt": "{{ tone - 1 }}"}, "", "template_cannot_be_rendered"),
        ({"question": "{{ category }}"}, "Ok.", "question_is_empty"),
        ({}, "I'm sorry, but I can't.", "answer_refuses"),
        ({}, "…", "answer_says_nothing"),
    ],
)
def test_what_makes_no_example_is_refused(change: dict[str, Any], reply: str, reason: str) -> None:
    with pytest.raises(Unfit) as refused:
        play(config(**change), brief(ROWS[0]), [reply])
    assert refused.value.reason == reason


@pytest.mark.parametrize(
    ("change", "fact"),
    [
        ({"prompt": "A {{ tonne }} one."}, "prompt 1 uses 'tonne'.* Did you mean tone"),
        ({"prompt": "A {{ tone"}, "prompt 1 is no template"),
        ({"prompt": "{{ reply }}"}, "prompt 1 uses 'reply'"),
        ({"answer": "{{ replay }}"}, "answer uses 'replay'.* Did you mean reply"),
        ({"answer_schema": {"type": "array"}}, "describes no object"),
        ({"task": "Two words"}, "task"),
        ({"prompts": []}, "prompts"),
    ],
)
def test_a_template_that_is_wrong_is_told_when_the_config_is_read(change: dict[str, Any], fact: str) -> None:
    with pytest.raises(ValidationError, match=fact):
        config(**change)


def test_a_template_id_tells_editions_apart_and_not_rows() -> None:
    from tasks.generate.by_model.corpus import ItemCorpus
    from tasks.generate.by_model.protocol import Desk
    from tasks.generate.by_model.template import write
    from tilth.llm.config import ModelConfig

    def template_id(chosen: FromTemplate, row: Item) -> str:
        given = brief(row)
        desk = Desk(ModelConfig(model="m"), None, given, ItemCorpus([]))
        next(write(given, chosen, desk))
        return desk.template_ids[0]

    assert template_id(config(), ROWS[0]) == template_id(config(), ROWS[1])
    assert template_id(config(), ROWS[0]) != template_id(config(system="Be brief."), ROWS[0])
