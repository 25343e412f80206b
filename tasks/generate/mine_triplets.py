"""Triplets for retrieval: a query, the passage that answers it, and hard negatives that share its words.

Negatives are mined by BM25 over all passages that read as prose (bm25s, the Lucene variant). Of those that
score at most 95 % of the positive (TopK-PercPos, NV-Retriever, arXiv 2407.15831: above that, unlabelled
positives abound) the highest are taken, if they come from another document, stand under other headings and
are no near-duplicate. Words are all it compares: a passage that answers the query in other words can still be
taken for a negative.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
from numpy.typing import NDArray

from tasks.generate.config import GenerateConfig
from tasks.generate.passages import Passage, passages_of, prose_difficulty, row_of, why_not_prose
from tasks.generate.queries import Query, query_of
from tasks.generate.templates import Template
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome
from tilth.words import surfaces, terms

TASK = "mine_triplets"
VERSION = "1"
KEY = "corpus"

# Scoring a query touches every passage of its index, so a larger corpus is mined in blocks of about so many
# passages (60 MB of prose), drawn by the digest of their ids: cost and memory then grow with the corpus, not
# with its square.
_BLOCK_PASSAGES = 32_768
# sentence-transformers#3279: with 50 candidates a margin of 5 % could not fill three negatives; 100 can.
_CANDIDATES = 100
# Half of the distinct words in common: copies and new editions of a text lie above, texts on one subject
# below.
_NEAR_DUPLICATE_JACCARD = 0.5
# One word in common is chance ("Python"), which makes no negative hard.
_MIN_SHARED_WORDS = 2
_SHARED_WORDS_NAMED = 3


class Mined(NamedTuple):
    """A passage that takes part, with its query if it has one, and its distinct terms."""

    passage: Passage
    query: Query | None
    words: tuple[str, ...]

    @property
    def text(self) -> bytes:
        """What is indexed and shown: the passage's body, or what is left after the query was taken out."""
        return self.passage.text[self.query.start : self.query.end] if self.query else self.passage.text


class Negative(NamedTuple):
    """A place in the block, its BM25 score, and the words that it shares with the query, rarest first."""

    place: int
    score: float
    shared: tuple[str, ...]


def generate_from_chunks(
    chunks: pa.Table,
    documents: pa.Table,
    templates: Mapping[str, tuple[Template, ...]],
    config: GenerateConfig,
) -> Outcome:
    """A triplet for each passage that has a query and an admissible negative; the others are rejects.

    A query's wording is found in the text, so `templates` has no part in it. `extra` tells the rule of the
    query and how many negatives were wanted; a row has at least one. Every row's key is `corpus`: one passage
    more can change any.
    """
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    del templates
    mined = []
    for passage in passages_of(chunks, documents, rejects):
        reason = why_not_prose(passage.text)
        if reason:
            _reject(rejects, passage, reason, None)
            continue
        query = query_of(passage)
        text = passage.text[query.start : query.end] if query else passage.text
        mined.append(Mined(passage, query, tuple(terms(text.decode("utf-8")))))
    mined.sort(key=lambda item: item.passage.chunk_id)
    for block in _blocks(mined):
        _mine_block(rows, rejects, block, config)
    return Outcome(rows.table(), _with_key(rejects.table()))


def _with_key(rejects: pa.Table) -> pa.Table:
    """The rejects under the key of the corpus, like the rows."""
    keys = pa.array([KEY] * rejects.num_rows, pa.string())
    return rejects.set_column(rejects.schema.get_field_index("key"), "key", keys)


