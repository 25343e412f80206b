"""Instructions for texts that people wrote, with replies handed in."""

from __future__ import annotations

import pytest

from tasks.generate.by_model.back_translation import BackTranslation
from tasks.generate.by_model.protocol import Item
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

LOAM = item(
    "Loam drains well and holds water. Mix one part sand, one part silt and a little clay, and let it rest for "
    "a week before you sow.",
    title="Soil > Mixing",
)
CODE = item(
    "def rotate(beds, year):\n    if not beds:\n        return []\n    turn = year % len(beds)\n"
    "    first = beds[turn:]\n    return first + beds[:turn]",
    "unit", title="rotate", language="python", difficulty="easy",
)  # fmt: skip
ASKED = {"is_usable": True, "instruction": "How do I mix a soil that drains well and still holds water?"}
GOOD = {"flaws": "", "score": 5}


def refusal(text: Item, *replies: object, config: BackTranslation | None = None) -> str:
    with pytest.raises(Unfit) as refused:
        play(config or BackTranslation(), brief(text), list(replies))
    return refused.value.reason


def test_a_passage_becomes_the_answer_to_the_letter() -> None:
    played = play(BackTranslation(), brief(LOAM), [ASKED, GOOD])
    draft = played.drafts[0]
    assert [turn.content for turn in draft.turns] == [ASKED["instruction"], LOAM.text]
    assert (draft.task, draft.oracle, draft.extra) == ("follow_instruction", "source", GOOD)
    assert "section of a document" in played.said[0]
    assert "Soil > Mixing" in played.said[0]


def test_a_unit_becomes_code_that_can_be_checked() -> None:
    asked = {**ASKED, "instruction": "Write `rotate`, which turns a list of beds by a year."}
    played = play(BackTranslation(), brief(CODE), [asked, GOOD])
    draft = played.drafts[0]
    assert draft.turns[1].content == f"```python\n{CODE.text}\n```"
    assert (draft.code, draft.task, draft.language) == (CODE.text, "write_code", "python")
    assert draft.difficulty == "easy"
    assert "piece of python code" in played.said[0]


def test_a_docstring_may_be_said_again_where_a_passage_may_not_be_quoted() -> None:
    code = CODE._replace(
        text=f'"""Return the beds as they stand after so many years have gone by."""\n{CODE.text}'
    )
    asked = {**ASKED, "instruction": "Return the beds as they stand after so many years have gone by."}
    assert play(BackTranslation(), brief(code), [asked, GOOD]).drafts


def test_a_text_too_short_for_an_answer_is_not_asked_about() -> None:
    assert refusal(item("See below.")) == "text_too_short"


@pytest.mark.parametrize(
    ("reply", "reason"),
    [
        ({"is_usable": False, "instruction": ""}, "text_answers_nothing"),
        ({"is_usable": True, "instruction": " "}, "text_answers_nothing"),
        ({"is_usable": True, "instruction": "Mix soil."}, "instruction_too_short"),
        (
            {"is_usable": True, "instruction": "Why mix one part sand, one part silt and a little clay?"},
            "instruction_quotes_its_text",
        ),
        (
            {"is_usable": True, "instruction": "Say how the given text would mix soil."},
            "instruction_speaks_of_its_text",
        ),
    ],
)
def test_an_instruction_that_gives_itself_away_is_refused_without_another_call(
    reply: object, reason: str
) -> None:
    assert refusal(LOAM, reply) == reason


def test_only_pairs_that_are_rated_well_are_kept() -> None:
    assert refusal(LOAM, ASKED, {**GOOD, "score": 3}) == "rated_too_low"
    assert (
        refusal(LOAM, ASKED, {**GOOD, "score": 4}, config=BackTranslation(least_score=5)) == "rated_too_low"
    )


def test_without_curation_one_call_is_enough() -> None:
    played = play(BackTranslation(is_curated=False, language="German"), brief(LOAM), [ASKED])
    assert (len(played.asked), played.drafts[0].extra) == (1, {})
    assert "Write in German." in str(played.asked[0][0].messages[0]["content"])


def test_a_method_is_shown_without_its_indentation_and_is_no_program_of_its_own() -> None:
    method = "place(value: number): number {\n    const width = this.high - this.low;\n    return value / width;\n  }"
    unit = item(method, "unit", language="typescript", path="scale.ts", title="Scale.place")
    played = play(BackTranslation(), brief(unit), [{"is_usable": True, "instruction": "Place values on a scale."},
                                                  {"flaws": "", "score": 5}])  # fmt: skip
    draft = played.drafts[0]
    assert draft.code is None
    assert "\n  const width" in played.said[0]
    assert draft.turns[1].content.endswith("  return value / width;\n}\n```")
