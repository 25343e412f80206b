"""Comments restored: a definition without its comments is the question, as its author wrote it is the answer."""

from __future__ import annotations

import re

from tasks.generate.protocol import Draft, View
from tasks.generate.whole_function import edited, end_of, in_file, whole_function
from tilth.edits.comments import strip_comments

VERSION = "1"

# CodeSearchNet (arXiv 1909.09436) drops documentation of fewer than three words; comments are held to the same.
_MIN_WORDS = 3
_WORD = re.compile(rb"[^\W\d_]{2,}")
_MARK = re.compile(rb"#|//|/\*")
# Code that was commented out explains nothing.
_CODE = re.compile(
    rb"[;{}]\s*$|^\W*\w+(?:\.\w+)*\s*(?:\(.*\)|[-+*/]?=[^=].*)\s*$"
    rb"|^\W*(?:def|class|return|import|if|for) .*:?$"
)


def restore_comments(view: View) -> Draft | str:
    """A draft for a function or method with a comment of at least three words in it that is not code."""
    unit = view.unit
    if not _MARK.search(view.text, unit.start, unit.end):
        return "no_comments"
    piece = whole_function(view)
    if isinstance(piece, str):
        return piece
    low, high = piece.start + piece.shift, piece.end + piece.shift
    edits = strip_comments(piece.source, low, high, keep_licence=False)
    if not any(says_something(view.text[edit.start : edit.end]) for edit in in_file(piece, edits)):
        return "no_comments"
    return Draft(piece.start, end_of(view, piece), edited(view, piece, edits), extra={"comments": len(edits)})


def says_something(comment: bytes) -> bool:
    """Whether a comment has at least three words and is no code.

    >>> says_something(b"# keep the first of each run"), says_something(b"# self.a = b(c)"), says_something(b"# why")
    (True, False, False)
    """
    is_code = any(_CODE.search(line.strip()) for line in comment.strip().splitlines())
    return not is_code and len(_WORD.findall(comment)) >= _MIN_WORDS
