"""Parameters and return type of a function, read from the one line of its signature.

The signature is split at its brackets and commas, strings and generics heeded; how a language orders name, type
and default is its `style`. It is read as text because the line is at hand and most lines repeat: a query for the
same costs seven nodes a function. A pattern instead of a name (`{a, b}`) keeps its text.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

_PAIRS = {"(": ")", "[": "]", "{": "}", "<": ">"}
_CLOSING = frozenset(_PAIRS.values())
_QUOTES = "\"'`"
# Of each kind of bracket what its end depends on.
_INSIDE = {
    opening: re.compile("[" + re.escape(opening + closing) + _QUOTES + "]")
    for opening, closing in _PAIRS.items()
}
# The rest of a string, by its quote.
_REST_OF_STRING = {
    quote: re.compile(rf"[^{quote}\\]*+(?:\\.[^{quote}\\]*+)*+{quote}", re.DOTALL) for quote in _QUOTES
}
_MARKS_AT_TOP = {mark: re.compile(rf"[][(){{}}<>\"'`{mark}]") for mark in ",=:"}
_ANY_BRACKET = re.compile(r"[][(){}<>\"'`]")
_WORD = re.compile(r"[$@&*]*[^\W\d][\w$]*[?!]?")
# What stands before a parameter's name or type and is neither.
_MODIFIERS = re.compile(
    r"^(?:(?:@[\w.]+(?:\([^()]*\))?|#?\[[^\]]*\]|public|private|protected|internal|readonly|final|const|static|"
    r"override|open|lateinit|vararg|crossinline|noinline|params|ref|out|in|this|scoped|implicit|using|inline|"
    r"register|mut|val|var|let|abstract|async|virtual|extern|sealed|unsafe|partial|new|default|synchronized|"
    r"native|strictfp|transient|volatile|inout|isolated|consuming|borrowing|explicit|friend|constexpr|consteval|"
    r"constinit|_Noreturn|__inline__|__inline|PHP_METHOD)\s+)+"
)


# Parts of signatures repeat in a repository much more than signatures do: `self`, `public static void`.
_memo = lru_cache(maxsize=8192)


class Parameters(NamedTuple):
    """A function's parameters, one entry of each tuple a parameter, and what it returns."""

    names: tuple[str, ...]
    types: tuple[str | None, ...]
    defaults: tuple[str | None, ...]
    returns: str | None


def _end_of_string(text: str, start: int) -> int:
    """Offset behind the string that opens at `start`; that of the next character when it never closes."""
    found = _REST_OF_STRING[text[start]].match(text, start + 1)
    return found.end() if found else start + 1


def split_top(text: str, mark: str) -> list[str]:
    """Pieces of a text between the marks that stand in no bracket and no string.

    >>> split_top("a: Dict[str, int] = f(1, ','), b", ",")
    ["a: Dict[str, int] = f(1, ',')", ' b']
    """
    if mark not in text:
        return [text]
    if mark == "," and _ANY_BRACKET.search(text) is None:
        return text.split(mark)
    pieces, depth, last = [], 0, 0
    search = _MARKS_AT_TOP[mark].search
    found = search(text)
    while found:
        at, char = found.start(), found[0]
        behind = at + 1
        if char in _QUOTES:
            behind = _end_of_string(text, at)
        elif char in _PAIRS:
            depth += 1
        elif char in _CLOSING:
            if char != ">" or text[at - 1 : at] not in ("-", "="):
                depth = max(0, depth - 1)
        elif not depth and not _is_comparison(text, at):
            pieces.append(text[last:at])
            last = behind
        found = search(text, behind)
    pieces.append(text[last:])
    return pieces


def _is_comparison(text: str, at: int) -> bool:
    """Whether a mark is part of a longer operator: `==`, `=>`, `::`."""
    if text[at] not in "=:":
        return False
    return text[at + 1 : at + 2] in ("=", ">", ":") or text[at - 1 : at] in ("=", "!", "<", ">", ":")


