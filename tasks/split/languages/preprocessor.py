"""What C and C++ are before the preprocessor has run, made readable for a grammar that does not run it.

Every text keeps its length. Of a conditional whose branches are no whole statements (`if (a) {` in two versions) the
first branch stays and the others are masked, as Ctags reads it; macros that stand where the language has no
place for a word or a call are masked, and one that opens a body gets a type to its left, so that it is read
as the head of a function.
"""

from __future__ import annotations

import re

# Directives of conditionals, with their continued lines.
_CONDITIONAL = re.compile(
    rb"^[ \t]*#[ \t]*(ifdef|ifndef|if|elif|else|endif)\b(?:[^\n\\]|\\\r?\n|\\.)*", re.MULTILINE
)
# Strings, characters and comments, whose brackets do not count; the rest of a line that ends in none is no string.
_QUOTED = re.compile(rb"//[^\n]*|/\*.*?\*/|\"(?:[^\"\\\n]|\\.)*\"|'(?:[^'\\\n]|\\.)*'", re.DOTALL)
_BRACKETS = re.compile(rb"[{}()]")
# Of what may stand before a conditional between statements; nothing, too.
_ENDS = b";{}:>"
_NOT_LINE = re.compile(rb"[^\r\n]")
# Macros' names are capitals; types' may be too (`FILE`), so most rules ask for an underscore.
_NAME = rb"[A-Z][A-Z0-9]*_[A-Z0-9_]+"
_ARGUMENTS = rb"\((?:[^();{}]|\([^();{}]*\))*\)"
_EXPORT = rb"(?:[ \t]+[A-Z][A-Z0-9_]{2,}(?:" + _ARGUMENTS + rb")?)+"
_MACROS = re.compile(
    # `class EXPORTED Name {`
    rb"(?:(?<=\bclass)|(?<=\bstruct)|(?<=\bunion))"
    + _EXPORT
    + rb"(?=\s+[A-Za-z_]\w*[\w:<>]*\s*(?:final\s*)?[:{])"
    # `int f() LOCKED(mutex) {`, `int a GUARDED_BY(b);`
    rb"|(?<=[\w)])(?:[ \t]+|\r?\n[ \t]{4,})" + _NAME + rb"[ \t]*" + _ARGUMENTS + rb"(?=\s*[{;])"
    # `explicit CONSTEXPR Name(`
    rb"|(?<=\bexplicit)[ \t]+" + _NAME + rb"(?=\s+\w+\()"
    # A line of its own, without a semicolon, that opens nothing; and one at the margin with a semicolon.
    rb"|(?<=\n)[ \t]*" + _NAME + rb"(?:[ \t]*" + _ARGUMENTS + rb")?[ \t]*(?=\r?\n\s*[^\s{;,:.=?&|+)\]-])"
    rb"|(?<=\n)" + _NAME + _ARGUMENTS + rb"(?=;)"
    # `int* lib_nonnull a`, and `a = {}` of a parameter, which is no macro.
    rb"|(?<=[*&])[ \t]*\w*_(?:[nN]onnull|[nN]ullable)\b|=[ \t]*\{\}(?=\s*[,)])"
)
# `API int f(`, `INLINE auto f(`: a word before two others, read as `const`.
_SPECIFIER = re.compile(
    rb"(?<![\w.>])" + _NAME + rb"(?=\s+[A-Za-z_]\w*(?:::\w+)*(?:<[^<>\n]*>)?[\s*&]+[A-Za-z_~:*&])"
)
# `TEST_BEGIN(name) {` at the margin: an empty line before it becomes a type.
_HEAD = re.compile(rb"\n(?=\n[A-Z][A-Z0-9]*_[A-Z0-9_]+[ \t]*" + _ARGUMENTS + rb"[ \t]*\n?\{)")


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
        if found[1].startswith(b"if"):
            open_groups.append([found.span()])
        elif open_groups:
            open_groups[-1].append(found.span())
            if found[1] == b"endif":
                masked += _torn(plain, open_groups.pop())
    return _without(data, masked)


def _torn(plain: bytes, directives: list[tuple[int, int]]) -> list[tuple[int, int]]:
    """What to mask of one conditional: nothing when each branch is whole."""
    branches = [(left[1], right[0]) for left, right in zip(directives, directives[1:], strict=False)]
    before = plain[max(0, directives[0][0] - 256) : directives[0][0]].rstrip()
    is_between = before[-1:] in _ENDS or before[before.rfind(b"\n") + 1 :].lstrip().startswith(b"#")
    if is_between and all(_is_whole(plain[slice(*span)]) for span in branches):
        return []
    return [*directives, *branches[1:]]


def _is_whole(branch: bytes) -> bool:
    depth = 0
    for found in _BRACKETS.finditer(branch):
        depth += 1 if found[0] in b"{(" else -1
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


def _as_const(found: re.Match[bytes]) -> bytes:
    size = len(found[0])
    return b"const".ljust(size) if size >= len(b"const") else b" " * size


def repair(data: bytes) -> bytes:
    r"""Text without torn conditionals and without macros where the language has no place for them.

    >>> repair(b"class API_EXPORT A : B {\n  int a() LOCK_S(b) { }\n  int b GUARDED_BY(c);\n};")
    b'class            A : B {\n  int a()           { }\n  int b              ;\n};'
    >>> repair(b"LIB_API int f(int a);\n\nTEST_BEGIN(a) {\n}\n")
    b'const   int f(int a);v\nTEST_BEGIN(a) {\n}\n'
    """
    bare = _MACROS.sub(lambda found: _NOT_LINE.sub(b" ", found[0]), flatten(data))
    return _HEAD.sub(b"v", _SPECIFIER.sub(_as_const, bare))
