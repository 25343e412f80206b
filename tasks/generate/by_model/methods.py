"""The methods that ask a model: a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tasks.generate.by_model import (
    controlled,
    cross_lingual,
    hard_negatives,
    multi_turn,
    paraphrase,
    preference,
    question_answer,
    refactor,
)
from tasks.generate.by_model.protocol import Material, Write


class Method(NamedTuple):
    """How a method is run.

    `material` are the kinds of piece that it can start from, none for one that needs none. `uses_corpus` says that it
    looks at other pieces too, so that what it writes depends on all of them. `chosen_by` are the columns of a cell by
    which material is chosen; the others are asked of the model. `steps` is how many calls a candidate usually takes:
    what an estimate goes by before there is any history.
    """

    write: Write
    version: str
    material: tuple[Material, ...] = ()
    uses_corpus: bool = False
    chosen_by: frozenset[str] = frozenset({"category"})
    steps: int = 2


METHODS: Mapping[str, Method] = {
    "controlled": Method(controlled.write, "1"),
    "cross_lingual": Method(cross_lingual.write, "1", ("seed",)),
    "hard_negatives": Method(hard_negatives.write, "1", ("passage",), uses_corpus=True),
    "multi_turn": Method(multi_turn.write, "1", ("passage", "seed")),
    "paraphrase": Method(paraphrase.write, "1", ("seed", "passage")),
    "preference": Method(preference.write, "1", ("seed",)),
    "question_answer": Method(question_answer.write, "1", ("passage",), uses_corpus=True),
    "refactor": Method(refactor.write, "1", ("unit",), chosen_by=frozenset({"category", "language"})),
}
