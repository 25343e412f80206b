"""Hard negatives by BM25: texts that share a query's words and do not answer it (bm25s, the Lucene variant).

Of the texts that score at most 95 % of the positive (TopK-PercPos, NV-Retriever, arXiv 2407.15831: above that,
unlabelled positives abound) the highest are candidates. Words are all it compares: a text that answers the query in
other words can still be taken for a negative. What else a candidate must meet is the caller's to say.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Sequence
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

# Scoring a query touches every text of its index, so more are mined in blocks of about so many (60 MB of prose):
# cost and memory then grow with the corpus, not with its square.
BLOCK_TEXTS = 32_768
# sentence-transformers#3279: with 50 candidates a margin of 5 % could not fill three negatives; 100 can.
CANDIDATES = 100
# Half of the distinct words in common: copies and new editions of a text lie above, texts on one subject
# below.
NEAR_DUPLICATE_JACCARD = 0.5
# One word in common is chance ("Python"), which makes no negative hard.
MIN_SHARED_WORDS = 2
_SHARED_WORDS_NAMED = 3


class Negative(NamedTuple):
    """A text's place in the index, its BM25 score, and the words that it shares with the query, rarest first."""

    place: int
    score: float
    shared: tuple[str, ...]


class Scores:
    """BM25 over texts, each a list of its terms: scores of all of them for a query."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        # Imported here: with the libraries that it probes for, it takes half a second.
        import bm25s

        self.ids: dict[str, int] = {}
        corpus = [[self.ids.setdefault(word, len(self.ids)) for word in words] for words in texts]
        # k1 and b are Lucene's defaults, which Robertson and Zaragoza 2009 give as the usual range's middle.
        self._bm25 = bm25s.BM25(k1=1.2, b=0.75, method="lucene", backend="numpy", csc_backend="numpy")
        self._is_empty = not self.ids
        if not self._is_empty:
            self._bm25.index((corpus, dict(self.ids)), show_progress=False)

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Score of each text; words that no text has count nothing."""
        known = [self.ids[word] for word in sorted(set(words)) if word in self.ids]
        if self._is_empty or not known:
            return np.zeros(0, dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores_from_ids(known)
        return scores


class Index(Scores):
    """Scores, the words of each text, and how rare a word is. The words take ten times the memory of the scores."""

    def __init__(self, texts: Sequence[Sequence[str]]) -> None:
        super().__init__(texts)
        self.words = [frozenset(words) for words in texts]
        self.frequency: Counter[str] = Counter(word for words in self.words for word in words)


def score_limit(positive: float, margin_ratio: float) -> float:
    """The highest score that a negative may have; below the positive also when that is negative.

    >>> score_limit(10.0, 0.05), score_limit(-10.0, 0.05)
    (9.5, -10.5)
    """
    return positive - abs(positive) * margin_ratio


def highest(scores: NDArray[np.float32], is_candidate: NDArray[np.bool_]) -> list[Negative]:
    """The candidates of the highest scores, best first, ties by place."""
    places = np.flatnonzero(is_candidate)
    if len(places) > CANDIDATES:
        # All that tie with the last one stay for the sort, so that partition's order decides nothing.
        least = np.partition(scores[places], len(places) - CANDIDATES)[len(places) - CANDIDATES]
        places = places[scores[places] >= least]
    ordered = places[np.lexsort((places, -scores[places]))][:CANDIDATES]
    pairs = zip(ordered.tolist(), scores[ordered].tolist(), strict=True)
    return [Negative(place, score, ()) for place, score in pairs]


def choose(
    index: Index,
    positive: int,
    candidates: Sequence[Negative],
    query: Sequence[str],
    wanted: int,
    is_refused: Callable[[int], bool],
) -> tuple[list[Negative], int]:
    """The first admissible candidates, and how many were refused before they were full.

    Admissible is what shares two words with the query, is no near-duplicate of the positive or of one that was taken,
    and is not refused by the caller.
    """
    taken = [index.words[positive]]
    found: list[Negative] = []
    refused = 0
    asked = frozenset(query)
    least = min(MIN_SHARED_WORDS, len(asked))
    for candidate in candidates:
        words = index.words[candidate.place]
        common = words & asked
        if (
            len(common) < least
            or is_refused(candidate.place)
            or any(jaccard(words, known) >= NEAR_DUPLICATE_JACCARD for known in taken)
        ):
            refused += 1
            continue
        shared = tuple(sorted(common, key=lambda word: (index.frequency[word], word)))
        found.append(candidate._replace(shared=shared))
        taken.append(words)
        if len(found) == wanted:
            break
    return found, refused


def jaccard(one: frozenset[str], other: frozenset[str]) -> float:
    """Share of the distinct words of two texts that both have.

    >>> jaccard(frozenset("abc"), frozenset("bcd"))
    0.5
    """
    return len(one & other) / max(1, len(one | other))


def said_shared(negative: Negative, spelling: dict[str, str]) -> str:
    """The words that a negative shares with the query, as the query spells them.

    >>> said_shared(Negative(0, 1.0, ("cache", "key")), {"cache": "caches", "key": "key"})
    'shares the words caches, key with the query'
    """
    named = ", ".join(spelling[word] for word in negative.shared[:_SHARED_WORDS_NAMED])
    return f"shares the {'word' if len(negative.shared) == 1 else 'words'} {named} with the query"
