"""A whole file from its head: what stands before the first definition is the question, all the rest is the answer.

Of a file too long for that the last part: from the first definition of which on all the rest has room.
"""

from __future__ import annotations

from collections.abc import Sequence

from tasks.generate.complete_class import with_comments_above
from tasks.generate.cuts import member_cuts
from tasks.generate.protocol import Draft, View, before

VERSION = "2"

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
    is_whole = end - start <= view.budget(config.max_answer_tokens)
    if not is_whole:
        later = _latest(view, starts[1:], end)
        if later is None:
            return "answer_too_long"
        start = later
    shown = before(text, start, view.budget(config.max_context_tokens))
    return Draft(start, end, shown, extra={} if is_whole else {"from": "definition"})


def _latest(view: View, starts: Sequence[int], end: int) -> int | None:
    """The first definition from which on the rest of the file has room; None where too little would be left."""
    high = view.budget(view.config.max_answer_tokens)
    tops = (with_comments_above(view.text, start) for start in starts)
    # Less than half of an answer is a definition or two, which other methods ask for.
    return next((top for top in tops if high // 2 <= end - top <= high), None)
