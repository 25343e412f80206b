"""A text that was parsed once, and what every edit asks of it.

Whoever has a tree already makes a `Source` of it; `read_source` parses. Offsets are bytes of the whole file.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.edit import Edit, apply
from tilth.syntax.grammars import parse, parser_for

if TYPE_CHECKING:
    from tree_sitter import Language, Node, Parser, Query, Tree


class Source(NamedTuple):
    """A file's text, its language as `documents.language` names it, and its tree; the parser is the caller's own."""

    text: bytes
    language: str
    parser: Parser
    tree: Tree

    @property
    def root(self) -> Node:
        """The node that spans the file."""
        return self.tree.root_node

    def slice(self, node: Node) -> bytes:
        """The text of a node."""
        return self.text[node.start_byte : node.end_byte]

    def after(self, edits: list[Edit]) -> Source:
        """The source with its text edited and parsed anew."""
        text = apply(self.text, edits)
        return self._replace(text=text, tree=parse(self.parser, text))


class Refusal(NamedTuple):
    """Why an edit was not made: a machine-readable reason, and what it was about."""

    reason: str
    detail: str = ""


def read_source(text: bytes, language: str, path: str = "") -> Source | None:
    """Parse UTF-8 text; None for a language without a grammar. Raises `ParseTimeout`."""
    parser = parser_for(language, path)
    return None if parser is None else Source(text, language, parser, parse(parser, text))


@cache
def compiled(grammar: Language, pattern: str) -> Query:
    """A query, compiled once a grammar."""
    from tree_sitter import Query

    return Query(grammar, pattern)


def grammar_of_source(source: Source) -> Language:
    """The grammar of a source's tree."""
    grammar = source.parser.language
    assert grammar is not None
    return grammar


def captured(source: Source, pattern: str, start: int = 0, end: int | None = None) -> list[Node]:
    """Nodes that a query captures inside the span, whatever the capture's name, in the order of the text."""
    from tree_sitter import QueryCursor

    end = len(source.text) if end is None else end
    cursor = QueryCursor(compiled(grammar_of_source(source), pattern))
    cursor.set_byte_range(start, end)
    found = {
        (node.start_byte, node.end_byte): node
        for nodes in cursor.captures(source.root).values()
        for node in nodes
        if node.start_byte >= start and node.end_byte <= end
    }
    return [found[span] for span in sorted(found)]


def walk(node: Node) -> Iterator[Node]:
    """The node and all below it, in the order of the text. Does not recurse."""
    waiting = [node]
    while waiting:
        node = waiting.pop()
        yield node
        waiting.extend(reversed(node.children))


def unit_node(source: Source, start: int, end: int) -> Node:
    """The node of the unit at the bytes; blanks around it do not count.

    Where the span holds several siblings (attributes of Rust before their function) it is the longest of them, and
    where it is no unit at all the smallest node around it.
    """
    node = source.root.descendant_for_byte_range(start, max(start, end - 1)) or source.root
    if is_within(source, node, start, end):
        return node
    inside = [child for child in node.children if is_within(source, child, start, end)]
    return max(inside, key=lambda child: child.end_byte - child.start_byte, default=node)


def is_within(source: Source, node: Node, start: int, end: int) -> bool:
    """Whether a node leaves the span by nothing but blanks."""
    return not source.text[node.start_byte : start].strip() and not source.text[end : node.end_byte].strip()


def error_count(node: Node) -> int:
    """How often the parser had to guess below a node.

    A tree without errors is told by one flag; only others are walked.
    """
    if not node.has_error:
        return 0
    return sum(1 for inner in walk(node) if inner.is_error or inner.is_missing)


def line_start(text: bytes, offset: int) -> int:
    """Where the line of an offset begins."""
    return text.rfind(b"\n", 0, offset) + 1


def line_end(text: bytes, offset: int) -> int:
    """Where the line of an offset ends, its line feed included."""
    found = text.find(b"\n", offset)
    return len(text) if found < 0 else found + 1


def stands_alone(text: bytes, start: int, end: int) -> bool:
    """Whether the span shares its lines with nothing but blanks."""
    return not text[line_start(text, start) : start].strip() and not text[end : line_end(text, end)].strip()


def lines_removed(text: bytes, start: int, end: int) -> Edit | None:
    r"""The edit that takes away the lines of a span; None when something else stands on them.

    >>> lines_removed(b"a\n  b\nc", 4, 5), lines_removed(b"a; b", 3, 4)
    (Edit(start=2, end=6, replacement=b''), None)
    """
    if not stands_alone(text, start, end):
        return None
    return Edit(line_start(text, start), line_end(text, end), b"")


_WORD = re.compile(rb"\w+")


def comment_or_string_words(source: Source, unit: Node, *, are_comments_said: bool = True) -> set[bytes]:
    """Words that stand in strings below a node, and in comments unless these do not count."""
    said: set[bytes] = set()
    waiting = [unit]
    while waiting:
        node = waiting.pop()
        if "string" in node.type or (are_comments_said and node.type.endswith("comment")):
            said.update(_WORD.findall(source.slice(node)))
        else:
            waiting.extend(node.children)
    return said
