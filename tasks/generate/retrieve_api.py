"""API retrieval: a docstring asks, the function answers, and other functions of the repository are the negatives.

Cleaned as CodeSearchNet cleans (arXiv 1909.09436, section 3): the first paragraph is the query, of three tokens at
least; functions of three lines at least; no tests, constructors or standard extension methods; a query that two
functions have asks for neither. The positive is shown without its docstring, so that the query is not in it. One
negative is of the same module where it has one that may be; the others are found by BM25 over the repository
(`hard_negatives.py`). Names are compared by their words: `parseUrl` shares a word with "parses an URL".
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from collections.abc import Iterator, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
from numpy.typing import NDArray

from tasks.generate.config import GenerateConfig
from tasks.generate.hard_negatives import (
    BLOCK_TEXTS,
    NEAR_DUPLICATE_JACCARD,
    Index,
    Negative,
    choose,
    highest,
    jaccard,
    said_shared,
    score_limit,
)
from tasks.generate.protocol import Draft, View
from tasks.generate.rules import function_of
from tasks.generate.write_docstring import undocumented
from tilth.presets.functions import broken_rule, first_paragraph
from tilth.words import surfaces, terms

VERSION = "1"

# A word begins where a capital follows a small letter or a digit, or the last of several capitals.
_HUMP = re.compile(r"(?<=[a-z0-9])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])")
# Rules of Sun et al. 2022 (arXiv 2202.06649): markup is taken away, addresses and questions dropped.
_MARKUP = re.compile(r"<[^<>\s][^<>]{0,80}>|:\w+:(?=`)|\{@\w+\s+([^{}]*)\}|[`*]+")
_NO_QUERY = re.compile(r"https?://|\?\s*$|^\s*(?:todo|fixme|deprecated|see\b|inherit)", re.IGNORECASE)
_MIN_TOKENS = 3


class Candidate(NamedTuple):
    """A function that may answer or distract: its view's number, its code and its terms."""

    number: int
    code: bytes
    words: list[str]


def retrieve_api(views: Sequence[View], config: GenerateConfig) -> Iterator[tuple[int, Draft | str]]:
    """A triplet for each documented function of a repository; the reason for every other."""
    repositories: dict[str, list[Candidate]] = defaultdict(list)
    asked: list[tuple[int, str, str]] = []
    for number, view in enumerate(views):
        broken = broken_rule("codesearchnet", function_of(view))
        if broken is None or broken[0] == "codesearchnet.documentation":
            code = undocumented(view).rstrip()
            candidate = Candidate(number, code, code_terms(code.decode("utf-8")))
            repositories[view.file.repository].append(candidate)
        query = query_of(view.unit.docstring or "") if broken is None else ""
        if broken is not None or not query:
            yield number, broken[0].partition(".")[2] if broken else "no_query"
        else:
            asked.append((number, view.file.repository, query))
    often = Counter((repository, query) for _, repository, query in asked)
    queries = {number: (repository, query) for number, repository, query in asked}
    for block in chain.from_iterable(map(_blocks, repositories.values())):
        miner = _Miner(views, block, config)
        for candidate in block:
            if candidate.number in queries:
                repository, query = queries[candidate.number]
                is_shared = often[repository, query] > 1
                found = "query_not_unique" if is_shared else miner.draft(candidate.number, query)
                yield candidate.number, found


