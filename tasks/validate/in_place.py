"""Whether the answer really stands in the code where the example says.

A middle must be the very bytes of its span, with prefix and suffix directly around it. Another answer must
contain the span: byte for byte, or all its lines moved by the same indentation, as a method is when it is
shown on its own; white space at its two ends does not count. Of prose the words count: lines may be joined and the
first letter may be a capital, as when the second half of `term: what it is` becomes a sentence.
"""

from __future__ import annotations

import numpy as np

from tasks.validate.batch import Batch
from tasks.validate.columns import column
from tasks.validate.judgement import IntArray, Judgement

_REASON = "answer_not_in_place"


def check_in_place(batch: Batch) -> Judgement:
    """1 when the answer stands in place; an example that names no span is left out."""
    judged = Judgement(batch.has_span.copy())
    judged.fail_where(batch.text_of < 0, _REASON, "there is no code to look in")
    outside = ~batch.is_inside & (batch.text_of >= 0)
    judged.fail_where(outside, _REASON, "the answer's span lies outside the code")
    rows = batch.has_span & batch.is_inside & (batch.text_of >= 0)
    fim = batch.is_kind("fim")
    _check_middles(batch, judged, np.flatnonzero(rows & fim))
    _check_contained(batch, judged, np.flatnonzero(rows & ~fim))
    return judged


def _check_middles(batch: Batch, judged: Judgement, rows: IntArray) -> None:
    columns = [
        column(batch.examples, name).take(rows).cast("binary").to_pylist() for name in ("prefix", "suffix")
    ]
    middles = batch.answer.take(rows).cast("binary").to_pylist()
    spans = (batch.text_of[rows].tolist(), batch.start[rows].tolist(), batch.end[rows].tolist())
    for row, text, start, end, middle, before, after in zip(
        rows.tolist(), *spans, middles, *columns, strict=True
    ):
        data = batch.texts[text].data
        if data[start:end] != middle:
            judged.fail(row, _REASON, "the middle is not what stands in its span")
        elif len(before or b"") > start or not data.startswith(before or b"", start - len(before or b"")):
            judged.fail(row, _REASON, "the prefix is not what stands before the middle")
        elif not data.startswith(after or b"", end):
            judged.fail(row, _REASON, "the suffix is not what stands after the middle")


def _check_contained(batch: Batch, judged: Judgement, rows: IntArray) -> None:
    answers = batch.answer.take(rows).cast("binary").to_pylist()
    spans = (batch.text_of[rows].tolist(), batch.start[rows].tolist(), batch.end[rows].tolist())
    for row, text, start, end, answer in zip(rows.tolist(), *spans, answers, strict=True):
        data = batch.texts[text].data
        piece = data[start:end].strip()
        if not piece or answer is None:
            judged.fail(row, _REASON, "the span or the answer is empty")
        elif not batch.texts[text].is_code and _words(piece) in _words(answer):
            continue
        elif piece not in answer and not stands_moved(data, start, end, answer):
            judged.fail(row, _REASON, "the answer does not contain what stands in its span")


def _words(text: bytes) -> bytes:
    return b" ".join(text.split()).lower()


def stands_moved(data: bytes, start: int, end: int, answer: bytes) -> bool:
    r"""Whether the lines of `data[start:end]` stand in `answer`, all of them moved by one indentation.

    A first line that begins in the middle of its line, as a docstring's words do after the quotes, has no
    indentation of its own; then the other lines are moved to its side (PEP 257).

    >>> code = b"    if x:\n        y()\n"
    >>> stands_moved(code, 4, 22, b"Here:\n  if x:\n      y()\n")
    True
    >>> stands_moved(code, 4, 22, b"if x:\ny()\n")
    False
    """
    line = data.rfind(b"\n", 0, start) + 1
    if data[line:start].strip():
        first, _, rest = data[start:end].strip().partition(b"\n")
        wanted = [first.rstrip(), *(_dedented(rest) if rest else [])]
    else:
        wanted = _dedented(data[line:end].strip(b"\r\n").rstrip())
    lines = answer.split(b"\n")
    for at in range(len(lines) - len(wanted) + 1):
        head = lines[at].rstrip()
        margin = head[: len(head) - len(wanted[0])]
        if head.endswith(wanted[0]) and not margin.strip() and _follows(wanted, lines, at, margin):
            return True
    return False


def _follows(wanted: list[bytes], lines: list[bytes], at: int, margin: bytes) -> bool:
    return all(
        line.rstrip() == (margin + want if want else b"")
        for want, line in zip(wanted, lines[at : at + len(wanted)], strict=True)
    )


def _dedented(piece: bytes) -> list[bytes]:
    """Lines without the white space that all of them begin with, and without what trails."""
    lines = [line.rstrip() for line in piece.split(b"\n")]
    margins = [line[: len(line) - len(line.lstrip())] for line in lines if line]
    shared = min(margins, key=len, default=b"")
    # Tabs in some lines and spaces in others share no margin that could be taken away.
    margin = len(shared) if all(margin.startswith(shared) for margin in margins) else 0
    return [line[margin:] for line in lines]
