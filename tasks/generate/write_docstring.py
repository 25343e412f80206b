"""Docstring writing: the unit without its docstring is the question, the author's docstring is the answer."""

from __future__ import annotations

from tasks.generate.protocol import Draft, View, line_start
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"

# CodeSearchNet (arXiv 1909.09436) drops documentation of fewer than three words: it describes nothing.
_MIN_WORDS = 3


def write_docstring(view: View) -> Draft | str:
    """A draft for a function, method or class whose author documented it."""
    unit, config = view.unit, view.config
    start, end = unit.docstring_start, unit.docstring_end
    if start is None or end is None or not unit.docstring:
        return "no_docstring"
    if len(unit.docstring.split()) < _MIN_WORDS:
        return "docstring_too_short"
    if (end - start) / BYTES_PER_TOKEN > config.max_answer_tokens:
        return "answer_too_long"
    first, last = min(unit.start, start), max(unit.end, end)
    if (last - first) / BYTES_PER_TOKEN > config.max_context_tokens + config.max_answer_tokens:
        return "context_too_long"
    context = undocumented(view)
    return Draft(start, end, context, subject=view.text[start:end] + context)


def undocumented(view: View) -> bytes:
    """The unit moved to the left margin, without its docstring, which may stand before it (JSDoc, ///) or inside."""
    unit, text = view.unit, view.text
    start, end = unit.docstring_start, unit.docstring_end
    if start is None or end is None:
        return dedented(text[line_start(text, unit.start) : unit.end])
    first, last = min(unit.start, start), max(unit.end, end)
    return dedented(_without(text, line_start(text, first), last, start, end))


def dedented(text: bytes) -> bytes:
    r"""The text without the indentation of its first line, as far as each line has it.

    >>> dedented(b"  def f():\n      pass\n")
    b'def f():\n    pass\n'
    """
    indent = text[: len(text) - len(text.lstrip(b" \t"))]
    return b"".join(line.removeprefix(indent) for line in text.splitlines(keepends=True))


def _without(text: bytes, first: int, last: int, start: int, end: int) -> bytes:
    """[first, last) of the text without [start, end), and without the line that this leaves empty."""
    head, tail = text[first:start], text[end:last]
    line = head.rpartition(b"\n")[2]
    if not line.strip() and tail[:1] in (b"\n", b"\r", b""):
        return head[: len(head) - len(line)] + tail.lstrip(b"\r").removeprefix(b"\n")
    return head + tail
