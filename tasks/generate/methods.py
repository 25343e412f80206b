"""The methods for code: a line each. Adding one is a file with a `Method` and its `VERSION`, and a line here."""

from __future__ import annotations

from collections.abc import Mapping
from typing import NamedTuple

from tasks.generate import complete_function, complete_method, fill_in_the_middle, write_docstring
from tasks.generate.protocol import Method


class Entry(NamedTuple):
    """A method, the task that its examples carry, and its version."""

    method: Method
    task: str
    version: str


METHODS: Mapping[str, Entry] = {
    "complete_function": Entry(
        complete_function.complete_function, "function_completion", complete_function.VERSION
    ),
    "complete_method": Entry(complete_method.complete_method, "method_completion", complete_method.VERSION),
    "write_docstring": Entry(write_docstring.write_docstring, "docstring_writing", write_docstring.VERSION),
    "fill_in_the_middle": Entry(
        fill_in_the_middle.fill_in_the_middle, "fill_in_the_middle", fill_in_the_middle.VERSION
    ),
}
