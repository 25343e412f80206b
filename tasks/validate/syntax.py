"""Whether the file an answer stands in parses, there where the answer stands.

Per distinct text: what was parsed without an error when it was split is well formed, and so is Python that
Python itself has parsed to be measured. All else goes to tree-sitter; then an error counts only if it touches the
answer or the definition around it, so that one odd line does not cost a file's other functions. Languages without a
grammar are left out.
"""

from __future__ import annotations

from bisect import bisect_left
from typing import TYPE_CHECKING

import numpy as np

from tasks.validate.batch import Batch, Text
from tasks.validate.judgement import IntArray, Judgement

if TYPE_CHECKING:
    from tree_sitter import Node

# Definitions as the grammars of Python, JavaScript, TypeScript, Go, Rust and Java name their nodes.
_DEFINITIONS = frozenset(
    (
        "function_definition",
        "class_definition",
        "function_declaration",
        "function_expression",
        "arrow_function",
        "generator_function",
        "generator_function_declaration",
        "method_definition",
        "class",
        "class_declaration",
        "abstract_class_declaration",
        "interface_declaration",
        "enum_declaration",
        "method_declaration",
        "func_literal",
        "type_declaration",
        "constructor_declaration",
        "record_declaration",
        "function_item",
        "impl_item",
        "struct_item",
        "trait_item",
        "enum_item",
    )
)


def check_syntax(batch: Batch) -> Judgement:
    """1 when nothing is wrong in or around the answer; else the example fails, with the line of the error."""
    from tilth.syntax.grammars import ParseTimeout, parse, parser_for

    judged = Judgement(np.zeros(batch.size, dtype=np.bool_))
    is_measured = "complexity" in batch.config.checks
    for index, rows in batch.rows_by_text():
        text = batch.texts[index]
        if index in batch.well_formed and text.is_code:
            judged.applies[rows] = True
            continue
        if is_measured and batch.is_measured(text) and batch.python_metrics[index].parses:
            judged.applies[rows] = True
            continue
        parser = parser_for(text.language, f"file{text.suffix}")
        if parser is None or not text.is_code:
            continue
        judged.applies[rows] = True
        try:
            root = parse(parser, text.data).root_node
        except ParseTimeout as error:
            for row in rows.tolist():
                judged.fail(row, "parse_timeout", str(error))
            continue
        if root.has_error:
            _check_rows(batch, judged, rows, root, text)
    return judged


def _check_rows(batch: Batch, judged: Judgement, rows: IntArray, root: Node, text: Text) -> None:
    errors = _error_nodes(root)
    for row in rows.tolist():
        found = _error_near(root, errors, int(batch.start[row]), int(batch.end[row]))
        if found is not None:
            line = found.start_point[0] + 1
            judged.fail(row, "syntax_error", f"line {line} cannot be parsed as {text.language}")


def _error_nodes(root: Node) -> list[Node]:
    """The outermost nodes where the parser had to guess; at least one of a node with an error."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        wrong = [child for child in node.children if child.has_error or child.is_error or child.is_missing]
        if node.is_error or node.is_missing or not wrong:
            # Without a child to blame, the error is in a token that the grammar hides.
            found.append(node)
        else:
            waiting.extend(wrong)
    return sorted(found, key=lambda node: (node.start_byte, node.end_byte))


def _error_near(root: Node, errors: list[Node], start: int, end: int) -> Node | None:
    """The first error inside the innermost definition around a span, or touching the span itself.

    Outside definitions the whole statement of the file counts. An error that holds the whole definition
    (a file cut off further down) is not the definition's own. `errors` lie apart, in order.
    """
    around = _surroundings(root, start, end)
    if around.has_error:
        return errors[min(bisect_left(errors, around.start_byte, key=_end_of), len(errors) - 1)]
    for error in errors[bisect_left(errors, start, key=_end_of) :]:
        # A missing token has no width; it belongs to what it touches.
        if error.start_byte > end:
            break
        if not (error.start_byte <= around.start_byte and around.end_byte <= error.end_byte):
            return error
    return None


def _end_of(node: Node) -> int:
    return int(node.end_byte)


def _surroundings(root: Node, start: int, end: int) -> Node:
    """The innermost definition that holds the span, else the statement of the file, else the file."""
    found, cursor = root, root.walk()
    while cursor.goto_first_child_for_byte(start) is not None:
        node = cursor.node
        if node is None or node.start_byte > start or node.end_byte < end:
            break
        if cursor.depth == 1 or (node.is_named and node.type in _DEFINITIONS):
            found = node
    return found
