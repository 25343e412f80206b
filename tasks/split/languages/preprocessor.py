"""What C and C++ are before the preprocessor has run, made readable for a grammar that does not run it.

Every text keeps its length. Of a conditional whose branches are no whole statements (`if (a) {` in two versions) the
first branch stays and the others are masked, as Ctags reads it; macros that stand where the language has no
place for a word or a call are masked, and one that opens a body gets a type to its left, so that it is read
as the head of a function.
"""

from __future__ import annotations

import re
from itertools import pairwise

from tasks.split.unit import retreat

# What holds definitions: what the parser reads well in one of its children is left as it is. A class is one part.
HOLDERS = frozenset(
    (
        "translation_unit",
        "namespace_definition",
        "linkage_specification",
        "declaration_list",
        "preproc_if",
        "preproc_ifdef",
        "preproc_else",
        "preproc_elif",
    )
)
# Directives of conditionals, with their continued lines.
_CONDITIONAL = re.compile(rb"#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b[^\n\\]*(?:\\(?:\r?\n|.)[^\n\\]*)*")
# Strings, characters and comments, whose brackets do not count; the rest of a line that ends in none is no string.
_QUOTED = re.compile(
    rb"//[^\n]*|/\*(?:.*?\*/|.*)|\"[^\"\\\n]*(?:\\.[^\"\\\n]*)*\"|'[^'\\\n]*(?:\\.[^'\\\n]*)*'", re.DOTALL
)
# To round brackets, and all bytes that are none.
_ROUND = bytes.maketrans(b"{}", b"()")
_NO_BRACKETS = bytes(byte for byte in range(256) if byte not in b"{}()")
# Of what may stand before a conditional between statements; nothing, too.
_ENDS = b";{}:>"
_NOT_LINE = re.compile(rb"[^\r\n]")
# Macros' names are capitals; types' may be too (`FILE`), so an underscore is asked for.
_MACRO = re.compile(rb"\b[A-Z][A-Z0-9]*_[A-Z0-9_]+")
_ARGUMENTS = rb"[ \t]*\((?:[^();{}]|\([^();{}]*\))*\)"
_CALL = re.compile(_ARGUMENTS)
# `class EXPORTED Name {`
_EXPORTED = re.compile(
    rb"(class|struct|union)((?:[ \t]+[A-Z][A-Z0-9_]{2,}(?:"
    + _ARGUMENTS
    + rb")?)+)(?=\s+[A-Za-z_]\w*[\w:<>]*\s*(?:final\s*)?[:{])"
)
# What the grammar has no rule for, and is no macro: `int* lib_nonnull a`, and `a = {}` of a parameter.
_NULLABLE = re.compile(rb"([*&][ \t]*)\w*_(?:[nN]onnull|[nN]ullable)\b")
_EMPTY = re.compile(rb"=[ \t]*\{\}(?=\s*[,)])")
# `TEST_BEGIN(name) {` at the margin: an empty line before it becomes a type.
_HEAD = re.compile(rb"\n(?=\n[A-Z][A-Z0-9]*_[A-Z0-9_]+" + _ARGUMENTS + rb"[ \t]*\n?\{)")
# What follows a macro: a body or the end, two words more, a name and its parameters, the next line's statement.
_OPENED = re.compile(rb"\s*[{;]")
_TWO_WORDS = re.compile(rb"\s+[A-Za-z_]\w*(?:::\w+)*(?:<[^<>\n]*>)?[\s*&]+[A-Za-z_~:*&]")
_CONSTRUCTOR = re.compile(rb"\s+\w+\(")
_NEXT_LINE = re.compile(rb"[ \t]*\r?\n\s*[^\s{;,:.=?&|+)\]-]")
# Before a macro there is no part of a word or path.
_INSIDE = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_.>")
_DECLARATOR_END = frozenset(b"abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789_)")
# Real code nests conditionals less than twenty deep and has lines of a few hundred bytes; beyond that a look around
# would take the square of the file.
_DEEPEST, _LINE_BYTES = 64, 2048
_OPENING = ord("(")
# Annotations of a function on a line of their own are indented deeper than a class's members.
_DEEP = 4


def flatten(data: bytes) -> bytes:
    r"""Without the conditionals that tear a statement or a definition.

    >>> flatten(b"#if A\nif (a) {\n#else\nif (b) {\n#endif\n}\n")
    b'     \nif (a) {\n     \n        \n      \n}\n'
    >>> flatten(b"#if A\nint a;\n#endif\n")
    b'#if A\nint a;\n#endif\n'
    """
    if b"#" not in data:
        return data
    plain = _QUOTED.sub(lambda found: b" " * len(found[0]), data)
    masked: list[tuple[int, int]] = []
    open_groups: list[list[tuple[int, int]]] = []
    for found in _CONDITIONAL.finditer(plain):
        line = _line(plain, found.start())
        if line < 0 or plain[line : found.start()].strip():
            continue
        if len(open_groups) > _DEEPEST:
            return data
        if found[1].startswith(b"if"):
            open_groups.append([found.span()])
        elif open_groups:
            open_groups[-1].append(found.span())
            if found[1] == b"endif":
                masked += _torn(plain, open_groups.pop())
    return _without(data, masked)


