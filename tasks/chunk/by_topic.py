"""Where the topic shifts inside a document, by its words alone.

This is TextTiling (Hearst 1997, Computational Linguistics 23:1). Two windows slide along the text, one before
and one after each gap between pseudo-sentences of equal length; where the cosine of their word counts falls
into a valley that is deep beside its neighbours, the topic shifts, and the start of the nearest piece becomes
a break. It needs no model and finds no shift that keeps its vocabulary; embeddings would, at a cost.
"""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter

import numpy as np
from numpy.typing import NDArray

from tasks.chunk.layout import Kind, Layout
from tasks.chunk.pieces import Pieces
from tilth.words import terms

# Hearst 1997, section 5.4: w = 20 words a pseudo-sentence and k = 10 of them a window work for most texts;
# stop words are left out here before they are counted, about half of running text, hence 10 terms.
_TERMS_A_SENTENCE = 10
_SENTENCES_A_WINDOW = 10
# Her smoothing (section 5.3): one round of averaging over a width of three gaps.
_SMOOTHING = np.full(3, 1 / 3)
# Her liberal cutoff takes a gap as a shift when its depth is above mean - sd; the conservative one is mean -
# sd / 2.
_CUTOFF_DEVIATIONS = 0.5
# A cutoff relative to the text finds shifts in any text. One sentence over and over reaches 0.07 at the
# text's ends; in real descriptions half of the gaps lie below that.
_LEAST_DEPTH = 0.1


class _Window:
    """Word counts on both sides of a gap, and what their cosine needs, kept in step in whole numbers."""

    def __init__(self) -> None:
        self.left: Counter[str] = Counter()
        self.right: Counter[str] = Counter()
        self.dot = self.left_square = self.right_square = 0

    def shift_left(self, words: list[str], amount: int) -> None:
        for word in words:
            self.dot += amount * self.right[word]
            self.left_square += 2 * amount * self.left[word] + 1
            self.left[word] += amount

    def shift_right(self, words: list[str], amount: int) -> None:
        for word in words:
            self.dot += amount * self.left[word]
            self.right_square += 2 * amount * self.right[word] + 1
            self.right[word] += amount

    def cosine(self) -> float:
        if not self.left_square or not self.right_square:
            return 0.0
        return float(self.dot / (self.left_square * self.right_square) ** 0.5)


def gap_similarities(sentences: list[list[str]], width: int = _SENTENCES_A_WINDOW) -> NDArray[np.float64]:
    """Cosine of the word counts before and after each gap; entry i is the gap between sentences i and i + 1.

    >>> gap_similarities([["a"], ["a"], ["b"]], width=1).tolist()
    [1.0, 0.0]
    """
    window = _Window()
    for sentence in sentences[:width]:
        window.shift_right(sentence, 1)
    found = np.zeros(max(0, len(sentences) - 1))
    for gap in range(len(found)):
        window.shift_right(sentences[gap], -1)
        window.shift_left(sentences[gap], 1)
        if gap + width < len(sentences):
            window.shift_right(sentences[gap + width], 1)
        if gap >= width:
            window.shift_left(sentences[gap - width], -1)
        found[gap] = window.cosine()
    return found


def _peak_from(similarities: list[float], order: range) -> list[float]:
    """For each gap the height of the hill that is climbed from it, going against `order`."""
    peaks = similarities.copy()
    previous: int | None = None
    for gap in order:
        if previous is not None and similarities[previous] >= similarities[gap]:
            peaks[gap] = peaks[previous]
        previous = gap
    return peaks


def depth_scores(similarities: NDArray[np.float64]) -> NDArray[np.float64]:
    """How far each gap lies below the hills on its two sides, the sum of both; 0 at a hilltop.

    >>> depth_scores(np.array([0.8, 0.2, 0.6])).round(6).tolist()
    [0.0, 1.0, 0.0]
    """
    values = similarities.tolist()
    left = _peak_from(values, range(len(values)))
    right = _peak_from(values, range(len(values) - 1, -1, -1))
    depths: NDArray[np.float64] = np.array(left) + np.array(right) - 2 * similarities
    return depths


def _valleys(similarities: NDArray[np.float64]) -> list[int]:
    """Gaps whose depth is a local maximum above the cutoff, ascending."""
    if len(similarities) < 2 * len(_SMOOTHING):
        return []
    padded = np.pad(similarities, 1, mode="edge")
    # Rounded, so that a sum taken in another order by another build of numpy decides no tie.
    depths = depth_scores(np.convolve(padded, _SMOOTHING, mode="valid").round(9)).round(9)
    cutoff = depths.mean() - _CUTOFF_DEVIATIONS * depths.std()
    before, after = np.pad(depths, 1)[:-2], np.pad(depths, 1)[2:]
    is_shift = (depths > max(cutoff, _LEAST_DEPTH)) & (depths > before) & (depths >= after)
    return [int(gap) for gap in np.flatnonzero(is_shift)]


def topic_breaks(data: bytes, layout: Layout, pieces: Pieces) -> list[int]:
    """Indices of the pieces that open a new topic, ascending; never a piece right after a heading."""
    words: list[str] = []
    counts = []
    for start, end in zip(pieces.starts, pieces.ends, strict=True):
        words += terms(data[start:end].decode("utf-8", "replace"))
        counts.append(len(words))
    size = _TERMS_A_SENTENCE
    sentences = [words[at : at + size] for at in range(0, len(words), size)]
    found = set()
    for gap in _valleys(gap_similarities(sentences)):
        # `counts[i]` words lie before piece i + 1: of the borders on both sides the one nearest to the gap.
        target = (gap + 1) * size
        right = bisect_left(counts, target)
        near = range(max(0, right - 1), min(right + 1, len(counts)))
        piece = 1 + min(near, key=lambda border: abs(counts[border] - target))
        if piece < len(counts) and layout.kinds[pieces.blocks[piece - 1]] is not Kind.HEADING:
            found.add(piece)
    return sorted(found)
