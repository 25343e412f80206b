"""The methods that ask a model: a line each."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

from tasks.generate.by_model import (
    back_translation,
    bootstrap,
    controlled,
    cross_lingual,
    evol_instruct,
    hard_negatives,
    multi_turn,
    oss_instruct,
    paraphrase,
    persona,
    preference,
    question_answer,
    refactor,
    self_instruct,
    template,
    topic_tree,
)
from tasks.generate.by_model.protocol import Material, Prepare, Write


def _never(_config: Any) -> bool:
    return False


class Method(NamedTuple):
    """How a method is run.

    `material` are the kinds of piece that it can start from, none for one that needs none. `uses_corpus` says that it
    looks at other pieces too, so that what it writes depends on all of them, and `searches` whether it searches them
    by words when it is configured so. What `prepare` asks for, all candidates share. `chosen_by` are the columns of a
    cell by which material is chosen; the others are asked of the model. `steps` is how many calls a candidate usually
    takes: what an estimate goes by before there is any history. A method whose material is optional takes what there
    is, and goes without where there is none.
    """

    write: Write
    version: str
    material: tuple[Material, ...] = ()
    uses_corpus: bool = False
    chosen_by: frozenset[str] = frozenset({"category"})
    steps: int = 2
    is_material_optional: bool = False
    has_prompts: bool = True
    searches: Callable[[Any], bool] = _never
    prepare: Prepare | None = None


# Where the material is the answer, its language is not the model's to choose.
_OF_THE_MATERIAL = frozenset({"category", "language"})

METHODS: Mapping[str, Method] = {
    "back_translation": Method(back_translation.write, "1", ("passage", "unit"), chosen_by=_OF_THE_MATERIAL),
    "bootstrap": Method(bootstrap.write, "1", steps=4),
    "controlled": Method(controlled.write, "1"),
    "cross_lingual": Method(cross_lingual.write, "1", ("seed",)),
    "evol_instruct": Method(evol_instruct.write, "1", ("seed",), steps=3),
    "hard_negatives": Method(
        hard_negatives.write, "1", ("passage",), uses_corpus=True, searches=lambda _config: True
    ),
    "multi_turn": Method(multi_turn.write, "1", ("passage", "seed"), is_material_optional=True),
    "oss_instruct": Method(oss_instruct.write, "1", ("unit", "passage")),
    "paraphrase": Method(paraphrase.write, "1", ("seed", "passage")),
    "persona": Method(persona.write, "1", ("passage",), steps=4, is_material_optional=True),
    "preference": Method(preference.write, "1", ("seed",)),
    "question_answer": Method(
        question_answer.write,
        "1",
        ("passage",),
        uses_corpus=True,
        searches=lambda config: config.across_ratio > 0,
    ),
    "refactor": Method(refactor.write, "1", ("unit",), chosen_by=frozenset({"category", "language"})),
    "self_instruct": Method(self_instruct.write, "1", ("seed",), True, frozenset(), steps=5),
    "template": Method(
        template.write, "1", ("row", "seed"), steps=1, is_material_optional=True, has_prompts=False
    ),
    "topic_tree": Method(topic_tree.write, "1", steps=4, prepare=topic_tree.prepare),
}
