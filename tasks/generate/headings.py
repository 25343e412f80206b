"""Whether a heading names something, and how it is asked for."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

# Headings of a text's form, not of its subject.
_FORMAL_TEXT = (
    "introduction overview notes note summary details description background contents conclusion "
    "conclusions links references resources acknowledgements acknowledgments credits changelog changes "
    "history license licence copyright todo misc miscellaneous other others general about index "
    "appendix preface abstract status support contact sponsors contributors authors author disclaimer "
    "badges readme remarks warning warnings tip tips important bibliography faq motivation unreleased "
    "fixed added changed removed deprecated security "
)
_FORMAL = frozenset(_FORMAL_TEXT.split()) | {
    "see also",
    "further reading",
    "more information",
    "table of contents",
    "release notes",
    "what's new",
    "read more",
}
# Headings that every project has: they name something only together with what they stand under.
_SHARED_TEXT = (
    "usage install installation installing example examples options configuration requirements "
    "dependencies features api setup building build testing tests parameters arguments returns raises "
    "methods functions classes attributes quickstart tutorial commands basics development contributing "
    "documentation limitations documents guide "
)
_SHARED = frozenset(_SHARED_TEXT.split()) | {
    "getting started",
    "quick start",
    "how it works",
    "basic usage",
    "api reference",
    "how to use",
    "command line",
}
_NUMBERING = re.compile(
    r"^(?:(?:chapter|section|step|part|appendix)\s+)?[\dIVX]+(?:[.:)]\d*)*[.:)]?\s+", re.IGNORECASE
)
_VERSION = re.compile(
    r"^(?:version|release|v)?\s*\[?v?\d+(?:[.\-]\w+)*\]?(?:\W+[\w\s,.:/-]*\d{2,}[\w\s,.:/-]*\W*)?$",
    re.IGNORECASE,
)
# A longer heading is a sentence of its own.
_MAX_CHARACTERS = 120


def plain(heading: str) -> str:
    """A heading without its number and closing punctuation.

    >>> plain("3.2. Cover crops:"), plain("Why rotate?")
    ('Cover crops', 'Why rotate?')
    """
    return _NUMBERING.sub("", heading.strip()).rstrip(" .:¶#").strip()


def variables_of(headings: Sequence[str]) -> Mapping[str, str] | None:
    """What a template may speak of: heading or question, and topic; null when the headings name nothing.

    >>> variables_of(["Tilth", "Cover crops"])
    {'heading': 'Cover crops', 'topic': 'Tilth'}
    >>> variables_of(["Installation"]), variables_of(["Tilth", "Notes"]), variables_of(["1.2.3"])
    (None, None, None)
    """
    if not headings:
        return None
    if _VERSION.match(headings[-1]):
        return None
    heading = plain(headings[-1])
    lowered = heading.lower()
    is_name = (
        2 < len(heading) <= _MAX_CHARACTERS and heading[0] not in "([{<" and any(map(str.isalpha, heading))
    )
    if not is_name or lowered in _FORMAL:
        return None
    above = [plain(title) for title in headings[:-1]]
    named = [title for title in above if title and title.lower() not in _FORMAL and not _VERSION.match(title)]
    if lowered in _SHARED and not named:
        return None
    # The outermost names the whole, the nearest the part; what lies between adds length.
    nearest = [title for title in named[-1:] if title.lower() not in _SHARED]
    topic = ": ".join(dict.fromkeys((*named[:1], *nearest)))
    if heading.endswith("?"):
        return {"question": heading, "topic": topic}
    return {"heading": heading, "topic": topic}


def needs_topic(variables: Mapping[str, str]) -> bool:
    """Whether the heading names something only together with the topic."""
    return variables.get("heading", "").lower() in _SHARED
