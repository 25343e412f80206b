"""A document's layout: its headings and blocks as byte spans, in order and without overlap.

Reads Markdown (ATX and setext headings, fenced code, front matter) or, for reStructuredText and plain text,
titles by their underline. A block is what stands between blank lines, lists and literal code joined again. It
is a reader of structure, not a parser: inline markup is left alone, and every byte that is not white space is
in a block.
"""

from __future__ import annotations

import re
from bisect import bisect_right
from enum import IntEnum
from typing import NamedTuple


class Kind(IntEnum):
    """What a block is, as far as cutting it is concerned."""

    HEADING = 0
    TEXT = 1
    LIST = 2
    LINES = 3  # code, tables and front matter: what breaks at line ends, never at full stops


class Heading(NamedTuple):
    """A title, where its line starts, and the headings from the outermost down to itself."""

    start: int
    path: tuple[str, ...]
    parent: int  # index of the heading above, -1 without one


class Layout(NamedTuple):
    """Blocks column by column; `sections[i]` is the index of the heading that block i stands under, or -1."""

    starts: list[int]
    ends: list[int]
    kinds: list[Kind]
    sections: list[int]
    headings: list[Heading]


class _Mark(NamedTuple):
    start: int
    end: int
    level: int  # 0: no heading but a span that is kept whole
    title: bytes


# Markups whose titles are underlined with any punctuation, deeper levels being told by order of appearance.
_UNDERLINED = frozenset(("rst", "restructuredtext", "text", "plain", "plaintext"))

_ATX_OR_FENCE = re.compile(
    rb"^(?: {0,3}(#{1,6})(?=[ \t\r\n]|\Z)([^\n]*+)|[ \t>]*+(`{3,}+(?=[^`\n]*+(?:\n|\Z))|~{3,}+)[^\n]*+)",
    re.MULTILINE,
)
_FRONT_MATTER = re.compile(rb"\A---[ \t\r]*+\n(?:(?!---[ \t\r]*+(?:\n|\Z))[^\n]*+\n)*+---[ \t\r]*+(?=\n|\Z)")
_SETEXT = re.compile(rb"\n {0,3}(=++|-++)[ \t\r]*+(?=\n|\Z)")
_UNDERLINE = re.compile(rb"\n([!-/:-@\[-`{-~])\1{2,}+[ \t\r]*+(?=\n|\Z)")
_STANZA = re.compile(rb"\S[^\n]*+(?:\n[ \t\r\f\v]*\S[^\n]*+)*+")
_LIST_ITEM = re.compile(rb"[ \t]*(?:[-*+]|\xe2\x80\xa2|\d{1,9}[.)]|#\.)[ \t]")
_NOT_A_TITLE = re.compile(rb"[ ]{4}|\t|[ ]*(?:[-*+>|]|\d{1,9}[.)])(?:[ \t]|\Z)|[ ]*<|\s*\Z")
# A longer line is a paragraph that looks like a heading; the path of headings is repeated in every passage
# under it.
_MAX_TITLE_BYTES = 400
_HAS_WORD = re.compile(rb"[\w\x80-\xff]")
_INLINE = re.compile(rb"!?\[([^\[\]\n]*)\]\([^()\n]*\)|[`*]+|(?<!\w)_+|_+(?!\w)|\{#[^}\n]*\}")
_CLOSING_HASHES = re.compile(rb"(?:^|[ \t])#+[ \t]*\Z")


def _title(raw: bytes) -> str:
    """A heading's words without the marks around them: link targets, emphasis, closing hashes, anchors."""
    plain = _INLINE.sub(lambda match: match[1] or b"", _CLOSING_HASHES.sub(b"", raw.strip()))
    return " ".join(plain.decode("utf-8", "replace").split())


def _fence_end(data: bytes, fence: bytes, start: int) -> int:
    """Where the fenced block ends that opened before `start`; an unclosed one ends with the document."""
    closing = re.compile(rb"\n[ \t>]*+[%b]{%d,}+[ \t\r]*+(?=\n|\Z)" % (fence[:1], len(fence))).search(
        data, start
    )
    return closing.end() if closing else len(data)


def _is_title(line: bytes) -> bool:
    return len(line) <= _MAX_TITLE_BYTES and _HAS_WORD.search(line) is not None


def _atx_and_fences(data: bytes) -> list[_Mark]:
    marks = []
    front = _FRONT_MATTER.match(data)
    if front:
        marks.append(_Mark(0, front.end(), 0, b""))
    at = front.end() if front else 0
    while match := _ATX_OR_FENCE.search(data, at):
        hashes, title, fence = match.groups()
        if hashes and len(title) > _MAX_TITLE_BYTES:
            at = match.end()
        elif hashes:
            marks.append(_Mark(match.start(), match.end(), len(hashes), title))
            at = match.end()
        else:
            at = _fence_end(data, fence, match.end())
            marks.append(_Mark(match.start(), at, 0, b""))
    return marks


def _line_before(data: bytes, newline: int) -> int:
    return data.rfind(b"\n", 0, newline) + 1


