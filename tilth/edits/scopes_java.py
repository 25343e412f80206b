"""Occurrences of local variables and parameters in a unit of Java, by the rules of its scopes.

Fields and methods are members and never touched. A name that is used inside a class that stands in a method is kept,
for a member that the class inherits would hide it; so is one of a parameter under an annotation, of a record, or in a
`case` label.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilth.edits.scopes import Reading, Scope
from tilth.edits.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(
    "method_declaration constructor_declaration lambda_expression static_initializer"
    " compact_constructor_declaration".split()
)
_BLOCKS = frozenset(
    "block for_statement enhanced_for_statement catch_clause try_with_resources_statement switch_block"
    " switch_block_statement_group switch_rule constructor_body".split()
)
_CLASSES = frozenset(("class_body", "enum_body", "interface_body", "annotation_type_body"))
# Fields of a node whose name is no variable.
_MEMBERS = {
    "method_invocation": ("name",),
    "field_access": ("field",),
    "method_declaration": ("name",),
    "constructor_declaration": ("name",),
    "class_declaration": ("name",),
    "interface_declaration": ("name",),
    "enum_declaration": ("name",),
    "record_declaration": ("name",),
    "element_value_pair": ("key",),
    "enum_constant": ("name",),
    "labeled_statement": (),
}
_OPAQUE = frozenset(
    "annotation marker_annotation package_declaration import_declaration scoped_identifier break_statement"
    " continue_statement scoped_type_identifier".split()
)


def read_java(source: Source, unit: Node, _start: int, _end: int) -> Reading:
    """Every local variable and parameter of the unit."""
    reading = Reading(source)
    waiting: list[tuple[Node, Scope]] = [(unit, Scope("outer"))]
    while waiting and reading.refusal is None:
        node, scope = waiting.pop()
        kind = node.type
        if kind == "identifier":
            reading.see(node, scope)
            continue
        if kind in _OPAQUE:
            # A constant in an annotation, or a package, may have the name of a variable.
            reading.fix([node])
            continue
        if kind in (
            "switch_label",
            "record_declaration",
            "record_pattern",
            "compact_constructor_declaration",
        ):
            reading.fix([node if kind != "record_declaration" else node.child_by_field_name("parameters")])
        inner = scope
        if kind in _FUNCTIONS:
            inner = Scope("function", scope)
        elif kind in _BLOCKS:
            inner = Scope("block", scope)
        elif kind in _CLASSES:
            inner = Scope("class", scope)
        _declare(reading, node, inner)
        waiting += [(child, inner) for child in _variables(node)]
    return reading


def _variables(node: Node) -> list[Node]:
    """Children in which names may be variables."""
    children = node.named_children
    if node.type == "method_reference":
        return children[:1]
    if node.type == "labeled_statement":
        return children[1:]
    members = [node.child_by_field_name(field) for field in _MEMBERS.get(node.type, ())]
    return [child for child in children if child not in members]


def _declare(reading: Reading, node: Node, scope: Scope) -> None:
    kind, source = node.type, reading.source
    name = node.child_by_field_name("name")
    if kind == "variable_declarator" and name is not None:
        is_parameter = node.parent is not None and node.parent.type == "spread_parameter"
        scope.bound.add(source.slice(name))
        if is_parameter:
            reading.parameters.add(source.slice(name))
    elif kind == "formal_parameter" and name is not None:
        scope.bound.add(source.slice(name))
        reading.parameters.add(source.slice(name))
        modifiers = [child for child in node.children if child.type == "modifiers"]
        if any("annotation" in child.type for outer in modifiers for child in outer.children):
            reading.fixed.add(source.slice(name))
    elif kind in ("catch_formal_parameter", "enhanced_for_statement", "resource", "instanceof_expression"):
        if name is not None:
            # A name that a pattern binds may hold far behind it: it belongs to the method.
            (scope.function() if kind == "instanceof_expression" else scope).bound.add(source.slice(name))
    elif kind in ("type_pattern", "record_pattern_component"):
        reading.fix([node])
    elif kind == "inferred_parameters":
        scope.bound.update(map(source.slice, node.named_children))
    elif kind == "lambda_expression":
        parameters = node.child_by_field_name("parameters")
        if parameters is not None and parameters.type == "identifier":
            scope.bound.add(source.slice(parameters))
