"""Under which licence a text stands: by its own header, by a licence file, by a package's metadata.

Licence texts are known by phrases that only they hold, not by copies of them; a text counts as a licence when
all its phrases stand in it. Answers are SPDX expressions. Where nothing says it, the answer is `unknown`: no
licence is guessed from a neighbour, a name or a homepage. The text of the GPL does not tell whether later
versions are allowed, so it gives `GPL-3.0`, and only a header gives `-only` or `-or-later`.
"""

from __future__ import annotations

import re
from typing import NamedTuple

from tilth.detect.spdx import UNKNOWN, is_known, normalise_expression


class Licence(NamedTuple):
    """An SPDX expression or `unknown`, and what says so: `header`, `file`, `metadata` or `none`."""

    expression: str
    basis: str


NO_LICENCE = Licence(UNKNOWN, "none")

# Phrases, lower-case, with single blanks and without quotation marks; of licences that
# begin at the same place the one that stands first here wins, so that the longer of two precedes.
_PHRASES: tuple[tuple[str, tuple[str, ...]], ...] = (
    ("AGPL-3.0", ("gnu affero general public license version 3", "remote network interaction")),
    ("LGPL-3.0", ("gnu lesser general public license version 3", "additional permissions listed below")),
    ("LGPL-2.1", ("gnu lesser general public license version 2.1", "work that uses the library")),
    ("LGPL-2.0", ("gnu library general public license version 2", "work that uses the library")),
    ("GPL-3.0", ("gnu general public license version 3", "conveying modified source versions")),
    ("GPL-2.0", ("gnu general public license version 2", "copying, distribution and modification")),
    ("GPL-1.0", ("gnu general public license version 1", "copying, distribution and modification")),
    ("Apache-2.0", ("apache license version 2.0", "grant of patent license", "redistribution")),
    ("Apache-1.1", ("apache software license", "version 1.1")),
    ("MPL-2.0", ("mozilla public license version 2.0", "covered software")),
    ("MPL-1.1", ("mozilla public license version 1.1", "covered code")),
    ("EPL-2.0", ("eclipse public license - v 2.0", "contributor")),
    ("EPL-1.0", ("eclipse public license - v 1.0", "contributor")),
    ("EUPL-1.2", ("european union public licence", "v. 1.2")),
    ("CDDL-1.0", ("common development and distribution license", "version 1.0")),
    ("BSL-1.0", ("boost software license - version 1.0",)),
    ("Unlicense", ("this is free and unencumbered software released into the public domain",)),
    ("CC0-1.0", ("cc0 1.0 universal",)),
    ("CC-BY-SA-4.0", ("attribution-sharealike 4.0 international",)),
    ("CC-BY-NC-4.0", ("attribution-noncommercial 4.0 international",)),
    ("CC-BY-4.0", ("attribution 4.0 international",)),
    ("CC-BY-3.0", ("attribution 3.0 unported",)),
    ("GFDL-1.3", ("gnu free documentation license version 1.3",)),
    ("PSF-2.0", ("python software foundation license version 2",)),
    ("Artistic-2.0", ("the artistic license 2.0", "standard version")),
    ("Artistic-1.0", ("the artistic license", "package")),
    ("WTFPL", ("do what the fuck you want to public license",)),
    ("Zlib", ("altered source versions must be plainly marked", "arising from the use of this software")),
    ("UPL-1.0", ("universal permissive license", "larger work")),
    ("BlueOak-1.0.0", ("blue oak model license",)),
    (
        "NCSA",
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "deal with the software without restriction",
            "redistributions of source code must retain",
        ),
    ),
    ("BUSL-1.1", ("business source license 1.1",)),
    ("SSPL-1.0", ("server side public license", "version 1")),
    ("Elastic-2.0", ("elastic license 2.0",)),
    (
        "BSD-4-Clause",
        ("redistributions of source code must retain", "all advertising materials mentioning features"),
    ),
    (
        "BSD-3-Clause",
        (
            "redistributions of source code must retain",
            "redistributions in binary form must reproduce",
            "used to endorse or promote products derived from",
        ),
    ),
    (
        "BSD-2-Clause",
        ("redistributions of source code must retain", "redistributions in binary form must reproduce"),
    ),
    (
        "X11",
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "shall not be used in advertising or otherwise to promote the sale",
        ),
    ),
    (
        "MIT",
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "the above copyright notice and this permission notice",
            "without restriction",
        ),
    ),
    (
        "MIT-0",
        (
            "permission is hereby granted, free of charge, to any person obtaining a copy",
            "without restriction",
        ),
    ),
    (
        "ISC",
        (
            "permission to use, copy, modify, and or distribute this software for any purpose",
            "fee is hereby granted, provided that the above copyright notice and this permission notice",
        ),
    ),
    (
        "ISC",
        (
            "permission to use, copy, modify, and distribute this software for any purpose",
            "fee is hereby granted, provided that the above copyright notice and this permission notice",
        ),
    ),
    (
        "0BSD",
        (
            "permission to use, copy, modify, and or distribute this software for any purpose",
            "with or without fee is hereby granted.",
        ),
    ),
    (
        "HPND",
        ("permission to use, copy, modify,", "supporting documentation", "without fee is hereby granted"),
    ),
    (
        "PostgreSQL",
        ("permission to use, copy, modify, and distribute this software and its documentation for any",),
    ),
)
# Notices at the head of a file, which name a licence without being its text.
_NOTICES: tuple[tuple[str, re.Pattern[str]], ...] = (
    (
        "Apache-2.0",
        re.compile(r"licensed under the apache license,? version 2\.0|apache\.org/licenses/license-2\.0"),
    ),
    ("MPL-2.0", re.compile(r"subject to the terms of the mozilla public license,? v\. 2\.0")),
    ("BSL-1.0", re.compile(r"distributed under the boost software license,? version 1\.0")),
    ("MIT", re.compile(r"(?:licensed|released|distributed) under (?:the terms of )?the mit license")),
    (
        "BSD-3-Clause",
        re.compile(r"(?:licensed|released|distributed) under (?:the terms of )?the (?:new|3-clause) bsd"),
    ),
    ("LicenseRef-BSD", re.compile(r"governed by a bsd-style license")),
    ("PSF-2.0", re.compile(r"licensed to (?:the )?psf under a contributor agreement")),
)
_GNU_NOTICE = re.compile(
    r"gnu (?P<flavour>affero |lesser |library )?general public license.{0,80}?"
    r"(?:as published by the free software foundation[;,]? |\()?"
    r"(?:either )?version (?P<version>\d(?:\.\d)?)(?P<later>.{0,40}any later version)?"
)
_GNU_NAMES = {"affero ": "AGPL", "lesser ": "LGPL", "library ": "LGPL", "": "GPL"}