def _closed(text: str, start: int) -> int:
    """Offset of the bracket that closes the one at `start`; the text's length without one."""
    opening = text[start]
    search = _INSIDE[opening].search
    depth, found = 1, search(text, start + 1)
    while found:
        at, char = found.start(), found[0]
        behind = at + 1
        if char in _QUOTES:
            behind = _end_of_string(text, at)
        elif char == opening:
            depth += 1
        elif char != ">" or text[at - 1] not in "-=":
            depth -= 1
            if not depth:
                return at
        found = search(text, behind)
    return len(text)


def parameters_of(style: str, signature: str, name: str) -> Parameters:
    """What a function takes and returns.

    Styles: `name_first`, `ecmascript` (so too, and `x => …`), `type_first`, `php` (so too, and the type returned is
    last), `go`, `ruby`, `none`.

    >>> parameters_of("name_first", "def f(a, *b: int, c: str = ',') -> List[int]", "f")
    Parameters(names=('a', '*b', 'c'), types=(None, 'int', 'str'), defaults=(None, None, "','"), returns='List[int]')
    >>> parameters_of("type_first", "static Map<K, V> f(final int a, T... b)", "f")
    Parameters(names=('a', 'b'), types=('int', 'T...'), defaults=(None, None), returns='Map<K, V>')
    >>> parameters_of("go", "func (s *S) f(a, b int, c ...T) (int, error)", "f").types
    ('int', 'int', '...T')
    """
    if style == "none":
        return Parameters((), (), (), None)
    head, inner, tail = _parts(signature, name, style)
    if inner is None:
        one = _WORD.fullmatch(tail.strip()) if style == "ecmascript" else None
        if one:
            return Parameters((one[0],), (None,), (None,), None)
        returns = None if style in ("ecmascript", "type_first") else _returns_after(tail, style)
        return Parameters((), (), (), returns)
    returns = _returns_before(head) if style == "type_first" else _returns_after(tail, style)
    if name == "constructor":
        # Kotlin's delegates behind a colon, and JavaScript's returns nothing.
        returns = None
    return Parameters(*_read(style, inner), returns)


@_memo
def _read(style: str, inner: str) -> tuple[tuple[str, ...], tuple[str | None, ...], tuple[str | None, ...]]:
    """Names, types and defaults of the parameters between the brackets."""
    pieces = [piece for piece in map(str.strip, split_top(inner, ",")) if piece]
    if style == "go":
        found = _go(pieces)
    else:
        read = {"type_first": _type_first, "php": _type_first, "ruby": _ruby}.get(style, _name_first)
        found = [read(piece) for piece in pieces if piece not in ("void", "/", "*")]
    if not found:
        return (), (), ()
    names, types, defaults = zip(*found, strict=True)
    return names, types, defaults


# Between a name and its parameters where a function is a value.
_BETWEEN = re.compile(
    r"\s*(?:[=:]\s*(?=async|function|\(|<|\w+$))?(?:async\b\s*)?(?:function\b\s*\*?\s*\w*)?\s*"
)


def _parts(signature: str, name: str, style: str) -> tuple[str, str | None, str]:
    """The text before the name, that between the parameters' brackets (None without), and that behind them."""
    place = _name_place(signature, name, style)
    head, at = signature[:place], place + len(name)
    if signature[at : at + 1] != "(":
        rest = _BETWEEN.match(signature, at)
        at = rest.end() if rest else at
    if signature[at : at + 1] in ("<", "["):
        at = _closed(signature, at) + 1
        at += len(signature[at:]) - len(signature[at:].lstrip())
    if signature[at : at + 1] != "(":
        return head, None, signature[at if style == "ecmascript" else place + len(name) :].removesuffix("=>")
    inner, rest_at = [], at
    while signature[rest_at : rest_at + 1] == "(" and (rest_at == at or style == "name_first"):
        end = _closed(signature, rest_at)
        inner.append(signature[rest_at + 1 : end])
        rest_at = end + 1
    return head, ",".join(inner), signature[rest_at:]


def _name_place(signature: str, name: str, style: str) -> int:
    """Where the name stands as a word, before what may follow a name."""
    start = signature.find(")") + 1 if style == "go" and signature.startswith("func (") else 0
    place = signature.find(name, start) if name else -1
    while place >= 0:
        end = place + len(name)
        before = signature[place - 1 : place]
        if not (before.isalnum() or before in ("_", "$")) or not place:
            follows = signature[end : end + 2].lstrip()[:1]
            if follows in _AFTER_NAME or not follows:
                return place
        place = signature.find(name, end)
    place = signature.find("(", start)
    return place - len(name) if place >= len(name) else 0


