"""SPDX licence expressions: their standard spelling, and how free they leave their user.

Expressions are of SPDX 2.3 (identifiers, AND, OR, WITH, brackets). Only identifiers in use among packages
are known by name; the others are taken as written where the text claims to be an expression.
"""

from __future__ import annotations

import re

UNKNOWN = "unknown"

_PERMISSIVE_IDS = """
0BSD AFL-3.0 Apache-1.1 Apache-2.0 Artistic-2.0 BlueOak-1.0.0 BSD-1-Clause BSD-2-Clause
BSD-2-Clause-Patent BSD-3-Clause BSD-3-Clause-Clear BSD-4-Clause BSL-1.0 CC0-1.0 CC-BY-3.0 CC-BY-4.0 curl
HPND ICU ISC LicenseRef-BSD LicenseRef-Public-Domain MIT MIT-0 MIT-CMU MulanPSL-2.0 NCSA OpenSSL PHP-3.01
PostgreSQL PSF-2.0 Python-2.0 Python-2.0.1 TCL Unicode-3.0 Unicode-DFS-2016 Unlicense UPL-1.0 Vim W3C
WTFPL X11 Zlib ZPL-2.1
"""
_PERMISSIVE = frozenset(_PERMISSIVE_IDS.split())
_COPYLEFT = re.compile(
    r"(?:A|L)?GPL-\d|MPL-\d|EPL-\d|CDDL-|EUPL-|CC-BY-SA-|OSL-|CPL-|IPL-|MS-RL|CECILL-2|SSPL-|GFDL-|ODbL-|QPL-"
    r"|Sleepycat"
)
# Names that metadata carry instead of an SPDX identifier; lower-case, without `the`, `license`, commas.
_ALIASES = {
    "apache": "Apache-2.0",
    "apache 2": "Apache-2.0",
    "apache 2.0": "Apache-2.0",
    "apache software": "Apache-2.0",
    "apache software 2.0": "Apache-2.0",
    "apache version 2.0": "Apache-2.0",
    "apache v2": "Apache-2.0",
    "apache v2.0": "Apache-2.0",
    "apache-2": "Apache-2.0",
    "asl 2.0": "Apache-2.0",
    "2-clause bsd": "BSD-2-Clause",
    "3-clause bsd": "BSD-3-Clause",
    "bsd": "LicenseRef-BSD",
    "bsd 2-clause": "BSD-2-Clause",
    "bsd 3-clause": "BSD-3-Clause",
    "bsd-2": "BSD-2-Clause",
    "bsd-3": "BSD-3-Clause",
    "modified bsd": "BSD-3-Clause",
    "new bsd": "BSD-3-Clause",
    "simplified bsd": "BSD-2-Clause",
    "boost software 1.0 (bsl-1.0)": "BSL-1.0",
    "cc0": "CC0-1.0",
    "eclipse public 2.0": "EPL-2.0",
    "eclipse public v2.0": "EPL-2.0",
    "eclipse public - v 2.0": "EPL-2.0",
    "expat": "MIT",
    "gnu affero general public v3": "AGPL-3.0",
    "gnu affero general public v3 or later (agplv3+)": "AGPL-3.0-or-later",
    "gnu general public v2 (gplv2)": "GPL-2.0",
    "gnu general public v2 or later (gplv2+)": "GPL-2.0-or-later",
    "gnu general public v3 (gplv3)": "GPL-3.0",
    "gnu general public v3 or later (gplv3+)": "GPL-3.0-or-later",
    "gnu lesser general public v2 or later (lgplv2+)": "LGPL-2.0-or-later",
    "gnu lesser general public v3 (lgplv3)": "LGPL-3.0",
    "gnu lesser general public v3 or later (lgplv3+)": "LGPL-3.0-or-later",
    "gpl v2": "GPL-2.0",
    "gpl v3": "GPL-3.0",
    "gplv2": "GPL-2.0",
    "gplv2+": "GPL-2.0-or-later",
    "gplv3": "GPL-3.0",
    "gplv3+": "GPL-3.0-or-later",
    "isc (iscl)": "ISC",
    "lgpl v3": "LGPL-3.0",
    "lgplv3": "LGPL-3.0",
    "mit (mit)": "MIT",
    "mit/x11": "MIT",
    "mozilla public 2.0 (mpl 2.0)": "MPL-2.0",
    "mpl 2.0": "MPL-2.0",
    "psf": "PSF-2.0",
    "psfl": "PSF-2.0",
    "public domain": "LicenseRef-Public-Domain",
    "python software foundation": "PSF-2.0",
    "unlicense (unlicense)": "Unlicense",
    "zlib/libpng": "Zlib",
}
_OTHER_IDS = """
Artistic-1.0 BUSL-1.1 CC-BY-NC-4.0 CC-BY-SA-3.0 CC-BY-SA-4.0 CDDL-1.0 CDDL-1.1 CECILL-2.1 CPL-1.0
Elastic-2.0 EPL-1.0 EPL-2.0 EUPL-1.1 EUPL-1.2 GFDL-1.3 MPL-1.1 MPL-2.0 MS-PL MS-RL OFL-1.1 OSL-3.0
SSPL-1.0
"""
_KNOWN_IDS = (
    {name.lower(): name for name in _PERMISSIVE}
    | {
        name.lower(): name
        for family in ("AGPL-3.0", "GPL-1.0", "GPL-2.0", "GPL-3.0", "LGPL-2.0", "LGPL-2.1", "LGPL-3.0")
        for name in (family, f"{family}-only", f"{family}-or-later")
    }
    | {name.lower(): name for name in _OTHER_IDS.split()}
)
_EXPRESSION_PART = re.compile(r"\(|\)|[^\s()]+")
_IDENTIFIER = re.compile(r"(?:DocumentRef-[A-Za-z0-9.-]+:)?[A-Za-z0-9][A-Za-z0-9.-]*\+?")


