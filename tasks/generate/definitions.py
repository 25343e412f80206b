"""Finds the definitions in a passage: sentences of the form "X is a …", glossary entries, definition lists.

The patterns are the classic ones of definition extraction (Muresan and Klavans 2002, DEFINDER; Navigli and
Velardi 2010, word-class lattices): a short noun phrase, a defining verb, and a class it belongs to. They find
the form; a sentence that only looks like a definition is kept out by lists of openings that refer back or
evaluate.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from tilth.sentences import sentence_starts


class Definition(NamedTuple):
    """A term and where its definition stands, in bytes of the passage."""

    term: str
    start: int
    end: int


_SENTENCE = re.compile(
    rb"(?:[-*+>][ \t]+)?(?:(?P<article>An?|The)\s++)?"
    rb"(?P<term>[^\s.,;:!?()|<>\[\]{}=](?:[^.,;:!?()|<>\[\]{}=\n]|\.(?=\w)|\n(?=\w)){0,58}?)"
    rb"\s+(?:(?:is|are)\s+(?:an?|any|one\s+of|the\s+(?:name|process|act|practice|term|set|ability|art|task|part)\s+\w+)\s"
    rb"|refers?\s+to\s|means\s|(?:is|are)\s+defined\s+as\s|stands\s+for\s)"
)
# The rest of an entry: up to a blank line, the next item or the next entry.
_REST = rb"[^\n]*(?:\n(?![ \t\r]*(?:\n|[-*+][ \t]|\d+[.)][ \t]|\*\*|__|\Z))[^\n]*)*"
_BOLD_ENTRY = re.compile(
    rb"^[ \t]*(?:[-*+][ \t]+)?(?P<mark>\*\*|__)"
    rb"(?P<term>[^*_\n:]{2,60}):?(?P=mark):?[ \t]*(?:[-:]|\xe2\x80[\x93\x94])?[ \t]+"
    rb"(?P<definition>" + _REST + rb")",
    re.MULTILINE,
)
_COLON_LIST = re.compile(
    rb"^(?P<term>[^\s:][^\n:]{1,59})\n:[ \t]+(?P<definition>" + _REST + rb")", re.MULTILINE
)
_INDENTED_LIST = re.compile(
    rb"^(?P<indent>[ \t]*)(?P<term>[A-Za-z`*][^\n:]{1,59})\n(?P<deeper>(?P=indent)[ \t]{2,})"
    rb"(?P<definition>\S[^\n]*(?:\n(?P=deeper)[^\n]*\S[^\n]*)*)",
    re.MULTILINE,
)
_GLOSSARY_LINE = re.compile(
    rb"^[ \t]*(?:[-*+][ \t]+)?(?P<term>[A-Za-z`][^:\n.]{1,59}):[ \t]+(?P<definition>" + _REST + rb")",
    re.MULTILINE,
)
_GLOSSARY_HEADING = re.compile(r"glossar|terminolog|definition|vocabular|\bterms\b", re.IGNORECASE)
# A class in the indefinite, or "the … of/that": other sentences that open with "the" speak about the term.
_DEFINING_OPENING = re.compile(
    rb"(?:An?|Any|One of|Refers? to|Short for|Stands for|Another name for)\s"
    rb"|The\s+(?:[\w-]+\s+){1,3}(?:of|that|which|used|for|to|in)\s",
    re.IGNORECASE,
)
_SKIPPED = re.compile(
    rb"^[ \t>]*(?:```|~~~).*?(?:^[ \t>]*(?:```|~~~)[`~ \t\r]*$|\Z)|^(?: {4,}|\t)[^\n]*",
    re.MULTILINE | re.DOTALL,
)
_MARKS = re.compile(r"[`*_\"“”]+(?=[^\W_])|(?<=[\w)+#])[`*_\"“”]+|^:\w+:`|:term:")
_FENCES = re.compile(r"```|~~~")

# Words that refer back, evaluate or begin a clause: with them the phrase before the verb is no term.
_NO_TERM_TEXT = (
    "it this that these those there here he she they we you i what which who where when how why if "
    "because since while although as so but and or not only also one each every all both some any many "
    "most another such other nothing everything something none his her their our your my its to by in "
    "on at for from with without then now first second third next last following above below example "
    "mistake way problem reason solution approach option alternative idea good better best common "
    "typical simple result goal purpose point question answer difference default value lot number note "
    "advantage disadvantage case thing rule caveat exception is are was has have can will would should "
    "may must does do being same latter former important useful possible recommended required main aim "
    "benefit change feature issue motivation drawback output input return type "
)
_NO_TERM = frozenset(_NO_TERM_TEXT.split())
# Five words hold the longest term that is still a name ("least recently used cache policy").
_MAX_TERM_WORDS = 5
# Fewer words after the verb name no class and no difference ("X is a tool.").
_MIN_WORDS = 8
# Above this a sentence is an enumeration that the pattern happened to match.
_MAX_WORDS = 80


def term_of(raw: bytes) -> str | None:
    """A term without its markup, null when the phrase is none.

    >>> term_of(b"**Cover crop**"), term_of(b"`os.path`"), term_of(b"It"), term_of(b"The only way")
    ('Cover crop', 'os.path', None, None)
    """
    term = " ".join(_MARKS.sub("", raw.decode("utf-8", "replace")).split()).strip(" -–—")
    words = term.split()
    if (
        not 1 <= len(words) <= _MAX_TERM_WORDS
        or len(term) < 2
        or not any(letter.isalpha() for letter in term)
    ):
        return None
    if (
        term[-1] in ".,;!?"
        or any(word.lower() in _NO_TERM for word in words)
        or not (term[0].isalnum() or term[0] in "_.@")
    ):
        return None
    return term


def _is_sized(text: bytes) -> bool:
    return _MIN_WORDS <= len(text.split()) <= _MAX_WORDS


def _in_sentences(text: bytes, start: int) -> Iterator[Definition]:
    borders = [start, *sentence_starts(text, start, len(text)), len(text)]
    for low, high in pairwise(borders):
        match = _SENTENCE.match(text, low, high)
        sentence = text[low:high].rstrip()
        if not match or not _is_sized(sentence) or sentence[-1:] not in b".!?" or b"\n\n" in sentence:
            continue
        article, raw = match["article"], match["term"]
        first = raw.lstrip(b'`*_"')[:1]
        is_marked = raw[:1] in b'`*_"'
        # "The parser is a …" speaks of one parser; "The Python Package Index is a …" of what bears the name.
        is_name = is_marked or first.isupper() or article in (b"A", b"An")
        term = term_of(raw) if is_name else None
        if term:
            at = match.start("article") if article else match.start("term")
            yield Definition(term, at, low + len(sentence))


def _in_entries(
    text: bytes, start: int, patterns: Sequence[re.Pattern[bytes]], is_glossary: bool
) -> Iterator[Definition]:
    for pattern in patterns:
        for match in pattern.finditer(text, start):
            definition = match["definition"].rstrip()
            if not (is_glossary or _DEFINING_OPENING.match(definition)) or not _is_sized(definition):
                continue
            term = term_of(match["term"])
            if term and not _FENCES.search(definition.decode("utf-8", "replace")):
                at = match.start("definition")
                yield Definition(term, at, at + len(definition))


def find_definitions(text: bytes, start: int, headings: Sequence[str], language: str) -> list[Definition]:
    """Definitions in text[start:], in order of place, none overlapping another; code is left out."""
    is_glossary = bool(headings) and any(_GLOSSARY_HEADING.search(title) for title in headings)
    patterns = [_BOLD_ENTRY, _COLON_LIST]
    if is_glossary:
        patterns.append(_GLOSSARY_LINE)
    if is_glossary or language in ("rst", "restructuredtext"):
        patterns.append(_INDENTED_LIST)
    entries = _in_entries(text, start, patterns, is_glossary)
    code = [match.span() for match in _SKIPPED.finditer(text)]
    sentences = (
        found
        for found in _in_sentences(text, start)
        if not any(low < found.end and found.start < high for low, high in code)
    )
    kept: list[Definition] = []
    seen: set[str] = set()
    for found in sorted((*entries, *sentences), key=lambda item: (item.start, -item.end, item.term)):
        if found.term.lower() in seen or (kept and found.start < kept[-1].end):
            continue
        seen.add(found.term.lower())
        kept.append(found)
    return kept
