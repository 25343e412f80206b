"""Candidates of the methods without material, or with material that is optional."""

from __future__ import annotations

import pytest

from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.materials import item_of_row, mask_items
from tasks.generate.by_model.methods import METHODS
from tests.tasks.generate.by_model.playing import item
from tilth.errors import RequestError
from tilth.llm.prompts import prompt_names


def config(**method: object) -> ByModelConfig:
    return ByModelConfig.model_validate({"model": {"model": "m"}, "methods": [method]})


def test_a_method_whose_material_is_optional_takes_it_or_goes_without() -> None:
    persona = config(method="persona")
    bare = Candidates(persona, []).brief(0, {}, 3, 3)
    assert bare is not None
    assert (bare.item, bare.turn, bare.lap) == (None, 3, 0)
    passage = item()
    with_text = Candidates(persona, [passage]).brief(0, {}, 3, 3)
    assert with_text is not None
    assert (with_text.item, with_text.lap) == (passage, 3)


def test_a_method_that_needs_material_says_of_what_kind() -> None:
    with pytest.raises(RequestError, match="evol_instruct works on seeds, and there are none"):
        Candidates(config(method="evol_instruct"), [item()])


def test_every_method_has_prompts_or_says_that_it_has_none() -> None:
    assert {name for name, method in METHODS.items() if method.has_prompts} <= set(prompt_names())


def test_texts_of_a_row_are_masked_before_they_can_reach_a_prompt() -> None:
    (row,) = mask_items([item_of_row({"to": "ada@lovelace.org", "age": 36, "tags": ["x"]}, "rows:1")])
    assert row.values == {"to": "<email>", "age": 36, "tags": ["x"]}


def test_each_cell_begins_elsewhere_in_the_material_and_meets_all_of_it() -> None:
    pieces = [item(f"Bed {number} is of clay.") for number in range(40)]
    candidates = Candidates(config(method="paraphrase"), pieces)

    def met(cell: dict[str, str], suggested: tuple[str, ...] = ()) -> list[str]:
        briefs = [candidates.brief(0, cell, turn, turn, suggested=suggested) for turn in range(40)]
        return [one.item.item_id for one in briefs if one and one.item]

    formal, plain = met({"tone": "formal"}), met({"tone": "plain"})
    assert formal[0] != plain[0]
    assert sorted(formal) == sorted(plain) == sorted(piece.item_id for piece in pieces)
    # A suggestion makes no cell.
    assert met({"tone": "formal", "difficulty": "easy"}, ("difficulty",)) == formal


def test_texts_inside_lists_and_headings_are_masked_too() -> None:
    inner = {"turns": [{"said": "ada@lovelace.org"}], "n": 1}
    row = item_of_row(inner, "rows:1")._replace(title="Ask ada@lovelace.org")
    (masked,) = mask_items([row])
    assert masked.values == {"turns": [{"said": "<email>"}], "n": 1}
    assert masked.title == "Ask <email>"