def is_known(identifier: str) -> bool:
    """Whether it is an identifier of these tables, in any case of letters."""
    return identifier.lower() in _KNOWN_IDS


def normalise_expression(text: str, *, is_spdx: bool = False) -> str:
    """An SPDX expression, its identifiers in their standard spelling; `unknown` for what is none.

    `is_spdx` says that the text claims to be one: then an identifier not known here is taken as it stands.

    >>> normalise_expression("apache-2.0 or mit"), normalise_expression("MIT License")
    ('Apache-2.0 OR MIT', 'MIT')
    >>> normalise_expression("see file"), normalise_expression("GPL-3.0+")
    ('unknown', 'GPL-3.0-or-later')
    """
    text = " ".join(text.split()).strip("\"' ")
    key = re.sub(r"\bthe\b|\blicen[cs]e\b|,", " ", text.lower())
    alias = _ALIASES.get(" ".join(key.split())) or _KNOWN_IDS.get(" ".join(key.split()))
    if alias is not None:
        return alias
    if text.upper() in ("UNKNOWN", "NONE", "NOASSERTION", "UNLICENSED"):
        return UNKNOWN
    words: list[str] = []
    for part in _EXPRESSION_PART.findall(re.sub(r"(?<=[\w+])/(?=\w)", " OR ", text)):
        follows_with = bool(words) and words[-1] == "WITH"
        word = _word(part, is_spdx or follows_with)
        if word is None:
            return UNKNOWN
        words.append(word)
    if _rank(words) is None:
        return UNKNOWN
    return " ".join(words).replace("( ", "(").replace(" )", ")")


def _word(part: str, is_spdx: bool) -> str | None:
    """A bracket, an operator or an identifier in its standard spelling; None for what is none of these."""
    if part in "()":
        return part
    if part.upper() in _PRECEDENCE:
        return part.upper()
    if part.endswith("+") and f"{part[:-1]}-or-later".lower() in _KNOWN_IDS:
        return _KNOWN_IDS[f"{part[:-1]}-or-later".lower()]
    known = _KNOWN_IDS.get(part.lower()) or _ALIASES.get(part.lower())
    is_taken = is_spdx or part.startswith(("LicenseRef-", "DocumentRef-"))
    return part if known is None and is_taken and _IDENTIFIER.fullmatch(part) else known


def licence_class(expression: str) -> str:
    """`permissive`, `copyleft`, `other` or `unknown`. OR gives the freest of its sides, AND the strictest.

    >>> licence_class("MIT OR GPL-3.0-only"), licence_class("MIT AND GPL-3.0-only"), licence_class("BUSL-1.1")
    ('permissive', 'copyleft', 'other')
    """
    if expression == UNKNOWN:
        return UNKNOWN
    rank = _rank(_EXPRESSION_PART.findall(expression))
    return UNKNOWN if rank is None else _CLASSES[rank]


# From the freest to the strictest.
_CLASSES = ("permissive", "copyleft", "other")
_PRECEDENCE = {"OR": 1, "AND": 2, "WITH": 3}


def _rank(words: list[str]) -> int | None:
    """Index in `_CLASSES` of what an expression allows; None when it is none (Dijkstra's shunting yard)."""
    ranks: list[int] = []
    waiting: list[str] = []
    expects_operand = True
    for word in words:
        if expects_operand != (word == "(" or (word not in _PRECEDENCE and word != ")")):
            return None
        if word == "(":
            waiting.append(word)
        elif word == ")":
            _reduce(ranks, waiting, 0)
            if not waiting:
                return None
            waiting.pop()
        elif word in _PRECEDENCE:
            _reduce(ranks, waiting, _PRECEDENCE[word])
            waiting.append(word)
            expects_operand = True
        else:
            ranks.append(_CLASSES.index(_class_of(word)))
            expects_operand = False
    if expects_operand:
        return None
    _reduce(ranks, waiting, 0)
    return None if waiting else ranks[0]


def _reduce(ranks: list[int], waiting: list[str], precedence: int) -> None:
    """Apply the operators on top of the stack that bind at least so tightly, down to a bracket."""
    while waiting and waiting[-1] != "(" and _PRECEDENCE[waiting[-1]] >= precedence:
        operator = waiting.pop()
        right, left = ranks.pop(), ranks.pop()
        # An exception only adds permissions: the licence before WITH decides.
        ranks.append(
            left if operator == "WITH" else max(left, right) if operator == "AND" else min(left, right)
        )


def _class_of(identifier: str) -> str:
    if identifier in _PERMISSIVE:
        return "permissive"
    return "copyleft" if _COPYLEFT.match(identifier) else "other"
