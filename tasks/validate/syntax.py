"""Whether the file an answer stands in parses, there where the answer stands.

Per distinct text: Python that is measured was already parsed by Python itself, and what Python takes is well
formed. All else, and what Python refuses, goes to tree-sitter; then an error counts only if it touches the
answer or the definition around it, so that one odd line does not cost a file's other functions. Languages
without a grammar are left out.
"""

from __future__ import annotations

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
    """The outermost nodes where the parser had to guess."""
    found: list[Node] = []
    waiting = [root]
    while waiting:
        node = waiting.pop()
        if node.is_error or node.is_missing:
            found.append(node)
        elif node.has_error:
            waiting.extend(node.children)
    return sorted(found, key=lambda node: (node.start_byte, node.end_byte))


def _error_near(root: Node, errors: list[Node], start: int, end: int) -> Node | None:
    """The first error inside the innermost definition around a span, or touching a span outside definitions.

    A definition that is whole inside a larger error (a file cut off further down) has none.
    """
    node = root.descendant_for_byte_range(start, max(start, end - 1))
    while node is not None:
        if node.type in _DEFINITIONS and node.is_named:
            return _error_nodes(node)[0] if node.has_error else None
        node = node.parent
    # A missing token has no width; it belongs to what it touches.
    return next((error for error in errors if error.start_byte <= end and start <= error.end_byte), None)
