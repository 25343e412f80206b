"""Class-method completion: the class down to a method's body is the question, the body is the answer."""

from __future__ import annotations

from tasks.generate.complete_function import complete_body
from tasks.generate.protocol import Draft, Unit, View

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
    return with_class_head(view, draft, owner)


def with_class_head(view: View, draft: Draft, owner: Unit) -> Draft:
    """The draft with the head of the class before its context, where it begins further down."""
    start = draft.start or 0
    shown_from = start - len(draft.context)
    head_end = owner.body_start or owner.start
    fits = head_end - owner.start <= view.budget(view.config.max_context_tokens)
    if view.text[shown_from:start] != draft.context or shown_from <= owner.start or not fits:
        return draft
    head = view.text[owner.start : head_end].rstrip()
    return draft._replace(context=head + b"\n\n" + draft.context)
