"""The query that a passage answers, found in the passage itself or above it.

Three rules, the first that holds: the headings over the passage (title and section against passage, as E5
pairs them: Wang et al. 2022, arXiv 2212.03533, table 1); the question of a definition in it; its first
sentence, taken out of the passage (the inverse cloze task of ORQA: Lee et al. 2019, arXiv 1906.00300, section
4).
"""

from __future__ import annotations

from typing import NamedTuple

from tasks.generate.definitions import Definition, find_definitions
from tasks.generate.headings import needs_topic, variables_of
from tasks.generate.passages import MIN_WORDS, Passage, body_start
from tilth.sentences import sentence_starts
from tilth.words import count_words, terms

# ORQA takes any sentence; one of fewer than six words is a cross-reference more often than a statement.
_MIN_SENTENCE_WORDS = 6
_MAX_SENTENCE_WORDS = 40


class Query(NamedTuple):
    """A query, the rule that found it, and the bytes of the passage's text that answer it: [start, end)."""

    text: str
    rule: str
    start: int
    end: int


def new_definitions(passage: Passage) -> list[Definition]:
    """Definitions in a passage, without those in what it repeats of the passage before."""
    found = find_definitions(passage.text, body_start(passage.text), passage.headings, passage.language)
    return [definition for definition in found if definition.end > passage.overlap_bytes]


def query_of(passage: Passage) -> Query | None:
    """The passage's query, null when no rule holds."""
    start = body_start(passage.text)
    return (
        _from_headings(passage, start)
        or _from_definition(passage, start)
        or _by_inverse_cloze(passage, start)
    )


def _from_headings(passage: Passage, start: int) -> Query | None:
    variables = variables_of(passage.headings) if passage.opens_section else None
    if variables is None:
        return None
    name, topic = variables.get("heading") or variables["question"], variables["topic"]
    # One word alone ("Caching") asks for too much; with its topic it is a query.
    if not topic and (needs_topic(variables) or len(terms(name)) < 2):
        return None
    query = f"{topic}: {name}" if topic else name
    # A heading none of whose words comes back below it is a pun or a number: no search would find the passage
    # by it.
    body = passage.text[start:].decode("utf-8").lower()
    if not any(term in body for term in terms(query)):
        return None
    return Query(query, "heading", start, len(passage.text))


def _from_definition(passage: Passage, start: int) -> Query | None:
    found = new_definitions(passage)
    if not found:
        return None
    return Query(f"What is {found[0].term}?", "definition", start, len(passage.text))


def _by_inverse_cloze(passage: Passage, start: int) -> Query | None:
    text = passage.text
    borders = sentence_starts(text, start, len(text))
    if not borders:
        return None
    sentence = " ".join(text[start : borders[0]].decode("utf-8").split())
    rest = text[borders[0] :].decode("utf-8")
    is_whole = sentence[:1].isalnum() and not sentence[:1].islower() and sentence[-1:] in ".!?。！？"
    is_sized = _MIN_SENTENCE_WORDS <= count_words(sentence) <= _MAX_SENTENCE_WORDS
    if not is_whole or not is_sized or count_words(rest) < MIN_WORDS:
        return None
    return Query(sentence, "inverse_cloze", borders[0], len(text))
