"""Code made better by a model, with answers handed in."""

from __future__ import annotations

import subprocess
import sys
from typing import Any

import pytest

from tasks.generate.by_model.code_units import heads, read_unit
from tasks.generate.by_model.refactor import Refactor
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.conversation import Unfit

OLD = """def total(xs, start=0):
    t = start
    for i in range(len(xs)):
        t = t + xs[i]
    return t
"""
NEW = """def total(xs, start=0):
    for x in xs:
        start += x
    return start
"""
UNIT = item(OLD, "unit", language="python", title="sums.total", path="sums.py")
CODE = {
    "is_changed": True,
    "problem": "It counts places.",
    "request": "Can this walk over the numbers themselves?",
    "code": NEW,
    "calls": ["total([1, 2])", "total([], 5)", "total(None)", "print('x')", "total(["],
    "explanation": "It walks over the numbers.",
}
SAME = {"counterexample": "", "is_same": True, "is_better": True}
IDIOM = Refactor(goals=("idiom",))


def test_a_pair_holds_both_versions_and_tests_that_compare_them() -> None:
    played = play(IDIOM, brief(UNIT), [CODE, SAME])
    draft = played.drafts[0]
    asked, answered = (turn.content for turn in draft.turns)
    assert asked == f"{CODE['request']}\n\n```python\n{OLD.strip()}\n```"
    assert answered.startswith(f"```python\n{NEW.strip()}\n```")
    assert (draft.task, draft.oracle, draft.extra["goal"]) == ("refactor_code", "model_check", "idiom")
    assert draft.code == NEW.strip("\n")
    assert "_calls = ['total([1, 2])', 'total([], 5)', 'total(None)']" in (draft.tests or "")
    assert played.said[0].startswith("Language: python\nGoal: idiom\n")


@pytest.mark.parametrize(
    ("after", "is_proved"),
    [(NEW, True), (NEW.replace("+=", "-="), False), (NEW.replace("xs:", "xz:"), False)],
)
def test_the_tests_of_a_pair_end_well_only_when_both_versions_do_the_same(
    after: str, is_proved: bool
) -> None:
    draft = play(IDIOM, brief(UNIT), [{**CODE, "code": after}, SAME]).drafts[0]
    ended = subprocess.run(
        [sys.executable, "-I", "-S", "-c", f"{draft.code}\n\n{draft.tests}"], capture_output=True, check=False
    )
    assert (ended.returncode == 0) == is_proved


def test_time_and_memory_ask_to_optimise() -> None:
    reply = {key: value for key, value in CODE.items() if key != "problem"}
    reply |= {"cost_before": "O(n)", "cost_after": "O(n)", "workload": "total(range(10**6))"}
    draft = play(IDIOM, brief(UNIT, cell={"goal": "time"}), [reply, SAME]).drafts[0]
    assert (draft.task, draft.extra["workload"]) == ("optimise_code", "total(range(10**6))")


@pytest.mark.parametrize(
    ("reason", "replies"),
    [
        ("nothing_to_better", [{**CODE, "is_changed": False}]),
        ("same_program", [{**CODE, "code": OLD.replace("t = start", "t = start  # the sum")}]),
        ("syntax_error", [{**CODE, "code": NEW.replace("return", "return return")}]),
        ("signature_changed", [{**CODE, "code": NEW.replace("start=0", "start=1")}]),
        ("signature_changed", [{**CODE, "code": NEW.replace("def total", "def add_up")}]),
        ("prompt_leaked", [{**CODE, "request": "Better the code in <code>, please."}]),
        ("behaves_differently", [CODE, {**SAME, "is_same": False, "counterexample": "a generator"}]),
        ("not_better", [CODE, {**SAME, "is_better": False}]),
    ],
)
def test_what_a_rule_or_the_check_speaks_against_is_refused(reason: str, replies: list[Any]) -> None:
    with pytest.raises(Unfit) as refused:
        play(IDIOM, brief(UNIT), replies)
    assert refused.value.reason == reason


def test_a_unit_out_of_bounds_is_not_asked() -> None:
    with pytest.raises(Unfit, match="too_short"):
        play(IDIOM, brief(item("def f():\n    pass", "unit", language="python")), [])
    with pytest.raises(Unfit, match="too_long"):
        play(Refactor(max_tokens=50), brief(item(OLD * 3, "unit", language="python")), [])


def test_a_block_around_the_code_is_taken_off() -> None:
    draft = play(IDIOM, brief(UNIT), [{**CODE, "code": f"```python\n{NEW}```"}, SAME]).drafts[0]
    assert draft.code == NEW.strip("\n")


JAVA = """public int sum(int[] xs) {
  int t = 0;
  for (int i = 0; i < xs.length; i++) {
    t += xs[i];
  }
  return t;
}"""


def test_a_method_of_another_language_is_parsed_inside_a_class_and_has_no_tests() -> None:
    unit = item(JAVA, "unit", language="java", title="Sums.sum", path="Sums.java")
    better = JAVA.replace("for (int i = 0; i < xs.length; i++)", "for (int x : xs)").replace("xs[i]", "x")
    reply = {**CODE, "code": better}
    draft = play(Refactor(goals=("idiom",), is_checked=False), brief(unit), [reply]).drafts[0]
    assert (draft.oracle, draft.tests) == ("parse", None)
    with pytest.raises(Unfit, match="signature_changed"):
        play(IDIOM, brief(unit), [{**reply, "code": better.replace("public int", "public long")}])


def test_a_language_without_a_grammar_must_at_least_keep_the_name() -> None:
    unit = item("f x =\n  a\n  b\n  c\n  d", "unit", language="elm", title="f")
    draft = play(
        Refactor(goals=("idiom",), is_checked=False), brief(unit), [{**CODE, "code": "f x =\n  a"}]
    ).drafts[0]
    assert (draft.oracle, draft.code) == ("model", None)
    with pytest.raises(Unfit, match="signature_changed"):
        play(Refactor(goals=("idiom",), is_checked=False), brief(unit), [{**CODE, "code": "g x =\n  a"}])


def test_heads_are_those_of_what_others_can_use() -> None:
    unit = read_unit(
        "class A(B):\n    def f(self, x: int = 1) -> int:  # so\n        def g(): pass\n    def _h(self): pass\n",
        "python",
    )
    assert unit is not None
    assert heads(unit) == ["classA(B):", "deff(self,x:int=1)->int:"]
