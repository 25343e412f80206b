r"""Where a unit's statements stand, and what stands before them: body span, signature, docstring's words.

A body starts at its first statement or at a comment on a line of its own, with that line's indentation when
it begins the line, and ends after its last byte that is no white space: for `def f():\n    return 1` the
body is `    return 1`. Braces and the docstring are outside. A definition with nothing to say there has no
body.
"""

from __future__ import annotations

import re
from bisect import bisect_left

from tasks.split.syntax import Syntax
from tasks.split.unit import Unit, retreat, stands_alone

_NOT_SPACE = re.compile(rb"[^ \t\r\n\f\v]")
_SPACE = re.compile(r"\s+")
# What stands before the words in a line of a block comment; its fixed first character makes the search quick.
_MARGIN = re.compile(r"\n[ \t]*(?:\*+ ?)?")
_STAR = re.compile(r"\n[ \t]*\*")
# White space that is neither a space nor a newline, or that a line ends with.
_ODD_SPACE = re.compile(r"[^\S \n]| \n")
_INDENTS = re.compile(r"\n( *)[^ \n]")
_PREFIX = re.compile(r"^[rRuU]*(\"\"\"|'''|\"|')")


def body_span(data: bytes, unit: Unit, is_indented: bool) -> tuple[int, int] | None:
    """Byte span of the statements; None without any."""
    start, end = unit.body_start, unit.body_end
    if start < 0:
        return None
    if not is_indented and unit.parent is not None and data[start : start + 1] == b"{":
        closed = data[end - 1 : end] == b"}" and end - 1 > start
        start, end = start + 1, end - 1 if closed else end
    end = retreat(data, end)
    doc_end = unit.docs[-1][1] if unit.docs else -1
    if unit.docs and unit.docs[0][0] >= start:
        first = _first(data, unit, doc_end, end)
    elif is_indented and unit.parent is not None:
        first = _with_comments_above(data, unit, start)
    else:
        first = _first(data, unit, start, end)
    if first < 0 or first >= end:
        return None
    line = data.rfind(b"\n", unit.start, first) + 1
    begins_line = (line >= start or is_indented) and line >= doc_end
    if line and begins_line and not data[line:first].strip():
        return line, end
    return first, end


def _first(data: bytes, unit: Unit, start: int, end: int) -> int:
    """Offset of what comes first from `start`, past a comment that ends the same line; -1 with nothing."""
    while True:
        found = _NOT_SPACE.search(data, start, end)
        if found is None:
            return -1
        first = found.start()
        if data[first : first + 1] == b";":
            start = first + 1
            continue
        if not unit.comments or data.find(b"\n", start, first) >= 0:
            return first
        comment_end = _comment_from(unit, first)
        rest = _NOT_SPACE.search(data, comment_end, end) if comment_end > 0 else None
        if rest is None or data.find(b"\n", comment_end, rest.start()) < 0:
            return first
        start = comment_end


def _comment_from(unit: Unit, start: int) -> int:
    """End of the unit's comment that starts there; -1 without one."""
    place = bisect_left(unit.comments, (start, 0))
    if place < len(unit.comments) and unit.comments[place][0] == start:
        return unit.comments[place][1]
    return -1


def _with_comments_above(data: bytes, unit: Unit, start: int) -> int:
    """Start of the comments on lines of their own right above the first statement, or of the statement."""
    if not unit.comments:
        return start
    place = bisect_left(unit.comments, (start, 0))
    while place:
        place -= 1
        left, right = unit.comments[place]
        if data[right:start].strip() or not stands_alone(data, left):
            break
        start = left
    return start


def signature(data: bytes, unit: Unit, syntax: Syntax) -> str:
    """The definition's head on one line, without attributes, comments and what opens the body."""
    end = unit.body_start if unit.body_start >= 0 else unit.end
    if not syntax.has_bodies and unit.body_start < 0:
        line = data.find(b"\n", unit.head, end)
        end = line if line > 0 else end
    at = unit.head
    has_comments = unit.comments and unit.comments[0][0] < end
    head = _without_comments(data, unit, at, end) if has_comments else data[at:end]
    text = head.decode().rstrip(" \t\r\n{:;")
    if syntax.has_keyword_blocks and unit.body_start < 0:
        text = text.removesuffix("end").rstrip(" \t\r\n;")
    if "\n" in text or "  " in text:
        text = _SPACE.sub(" ", text).strip()
    return text[:-2].rstrip() if text.endswith("=>") else text.rstrip("=").rstrip()


def _without_comments(data: bytes, unit: Unit, at: int, end: int) -> bytes:
    pieces = []
    for left, right in unit.comments:
        if left >= end:
            break
        if left >= at:
            pieces.append(data[at:left])
            at = right
    pieces.append(data[at:end])
    return b" ".join(pieces)


def docstring_words(texts: list[str]) -> str:
    r"""Words of a docstring, given as a literal or as comments: without quotes, marks and common indentation.

    >>> docstring_words(["'''Run it.\n\n    Twice.\n    '''"])
    'Run it.\n\nTwice.'
    >>> docstring_words(["/**\n * Run it.\n *\n * Twice.\n */"]), docstring_words(["/// One", "/// two"])
    ('Run it.\n\nTwice.', 'One\ntwo')
    """
    literal = _PREFIX.match(texts[0])
    if literal:
        quote = literal[1]
        return _dedent(texts[0][literal.end() :].removesuffix(quote))
    lines: list[str] = []
    for text in texts:
        if text.startswith("/*"):
            inner = text[2:].lstrip("*!").removesuffix("*/").rstrip("* \t")
            lines.append(_without_margin(inner.replace("\r\n", "\n")).strip())
        else:
            lines += [line.lstrip("/!#").removeprefix(" ").rstrip() for line in text.split("\n")]
    return "\n".join(lines).strip()


def _without_margin(text: str) -> str:
    r"""Lines of a block comment without what stands before their words.

    >>> _without_margin("One\n * two\n ** three\n")
    'One\ntwo\nthree\n'
    """
    found = _STAR.search(text)
    if found is None:
        return _MARGIN.sub("\n", text)
    # Mostly all lines but the first have one margin, and nothing behind it looks like one.
    margin = found[0]
    is_plain = text.count(margin) == text.count("\n")
    if is_plain and f"{margin}*" not in text and f"{margin} {margin[1:]}" not in text:
        return text.replace(f"{margin} ", "\n").replace(margin, "\n")
    return _MARGIN.sub("\n", text)


def _dedent(text: str) -> str:
    if "\n" not in text:
        return text.strip()
    if _ODD_SPACE.search(text) is None:
        # The same as below, for text whose only white space is single newlines and indentation.
        margin = min(map(len, _INDENTS.findall(text)), default=0)
        return text.replace("\n" + " " * margin, "\n").strip()
    lines = text.split("\n")
    rest = [line.expandtabs() for line in lines[1:]]
    margin = min((len(line) - len(line.lstrip()) for line in rest if line.strip()), default=0)
    return "\n".join([lines[0].strip(), *(line[margin:].rstrip() for line in rest)]).strip()
