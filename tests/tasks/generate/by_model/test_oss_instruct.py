"""Problems inspired by code, with replies handed in."""

from __future__ import annotations

from typing import Any

import pytest

from tasks.generate.by_model.oss_instruct import OssInstruct
from tasks.generate.by_model.protocol import Item
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

SNIPPET = item(
    "def rotate(beds, year):\n    turn = year % len(beds)\n    return beds[turn:] + beds[:turn]",
    "unit", title="rotate", language="python",
)  # fmt: skip
PASSAGE = item("Crops move by one bed each year, so that no bed bears the same crop twice in four years.")
STATED: dict[str, Any] = {
    "idea": "Rotation by a remainder.",
    "title": "Shift a roster",
    "problem": "Write `shift_roster(names, days)`. It returns the list of names as it stands after so many days, "
    "when the first name goes to the end each day. An empty list stays empty. Example: a, b and 1 give b, a.",
    "entry_point": "shift_roster",
}
SOLVED = {
    "approach": "A remainder tells where to cut.",
    "solution": "from collections import deque\n\n\ndef shift_roster(names, days):\n    ring = deque(names)\n"
    "    ring.rotate(-days)\n    return list(ring)",
    "tests": "assert shift_roster(['a', 'b'], 1) == ['b', 'a']",
}
PLAIN = OssInstruct()


def refusal(given: Item, *replies: Any, **more: Any) -> str:
    with pytest.raises(Unfit) as refused:
        play(PLAIN, brief(given, **more), list(replies))
    return refused.value.reason


def test_a_problem_with_a_solution_and_tests_that_parse_becomes_a_chat_that_can_be_run() -> None:
    played = play(PLAIN, brief(SNIPPET), [STATED, SOLVED])
    draft = played.drafts[0]
    assert (draft.task, draft.oracle, draft.language) == ("solve_problem", "parse", "python")
    assert draft.code is not None
    assert draft.turns[1].content == f"{SOLVED['approach']}\n\n```python\n{draft.code}```"
    assert draft.tests == SOLVED["tests"] + "\n"
    assert draft.extra["entry_point"] == "shift_roster"
    assert SNIPPET.text in played.said[0]
    assert SNIPPET.text not in played.said[1]


def test_code_in_a_fence_is_taken_out_of_it() -> None:
    fenced = {**SOLVED, "solution": f"```python\n{SOLVED['solution']}\n```"}
    assert play(PLAIN, brief(SNIPPET), [STATED, fenced]).drafts[0].code == SOLVED["solution"] + "\n"


def test_the_cell_says_language_and_difficulty_and_else_the_unit_does() -> None:
    solved = {**SOLVED, "solution": "fn shift_roster() {}", "tests": "fn check() { shift_roster(); }"}
    cell = {"language": "rust", "difficulty": "hard"}
    played = play(PLAIN, brief(SNIPPET, cell=cell, avoid=("deques",)), [STATED, solved])
    assert (
        "Language of the solution: rust\nWanted difficulty: hard\nThere is enough about: deques."
        in played.said[0]
    )
    assert (played.drafts[0].language, played.drafts[0].oracle) == ("rust", "parse")
    other = play(PLAIN, brief(SNIPPET._replace(language="cobol")), [STATED, SOLVED])
    assert (other.drafts[0].language, other.drafts[0].oracle) == ("cobol", "model")


def test_a_passage_inspires_a_problem_in_the_language_of_the_config() -> None:
    assert "Language of the solution: python" in play(PLAIN, brief(PASSAGE), [STATED, SOLVED]).said[0]


def test_of_long_material_the_start_is_shown_by_whole_lines() -> None:
    long = item(
        "\n".join(f"line {number} of a long file" for number in range(100)), "unit", language="python"
    )
    said = play(OssInstruct(most_snippet_words=60), brief(long), [STATED, SOLVED]).said[0]
    assert "line 9 of a long file\n</snippet>" in said


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"problem": STATED["problem"] + " See the snippet."}, "problem_speaks_of_its_snippet"),
        ({"problem": STATED["problem"] + "\n" + PASSAGE.text}, "problem_copies_its_snippet"),
        ({"problem": STATED["problem"] + " word" * 450}, "instruction_too_long"),
        ({"entry_point": "turn_roster"}, "entry_point_not_in_problem"),
        ({"entry_point": "two words"}, "entry_point_not_in_problem"),
    ],
)
def test_a_problem_that_does_not_stand_alone_is_not_solved(change: dict[str, str], reason: str) -> None:
    assert refusal(PASSAGE, {**STATED, **change}) == reason


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"solution": SOLVED["solution"] + "\n)"}, "syntax_error_in_solution"),
        ({"tests": SOLVED["tests"] + "\n)"}, "syntax_error_in_tests"),
        ({"solution": "shift_roster = None"}, "entry_point_not_defined"),
        ({"solution": "def turn(names): pass"}, "entry_point_not_in_solution"),
        ({"tests": "assert True"}, "entry_point_not_in_tests"),
        ({"solution": "import numpy as np\n" + SOLVED["solution"]}, "package_in_solution"),
        ({"tests": "from solution import shift_roster"}, "package_in_tests"),
    ],
)
def test_a_solution_that_a_rule_can_tell_is_none_is_refused(change: dict[str, str], reason: str) -> None:
    assert refusal(SNIPPET, STATED, {**SOLVED, **change}) == reason


def test_a_solution_that_is_the_snippet_again_is_refused() -> None:
    copied = SNIPPET.text.replace("rotate", "shift_roster")
    assert refusal(SNIPPET, STATED, {**SOLVED, "solution": copied}) == "solution_is_the_snippet"
