"""A whole file from its head: what stands before the first definition is the question, all the rest is the answer."""

from __future__ import annotations

from tasks.generate.complete_class import with_comments_above
from tasks.generate.cuts import member_cuts
from tasks.generate.protocol import Draft, View, before

VERSION = "1"

# A head of fewer words (a shebang, one import) says nothing of what is to come.
_LEAST_WORDS = 4


def complete_file(view: View) -> Draft | str:
    """A draft for a file whose head says something and whose rest is short enough for an answer.

    The head is all up to the first definition after the imports, its documentation and its comments left to the answer.
    """
    unit, config = view.unit, view.config
    if unit.kind != "module":
        return "not_a_file"
    starts = [cut.start for cut in member_cuts(view.file, unit) if cut.kind != "import_list"]
    if not starts:
        return "no_definition"
    text = view.text
    start, end = with_comments_above(text, starts[0]), len(text.rstrip())
    head = text[:start]
    if len(head.split()) < _LEAST_WORDS:
        return "no_head"
    if end - start < view.budget(config.min_answer_tokens):
        return "answer_too_short"
    if end - start > view.budget(config.max_answer_tokens):
        return "answer_too_long"
    return Draft(start, end, before(text, start, view.budget(config.max_context_tokens)))
