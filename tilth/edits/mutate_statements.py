"""Bugs of statements: guards, branches, jumps, returns and steps that are missing or wrong."""

from __future__ import annotations

from collections.abc import Iterator
from typing import TYPE_CHECKING

from tilth.edits.edit import Edit
from tilth.edits.mutation import Found, Walk, found, swapped, words
from tilth.edits.mutation_tables import BLOCKS, EFFECTS, EXITS, IFS, JUMPS, NOTS, RETURNS
from tilth.edits.source import line_start, lines_removed

if TYPE_CHECKING:
    from tree_sitter import Node

# What speaks to people and not to the program: without it nothing is wrong.
_SAID = (
    b"print", b"log", b"console.", b"self.log", b"System.out", b"System.err", b"fmt.Print", b"warnings.", b"puts ",
    b"printf", b"fprintf", b"echo ", b"Console.", b"pass",
)  # fmt: skip
_COMPARED = ("comparison_operator", "binary_expression", "binary")
_LETS = ("let_condition", "let_chain", "declaration", "condition_clause")


def wrong_branch(walk: Walk, node: Node) -> Iterator[Found]:
    """A guard that is missing, a condition that is negated, two branches that are the wrong way round."""
    condition, consequence = node.child_by_field_name("condition"), node.child_by_field_name("consequence")
    if condition is None:
        return
    yield from _negated(walk, condition)
    if consequence is None:
        return
    # `else` without a field of its own is Kotlin's, where branches are values.
    alternatives = node.children_by_field_name("alternative")
    if not alternatives and not any(child.type == "else" for child in node.children):
        yield from _missing_guard(walk, node, consequence)
    elif len(alternatives) == 1:
        yield from _swapped_branches(walk, consequence, alternatives[0])


def _negated(walk: Walk, condition: Node) -> Iterator[Found]:
    inner = condition
    if inner.type == "parenthesized_expression" and words(inner):
        inner = words(inner)[0]
    if inner.type in _LETS or any(child.type in _LETS for child in inner.children):
        return
    # One operator the other way round is a bug of its own kind.
    is_comparison = inner.type in _COMPARED and not any(
        child.type in ("&&", "||", "and", "or") for child in inner.children
    )
    if is_comparison or (inner.type in NOTS and inner.children[0].type in ("not", "!")):
        return
    before, after = walk.dialect.negation
    if inner.type in ("identifier", "call", "attribute", "call_expression", "method_invocation"):
        before, after = before.replace(b"(", b""), b""
    edits = Edit(inner.start_byte, inner.start_byte, before), Edit(inner.end_byte, inner.end_byte, after)
    yield found("negated_condition", *(edit for edit in edits if edit.replacement), is_safe=True)


def _missing_guard(walk: Walk, node: Node, consequence: Node) -> Iterator[Found]:
    statements = words(consequence) if consequence.type in BLOCKS else [consequence]
    if len(statements) == 1 and statements[0].type in BLOCKS:
        statements = words(statements[0])
    if not 1 <= len(statements) <= 2 or _inner(statements[-1]).type not in EXITS:
        return
    # Rust wraps an `if` into a statement.
    outer = node.parent if node.parent is not None and node.parent.type == "expression_statement" else node
    if outer.parent is not None and outer.parent.type in BLOCKS and len(words(outer.parent)) > 1:
        yield from _dropped(walk, "missing_guard", outer)


def _inner(statement: Node) -> Node:
    inner = words(statement) if statement.type == "expression_statement" else []
    return inner[0] if len(inner) == 1 else statement


def _dropped(walk: Walk, kind: str, node: Node) -> Iterator[Found]:
    edit = lines_removed(walk.source.text, node.start_byte, node.end_byte)
    if edit is not None:
        yield found(kind, edit, is_safe=True)


def _swapped_branches(walk: Walk, consequence: Node, alternative: Node) -> Iterator[Found]:
    other = alternative
    if alternative.type == "else_clause":
        inner = words(alternative)
        other = alternative.child_by_field_name("body") or (inner[-1] if inner else alternative)
    if other.type in IFS or other.type != consequence.type or other.type in ("else", "then"):
        return
    one_row = all(node.start_point[0] == node.end_point[0] for node in (consequence, other))
    if not (one_row or walk.dialect.has_empty_blocks or consequence.start_point[1] == other.start_point[1]):
        return
    if walk.source.slice(consequence) != walk.source.slice(other):
        yield found("swapped_branches", *swapped(walk.source, consequence, other), is_safe=True)


def wrong_jump(_walk: Walk, node: Node) -> Iterator[Found]:
    """`break` for `continue` and the other way round; jumps to a label, and out of a `switch`, are left alone."""
    word, other = JUMPS[node.type]
    outer = node.parent
    while outer is not None and "switch" not in outer.type and "select" not in outer.type:
        if "for" in outer.type or "while" in outer.type or "loop" in outer.type:
            if not words(node):
                place = Edit(node.start_byte, node.start_byte + len(word), other)
                yield found("wrong_jump", place, is_safe=True)
            return
        outer = outer.parent


def dropped_statement(walk: Walk, node: Node) -> Iterator[Found]:
    """A call or a change of something that is not made; never the declaration of a variable."""
    source, inner = walk.source, _inner(node)
    if inner.type not in EFFECTS and node.type == "expression_statement":
        return
    parent = node.parent
    if parent is None or parent.type not in BLOCKS or len(words(parent)) < 2:
        return
    left = inner.child_by_field_name("left")
    is_name = left is not None and left.type in (*walk.dialect.names, "pattern_list", "tuple_pattern")
    is_first = left is None or not walk.is_visible(source.slice(left), node.start_byte - 1)
    if is_name and inner.type == "assignment" and is_first:
        return
    if not source.slice(node).startswith(_SAID):
        yield from _dropped(walk, "dropped_statement", node)


def early_return(walk: Walk, node: Node) -> Iterator[Found]:
    """The `return` behind a loop made at the end of the loop's first round."""
    after, body = node.next_named_sibling, node.child_by_field_name("body")
    if after is None or body is None or after.type not in RETURNS:
        return
    statements = words(body)
    if len(statements) == 1 and statements[0].type in BLOCKS:
        statements = words(statements[0])
    if not statements or body.type not in BLOCKS or _inner(statements[-1]).type in EXITS:
        return
    text, last = walk.source.text, statements[-1]
    indentation = text[line_start(text, statements[0].start_byte) : statements[0].start_byte]
    if indentation.strip() or not indentation or after.start_point[0] != after.end_point[0]:
        return
    line_feed = b"\r\n" if b"\r\n" in text[node.start_byte : after.start_byte] else b"\n"
    addition = line_feed + indentation + walk.source.slice(after)
    yield found("early_return", Edit(last.end_byte, last.end_byte, addition))


def dropped_return(walk: Walk, node: Node) -> Iterator[Found]:
    """A call whose result should be returned and is not, where the language takes that."""
    inner = words(node)
    if walk.dialect.may_drop_return and len(inner) == 1 and inner[0].type in EFFECTS:
        yield found("dropped_return", Edit(node.start_byte, inner[0].start_byte, b""), is_safe=True)
