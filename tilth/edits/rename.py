"""Local variables and parameters of a unit under new, neutral names.

One old name becomes one new name throughout the unit wherever it is a variable of the unit. A new name occurs nowhere
in the unit's text, so that nothing is hidden or caught, and the renaming taken back is the text before. Python,
JavaScript, TypeScript and Java are read by the rules of their scopes; elsewhere a name is renamed when every one of
its occurrences looks like a variable, and the result `needs_oracle`.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from itertools import count
from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.edit import Edit
from tilth.edits.rename_anywhere import read_anywhere
from tilth.edits.scopes import Reading, owner
from tilth.edits.scopes_ecmascript import read_ecmascript
from tilth.edits.scopes_java import read_java
from tilth.edits.scopes_python import read_python
from tilth.edits.source import Refusal, Source, comment_or_string_words, is_within, unit_node

if TYPE_CHECKING:
    from tree_sitter import Node

_READERS: dict[str, Callable[[Source, Node, int, int], Reading]] = {
    "java": read_java,
    "javascript": read_ecmascript,
    "python": read_python,
    "tsx": read_ecmascript,
    "typescript": read_ecmascript,
}
_WORD = re.compile(rb"\w+")
# Names with a meaning beyond the unit, by habit or by the language.
_NEVER = frozenset((b"self", b"cls", b"this", b"_", b"arguments", b"super", b"undefined"))
# Words of two letters that some language keeps for itself; longer ones do not end in a number.
_RESERVED = frozenset(b"as do if in is or go fn of by op up".split())
_LETTERS = [bytes((code,)) for code in range(ord("a"), ord("z") + 1)]


class Renaming(NamedTuple):
    """Edits that rename; old and new names; whether only tests can tell that it is right."""

    edits: tuple[Edit, ...]
    names: tuple[tuple[bytes, bytes], ...]
    needs_oracle: bool
    mentioned: tuple[bytes, ...]
    """Old names that a comment or a string of the unit still says, which may give an answer away."""


def rename_variables(
    source: Source, start: int, end: int, seed: int, *, keep_parameters: bool = False
) -> Renaming | Refusal:
    """New names for the variables of the unit at the span: the same ones for the same seed.

    With `keep_parameters` only local variables are renamed: callers elsewhere may pass arguments by keyword. Refused:
    `no_scopes` (language), `no_unit`, `parse_errors`, `reads_own_names` (`locals()`, `eval` …), `python_2`,
    `star_import`, and `no_variables` when no name may change.
    """
    unit = unit_node(source, start, end)
    if not is_within(source, unit, start, end):
        return Refusal("no_unit", f"bytes {start} to {end} are a part of something, not a unit")
    if unit.has_error:
        return Refusal("parse_errors", f"the parser had to guess between bytes {start} and {end}")
    reading = _READERS.get(source.language, read_anywhere)(source, unit, start, end)
    if reading.refusal is not None:
        return reading.refusal
    names, edits = _renamed(source, reading, (start, end), seed, keep_parameters=keep_parameters)
    if not names:
        return Refusal("no_variables", "no name in the unit may change")
    said = comment_or_string_words(source, unit)
    return Renaming(
        tuple(edits),
        tuple(names.items()),
        source.language not in _READERS,
        tuple(name for name in names if name in said),
    )


def _renamed(
    source: Source, reading: Reading, span: tuple[int, int], seed: int, *, keep_parameters: bool
) -> tuple[dict[bytes, bytes], list[Edit]]:
    is_java = source.language == "java"
    fixed = reading.fixed | (reading.parameters if keep_parameters else set()) | _NEVER
    ours = []
    for occurrence in sorted(reading.occurrences, key=lambda one: one.start):
        scope, has_crossed = owner(occurrence, are_classes_open=is_java)
        if scope is None or scope.kind in ("class", "outer"):
            continue
        if is_java and has_crossed:
            fixed = fixed | {occurrence.name}
        ours.append(occurrence)
    begin, end = span
    taken = set(_WORD.findall(source.text[begin:end])) | reading.fixed
    new_names = _new_names(taken, seed, reading.parameters)
    names: dict[bytes, bytes] = {}
    edits = []
    for occurrence in ours:
        name = occurrence.name
        if name in fixed or not name.isascii() or not begin <= occurrence.start < end:
            continue
        if name not in names:
            names[name] = new_names(name)
        text = name + b": " + names[name] if occurrence.is_shorthand else names[name]
        edits.append(Edit(occurrence.start, occurrence.start + len(name), text))
    return names, edits


def _new_names(taken: set[bytes], seed: int, parameters: set[bytes]) -> Callable[[bytes], bytes]:
    """Gives the next name for an old one: one of four styles, never a word of the unit."""
    taken = taken | _RESERVED
    style = Random(f"{seed}").randrange(4)
    local = _series([b"v", b"var", b"", b"x"][style], taken)
    passed = _series(b"arg", taken) if style in (0, 1) else local

    def next_name(old: bytes) -> bytes:
        return next(passed if old in parameters else local)

    return next_name


def _series(prefix: bytes, taken: set[bytes]) -> Iterator[bytes]:
    """`v0`, `v1` …, or the letters and then `a1`, `b1` …, without what is taken.

    >>> series = _series(b"v", {b"v0"})
    >>> next(series), next(series)
    (b'v1', b'v2')
    """
    if prefix:
        endless = (prefix + str(number).encode() for number in count())
    else:
        endless = (
            letter + (str(number).encode() if number else b"") for number in count() for letter in _LETTERS
        )
    return (name for name in endless if name not in taken)