def _line(data: bytes, place: int) -> int:
    """Start of the line; -1 when it is too far back for a macro or a directive to be looked at."""
    reach = max(0, place - _LINE_BYTES)
    line = data.rfind(b"\n", reach, place) + 1
    return line or (-1 if reach else 0)


def _torn(plain: bytes, directives: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What to mask of one conditional: nothing when each branch is whole."""
    branches = [(left[1], right[0]) for left, right in pairwise(directives)]
    before = plain[max(0, directives[0][0] - 256) : directives[0][0]].rstrip()
    is_between = before[-1:] in _ENDS or before[before.rfind(b"\n") + 1 :].lstrip().startswith(b"#")
    if is_between and all(_is_whole(plain[slice(*span)]) for span in branches):
        return []
    return [*directives, *branches[1:]]


def _is_whole(branch: bytes) -> bool:
    brackets = branch.translate(_ROUND, _NO_BRACKETS)
    # Innermost pairs go first; what is left of real code after a few rounds is nothing, or is torn.
    for _ in range(_DEEPEST):
        if b"()" not in brackets:
            return not brackets
        brackets = brackets.replace(b"()", b"")
    depth = 0
    for bracket in brackets:
        depth += 1 if bracket == _OPENING else -1
        if depth < 0:
            return False
    return depth == 0


def _without(data: bytes, spans: list[tuple[int, int]]) -> bytes:
    if not spans:
        return data
    pieces, at = [], 0
    for start, end in sorted(spans):
        if end > at:
            pieces += [data[at : max(at, start)], _NOT_LINE.sub(b" ", data[max(at, start) : end])]
            at = end
    return b"".join([*pieces, data[at:]])


def _macros(data: bytes) -> list[tuple[int, int, bytes]]:
    """Spans of macros where the language has no place for them, in order, and what they are read as."""
    found: list[tuple[int, int, bytes]] = []
    at = 0
    for macro in _MACRO.finditer(data):
        start, end = macro.span()
        if start < at or (start and data[start - 1] in _INSIDE):
            continue
        call = _CALL.match(data, end)
        stop = call.end() if call else end
        line = _line(data, start)
        if line < 0:
            continue
        is_first = not data[line:start].strip()
        if _stands_alone(data, line, start, stop, is_first, call is not None):
            found.append((start, stop, b""))
        elif _TWO_WORDS.match(data, end):
            found.append((start, end, b"const"))
        elif data[start - 9 : start - 1] == b"explicit" and _CONSTRUCTOR.match(data, end):
            found.append((start, end, b""))
        else:
            continue
        at = found[-1][1]
    return found


def _stands_alone(data: bytes, line: int, start: int, stop: int, is_first: bool, is_call: bool) -> bool:
    """Whether a macro is a line of its own, or an annotation behind a declarator."""
    if is_first and line and _NEXT_LINE.match(data, stop):
        return True
    if not is_call:
        return False
    if start == line:
        return line > 0 and data[stop : stop + 1] == b";"
    if not _OPENED.match(data, stop):
        return False
    if is_first and (not line or start - line < _DEEP):
        return False
    before = retreat(data, start)
    return 0 < before < start and data[before - 1] in _DECLARATOR_END


def _as(size: int, word: bytes) -> bytes:
    return word.ljust(size) if size >= len(word) else b" " * size


def repair(data: bytes) -> bytes:
    r"""Text without torn conditionals and without macros where the language has no place for them.

    >>> repair(b"class API_EXPORT A : B {\n  int a() LOCK_S(b) { }\n  int b GUARDED_BY(c);\n};")
    b'class            A : B {\n  int a()           { }\n  int b              ;\n};'
    >>> repair(b"LIB_API int f(int a);\n\nTEST_BEGIN(a) {\n}\n")
    b'const   int f(int a);v\nTEST_BEGIN(a) {\n}\n'
    """
    return repair_part(repair_heads(data))


def repair_heads(data: bytes) -> bytes:
    """Text whose classes and functions begin as the grammar reads them; without an error it may read them otherwise."""
    exported = _EXPORTED.sub(lambda found: found[1] + b" " * len(found[2]), data)
    return _HEAD.sub(b"v", exported)


def repair_part(data: bytes) -> bytes:
    """Text without torn conditionals and without macros in other places than heads."""
    flat = flatten(data)
    # A search for a few bytes is quicker than for a pattern, and most texts have neither.
    if b"onnull" in flat or b"ullable" in flat:
        flat = _NULLABLE.sub(lambda found: found[1].ljust(len(found[0])), flat)
    if b"{}" in flat:
        flat = _EMPTY.sub(lambda found: b" " * len(found[0]), flat)
    pieces, at = [], 0
    for start, end, word in _macros(flat):
        pieces += [flat[at:start], _as(end - start, word) if word else _NOT_LINE.sub(b" ", flat[start:end])]
        at = end
    return b"".join([*pieces, flat[at:]])
