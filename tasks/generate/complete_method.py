"""Class-method completion: the class down to a method's body is the question, the body is the answer."""

from __future__ import annotations

from tasks.generate.complete_function import complete_body
from tasks.generate.protocol import Draft, View
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"


def complete_method(view: View) -> Draft | str:
    """A draft for a method.

    The question shows the class from its head on; what does not fit `max_context_tokens` is the part between the
    class's head and the method's own neighbourhood.
    """
    unit = view.unit
    if unit.kind != "method":
        return "not_a_method"
    draft = complete_body(view)
    owner = view.owner
    if isinstance(draft, str) or owner is None:
        return draft
    start = unit.body_start or 0
    shown_from = start - len(draft.context)
    head_end = owner.body_start or owner.start
    fits = head_end - owner.start <= view.config.max_context_tokens * BYTES_PER_TOKEN
    if view.text[shown_from:start] != draft.context or shown_from <= owner.start or not fits:
        return draft
    head = view.text[owner.start : head_end].rstrip()
    return draft._replace(context=head + b"\n\n" + draft.context)
