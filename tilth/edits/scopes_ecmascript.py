"""Occurrences of variables in a unit of JavaScript or TypeScript, by the rules of their scopes.

`var` belongs to the function, `let` and `const` to the block; both are hoisted, since a scope is filled before any name
is looked up. A shorthand property is written out. Names that occur in a type, as a tag of JSX, or as a parameter that
is a property too are kept. Refused: `eval` and `with`.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilth.edits.scopes import Reading, Scope
from tilth.edits.source import Source

if TYPE_CHECKING:
    from tree_sitter import Node

_FUNCTIONS = frozenset(
    "function_declaration function_expression generator_function generator_function_declaration arrow_function"
    " method_definition class_static_block".split()
)
_BLOCKS = frozenset("statement_block for_statement for_in_statement catch_clause switch_body".split())
_CLASSES = ("class_declaration", "class", "abstract_class_declaration", "enum_declaration", "internal_module")
# Names inside are types, or names of members that no variable may lose.
_TYPES = frozenset(
    "type_annotation type_arguments type_parameters type_predicate_annotation asserts_annotation function_type"
    " constructor_type object_type type_query generic_type conditional_type tuple_type union_type intersection_type"
    " type_alias_declaration interface_declaration method_signature abstract_method_signature function_signature"
    " ambient_declaration import_statement import_alias array_type decorator export_clause literal_type"
    " readonly_type lookup_type index_type_query nested_identifier extends_type_clause implements_clause".split()
)
_NAMES = ("identifier", "shorthand_property_identifier", "shorthand_property_identifier_pattern")
_TAGS = ("jsx_opening_element", "jsx_closing_element", "jsx_self_closing_element")
_PATTERNS = frozenset(
    "object_pattern array_pattern rest_pattern pair_pattern assignment_pattern object_assignment_pattern"
    " required_parameter optional_parameter formal_parameters".split()
)


def read_ecmascript(source: Source, unit: Node, _start: int, _end: int) -> Reading:
    """Every variable of the unit."""
    reading = Reading(source)
    waiting: list[tuple[Node, Scope]] = [(unit, Scope("outer"))]
    while waiting and reading.refusal is None:
        node, scope = waiting.pop()
        kind = node.type
        if kind in _NAMES:
            reading.see(node, scope, is_shorthand=kind != "identifier")
            continue
        if kind in _TYPES or kind in _TAGS:
            # Attributes of a tag are expressions like any other; its name may mean a variable or not.
            tagged = (
                [child for child in node.named_children if child.type == "jsx_attribute"]
                if kind in _TAGS
                else []
            )
            reading.fix([node] if kind in _TYPES else [node.child_by_field_name("name")])
            waiting += [(child, scope) for child in tagged]
            continue
        inner = scope
        if kind in _FUNCTIONS:
            inner = _function(reading, node, scope)
        elif kind in _BLOCKS:
            inner = Scope("block", scope)
        elif kind in _CLASSES:
            _bind_fixed(reading, node.child_by_field_name("name"), scope)
        _declare(reading, node, inner)
        waiting += [(child, inner) for child in node.named_children]
    return reading


def _function(reading: Reading, node: Node, scope: Scope) -> Scope:
    inner = Scope("function", scope)
    name = node.child_by_field_name("name")
    if name is not None and name.type == "identifier":
        # A function expression sees its own name inside.
        _bind_fixed(reading, name, scope if node.type.endswith("declaration") else inner)
    for field in ("parameters", "parameter"):
        parameters = node.child_by_field_name(field)
        if parameters is not None:
            reading.parameters.update(_bind(reading, parameters, inner))
    return inner


def _bind_fixed(reading: Reading, name: Node | None, scope: Scope) -> None:
    if name is not None:
        scope.bound.add(reading.source.slice(name))
        reading.fixed.add(reading.source.slice(name))


def _declare(reading: Reading, node: Node, scope: Scope) -> None:
    """Bind what a declaration declares; `scope` is the node's own where it opens one."""
    kind = node.type
    if kind in ("lexical_declaration", "variable_declaration", "using_declaration"):
        where = scope.function() if kind == "variable_declaration" else scope
        for declarator in node.named_children:
            if declarator.type == "variable_declarator":
                _bind(reading, declarator.child_by_field_name("name"), where)
    elif kind == "for_in_statement" and node.child_by_field_name("kind") is not None:
        word = node.child_by_field_name("kind")
        is_var = word is not None and word.type == "var"
        _bind(reading, node.child_by_field_name("left"), scope.function() if is_var else scope)
    elif kind == "catch_clause":
        _bind(reading, node.child_by_field_name("parameter"), scope)
    elif kind == "with_statement":
        reading.refuse("reads_own_names", "with")
    elif kind in ("call_expression", "new_expression") and node.named_children:
        called = reading.source.slice(node.named_children[0])
        if called == b"eval":
            reading.refuse("reads_own_names", "eval")


def _bind(reading: Reading, pattern: Node | None, scope: Scope) -> set[bytes]:
    """Bind the names of a pattern; its defaults and computed keys are no part of it."""
    names: set[bytes] = set()
    waiting = [] if pattern is None else [pattern]
    while waiting:
        node = waiting.pop()
        if node.type in ("identifier", "shorthand_property_identifier_pattern"):
            names.add(reading.source.slice(node))
        elif node.type in ("required_parameter", "optional_parameter"):
            target = node.child_by_field_name("pattern")
            if any(
                child.type in ("accessibility_modifier", "readonly", "override_modifier")
                for child in node.children
            ):
                reading.fix([target])
            waiting += [] if target is None else [target]
        elif node.type in ("assignment_pattern", "object_assignment_pattern"):
            left = node.child_by_field_name("left")
            waiting += [] if left is None else [left]
        elif node.type == "pair_pattern":
            value = node.child_by_field_name("value")
            waiting += [] if value is None else [value]
        elif node.type in _PATTERNS:
            waiting += node.named_children
    scope.bound |= names
    return names
