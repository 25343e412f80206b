"""Grammars that happen to be installed and that Tilth has no queries for: found by their wheel's name.

The wheel of a language is `tree_sitter_<language>` by convention; it may ship a `tags.scm`, which names
definitions. Nobody here has tried these grammars on hostile text: one may hang, so that they are to be used in
a process that can be killed.
"""

from __future__ import annotations

import sys
from functools import cache
from importlib import import_module
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from tree_sitter import Language

_PREFIX = "tree_sitter_"


@cache
def is_installed(name: str) -> bool:
    """Whether a grammar of that name is there; it is not loaded.

    >>> is_installed("no_such_language"), is_installed("../etc")
    (False, False)
    """
    return name.isidentifier() and find_spec(_PREFIX + name) is not None


def foreign_grammar(name: str) -> tuple[Language, str] | None:
    """An installed grammar and its query for tags (empty without one); None when there is none to load."""
    from tree_sitter import Language

    if not is_installed(name):
        return None
    try:
        module = import_module(_PREFIX + name)
    except ImportError:
        return None
    function = getattr(module, "language", None) or getattr(module, f"language_{name}", None)
    if function is None:
        return None
    try:
        return Language(function()), getattr(module, "TAGS_QUERY", None) or ""
    except (TypeError, ValueError):
        # Not a grammar, or of a version that the library does not read.
        return None


@cache
def foreign_packages(own: tuple[str, ...]) -> tuple[str, ...]:
    """Distributions of installed grammars beside `own`, sorted: their versions reach rows too."""
    found = set()
    for entry in map(Path, sys.path):
        if entry.name in ("site-packages", "dist-packages") and entry.is_dir():
            found |= {path.name for path in entry.glob(f"{_PREFIX}*") if path.is_dir()}
    names = {name.split("-", 1)[0].replace("_", "-") for name in found}
    return tuple(sorted(names - set(own)))
