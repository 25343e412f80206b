"""Triplets for retrieval: a query, the passage that answers it, and hard negatives that share its words.

Negatives are mined by BM25 over all passages that read as prose (`hard_negatives.py`), if they come from another
document, stand under other headings and are no near-duplicate.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping, Sequence
from functools import partial
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.hard_negatives import (
    BLOCK_TEXTS,
    Index,
    Negative,
    choose,
    highest,
    said_shared,
    score_limit,
)
from tasks.generate.passages import Passage, passages_of, prose_difficulty, row_of, why_not_prose
from tasks.generate.queries import Query, query_of
from tasks.generate.templates import Template
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome
from tilth.words import surfaces, terms

TASK = "mine_triplets"
VERSION = "1"
KEY = "corpus"

# A block is drawn by the digest of its passages' ids.
_BLOCK_PASSAGES = BLOCK_TEXTS


class Mined(NamedTuple):
    """A passage that takes part, with its query if it has one, and its distinct terms."""

    passage: Passage
    query: Query | None
    words: tuple[str, ...]

    @property
    def text(self) -> bytes:
        """What is indexed and shown: the passage's body, or what is left after the query was taken out."""
        return self.passage.text[self.query.start : self.query.end] if self.query else self.passage.text


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


def _mine_block(rows: Columns, rejects: Columns, block: Sequence[Mined], config: GenerateConfig) -> None:
    index = Index([item.words for item in block])
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
        is_same_heading = partial(_has_headings_of, block, place)
        found, refused = choose(
            index, place, highest(scores, is_candidate), query_words, config.negatives, is_same_heading
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


def _has_headings_of(block: Sequence[Mined], place: int, other: int) -> bool:
    headings = block[other].passage.headings
    return bool(headings) and headings == block[place].passage.headings


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


def _reason(negative: Negative, positive: float, spelling: dict[str, str]) -> str:
    share = negative.score / positive
    return f"{said_shared(negative, spelling)}, from another document; scores {share:.0%} of the positive"