_AFTER_NAME = ("(", "<", "[", "=", ":")


def _name_first(piece: str) -> tuple[str, str | None, str | None]:
    """`name: type = default`, or `label name: type` as in Swift."""
    if piece.isidentifier():
        return piece, None, None
    if piece[0] in "@#[" or " " in piece.split(":", 1)[0].split("=", 1)[0].rstrip():
        piece = _MODIFIERS.sub("", piece)
    declared, *default = split_top(piece, "=")
    label, *kind = split_top(declared, ":")
    words = label.split()
    is_pattern = label.strip()[:1] in _PAIRS
    name = label.strip() if is_pattern or not words else words[-1]
    return name, ":".join(kind).strip() or None, "=".join(default).strip() or None


_MARKS = re.compile(
    r"^(?:@[\w.]+(?:\([^()]*\))?\s*|\[[^\]]*\]\s*|final\s+|(?:public|private|protected)\s+|readonly\s+)+"
)
_POINTED = re.compile(r"\(\s*[*&^]\s*(\w+)\s*\)")
_LAST_WORD = re.compile(r"([$]?[^\W\d]\w*)((?:\s*\[[^\]]*\])*)$")


def _type_first(piece: str) -> tuple[str, str | None, str | None]:
    """`type name = default`; a type alone has an empty name."""
    piece = _MARKS.sub("", piece)
    declared, *default = split_top(piece, "=")
    declared = declared.strip()
    function = _POINTED.search(declared)
    found = _LAST_WORD.search(declared)
    value = "=".join(default).strip() or None
    if function:
        return function[1], declared, value
    if found is None or (not found.start() and not declared.startswith("$")):
        return "", declared or None, value
    kind = (declared[: found.start()].strip() + found[2].strip()).strip()
    if kind.endswith("::"):
        return "", declared, value
    return found[1], kind or None, value


def _ruby(piece: str) -> tuple[str, str | None, str | None]:
    """`name`, `name = default`, `name:`, `name: default`, with `*`, `**` and `&` kept."""
    name, *default = split_top(piece, "=")
    if not default:
        name, *default = split_top(piece, ":")
    return name.strip(), None, "=".join(default).strip() or None


def _go(pieces: list[str]) -> list[tuple[str, str | None, str | None]]:
    """Go's groups: in `a, b int` both have the type; in `int, error` neither has a name."""
    if not any(re.match(r"\w+\s+\S", piece) for piece in pieces):
        return [("", piece, None) for piece in pieces]
    found: list[tuple[str, str | None, str | None]] = []
    kind: str | None = None
    for piece in reversed(pieces):
        name, _, own = piece.partition(" ")
        kind = own.strip() or kind
        found.append((name, kind, None))
    return found[::-1]


_RETURNS = re.compile(r"(?:(?:async|throws|rethrows|const|noexcept|mutating)\s*)*(?:->|:)\s*(.+)$")


@_memo
def _returns_after(tail: str, style: str) -> str | None:
    tail = tail.strip()
    if style == "go":
        return tail or None
    found = _RETURNS.match(tail) if tail else None
    if found is None:
        return None
    kind = found[1].split(" where ", 1)[0].strip()
    if kind.endswith("="):
        kind = kind[:-1]
    return kind.removesuffix("=>").strip(" :=") or None


_TEMPLATE = re.compile(r"^template\s*<.*?>\s+(?=\w)")
_SCOPES = re.compile(r"(?:[\w<>]+::)+~?$")


@_memo
def _returns_before(head: str) -> str | None:
    head = head.strip()
    if head.startswith("template"):
        head = _TEMPLATE.sub("", head)
    if head.endswith(("::", "::~")):
        head = _SCOPES.sub("", head)
    kind = _MODIFIERS.sub("", head.strip() + " ").strip()
    kind = kind.removesuffix("operator").rstrip("~ ")
    if kind.count("(") != kind.count(")"):
        return None
    # Type parameters of a generic method stand before its type.
    if kind.startswith("<"):
        kind = kind[_closed(kind, 0) + 1 :].strip()
    return kind or None
