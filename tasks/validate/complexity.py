"""Whether the code of an answer is simple enough to be learnt from.

Python: Radon's cyclomatic complexity of the function around the answer and the maintainability index of its
file. Other languages, and Python that Radon cannot walk: decision words counted in the answer. The words are
counted in comments and strings too; it is an estimate of McCabe's number, not a parse.
"""

from __future__ import annotations

import re

import numpy as np
from numpy.typing import NDArray

from tasks.validate.batch import Batch
from tasks.validate.judgement import BoolArray, IntArray, Judgement

# McCabe (1976): "a reasonable, but not magical, upper limit" is 10; Radon's rank B ends there.
_SIMPLE = 10.0
# Radon's ranks of the index: above 19 is A, very high maintainability.
_MAINTAINABLE = 20.0
# The index is of the whole file, the complexity of the function that the answer stands in.
_INDEX_SHARE = 0.25
_DECISION = re.compile(rb"\b(?:if|for|while|case|catch|elif|except|match|when)\b|&&|\|\||\?[^.?:,)]")


def check_complexity(batch: Batch) -> Judgement:
    """`min(1, 10 / cc)`, in Python a quarter of it the index (`min(1, mi / 20)`); over the bound fails."""
    is_code = np.asarray([*(text.is_code for text in batch.texts), False], dtype=np.bool_)[batch.text_of]
    judged = Judgement(is_code | batch.is_python)
    complexity = np.ones(batch.size, dtype=np.int64)
    is_counted = judged.applies.copy()
    if batch.is_python.any():
        _measure_rows(batch, judged, complexity, is_counted)
    complexity[is_counted] = _count_decisions(batch, np.flatnonzero(is_counted))
    simple = np.minimum(1.0, _SIMPLE / complexity)
    judged.scores = np.where(is_counted, simple, judged.scores * simple)
    limit = batch.config.max_complexity
    for row in np.flatnonzero(judged.applies & (complexity > limit)).tolist():
        judged.fail(row, "too_complex", f"cyclomatic complexity {complexity[row]}, at most {limit} is asked")
    return judged


def _measure_rows(batch: Batch, judged: Judgement, complexity: IntArray, is_counted: BoolArray) -> None:
    """Fill in complexity and the file's part of the score from Radon, where it has them."""
    first, last = batch.lines
    for index, rows in batch.rows_by_text():
        metrics = batch.python_metrics.get(index)
        if metrics is None or metrics.line_complexity is None or metrics.maintainability is None:
            continue
        complexity[rows] = _highest(metrics.line_complexity, first[rows], last[rows])
        is_counted[rows] = False
        part = min(1.0, metrics.maintainability / _MAINTAINABLE)
        judged.scores[rows] = 1.0 - _INDEX_SHARE + _INDEX_SHARE * part


def _highest(profile: NDArray[np.int32], first: IntArray, last: IntArray) -> IntArray:
    """Greatest complexity of the lines from first to last, of each pair."""
    borders = np.minimum(np.stack((first, last + 1), axis=1).ravel(), len(profile) - 1)
    found: IntArray = np.maximum.reduceat(profile, borders)[::2].astype(np.int64)
    return found


def _count_decisions(batch: Batch, rows: IntArray) -> IntArray:
    spans = zip(
        batch.text_of[rows].tolist(), batch.start[rows].tolist(), batch.end[rows].tolist(), strict=True
    )
    counts = [len(_DECISION.findall(batch.texts[text].data, start, end)) + 1 for text, start, end in spans]
    return np.asarray(counts, dtype=np.int64)
