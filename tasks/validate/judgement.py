"""What one check says about every example of a batch, in columns."""

from __future__ import annotations

from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

BoolArray = NDArray[np.bool_]
IntArray = NDArray[np.int64]
FloatArray = NDArray[np.float64]


class Remark(NamedTuple):
    """Why an example failed, or what is to be known of one that passed."""

    reason: str
    detail: str | None


class Judgement:
    """Scores of one check, and remarks on the rows that failed or have something to be known.

    `applies` marks the rows the check has something to say about; the others are left out of the quality.
    `scores` are 0 to 1, 1 unless set; a row that fails has 0.
    """

    def __init__(self, applies: BoolArray) -> None:
        self.applies = applies
        self.scores: FloatArray = np.ones(len(applies), dtype=np.float64)
        self.failures: dict[int, Remark] = {}
        self.remarks: dict[int, Remark] = {}

    def fail(self, row: int, reason: str, detail: str | None = None) -> None:
        """The row does not pass. The first reason given stays."""
        self.failures.setdefault(row, Remark(reason, detail))
        self.scores[row] = 0.0

    def fail_where(self, mask: BoolArray, reason: str, detail: str | None = None) -> None:
        """Every row of the mask that the check applies to does not pass."""
        for row in np.flatnonzero(mask & self.applies).tolist():
            self.fail(row, reason, detail)

    def add_remark(self, row: int, reason: str, detail: str | None = None) -> None:
        """Something to be known of a row that passes."""
        self.remarks.setdefault(row, Remark(reason, detail))
