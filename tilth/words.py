"""The words of a text that carry its subject: lower-cased, stemmed, without stop words.

For comparing texts by their vocabulary (topic shifts, BM25, shared words). It does not lemmatise and knows
stop words of English only: a text in another language keeps its function words, which idf makes weightless.
"""

from __future__ import annotations

import re
from functools import lru_cache

# Scripts written without spaces have no word borders to find offline: each character counts as a word,
# which unigram indexing of Chinese and Japanese shows to be a usable unit (Nie et al. 2000).
_UNSPACED = "\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff"
_WORD = re.compile(rf"[{_UNSPACED}]|[^\W_{_UNSPACED}]+")

# The function words of English that are in every stop list in use; longer lists drop words that are terms in
# code.
_STOP_WORDS_TEXT = (
    "a about above after again all also although am an and any are as at be because been before being "
    "below between both but by can cannot could did do does doing down during each either else etc "
    "every few for from further get had has have having he her here hers him his how however i if in "
    "into is it its itself just may me might more most must my no nor not of off on once one only or "
    "other our out over own per s same shall she should so some such t than that the their them then "
    "there these they this those through thus to too under until up upon us use used uses using very "
    "via was we were what when where whether which while who whom whose why will with within without "
    "would yes yet you your "
)
STOP_WORDS = frozenset(_STOP_WORDS_TEXT.split())


def stem(word: str) -> str:
    """A lower-case word without the mark of its plural: the S-stemmer of Harman 1991.

    >>> stem("queries"), stem("caches"), stem("tokens"), stem("class"), stem("status")
    ('query', 'cache', 'token', 'class', 'status')
    """
    # Of three letters and fewer, the s is mostly part of the word (css, dns, is).
    if len(word) <= 3 or word[-1] != "s":
        return word
    if word.endswith("ies") and not word.endswith(("eies", "aies")):
        return word[:-3] + "y"
    return word if word.endswith(("us", "ss")) else word[:-1]


@lru_cache(maxsize=65536)
def _term(word: str) -> str:
    return "" if word in STOP_WORDS else stem(word)


def terms(text: str) -> list[str]:
    """The stemmed words of a text in their order, stop words left out.

    >>> terms("The parsers read tokens; parsing fails.")
    ['parser', 'read', 'token', 'parsing', 'fail']
    """
    found = map(_term, _WORD.findall(text.lower()))
    return [term for term in found if term]


def surfaces(text: str) -> dict[str, str]:
    """For each term of a text the first word that it stands for, as the text spells it in lower case.

    >>> surfaces("Matching the caches, a cache")
    {'matching': 'matching', 'cache': 'caches'}
    """
    found: dict[str, str] = {}
    for word in _WORD.findall(text.lower()):
        term = _term(word)
        if term:
            found.setdefault(term, word)
    return found


def words(text: str) -> list[str]:
    """All words of a text in their order, lower-cased and as they are spelt.

    >>> words("It's 3 o'clock, 日本")
    ['it', 's', '3', 'o', 'clock', '日', '本']
    """
    return _WORD.findall(text.lower())


def count_words(text: str) -> int:
    """How many words a text has, stop words included.

    >>> count_words("It's 3 o'clock."), count_words("日本語")
    (5, 3)
    """
    return len(_WORD.findall(text))
