"""Where sentences begin in UTF-8 bytes: by punctuation, aware of abbreviations; no model, no download.

Positions are byte offsets, so a sentence can be cut from a document without decoding it. Paragraph breaks and
list items begin sentences too. It does not know every language's abbreviations: English ones and initials
only.
"""

from __future__ import annotations

import re

_BOUNDARY = re.compile(
    # A full stop with what closes after it, white space, and then no lower-case letter. Only the first mark
    # of a run starts a match and nothing is given back, so that a line of a million dots is read once.
    rb"(?<![.!?])[.!?]++[\"')\]*_`]*+\s++(?![a-z]|\Z)"
    rb"|\n[ \t\r\f\v]*+\n\s*+"
    rb"|\n(?=[ \t]*+(?:[-*+]|\d{1,9}[.)])[ \t])"
    # 。！？ end a sentence without white space; closing brackets and quotes 」』”） belong to it.
    rb"|(?:\xe3\x80\x82|\xef\xbc\x81|\xef\xbc\x9f)++(?:\xe3\x80\x8d|\xe3\x80\x8f|\xe2\x80\x9d|\xef\xbc\x89)*+\s*+"
)
_ABBREVIATIONS_TEXT = (
    b"al approx ca cf cit dept dr ed eds eg e.g esp et fig figs hon i.e ie inc jr lt ltd misc mr mrs ms "
    b"n.b nb op orig para pp prof resp sen sr st viz vs w.r.t "
)
_ABBREVIATIONS = frozenset(_ABBREVIATIONS_TEXT.split())
# Words of their own as well ("No. It works"): abbreviations only before a number.
_BEFORE_NUMBER_TEXT = (
    b"art ch chap col eq eqs gen max min no nos p pt ref refs rev sec sect tab tel vol vols "
)
_BEFORE_NUMBER = frozenset(_BEFORE_NUMBER_TEXT.split())
# "e.g." is the longest dotted one that is looked up; 12 bytes hold any of them with the mark before it.
_LOOK_BACK = 12
_LAST_WORD = re.compile(rb"(?:^|[\s(\[\"'*_`\x80-\xff-])((?:[A-Za-z]+\.)*[A-Za-z]+|\d+)\Z")
# C and I end sentences ("written in C. It …") more often than they are somebody's initial.
_INITIALS = re.compile(rb"(?:[A-Za-z]\.)+[A-Z]\Z|[ABD-HJ-Z]\Z")
_LIST_NUMBER = re.compile(rb"(?:\A|\n)[ \t>]*\d{1,9}\Z")


def _is_abbreviation(data: bytes, start: int, dot: int, following: int) -> bool:
    tail = data[max(start, dot - _LOOK_BACK) : dot]
    word = _LAST_WORD.search(tail)
    if word is None:
        return False
    found = word[1]
    if found.isdigit():
        # "1." opens a list item; a number that ends a sentence stands inside a line.
        return _LIST_NUMBER.search(tail) is not None
    lowered = found.lower()
    if lowered in _BEFORE_NUMBER:
        return data[following : following + 1].isdigit()
    return lowered in _ABBREVIATIONS or _INITIALS.match(found) is not None


def sentence_starts(data: bytes, start: int, end: int) -> list[int]:
    """Offsets in (start, end) at which a new sentence, paragraph or list item begins, ascending.

    >>> sentence_starts(b"See Fig. 3, e.g. Dr. No. It works! Then rest.", 0, 45)
    [25, 35]
    """
    found = []
    for match in _BOUNDARY.finditer(data, start, end):
        at = match.start()
        is_single = data[at : at + 1] == b"." and data[at + 1 : at + 2] != b"."
        if is_single and _is_abbreviation(data, start, at, match.end()):
            continue
        if match.end() < end:
            found.append(match.end())
    return found
