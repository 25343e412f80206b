"""Whether a docstring says enough to write the code from it: every parameter, and what is returned."""

from __future__ import annotations

import re

from tasks.generate.protocol import View

# CodeSearchNet (arXiv 1909.09436) drops documentation of fewer than three words; code needs more to be made from.
_MIN_WORDS = 5
_RECEIVERS = frozenset(("self", "cls", "this", "_", ""))
_NAME = re.compile(r"\w+")
_RETURNS = re.compile(
    r"(?i)\breturn|\byield|\bresult|\bgives?\b|->|\bevaluates? to\b|\bwhether\b|\bproduces?\b"
)
# `return` with a value, or an expression without one where a language gives back its last value.
_VALUE = re.compile(rb"\b(?:return|yield)\b[ \t]*(?![ \t]*(?:[;}\n#]|//|None\b|$))")
_NOTHING = frozenset(("", "none", "void", "()", "unit", "noreturn", "never", "undefined", "promise<void>"))


def docstring_gap(view: View) -> str | None:
    """What keeps the unit's docstring from being a specification, as a reason; None when nothing does."""
    unit = view.unit
    if unit.kind not in ("function", "method"):
        return "not_a_function"
    if unit.body_start is None or unit.body_end is None:
        return "no_body"
    if not unit.docstring or unit.docstring_start is None:
        return "no_docstring"
    if len(unit.docstring.split()) < _MIN_WORDS:
        return "docstring_too_short"
    return _what_is_missing(view, unit.docstring, view.text[unit.body_start : unit.body_end])


def _what_is_missing(view: View, docstring: str, body: bytes) -> str | None:
    facts = view.file.facts[view.unit.unit_id]
    said = set(_NAME.findall(docstring.lower()))
    names = ((parameter["name"] or "").lower() for parameter in facts.parameters)
    if any(not says_name(said, name) for name in names):
        return "parameter_not_documented"
    if gives_value(body, facts.return_type, view.file.language) and not _RETURNS.search(docstring):
        return "return_not_documented"
    return None


def says_name(said: set[str], name: str) -> bool:
    """Whether a parameter's name, its marks aside, is among the words; a receiver need not be.

    >>> says_name({"path", "of"}, "*path"), says_name({"path"}, "self"), says_name({"path"}, "mode")
    (True, True, False)
    """
    words = _NAME.findall(name)
    return all(word in said or word in _RECEIVERS for word in words)


def gives_value(body: bytes, return_type: str | None, language: str) -> bool:
    """Whether a function gives something back: by its type if it has one, else by its words.

    >>> gives_value(b"return", None, "python"), gives_value(b"return a", None, "python")
    (False, True)
    >>> gives_value(b"a + b", "int", "rust"), gives_value(b"log(a)", "void", "java")
    (True, False)
    """
    if return_type is not None:
        return return_type.strip().lower() not in _NOTHING
    return language == "ruby" or bool(_VALUE.search(body))
