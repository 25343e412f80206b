"""Code from its docstring: the signature and the author's documentation are the question, the body is the answer.

Only where the documentation covers the code (`documented.py`). Of the file nothing else is shown but its imports, so
that it is the words, not the neighbourhood, that the body follows.
"""

from __future__ import annotations

from tasks.generate.documented import docstring_gap
from tasks.generate.protocol import Draft, View, line_start

VERSION = "1"


def implement_from_docstring(view: View) -> Draft | str:
    """A draft for a function or method whose docstring names its parameters and says what it gives back."""
    gap = docstring_gap(view)
    if gap is not None:
        return gap
    unit, config = view.unit, view.config
    start, end, first = unit.body_start or 0, unit.body_end or 0, unit.docstring_start or 0
    if end - start < view.budget(config.min_answer_tokens):
        return "answer_too_short"
    if end - start > view.budget(config.max_answer_tokens):
        return "answer_too_long"
    head = view.text[line_start(view.text, min(unit.start, first)) : start].rstrip()
    budget = view.budget(config.max_context_tokens)
    if len(head) > budget:
        return "context_too_long"
    imports = view.text[: view.file.imports_end].rstrip()
    if imports and len(imports) + len(head) <= budget and view.file.imports_end <= unit.start:
        head = imports + b"\n\n" + head
    return Draft(start, end, head)
