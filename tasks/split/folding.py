"""A document with its white space folded, so that the folded text of any span is a slice.

Two units whose texts differ in white space alone get one digest. Folding each unit by itself would fold every
byte as often as definitions are nested around it; here it is done once, in columns of bytes.
"""

from __future__ import annotations

import numpy as np
import numpy.typing as npt

# Every kind of white space -> the blank.
_BLANKS = bytes.maketrans(b"\t\r\n\f\v", b"     ")
_BLANK = 32


class Folded:
    """Text in which each run of white space is one blank."""

    def __init__(self, data: bytes) -> None:
        codes = np.frombuffer(data.translate(_BLANKS), dtype=np.uint8)
        keep = codes != _BLANK
        # A blank stays where a run begins.
        keep[1:] |= keep[:-1]
        self._text = codes[keep].tobytes()
        # Offset -> how many folded bytes stand before it.
        self._before: npt.NDArray[np.int32] = np.zeros(len(data) + 1, dtype=np.int32)
        np.cumsum(keep, out=self._before[1:])

    def spans(self, starts: list[int], ends: list[int]) -> list[bytes]:
        r"""Folded texts of the spans, without white space around them.

        >>> Folded(b"a  b\n\tc d").spans([0, 3], [4, 8])
        [b'a b', b'b c']
        """
        lefts = self._before[starts].tolist()
        rights = self._before[ends].tolist()
        text = self._text
        return [text[left:right].strip() for left, right in zip(lefts, rights, strict=True)]
