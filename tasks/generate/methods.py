"""The methods for code: a line each. Adding one is a file with a method and its `VERSION`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Literal, NamedTuple

from tasks.generate import (
    complete_function,
    complete_in_repository,
    complete_method,
    explain_code,
    fill_in_the_middle,
    retrieve_api,
    translate_function,
    write_docstring,
)
from tasks.generate.config import CodeMethod
from tasks.generate.protocol import BatchMethod, UnitMethod

DEFINITIONS = frozenset({"function", "method", "class"})
_CALLABLE = frozenset({"function", "method"})


class Entry(NamedTuple):
    """A method, the task that its examples carry, and its version."""

    make: UnitMethod | BatchMethod
    task: str
    version: str
    kinds: frozenset[str] = DEFINITIONS  # of the units that it is shown
    # How far it looks: at one unit, at all units of a batch of files, or of a whole repository.
    scope: Literal["unit", "batch", "repository"] = "unit"


METHODS: Mapping[CodeMethod, Entry] = {
    "complete_function": Entry(
        complete_function.complete_function, "function_completion", complete_function.VERSION
    ),
    "complete_in_repository": Entry(
        complete_in_repository.complete_in_repository,
        "repository_completion",
        complete_in_repository.VERSION,
        kinds=_CALLABLE,
        scope="repository",
    ),
    "explain_code": Entry(explain_code.explain_code, "code_explanation", explain_code.VERSION),
    "retrieve_api": Entry(
        retrieve_api.retrieve_api, "api_retrieval", retrieve_api.VERSION, kinds=_CALLABLE, scope="repository"
    ),
    "translate_function": Entry(
        translate_function.translate_function,
        "code_translation",
        translate_function.VERSION,
        kinds=_CALLABLE,
        scope="repository",
    ),
    "complete_method": Entry(complete_method.complete_method, "method_completion", complete_method.VERSION),
    "write_docstring": Entry(write_docstring.write_docstring, "docstring_writing", write_docstring.VERSION),
    "fill_in_the_middle": Entry(
        fill_in_the_middle.fill_in_the_middle, "fill_in_the_middle", fill_in_the_middle.VERSION
    ),
}
