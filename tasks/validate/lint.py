"""How many likely defects Ruff sees in an answer.

Python only. Findings are Ruff's own over whole files, once a distinct text, and count for an answer when they
begin on one of its lines. `# noqa` is honoured: in real code it says that the author knows.
"""

from __future__ import annotations

from collections import Counter

import numpy as np

from tasks.validate.batch import Batch
from tasks.validate.judgement import IntArray, Judgement
from tasks.validate.ruff_findings import Finding, find_with_ruff

# Under ten lines one finding says little about density: a one-line answer would fail on its first.
_FEWEST_LINES = 10
# One finding in twenty lines halves the score: the standard library has one in about 150.
_HALVING_LINES = 20.0


def check_lint(batch: Batch) -> Judgement:
    """`1 / (1 + 20 d)` for d findings a line; more than `max_findings_per_line` fails."""
    judged = Judgement(batch.is_python.copy())
    texts = [index for index, text in enumerate(batch.texts) if batch.is_measured(text)]
    suffixes = [batch.texts[index].suffix for index in texts]
    found = find_with_ruff([batch.texts[index].data for index in texts], suffixes, batch.config)
    findings = dict(zip(texts, found, strict=True))
    for index, rows in batch.rows_by_text():
        if index not in findings:
            continue
        of_text = findings[index]
        if of_text is None:
            _fail_all(judged, rows)
        elif of_text:
            _score(batch, judged, rows, of_text)
    return judged


def _fail_all(judged: Judgement, rows: IntArray) -> None:
    for row in rows.tolist():
        judged.fail(row, "lint_crashed", "Ruff cannot read the file to its end")


def _score(batch: Batch, judged: Judgement, rows: IntArray, findings: list[Finding]) -> None:
    at = np.asarray([finding.line for finding in findings], dtype=np.int64)
    first, last = (lines[rows] for lines in batch.lines)
    low, high = np.searchsorted(at, first, side="left"), np.searchsorted(at, last, side="right")
    density = (high - low) / np.maximum(last - first + 1, _FEWEST_LINES)
    judged.scores[rows] = 1.0 / (1.0 + _HALVING_LINES * density)
    for position in np.flatnonzero(high > low).tolist():
        row, inside = int(rows[position]), findings[low[position] : high[position]]
        codes = Counter(finding.code for finding in inside)
        detail = ", ".join(f"{code} x{count}" for code, count in sorted(codes.items()))
        if density[position] > batch.config.max_findings_per_line:
            judged.fail(row, "lint_findings", detail)
        else:
            judged.add_remark(row, "lint_findings", detail)
