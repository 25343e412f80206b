"""Bugs inside an expression: operators, constants, negations, awaits, ternaries."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import TYPE_CHECKING

from tilth.edits.edit import Edit
from tilth.edits.mutation import Found, Walk, found, replaced, swapped, words
from tilth.edits.mutation_tables import (
    ACCUMULATED,
    ARITHMETIC,
    ASSIGNED,
    BOUNDS,
    COMPARED,
    DEFAULTS,
    FLIPPED,
    INDEXES,
    INTEGERS,
    LOGICAL,
    OPAQUE,
)

if TYPE_CHECKING:
    from tree_sitter import Node

# Hexadecimal, octal and huge numbers are masks and magic; one more or less in them is no mistake people make.
_PLAIN_INTEGER = re.compile(rb"-?(?:0|[1-9]\d{0,8})")
_WORDS = ("in", "is", "not in", "is not")
_RANGES = {"..": b"..=", "..=": b"..", "...": b"..", "..<": b".."}
_RANGE_LANGUAGES = {"rust": ("..", "..="), "swift": ("...", "..<"), "ruby": ("...",)}


def wrong_operator(walk: Walk, node: Node) -> Iterator[Found]:
    """Another comparison, arithmetic or boolean operator; a bound that is off by one; a `+ 1` forgotten."""
    for token in node.children:
        if token.is_named and token.child_count:
            continue
        name = token.type.encode()
        if token.type in _WORDS and walk.source.language != "python":
            # `in` is an operator elsewhere too, and has no opposite of its own.
            continue
        for kind, table in (
            ("off_by_one", BOUNDS),
            ("wrong_comparison", COMPARED),
            ("wrong_boolean", LOGICAL),
        ):
            if name in table:
                yield found(kind, replaced(token, table[name]), is_safe=True)
        if name in ARITHMETIC:
            yield from _wrong_arithmetic(walk, node, token)


def _wrong_arithmetic(walk: Walk, node: Node, token: Node) -> Iterator[Found]:
    left, right = node.child_by_field_name("left"), node.child_by_field_name("right")
    if left is None or right is None or _is_text(left) or _is_text(right):
        return
    yield found("wrong_arithmetic", replaced(token, ARITHMETIC[token.type.encode()]), is_safe=True)
    if token.type in "+-" and walk.source.slice(right) == b"1":
        yield found("off_by_one", Edit(left.end_byte, right.end_byte, b""), is_safe=True)


def _is_text(node: Node) -> bool:
    """Whether an operand is, or begins or ends with, a literal text: there `+` joins and `%` formats."""
    while (
        node.type in ("binary_operator", "binary_expression", "parenthesized_expression") and node.child_count
    ):
        node = node.children[1 if node.type == "parenthesized_expression" else 0]
    return "string" in node.type or node.type in OPAQUE


def wrong_assignment(walk: Walk, node: Node) -> Iterator[Found]:
    """An augmented assignment with another operator, or with none."""
    for token in node.children:
        name = (
            walk.source.slice(token)
            if token.type in ("operator", "operator_identifier")
            else token.type.encode()
        )
        if name in ASSIGNED:
            right = node.child_by_field_name("right")
            if right is None or not _is_text(right):
                yield found("wrong_arithmetic", replaced(token, ASSIGNED[name]), is_safe=True)
        if name in ACCUMULATED:
            yield found("lost_accumulation", replaced(token, b"="), is_safe=True)


def wrong_range(walk: Walk, node: Node) -> Iterator[Found]:
    """A range that has its end and should not, or the other way round."""
    for token in node.children:
        if token.type in _RANGE_LANGUAGES.get(walk.source.language, ()) and node.child_count == 3:
            yield found("off_by_one", replaced(token, _RANGES[token.type]))


def wrong_integer(walk: Walk, node: Node) -> Iterator[Found]:
    """A whole number that is one too great; an index or a default has its own kind."""
    text = walk.source.slice(node)
    if _PLAIN_INTEGER.fullmatch(text):
        yield found(_kind_of_constant(node), replaced(node, str(int(text) + 1).encode()), is_safe=True)


def wrong_boolean(walk: Walk, node: Node) -> Iterator[Found]:
    """True for false and false for true."""
    flipped = FLIPPED.get(walk.source.slice(node))
    if flipped is not None:
        yield found(_kind_of_constant(node), replaced(node, flipped), is_safe=True)


def _kind_of_constant(node: Node) -> str:
    parent = node.parent
    if parent is not None and parent.type in ("unary_operator", "unary_expression"):
        parent = parent.parent
    if parent is None:
        return "wrong_constant"
    if parent.type in DEFAULTS:
        return "changed_default"
    return "off_by_one" if parent.type in INDEXES and node.type in INTEGERS else "wrong_constant"


def short_range(walk: Walk, node: Node) -> Iterator[Found]:
    """Python's `range` that ends one too early."""
    function, arguments = node.child_by_field_name("function"), node.child_by_field_name("arguments")
    if walk.source.language != "python" or function is None or walk.source.slice(function) != b"range":
        return
    values = words(arguments) if arguments is not None else []
    if values:
        stop = values[0 if len(values) == 1 else 1]
        if stop.type in ("identifier", "attribute", "call", "subscript"):
            yield found("off_by_one", Edit(stop.end_byte, stop.end_byte, b" - 1"), is_safe=True)


def dropped_not(walk: Walk, node: Node) -> Iterator[Found]:
    """A negation forgotten."""
    if node.child_count == 2 and node.children[0].type in ("not", "!"):
        # `return!x` would become one word.
        is_apart = not walk.source.text[node.start_byte - 1 : node.start_byte].isalnum()
        yield found("dropped_not", Edit(node.start_byte, node.children[1].start_byte, b""), is_safe=is_apart)


def dropped_await(_walk: Walk, node: Node) -> Iterator[Found]:
    """An `await` forgotten, before or (Rust) behind what it waits for."""
    inner = words(node)
    if len(inner) != 1:
        return
    if node.children[0].type == "await":
        yield found("dropped_await", Edit(node.start_byte, inner[0].start_byte, b""))
    else:
        yield found("dropped_await", Edit(inner[0].end_byte, node.end_byte, b""))


def swapped_ternary(walk: Walk, node: Node) -> Iterator[Found]:
    """The two values of a conditional expression the wrong way round."""
    inner = words(node)
    if walk.source.language == "python":
        one, other = (inner[0], inner[2]) if len(inner) == 3 else (None, None)
    else:
        one = node.child_by_field_name("consequence") or node.child_by_field_name("body")
        other = node.child_by_field_name("alternative")
    if one is None or other is None or walk.source.slice(one) == walk.source.slice(other):
        return
    yield found("swapped_branches", *swapped(walk.source, one, other))