def _blocks(mined: Sequence[Mined]) -> Iterator[Sequence[Mined]]:
    """Runs of nearly equal length, none above the bound."""
    count = -(-len(mined) // _BLOCK_PASSAGES)
    for index in range(count):
        yield mined[index * len(mined) // count : (index + 1) * len(mined) // count]


def _reject(rejects: Columns, passage: Passage, reason: str, detail: str | None) -> None:
    rejects.add(key=KEY, item_id=passage.chunk_id, path=passage.path, reason=reason, detail=detail)


class Index:
    """BM25 over a block: scores of all its passages for a query, and how rare a word is."""

    def __init__(self, block: Sequence[Mined]) -> None:
        # Imported here: with the libraries that it probes for, it takes half a second.
        import bm25s

        self.ids: dict[str, int] = {}
        corpus = [[self.ids.setdefault(word, len(self.ids)) for word in item.words] for item in block]
        self.frequency: Counter[str] = Counter(word for item in block for word in set(item.words))
        # k1 and b are Lucene's defaults, which Robertson and Zaragoza 2009 give as the usual range's middle.
        self._bm25 = bm25s.BM25(k1=1.2, b=0.75, method="lucene", backend="numpy", csc_backend="numpy")
        self._is_empty = not self.ids
        if not self._is_empty:
            self._bm25.index((corpus, dict(self.ids)), show_progress=False)

    def scores(self, words: Sequence[str]) -> NDArray[np.float32]:
        """Score of each passage; words that the block lacks count nothing."""
        known = [self.ids[word] for word in sorted(set(words)) if word in self.ids]
        if self._is_empty or not known:
            return np.zeros(0, dtype=np.float32)
        scores: NDArray[np.float32] = self._bm25.get_scores_from_ids(known)
        return scores


def score_limit(positive: float, margin_ratio: float) -> float:
    """The highest score that a negative may have; below the positive also when that is negative.

    >>> score_limit(10.0, 0.05), score_limit(-10.0, 0.05)
    (9.5, -10.5)
    """
    return positive - abs(positive) * margin_ratio


def _mine_block(rows: Columns, rejects: Columns, block: Sequence[Mined], config: GenerateConfig) -> None:
    index = Index(block)
    documents = {
        document: code for code, document in enumerate(sorted({item.passage.document_id for item in block}))
    }
    owners = np.array([documents[item.passage.document_id] for item in block])
    for place, item in enumerate(block):
        if item.query is None:
            _reject(rejects, item.passage, "no_query", None)
            continue
        query_words = terms(item.query.text)
        scores = index.scores(query_words)
        positive = float(scores[place]) if len(scores) else 0.0
        if positive <= 0:
            _reject(rejects, item.passage, "query_shares_no_word", item.query.text)
            continue
        limit = score_limit(positive, config.negative_margin_ratio)
        is_candidate = (scores > 0) & (scores <= limit) & (owners != owners[place])
        found, refused = _choose(
            block, place, _highest(scores, is_candidate), query_words, index, config.negatives
        )
        if not found:
            too_close = int(np.count_nonzero((scores > limit) & (owners != owners[place])))
            detail = (
                f"{too_close} score above {limit:.2f}; {refused} stand under the same headings, "
                "are near-duplicates or share one word only"
            )
            _reject(rejects, item.passage, "no_negative", detail)
            continue
        rows.add(**_row(block, item, item.query, positive, found, config))


def _highest(scores: NDArray[np.float32], is_candidate: NDArray[np.bool_]) -> list[Negative]:
    """The candidates of the highest scores, best first, ties by place."""
    places = np.flatnonzero(is_candidate)
    if len(places) > _CANDIDATES:
        # All that tie with the last one stay for the sort, so that partition's order decides nothing.
        least = np.partition(scores[places], len(places) - _CANDIDATES)[len(places) - _CANDIDATES]
        places = places[scores[places] >= least]
    ordered = places[np.lexsort((places, -scores[places]))][:_CANDIDATES]
    return [Negative(int(place), float(scores[place]), ()) for place in ordered]


def _jaccard(one: set[str], other: set[str]) -> float:
    return len(one & other) / max(1, len(one | other))


def _choose(
    block: Sequence[Mined],
    place: int,
    candidates: Sequence[Negative],
    query: Sequence[str],
    index: Index,
    wanted: int,
) -> tuple[list[Negative], int]:
    """The first admissible candidates, and how many were refused before they were full."""
    positive = block[place]
    taken = [set(positive.words)]
    found: list[Negative] = []
    refused = 0
    for candidate in candidates:
        other = block[candidate.place]
        words = set(other.words)
        is_same_heading = bool(other.passage.headings) and other.passage.headings == positive.passage.headings
        shared = sorted(words.intersection(query), key=lambda word: (index.frequency[word], word))
        is_chance = len(shared) < min(_MIN_SHARED_WORDS, len(set(query)))
        if (
            is_chance
            or is_same_heading
            or any(_jaccard(words, known) >= _NEAR_DUPLICATE_JACCARD for known in taken)
        ):
            refused += 1
            continue
        found.append(candidate._replace(shared=tuple(shared)))
        taken.append(words)
        if len(found) == wanted:
            break
    return found, refused


def _row(
    block: Sequence[Mined],
    item: Mined,
    query: Query,
    positive: float,
    found: Sequence[Negative],
    config: GenerateConfig,
) -> dict[str, Any]:
    text = item.text.decode("utf-8")
    spelling = surfaces(query.text)
    negatives = [
        {
            "text": block[negative.place].text.decode("utf-8"),
            "reason": _reason(negative, positive, spelling),
            # Four digits are beyond what float32 sums differ by between machines.
            "score": round(negative.score, 4),
        }
        for negative in found
    ]
    payload = (query.text, text, *(str(negative["text"]) for negative in negatives))
    row = row_of(item.passage, TASK, VERSION, query.start, query.end, payload)
    row["origins"] += [_origin(block[negative.place]) for negative in found]
    extra = {
        "query_rule": query.rule,
        "positive_score": round(positive, 4),
        "negatives_wanted": config.negatives,
    }
    return row | {
        "key": KEY,
        "kind": "triplet",
        "query": query.text,
        "positive": text,
        "negatives": negatives,
        "subject": text,
        "difficulty": prose_difficulty(text),
        "extra": json.dumps(extra, sort_keys=True),
    }


def _origin(item: Mined) -> dict[str, Any]:
    low, high = (item.query.start, item.query.end) if item.query else (0, len(item.passage.text))
    return {
        "document_id": item.passage.document_id,
        "start": item.passage.start + low,
        "end": item.passage.start + high,
    }


def _reason(negative: Negative, positive: float, spelling: Mapping[str, str]) -> str:
    named = ", ".join(spelling[word] for word in negative.shared[:_SHARED_WORDS_NAMED])
    noun = "word" if len(negative.shared) == 1 else "words"
    share = negative.score / positive
    return (
        f"shares the {noun} {named} with the query, from another document; scores {share:.0%} of the positive"
    )
