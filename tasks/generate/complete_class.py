"""Rest of a class: the class down to one of its members is the question, what follows is the answer."""

from __future__ import annotations

from tasks.generate.complete_function import window_of
from tasks.generate.complete_method import with_class_head
from tasks.generate.cuts import member_cuts
from tasks.generate.protocol import Draft, View
from tilth.fingerprint import draw

VERSION = "1"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 20


def complete_class(view: View) -> Draft | str:
    """A draft for a class of at least two members; the cut stands before any but the first, where the rest fits."""
    unit, config = view.unit, view.config
    if unit.kind != "class":
        return "not_a_class"
    if unit.body_end is None:
        return "no_body"
    starts = [with_comments_above(view.text, cut.start) for cut in member_cuts(view.file, unit)[1:]]
    # Members that share a line are not cut apart.
    starts = [start for start in starts if view.text[start - 1 : start] == b"\n"]
    if not starts:
        return "too_few_members"
    low, high = view.budget(config.min_answer_tokens), view.budget(config.max_answer_tokens)
    fitting = [start for start in starts if low <= unit.body_end - start <= high]
    if not fitting:
        return "answer_too_long" if unit.body_end - starts[-1] > high else "answer_too_short"
    start = fitting[draw(unit.unit_id, _PURPOSE, config.seed) % len(fitting)]
    draft = Draft(start, unit.body_end, window_of(view, start))
    return with_class_head(view, draft, unit)


# How the lines begin that speak of the member below them.
_COMMENT = (b"#", b"//", b"/*", b"*", b"@", b"--")


def with_comments_above(text: bytes, start: int) -> int:
    r"""The start of the lines of comment right above a line.

    >>> with_comments_above(b"a = 1\n# about f\ndef f(): pass\n", 16)
    6
    """
    while start:
        line = text.rfind(b"\n", 0, start - 1) + 1
        if not text[line:start].lstrip().startswith(_COMMENT):
            break
        start = line
    return start
