"""The methods that ask a model: a line each."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tasks.generate.by_model import question_answer
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
    "question_answer": Method(question_answer.write, "1", ("passage",), uses_corpus=True),
}
