"""Variables of a unit in a language whose scopes are not known: a careful guess that tests must confirm.

The whole unit is one scope. A name is a variable if the unit declares it and if it is never seen as a member, a key, a
label, a word inside a string or an interpolation.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tilth.edits.mutate_names import declaration_of, is_variable
from tilth.edits.mutation_tables import DIALECTS
from tilth.edits.scopes import Occurrence, Reading, Scope
from tilth.edits.source import Source, comment_or_string_words, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_MACRO = re.compile(rb"^[ \t]*#[ \t]*define[^\n]*(?:(?<=\\)\r?\n[^\n]*)*", re.MULTILINE)
_WORD = re.compile(rb"\w+")
# They make variables of text, or text of variables.
_REFLECTION = frozenset((b"extract", b"eval", b"binding", b"get_defined_vars"))


def read_anywhere(source: Source, unit: Node, _start: int, _end: int) -> Reading:
    """Every name that looks like a variable of the unit."""
    reading = Reading(source)
    dialect = DIALECTS.get(source.language)
    if dialect is None:
        reading.refuse("no_scopes", f"variables of {source.language} are not known")
        return reading
    scope = Scope("function")
    for node in walk(unit):
        is_reflection = not node.child_count and source.slice(node) in _REFLECTION
        if is_reflection or node.type == "dynamic_variable_name":
            reading.refuse("reads_own_names", node.type)
        if node.type not in dialect.names:
            continue
        # The sigil of PHP is no part of the name.
        text = source.slice(node)
        name, start = text.lstrip(b"$"), node.start_byte + len(text) - len(text.lstrip(b"$"))
        declaration = declaration_of(node, dialect)
        if declaration is not None:
            scope.bound.add(name)
            if "parameter" in declaration.type:
                reading.parameters.add(name)
        elif not is_variable(node):
            reading.fixed.add(name)
        reading.occurrences.append(Occurrence(start, name, scope, is_shorthand=False))
    reading.fixed |= comment_or_string_words(source, unit, are_comments_said=False)
    if source.language in ("c", "cpp"):
        reading.fixed |= _macro_words(source.text)
    return reading


# The file at hand is asked once a unit.
@lru_cache(maxsize=2)
def _macro_words(text: bytes) -> frozenset[bytes]:
    """Words of the macros that a file defines: they may stand for the variables of whoever uses the macro."""
    return frozenset(word for macro in _MACRO.findall(text) for word in _WORD.findall(macro))
