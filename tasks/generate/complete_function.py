"""Function completion: the file up to a function's body is the question, the body is the answer."""

from __future__ import annotations

from bisect import bisect_left

from tasks.generate.protocol import Draft, View, before
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"


def complete_function(view: View) -> Draft | str:
    """A draft for a function that stands by itself; a method belongs to `complete_method`.

    The question shows the imports and the lines before the body, as far as `max_context_tokens` goes.
    """
    if view.unit.kind != "function":
        return "not_a_function"
    return complete_body(view)


def complete_body(view: View) -> Draft | str:
    """The body of the unit as the answer, what stands before it as the context; or the reason why not."""
    unit, config = view.unit, view.config
    if unit.body_start is None or unit.body_end is None:
        return "no_body"
    tokens = (unit.body_end - unit.body_start) / BYTES_PER_TOKEN
    if tokens < config.min_answer_tokens:
        return "answer_too_short"
    if tokens > config.max_answer_tokens:
        return "answer_too_long"
    return Draft(unit.body_start, unit.body_end, context_of(view, unit.body_start), subject=None)


def context_of(view: View, start: int) -> bytes:
    """What `window_of` gives, but the head of the unit itself is always shown whole, whatever its length."""
    return window_of(view, start, start - view.unit.start)


def window_of(view: View, start: int, least: int = 0) -> bytes:
    """The lines before an answer, led by the file's imports when they lie outside that window.

    A window that begins inside a definition is moved on to the next one in the file or class, where that leaves the
    unit whole. It takes `max_context_tokens`, or `least` bytes if these are more.
    """
    budget = max(view.budget(view.config.max_context_tokens), least)
    shown = before(view.text, start, budget)
    place = bisect_left(view.file.tops, start - len(shown))
    if len(shown) < start and place < len(view.file.tops) and view.file.tops[place] <= view.unit.start:
        shown = view.text[view.file.tops[place] : start]
    imports = view.text[: view.file.imports_end]
    if start - len(shown) < view.file.imports_end or not imports or len(imports) + len(shown) > 2 * budget:
        return shown
    return imports.rstrip() + b"\n\n" + shown
