"""What a rewritten or translated text has kept of its original, told by rules alone.

Figures, code, addresses and identifiers are the same in any wording and any language; a tag of the prompt belongs to
none. Whether the meaning stayed, no rule here knows.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Sequence

from tilth.words import terms

_FENCED = re.compile(r"^[ \t]*(```|~~~)[^\n]*\n(.*?)^[ \t]*\1[ \t]*$", re.MULTILINE | re.DOTALL)
_INLINE = re.compile(r"`([^`\n]+)`")
_ADDRESS = re.compile(r"https?://[^\s<>\"')\]]+|[\w.+-]+@[\w-]+\.[\w.]+\w")
# What people never translate: snake_case, camelCase, paths and dotted names of code, words that hold a digit.
_IDENTIFIER = re.compile(
    r"\b[A-Za-z]\w*_\w+\b|\b[a-z]+[A-Z]\w*\b|(?<![\w./~])(?:\.{0,2}|~)/[\w.-]+(?:/[\w.-]+)*|\b[\w.-]+(?:/[\w.-]+){2,}"
    r"|\b\w+\(\)|\b[A-Za-z]+\d\w*\b"
)
# Thousands and decimals are marked otherwise from language to language, so marks inside a figure do not count.
_FIGURE = re.compile(
    r"(?<!\d)\d{1,3}(?:[ \u00a0\u202f]\d{3})+(?:[.,]\d+)?(?!\d)|\d+(?:[.,'\u2019\u066b\u066c]\d+)*"
)
_TAG = re.compile(
    r"</?(?:text|passage|request|answer\w*|new_\w+|candidate|query|positive|conversation|material|persona|code"
    r"|context|tests)\b[^<>]*>"
)
# Words in a row by which a copy is told from a text on the same matter.
_RUN = 3


def likeness(text: str, original: str) -> float:
    """Share of a text's runs of three words that stand in the original; 1 for a copy, near 0 for other words.

    Of a text that is shorter, its words.

    >>> likeness("Water deeply once a week.", "water deeply, once a week"), likeness("Rain fell.", "It was dry.")
    (1.0, 0.0)
    """
    runs, known = _runs(text), _runs(original)
    return len(runs & known) / max(1, len(runs))


def _runs(text: str) -> frozenset[tuple[str, ...]]:
    words = re.findall(r"\w+", text.casefold())
    size = min(_RUN, len(words))
    return (
        frozenset(tuple(words[at : at + size]) for at in range(len(words) - size + 1))
        if size
        else frozenset()
    )


def agreement(one: str, other: str) -> float:
    """How many content words two texts share, as F1: 1 for the same words in any order.

    >>> agreement("Prune plums in summer.", "In summer plums are pruned."), agreement("Loam.", "Rain.")
    (0.6666666666666666, 0.0)
    """
    ours, theirs = set(terms(one)), set(terms(other))
    return 2 * len(ours & theirs) / max(1, len(ours) + len(theirs))


def figures(text: str) -> list[str]:
    """The numbers of a text as their digits, sorted, whatever script and marks they are written in.

    >>> figures("1,250.5 kg for 3"), figures("1.250,5 kg für ٣")
    (['12505', '3'], ['12505', '3'])
    """
    found = _FIGURE.findall(text)
    return sorted(
        "".join(str(unicodedata.decimal(mark)) for mark in one if mark.isdecimal()) for one in found
    )


def fixed_parts(text: str) -> list[str]:
    """What no wording changes: code between fences and backquotes, addresses, identifiers; each once, sorted."""
    blocks = [match[2].strip() for match in _FENCED.finditer(text)]
    rest = _FENCED.sub(" ", text)
    inline = [match.strip() for match in _INLINE.findall(rest)]
    rest = _INLINE.sub(" ", rest)
    addresses = [match.rstrip(".,;:!?") for match in _ADDRESS.findall(rest)]
    rest = _ADDRESS.sub(" ", rest)
    return sorted({part for part in (*blocks, *inline, *addresses, *_IDENTIFIER.findall(rest)) if part})


def lost_part(text: str, original: str) -> str:
    """The first fixed part of the original that the text lacks, empty when it has all of them.

    >>> lost_part("Rufe `tilth` auf", "Run `tilth build`"), lost_part("Rufe `tilth build` auf", "Run `tilth build`")
    ('tilth build', '')
    """
    return next((part for part in fixed_parts(original) if part not in text), "")


def changed_figure(text: str, original: str) -> str:
    """A number that one has and the other has not, empty when they have the same ones.

    A number may be said once more or once less often. Those in fixed parts do not count.

    >>> changed_figure("Gieße 2 Liter.", "Water 3 litres."), changed_figure("1.250 kg", "1,250 kg")
    ('3', '')
    """
    ours, theirs = (set(figures(_without(one, fixed_parts(original)))) for one in (text, original))
    return min(theirs - ours, default="") or min(ours - theirs, default="")


def _without(text: str, parts: Sequence[str]) -> str:
    for part in sorted(parts, key=len, reverse=True):
        text = text.replace(part, " ")
    return text


def leaked_tag(text: str, original: str = "") -> str:
    """A tag of the prompts' own that a text holds and its original does not, else nothing.

    >>> leaked_tag("<text>Rain</text>"), leaked_tag("a < b")
    ('<text>', '')
    """
    return next((tag for tag in _TAG.findall(text) if tag not in original), "")