def _markdown_marks(data: bytes) -> list[_Mark]:
    marks = _atx_and_fences(data)
    taken = [mark.start for mark in marks]
    found = list(marks)
    for match in _SETEXT.finditer(data):
        start = _line_before(data, match.start())
        title = data[start : match.start()]
        before = bisect_right(taken, start) - 1
        if (before >= 0 and marks[before].end > start) or not _is_title(title) or _NOT_A_TITLE.match(title):
            continue
        found.append(_Mark(start, match.end(), 1 if match[1][:1] == b"=" else 2, title))
    return sorted(found)


def _is_width(title: bytes, underline: bytes) -> bool:
    """Whether an underline is about as long as its title, in characters."""
    # docutils takes a shorter one too, and warns; a quarter is the slip of a title edited later, less is a
    # rule.
    return len(underline.rstrip()) >= 0.75 * len(title.strip().decode("utf-8", "replace"))


def _underlined_marks(data: bytes) -> list[_Mark]:
    styles: dict[tuple[bytes, bool], int] = {}
    marks: list[_Mark] = []
    for match in _UNDERLINE.finditer(data):
        start = _line_before(data, match.start())
        title, underline = data[start : match.start()], data[match.start() + 1 : match.end()]
        if not _is_title(title) or title[:1] == b"\t" or not _is_width(title, underline):
            continue
        above = _line_before(data, start - 1) if start else 0
        has_overline = start > 0 and data[above:start].rstrip() == underline.rstrip()
        # An indented line over a rule is a table or a quotation, unless a line above it says that it is a
        # title.
        if title[:1] == b" " and not has_overline:
            continue
        level = styles.setdefault((match[1], has_overline), len(styles) + 1)
        marks.append(_Mark(above if has_overline else start, match.end(), level, title))
    return marks


def _kind(data: bytes, start: int, text: int) -> Kind:
    first = data[text : text + 1]
    if first == b"|" or data[text : text + 2] in (b"+-", b"+="):
        return Kind.LINES
    if _LIST_ITEM.match(data, text):
        return Kind.LIST
    is_indented = text - start >= 4 or data[start : start + 1] == b"\t"
    return Kind.LINES if is_indented else Kind.TEXT


class _Blocks:
    """The layout under construction: blocks are added in order, headings open sections."""

    def __init__(self, data: bytes, has_literals: bool) -> None:
        self.data = data
        self.has_literals = has_literals
        self.layout = Layout([], [], [], [], [])
        self._open: list[tuple[int, int]] = []
        self._is_open_literal = False

    def _section(self) -> int:
        return self._open[-1][1] if self._open else -1

    def _trim(self, start: int, end: int) -> int:
        """The end without the white space before it; the last byte tells whether there can be any."""
        return start + len(self.data[start:end].rstrip()) if self.data[end - 1] <= 32 else end

    def add(self, start: int, end: int, kind: Kind) -> None:
        starts, ends, kinds, sections, _ = self.layout
        starts.append(start)
        ends.append(self._trim(start, end))
        kinds.append(kind)
        sections.append(self._section())
        self._is_open_literal = False

    def add_heading(self, mark: _Mark) -> None:
        while self._open and self._open[-1][0] >= mark.level:
            self._open.pop()
        parent, title = self._section(), _title(mark.title)
        headings = self.layout.headings
        path = headings[parent].path if parent >= 0 else ()
        headings.append(Heading(mark.start, (*path, title) if title else path, parent))
        self._open.append((mark.level, len(headings) - 1))
        self.add(mark.start, mark.end, Kind.HEADING)

    def add_stanzas(self, start: int, end: int) -> None:
        """Blocks between two marks: runs of lines without a blank one, joined where they belong together."""
        data, (_, ends, kinds, *_) = self.data, self.layout
        is_first = True
        for match in _STANZA.finditer(data, start, end):
            text, stop = match.span()
            line = max(start, data.rfind(b"\n", start, text) + 1)
            is_indented = text > line
            kind = _kind(data, line, text)
            if not is_first and self._continues(kinds[-1], kind, is_indented):
                ends[-1] = self._trim(text, stop)
            else:
                self.add(line, stop, kind)
                self._is_open_literal = self.has_literals and data.startswith(b".. ", text)
            is_first = False
            if self.has_literals and data.endswith(b"::", text, stop - (data[stop - 1 : stop] == b"\r")):
                self._is_open_literal = True

    def _continues(self, previous: Kind, kind: Kind, is_indented: bool) -> bool:
        if previous is Kind.LIST:
            return is_indented or kind is Kind.LIST
        if previous is Kind.LINES and kind is Kind.LINES:
            return is_indented
        return is_indented and self._is_open_literal


def lay_out(data: bytes, language: str | None) -> Layout:
    """Headings and blocks of a document's UTF-8; `language` names its markup, Markdown when unknown."""
    is_underlined = language in _UNDERLINED
    marks = _underlined_marks(data) if is_underlined else _markdown_marks(data)
    blocks = _Blocks(data, has_literals=is_underlined)
    at = 0
    for mark in marks:
        if mark.start < at:
            continue
        blocks.add_stanzas(at, mark.start)
        if mark.level:
            blocks.add_heading(mark)
        else:
            blocks.add(mark.start, mark.end, Kind.LINES)
        at = mark.end
    blocks.add_stanzas(at, len(data))
    return blocks.layout
