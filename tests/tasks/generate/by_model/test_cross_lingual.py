"""Examples in other languages, with answers handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.cross_lingual import CrossLingual
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

SEED = item(
    "How do I list the 20 largest files with `du`?",
    "seed",
    answer="Run `du -a` and sort what it says by size; the first 20 lines are the largest files of the folder.",
)
GERMAN = {
    "is_possible": True,
    "instruction": "Wie liste ich mit `du` die 20 größten Dateien auf?",
    "answer": "Rufe `du -a` auf und sortiere nach Größe; die ersten 20 Zeilen sind die größten Dateien des Ordners.",
    "changes": [],
}
RIGHT = {"faults": [], "fidelity": 5, "fluency": 4, "is_right": True}
TO_GERMAN = CrossLingual(languages=("German",))


def test_request_and_answer_are_translated_together_and_judged() -> None:
    played = play(TO_GERMAN, brief(SEED), [GERMAN, RIGHT])
    draft = played.drafts[0]
    assert [turn.content for turn in draft.turns] == [GERMAN["instruction"], GERMAN["answer"]]
    assert (draft.language, draft.oracle, draft.extra["fidelity"]) == ("German", "model_check", 5)
    assert played.said[0].startswith("From English into German.")


def test_the_cell_says_into_which_language() -> None:
    played = play(
        CrossLingual(check="none"),
        brief(SEED, cell={"language": "Russian"}),
        [
            {
                **GERMAN,
                "instruction": "Как с помощью `du` вывести 20 файлов?",
                "answer": "Команда `du -a` и ещё 20 строк.",
            }
        ],
    )
    assert (played.drafts[0].language, played.drafts[0].oracle) == ("Russian", "model")
    assert "into Russian" in played.said[0]


def test_a_translation_back_is_compared_by_its_words() -> None:
    config = CrossLingual(languages=("German",), check="back_translation")
    back = {
        "instruction": "How do I list the 20 largest files with `du`?",
        "answer": "Call `du -a`, sort by size; the first 20 lines are the largest files of the folder.",
    }
    draft = play(config, brief(SEED), [GERMAN, back]).drafts[0]
    assert draft.oracle == "back_translation"
    assert min(draft.extra["agreement"]) > 0.7
    with pytest.raises(Unfit, match="lost_on_the_way_back"):
        play(config, brief(SEED), [GERMAN, {**back, "answer": "Ask a friend about it."}])


@pytest.mark.parametrize(
    ("reason", "change"),
    [
        ("not_translatable", {"is_possible": False}),
        ("fixed_part_lost", {"answer": "Rufe `du` auf; die ersten 20 Zeilen sind es."}),
        ("figure_changed", {"instruction": "Wie liste ich mit `du` die 10 größten Dateien auf?"}),
        ("not_translated", {"answer": SEED.answer}),
        (
            "other_language",
            {"answer": "With `du -a` it is the first 20 lines that are of use to you in this."},
        ),
        ("prompt_leaked", {"answer": f"<answer>{GERMAN['answer']}</answer>"}),
    ],
)
def test_what_a_rule_speaks_against_is_refused_without_another_call(
    reason: str, change: dict[str, Any]
) -> None:
    with pytest.raises(Unfit) as refused:
        play(TO_GERMAN, brief(SEED), [{**GERMAN, **change}])
    assert refused.value.reason == reason


@pytest.mark.parametrize("change", [{"is_right": False}, {"fidelity": 3}, {"fluency": 2}])
def test_a_translation_that_the_judge_finds_wrong_is_refused(change: dict[str, Any]) -> None:
    with pytest.raises(Unfit, match="translation_not_faithful"):
        play(TO_GERMAN, brief(SEED), [GERMAN, {**RIGHT, **change}])


def test_what_is_in_the_language_already_or_has_no_answer_is_not_asked() -> None:
    with pytest.raises(Unfit, match="already_in_language"):
        play(TO_GERMAN, brief(SEED, cell={"language": "english"}), [])
    with pytest.raises(Unfit, match="seed_without_answer"):
        play(TO_GERMAN, brief(SEED._replace(answer="")), [])
