"""Formatting: a Python function as its author laid it out is the question, as `ruff format` lays it out the answer.

The whole file is formatted, so that a line is as long as it is there; and only where both files are the same program
by Python's own syntax tree.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from tasks.generate.config import GenerateConfig
from tasks.generate.formatted_files import Formatted, format_files
from tasks.generate.protocol import Draft, View, line_start
from tasks.generate.whole_function import function_refusal

VERSION = "1"


def format_code(views: Sequence[View], _config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function and method that Ruff lays out in another way. Raises `MissingExtra`."""
    files = list({id(view.file): view.file for view in views}.values())
    found = dict(zip(map(id, files), format_files(files), strict=True))
    for number, view in enumerate(views):
        formatted = found[id(view.file)]
        yield number, formatted if isinstance(formatted, str) else _draft(view, formatted)


def _draft(view: View, formatted: Formatted) -> Draft | str:
    refused = function_refusal(view)
    if refused is not None:
        return refused
    places = formatted.places.get(line_start(view.text, view.unit.start))
    if places is None:
        return "not_at_a_line"
    old, new = places
    before, after = view.text[old.start : old.end], formatted.text[new.start : new.end]
    if before == after:
        return "already_formatted"
    return Draft(old.start, old.end, before, answer=after, oracle="parse")