def _blocks(candidates: list[Candidate]) -> Iterator[list[Candidate]]:
    """Runs of nearly equal length, none above the bound; a module's functions are neighbours."""
    count = -(-len(candidates) // BLOCK_TEXTS)
    for index in range(count):
        yield candidates[index * len(candidates) // count : (index + 1) * len(candidates) // count]


def query_of(docstring: str) -> str:
    """The query that a docstring is; empty when it is none.

    >>> query_of("Parses an `URL` into its <b>parts</b>."), query_of("See https://x.org."), query_of("Is it?")
    ('Parses an URL into its parts.', '', '')
    """
    text = " ".join(_MARKUP.sub(lambda found: found[1] or "", first_paragraph(docstring)).split())
    is_query = len(text.split()) >= _MIN_TOKENS and not _NO_QUERY.search(text)
    return text if is_query else ""


def code_terms(code: str) -> list[str]:
    """The terms of code, names taken apart.

    >>> code_terms("def parseUrl(raw_bytes): return HTTPServer")
    ['def', 'parse', 'url', 'raw', 'byte', 'return', 'http', 'server']
    """
    return terms(_HUMP.sub(" ", code))


class _Miner:
    """The functions of one repository, and its index."""

    def __init__(self, views: Sequence[View], candidates: list[Candidate], config: GenerateConfig) -> None:
        self.views, self.candidates, self.config = views, candidates, config
        self.place = {candidate.number: place for place, candidate in enumerate(candidates)}
        self.index = Index([candidate.words for candidate in candidates])
        numbers: dict[str, int] = {}
        owners = [views[candidate.number].file.document_id for candidate in candidates]
        self.files = np.array([numbers.setdefault(owner, len(numbers)) for owner in owners], np.int64)

    def draft(self, number: int, query: str) -> Draft | str:
        """The triplet of a function; the reason when it has no word of its query, or no negative."""
        place, words = self.place[number], code_terms(query)
        scores = self.index.scores(words)
        positive = float(scores[place]) if len(scores) else 0.0
        if positive <= 0:
            return "query_shares_no_word"
        found = self._negatives(
            place, words, scores, score_limit(positive, self.config.negative_margin_ratio)
        )
        if not found:
            return "no_negative"
        view, code = self.views[number], self.candidates[place].code
        spelling = surfaces(_HUMP.sub(" ", query))
        negatives = [self._row(place, negative, positive, spelling) for negative in found]
        others = [self.views[self.candidates[negative.place].number] for negative in found]
        return Draft(
            view.unit.start,
            view.unit.end,
            b"",
            subject=code,
            answer=code,
            query=(query.encode("utf-8"), code, negatives),
            beside=tuple((other.file.document_id, other.unit.start, other.unit.end) for other in others),
            extra={"positive_score": round(positive, 4), "negatives_wanted": self.config.negatives},
        )

    def _negatives(
        self, place: int, words: list[str], scores: NDArray[np.float32], limit: float
    ) -> list[Negative]:
        """One of the same module first, then the highest of the repository."""
        is_candidate = scores <= limit
        is_candidate[place] = False
        # In its own module a function need not share a word with the query: its place makes it hard.
        ranked = highest(scores, is_candidate & (self.files == self.files[place]))
        first = next((item for item in ranked if self._is_apart(place, item.place)), None)
        near = [] if first is None else [self._with_shared(first, words)]
        if len(near) == self.config.negatives:
            return near

        def is_refused(other: int) -> bool:
            return any(other == item.place for item in near) or not self._is_apart(place, other)

        candidates = highest(scores, is_candidate & (scores > 0))
        far, _ = choose(self.index, place, candidates, words, self.config.negatives - len(near), is_refused)
        return near + far

    def _with_shared(self, negative: Negative, words: list[str]) -> Negative:
        return negative._replace(shared=tuple(sorted(self.index.words[negative.place].intersection(words))))

    def _is_apart(self, place: int, other: int) -> bool:
        """Whether two functions have different names and fewer than half of their words in common."""
        one, two = (self.views[self.candidates[number].number].unit.name for number in (place, other))
        return (
            one != two and jaccard(self.index.words[place], self.index.words[other]) < NEAR_DUPLICATE_JACCARD
        )

    def _row(
        self, place: int, negative: Negative, positive: float, spelling: dict[str, str]
    ) -> dict[str, Any]:
        is_near = self.files[place] == self.files[negative.place]
        where = "from the same module" if is_near else "from another module"
        said = f"{said_shared(negative, spelling)}, {where}" if negative.shared else where
        return {
            "text": self.candidates[negative.place].code.decode("utf-8"),
            "reason": f"{said}; scores {negative.score / positive:.0%} of the positive",
            # Four digits are beyond what float32 sums differ by between machines.
            "score": round(negative.score, 4),
        }