_SPDX_HEADER = re.compile(r"SPDX-License-Identifier:[ \t]*([^\r\n]{1,200})")
# Files that hold a licence's text.
_LICENCE_FILE = re.compile(
    r"(?:un)?licen[cs]es?(?:[-_.].*)?|copying(?:[-_.].*)?|.*[-_.]licen[cs]e(?:\.(?:txt|md|rst))?",
    re.IGNORECASE,
)
_NO_LICENCE_TEXT = re.compile(
    r"\.(?:py|js|ts|go|rs|java|c|h|cpp|json|ya?ml|xml|html?|sh|rb|php|cs|css)$", re.IGNORECASE
)


def is_licence_file(name: str) -> bool:
    """Whether a file's name says that it holds a licence: LICENSE, COPYING, LICENSE-MIT, UNLICENSE and kin.

    >>> [is_licence_file(name) for name in ("LICENSE.txt", "COPYING.LESSER", "license_check.go")]
    [True, True, False]
    """
    return _LICENCE_FILE.fullmatch(name) is not None and _NO_LICENCE_TEXT.search(name) is None


def _folded(text: str) -> str:
    """Lower-case words with single blanks, comment marks and quotation marks gone."""
    return " ".join(
        re.sub(r"[*#/\"'“”‘’>;]|^\s*(?:--|//)|,(?= version)", " ", text.lower(), flags=re.M).split()
    )


def licence_of_text(text: str) -> str:
    """The licence whose text this is, or whose notice stands in it; `unknown` when no phrase is known.

    >>> licence_of_text("This Source Code is subject to the terms of the Mozilla Public License, v. 2.0.")
    'MPL-2.0'
    """
    folded = _folded(text)
    # What stands first is the project's own; what follows are notices of things it bundles.
    starts = [
        (folded.find(phrases[0]), order)
        for order, (_, phrases) in enumerate(_PHRASES)
        if all(phrase in folded for phrase in phrases)
    ]
    return _PHRASES[min(starts)[1]][0] if starts else _notice_in(folded)


def _notice_in(folded: str) -> str:
    gnu = _GNU_NOTICE.search(folded)
    if gnu is not None:
        version = gnu["version"] if "." in gnu["version"] else f"{gnu['version']}.0"
        name = f"{_GNU_NAMES[gnu['flavour'] or '']}-{version}-{'or-later' if gnu['later'] else 'only'}"
        return name if is_known(name) else UNKNOWN
    return next((identifier for identifier, notice in _NOTICES if notice.search(folded)), UNKNOWN)


# A header stands before the code: 4 KB hold the longest usual notice.
_HEADER_BYTES = 4096


def licence_of_header(text: str, *, has_notices: bool = True) -> Licence | None:
    r"""The licence a file's own first lines state: an SPDX tag, else a notice; None when they state none.

    `has_notices` is false for prose, which speaks of licences without standing under them.

    >>> licence_of_header("# SPDX-License-Identifier: MIT OR Apache-2.0\n")
    Licence(expression='MIT OR Apache-2.0', basis='header')
    """
    head = text[:_HEADER_BYTES]
    if "icense" not in head and "ICENSE" not in head and "ermission is hereby" not in head:
        return None
    tag = _SPDX_HEADER.search(head)
    if tag is not None:
        found = normalise_expression(re.sub(r"\s*(?:\*/|-->|\*\)|#}|\"\"\").*", "", tag[1]), is_spdx=True)
        if found != UNKNOWN:
            return Licence(found, "header")
    found = _notice_in(_folded(head)) if has_notices and _NOTICE_HINT.search(head) else UNKNOWN
    return Licence(found, "header") if found != UNKNOWN else None


# Without one of these a head holds no notice, and folding it would cost more than all else.
_NOTICE_HINT = re.compile(
    r"(?i:licen[cs]ed (?:under|to)|general public|mozilla public|boost software|under the |bsd-style)"
)
