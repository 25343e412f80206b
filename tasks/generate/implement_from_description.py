"""A function from words alone: name and documentation are the question, the author's whole function is the answer.

The words stand in the question without marks of the language, the signature does not; so it is for functions that
stand by themselves, not for methods, and only where the documentation covers the code (`documented.py`).
"""

from __future__ import annotations

from tasks.generate.documented import docstring_gap
from tasks.generate.protocol import Draft, View, line_start

VERSION = "1"


def implement_from_description(view: View) -> Draft | str:
    """A draft for a function whose docstring names its parameters and says what it gives back."""
    unit = view.unit
    if unit.kind != "function":
        return "not_a_function"
    gap = docstring_gap(view)
    if gap is not None:
        return gap
    start = line_start(view.text, min(unit.start, unit.docstring_start or unit.start))
    words = (unit.docstring or "").strip().encode("utf-8")
    reason = _wrong_size(view, unit.end - start, len(words))
    if reason is None and view.text[start : start + 1].isspace():
        reason = "not_at_top"
    return reason or Draft(start, unit.end, b"", remark=words)


def _wrong_size(view: View, size: int, words: int) -> str | None:
    config = view.config
    if size > view.budget(config.max_answer_tokens):
        return "answer_too_long"
    if words > view.budget(config.max_context_tokens):
        return "context_too_long"
    return "answer_too_short" if size - words < view.budget(config.min_answer_tokens) else None
