"""What variables are drawn as: within their bounds, in their proportions, and the same for a candidate."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping
from datetime import date
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import TypeAdapter, ValidationError

from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.protocol import Brief, Desk, Item
from tasks.generate.by_model.samplers import Sampler, check_order, draw_values
from tests.tasks.generate.by_model.playing import item
from tilth.fingerprint import digest
from tilth.llm.config import ModelConfig
from tilth.llm.conversation import Unfit

READ = TypeAdapter(Mapping[str, Sampler]).validate_python
ROW = Item("00", "row", "", values={"product": "seed drill", "price": 30, "note": None})


def drawn(
    variables: Mapping[str, Any],
    number: int = 0,
    row: Item | None = None,
    cell: Mapping[str, str] | None = None,
) -> dict[str, Any]:
    given_ = Brief(digest(str(number)), number, cell or {}, row)
    desk = Desk(ModelConfig(model="m"), None, given_, ItemCorpus([]))
    return draw_values(READ(variables), given_, desk)


def many(sampler: Mapping[str, Any], count: int = 600) -> list[Any]:
    return [drawn({"x": sampler}, number)["x"] for number in range(count)]


def test_categories_come_as_often_as_one_another() -> None:
    counts = Counter(many({"kind": "category", "values": ["a", "b", "c"]}))
    assert set(counts) == {"a", "b", "c"}
    assert all(150 < count < 250 for count in counts.values())


def test_weighted_values_come_by_their_weights_whatever_order_they_stand_in() -> None:
    one = many({"kind": "weighted", "weights": {"calm": 3, "angry": 1}})
    assert one == many({"kind": "weighted", "weights": {"angry": 1, "calm": 3}})
    assert 400 < Counter(one)["calm"] < 500


@given(st.integers(-50, 50), st.integers(0, 100), st.integers(1, 7), st.integers(0, 1000))
def test_whole_numbers_stay_whole_and_on_their_steps(least: int, span: int, step: int, number: int) -> None:
    value = drawn({"x": {"kind": "number", "least": least, "most": least + span, "step": step}}, number)["x"]
    assert isinstance(value, int)
    assert least <= value <= least + span
    assert (value - least) % step == 0


def test_both_bounds_of_a_number_are_met() -> None:
    assert set(many({"kind": "number", "least": 1, "most": 6})) == {1, 2, 3, 4, 5, 6}


def test_steps_of_a_tenth_are_written_as_tenths() -> None:
    values = set(many({"kind": "number", "least": 0, "most": 0.5, "step": 0.1}))
    assert values == {0.0, 0.1, 0.2, 0.3, 0.4, 0.5}


def test_numbers_without_steps_are_rounded() -> None:
    values = many({"kind": "number", "least": 0.5, "most": 2.5, "digits": 1})
    assert all(0.5 <= value <= 2.5 and round(value, 1) == value for value in values)
    assert len(set(values)) > 15


def test_days_lie_between_the_first_and_the_last_and_keep_their_step() -> None:
    values = many({"kind": "date", "first": "2026-02-02", "last": "2026-03-31", "step_days": 7})
    assert min(values) == "2026-02-02"
    assert max(values) == "2026-03-30"
    assert {date.fromisoformat(value).weekday() for value in values} == {0}


def test_a_person_is_an_object_of_the_locales_and_ages_asked_for() -> None:
    people = many({"kind": "person", "locales": ["de_DE", "tr_TR"], "least_age": 30, "most_age": 31}, 50)
    assert {person["locale"] for person in people} == {"de_DE", "tr_TR"}
    assert {person["age"] for person in people} == {30, 31}
    assert people[0].keys() >= {"name", "given", "family", "age", "city", "occupation"}


def test_a_column_is_what_the_row_holds() -> None:
    assert drawn({"x": {"kind": "column", "column": "price"}}, row=ROW) == {"x": 30}
    seed = item("Plan a rotation.", "seed", input="Four beds")
    assert drawn({"x": {"kind": "column", "column": "input"}}, row=seed) == {"x": "Four beds"}


@pytest.mark.parametrize(
    ("column", "row", "reason"),
    [("colour", ROW, "column_missing"), ("note", ROW, "column_empty"), ("price", None, "no_material")],
)
def test_a_column_without_a_value_is_told(column: str, row: Item | None, reason: str) -> None:
    with pytest.raises(Unfit) as refused:
        drawn({"x": {"kind": "column", "column": column}}, row=row)
    assert refused.value.reason == reason
    assert column in refused.value.detail


def test_a_condition_may_be_a_variable_a_field_of_one_or_a_column_of_the_cell() -> None:
    def by(on: str) -> dict[str, Any]:
        hello = {"kind": "category", "values": ["Guten Tag"]}
        return {
            "kind": "conditional",
            "by": on,
            "cases": {"de_DE": hello},
            "otherwise": {**hello, "values": ["Hi"]},
        }

    who = {"kind": "person", "locales": ["de_DE"]}
    assert drawn({"greeting": by("who.locale"), "who": who})["greeting"] == "Guten Tag"
    assert drawn({"greeting": by("who.city"), "who": who})["greeting"] == "Hi"
    assert drawn({"greeting": by("locale")}, cell={"locale": "de_DE"})["greeting"] == "Guten Tag"


def test_a_value_without_a_case_is_told() -> None:
    plain = {"kind": "category", "values": ["a"]}
    with pytest.raises(Unfit, match=r"no_case_for_value"):
        drawn({"x": {"kind": "conditional", "by": "y", "cases": {"b": plain}}, "y": plain})


def test_what_the_cell_names_goes_before_the_draw() -> None:
    assert drawn({"x": {"kind": "category", "values": ["a"]}}, cell={"x": "z"}) == {"x": "z"}


def test_another_variable_changes_no_draw() -> None:
    x, y = ({"kind": "number", "least": 0, "most": 10**6} for _ in range(2))
    assert drawn({"x": x})["x"] == drawn({"y": y, "x": x})["x"] != drawn({"y": y, "x": x})["y"]


def test_variables_that_depend_on_one_another_in_a_circle_are_refused() -> None:
    plain = {"kind": "category", "values": ["a"]}
    variables = READ(
        {
            name: {"kind": "conditional", "by": on, "cases": {"a": plain}}
            for name, on in (("x", "y"), ("y", "x"))
        }
    )
    with pytest.raises(ValueError, match="x depends on itself: x > y > x"):
        check_order(variables)


@pytest.mark.parametrize(
    ("sampler", "fact"),
    [
        ({"kind": "number", "least": 3, "most": 1}, "most is 1, below least"),
        ({"kind": "number", "least": 0, "most": 1, "step": 1e-12}, "a step of 1e-12"),
        ({"kind": "number", "least": 0, "most": float("inf")}, "finite"),
        ({"kind": "number", "least": 0, "most": 1, "step": 0}, "greater than 0"),
        ({"kind": "date", "first": "2026-02-02", "last": "2026-02-01"}, "last is 2026-02-01, before first"),
        ({"kind": "person", "least_age": 40, "most_age": 30}, "most_age is 30, below least_age"),
        ({"kind": "person", "locales": ["xx_XX"]}, "locales"),
        ({"kind": "category", "values": []}, "values"),
        ({"kind": "weighted", "weights": {"a": 0}}, "greater than 0"),
        ({"kind": "dice"}, "dice"),
    ],
)
def test_bounds_that_cannot_be_met_are_told_when_the_config_is_read(sampler: Any, fact: str) -> None:
    with pytest.raises(ValidationError, match=fact):
        READ({"x": sampler})
