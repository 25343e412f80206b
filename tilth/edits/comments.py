"""Comments taken out of a file, in every language with a grammar.

A comment on lines of its own goes with them, one behind code goes with the blanks before it, and one between two
tokens leaves a blank, or a line feed if it had one (JavaScript and Go end statements there). What machines read stays:
a shebang, an encoding, and comments for linters, type checkers, compilers and coverage. `invert` of the edits tells
where each stood. Not covered: comments inside macros of C and inside strings.
"""

from __future__ import annotations

import re
from functools import cache
from typing import TYPE_CHECKING

from tilth.edits.edit import Edit
from tilth.edits.source import Source, captured, grammar_of_source, line_end, line_start

if TYPE_CHECKING:
    from tree_sitter import Language

_MARK = rb"(?:#+|//[/!]?|/\*+|--|<!--)\s*"
# Comments that a tool obeys, by how they begin.
_FOR_MACHINES = re.compile(
    rb"(?i)" + _MARK + rb"(?:"
    rb"type:|noqa|nosec|pylint|pragma|fmt:|yapf|isort|mypy|pyright|ruff|flake8|pytype|cython:|distutils:|"
    rb"-\*-|vim?:|encoding:|frozen_string_literal|warn_indent|shareable_constant_value|rubocop|typed:|"
    rb"eslint|@ts-|@jsx|@flow|@noflow|\$flow|prettier|istanbul|c8 |v8 |webpack|[#@]__pure__|jshint|jslint|globals? |"
    rb"<reference|<amd|[#@] ?sourcemappingurl|"
    rb"go:|export |\+build|line |nolint|cgo|rustfmt|clang-|nolintnextline|@formatter|checkstyle|"
    rb"@phpstan|@psalm|@var|phpcs|@codecoverage|shellcheck|swiftlint|swift-tools|scalafmt|scalastyle|ktlint|resharper"
    rb")"
)
_CODING = re.compile(rb"^[ \t\f]*#.*?coding[:=]")
_LICENCE = re.compile(rb"(?i)copyright|licen[sc]e|spdx")
_C_PREAMBLE = re.compile(rb"\s*import\s+\"C\"")


@cache
def _comment_pattern(grammar: Language) -> str:
    """A query for every kind of node of the grammar that is a comment."""
    kinds = {
        grammar.node_kind_for_id(number)
        for number in range(grammar.node_kind_count)
        if grammar.node_kind_is_named(number) and grammar.node_kind_is_visible(number)
    }
    names = sorted(kind for kind in kinds if kind and kind.endswith("comment"))
    # Rust names the words of a documentation comment too; HTML of a script begins like a comment.
    return " ".join(f"({name}) @comment" for name in names if name not in ("doc_comment", "html_comment"))


def comment_spans(source: Source, start: int = 0, end: int | None = None) -> list[tuple[int, int]]:
    """Every comment inside the span, without the line feed that some grammars count to it."""
    spans: list[tuple[int, int]] = []
    pattern = _comment_pattern(grammar_of_source(source))
    for node in captured(source, pattern, start, end) if pattern else []:
        parent = node.parent
        if parent is not None and parent.type in ("preproc_def", "preproc_function_def", "preproc_arg"):
            continue
        stop = node.end_byte
        while stop > node.start_byte and source.text[stop - 1 : stop] in (b"\n", b"\r"):
            stop -= 1
        # A comment inside a comment (Swift, Kotlin) goes with the outer one.
        if not spans or node.start_byte >= spans[-1][1]:
            spans.append((node.start_byte, stop))
    return spans


def strip_comments(
    source: Source, start: int = 0, end: int | None = None, *, keep_licence: bool = True
) -> list[Edit]:
    """Edits that take out the comments inside the span, one an edit, in order.

    With `keep_licence` the comments before the first code stay if they speak of a licence or of copyright.
    """
    spans = comment_spans(source, start, end)
    head = _head_end(source.text, spans) if keep_licence else 0
    is_licence = keep_licence and bool(_LICENCE.search(source.text[:head]))
    return [
        _removal(source.text, first, last)
        for first, last in spans
        if not (is_licence and last <= head) and not _is_for_machines(source, first, last)
    ]


def _head_end(text: bytes, spans: list[tuple[int, int]]) -> int:
    """Where the comments before the first code end; 0 without any."""
    reached = 0
    for start, end in spans:
        if text[reached:start].strip(b" \t\r\n\xef\xbb\xbf"):
            break
        reached = end
    return reached


def _is_for_machines(source: Source, start: int, end: int) -> bool:
    text = source.text
    comment = text[start:end]
    if comment.startswith(b"#!") or _FOR_MACHINES.match(comment):
        return True
    if text.count(b"\n", 0, start) < 2 and _CODING.match(comment):
        return True
    return source.language == "go" and bool(_C_PREAMBLE.match(text, end))


def _removal(text: bytes, start: int, end: int) -> Edit:
    head, tail = line_start(text, start), line_end(text, end)
    is_first, is_last = not text[head:start].strip(), not text[end:tail].strip()
    if is_first and is_last:
        return Edit(head, tail, b"")
    if is_last:
        return Edit(start - (len(text[:start]) - len(text[head:start].rstrip(b" \t")) - head), end, b"")
    if b"\n" in text[start:end]:
        return Edit(start, end, b"" if is_first else b"\n")
    if text[start - 1 : start].isspace() or is_first:
        return Edit(start, end + len(text[end:tail]) - len(text[end:tail].lstrip(b" \t")), b"")
    return Edit(start, end, b"" if text[end : end + 1].isspace() else b" ")
