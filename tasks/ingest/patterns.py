"""Patterns on paths in the dialect of .gitignore, taken from files and people that may write them wrong."""

from __future__ import annotations

import re
import warnings
from collections.abc import Iterable

from pathspec import GitIgnoreSpec


class BadPattern(Exception):
    """A pattern that means nothing; the message is the pattern."""


def pattern_of(glob: str) -> GitIgnoreSpec:
    """One pattern, compiled. Raises `BadPattern`.

    >>> pattern_of("/src/*.py").match_file("src/a.py"), pattern_of("*.py").match_file("a/b.py")
    (True, True)
    """
    try:
        with warnings.catch_warnings():
            # `re` doubts brackets inside brackets; pathspec means them as they are.
            warnings.simplefilter("ignore", FutureWarning)
            return GitIgnoreSpec.from_lines([glob])
    except (ValueError, re.error):
        raise BadPattern(glob) from None


def patterns_of(lines: Iterable[str]) -> GitIgnoreSpec:
    """The patterns of a .gitignore; as in git, a line that means nothing is passed over.

    >>> patterns_of(["*.log", "/", "[z-a]"]).match_file("x.log")
    True
    """
    specs = []
    for line in lines:
        try:
            specs.append(pattern_of(line))
        except BadPattern:
            continue
    return GitIgnoreSpec([pattern for spec in specs for pattern in spec.patterns])
