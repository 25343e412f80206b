"""Bugs of names: a wrong variable, a related function, arguments the wrong way round, a forgotten `self`."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import pairwise, takewhile
from typing import TYPE_CHECKING

from tilth.edits.mutation import Found, Scope, Walk, found, replaced, swapped, words
from tilth.edits.mutation_tables import FAMILY, NAMED_ARGUMENTS, Dialect

if TYPE_CHECKING:
    from tree_sitter import Node

# Nodes whose children are names that they declare.
_LISTS = frozenset(
    "parameters formal_parameters inferred_parameters method_parameters block_parameters lambda_parameters"
    " as_pattern_target rest_pattern multi_variable_declaration closure_parameters".split()
)
_PATTERNS = frozenset(
    "pattern_list tuple_pattern list_pattern array_pattern expression_list left_assignment_list pointer_declarator"
    " array_declarator reference_declarator".split()
)
# Nodes that declare the name in one of their fields.
_DECLARATIONS = frozenset(
    "variable_declarator formal_parameter parameter required_parameter optional_parameter parameter_declaration"
    " init_declarator var_spec short_var_declaration range_clause enhanced_for_statement foreach_statement"
    " let_declaration"
    " resource catch_formal_parameter assignment for_in_statement for_statement for_in_clause default_parameter"
    " typed_default_parameter typed_parameter named_expression assignment_pattern val_definition var_definition"
    " for_expression simple_parameter assignment_expression lambda variable_declaration spread_parameter for_range_loop"
    " declaration".split()
)
_ASSIGNMENTS = ("assignment", "assignment_expression")
_FIELDS = ("name", "pattern", "left", "declarator", "parameters")
_MEMBER_FIELDS = ("attribute", "property", "field", "name", "key", "label", "method", "suffix", "macro")
_OPERATIONS = ("binary_expression", "binary_operator", "boolean_operator", "comparison_operator")
_NO_VARIABLE = frozenset(
    "scoped_identifier qualified_identifier field_access_name keyword_separator dotted_name aliased_import"
    " parameters formal_parameters lambda_parameters field_initializer shorthand_field_initializer literal_element"
    " qualified_name labeled_statement switch_label navigation_suffix named_argument".split()
)
_CALLS = frozenset(
    "call call_expression method_invocation invocation_expression member_call_expression"
    " function_call_expression".split()
)
_OWN = (b"self", b"cls", b"this", b"_", b"$this")
# Calls whose arguments may stand in any order.
_COMMUTATIVE = (b"min", b"max", b"gcd", b"isclose", b"equal", b"equals", b"print", b"union", b"lcm")


def declaration_of(node: Node, dialect: Dialect) -> Node | None:
    """The declaration whose name, or one of whose names, this node is."""
    parent = node.parent
    if parent is None:
        return None
    holder, outer = node, parent
    while outer.type in _PATTERNS and outer.parent is not None:
        # The size of an array is no part of its name.
        if outer.type == "array_declarator" and outer.child_by_field_name("declarator") != holder:
            return None
        holder, outer = outer, outer.parent
    if outer.type in _ASSIGNMENTS and not dialect.is_declared_by_assignment:
        return None
    if outer.type in _LISTS or (outer.type in _DECLARATIONS and _is_declared_in(outer, holder)):
        return outer
    return None


def declare(walk: Walk, node: Node) -> bool:
    """Note the name if the node declares it; whether it did."""
    declaration = declaration_of(node, walk.dialect) if walk.scopes else None
    if declaration is None:
        return False
    name = walk.source.slice(node)
    if name not in _OWN and name not in walk.scopes[-1].names:
        kind = _declared_type(walk, declaration)
        # A pointer is of another type than what it points to.
        mark = node.parent.type.encode() if node.parent is not None and node.parent != declaration else b""
        walk.scopes[-1].names[name] = (kind + mark if kind else kind, _holds_from(declaration))
    return True


def _is_declared_in(declaration: Node, holder: Node) -> bool:
    if declaration.type in ("typed_parameter", "variable_declaration", "spread_parameter"):
        return declaration.named_children[0] == holder
    if declaration.type == "foreach_statement" and declaration.child_by_field_name("left") is None:
        return declaration.named_children[0] != holder
    return any(holder in declaration.children_by_field_name(field) for field in _FIELDS)


def _declared_type(walk: Walk, declaration: Node) -> bytes:
    """The type as it is written; empty for none, and for one that is inferred."""
    kind = declaration.child_by_field_name("type")
    if kind is None and declaration.parent is not None:
        kind = declaration.parent.child_by_field_name("type")
    if kind is None and declaration.type == "parameter" and len(declaration.named_children) > 1:
        kind = declaration.named_children[1]
    text = b"" if kind is None else walk.source.slice(kind)
    return b"" if text in (b"var", b"auto", b"let", b"val") else text


def _holds_from(declaration: Node) -> int:
    """From which byte on a declared name holds a value."""
    if "for" in declaration.type:
        right = declaration.child_by_field_name("right") or declaration.child_by_field_name("value")
        return declaration.end_byte if right is None else right.end_byte
    return declaration.end_byte


def wrong_variable(walk: Walk, node: Node) -> Iterator[Found]:
    """Another variable of the same scope, the one declared last; in a typed language of the same type as written."""
    name, offset = walk.source.slice(node), node.start_byte
    walk.reads[name] = walk.reads.get(name, 0) + 1
    if name in _OWN:
        return
    own = walk.type_of(name, offset)
    if own is None or not _is_read(node):
        return
    for other, kind in walk.visible(offset):
        if other == name or other.startswith(b"__"):
            continue
        if not walk.dialect.is_typed or (kind and kind == own):
            yield found("wrong_variable", replaced(node, other), is_safe=True, variable=name)
            return


def is_variable(node: Node) -> bool:
    """Whether a name is a variable, not a member, a key, a label or a part of a longer name."""
    parent = node.parent
    if parent is None or parent.type in _NO_VARIABLE:
        return False
    if parent.type == "navigation_expression":
        return parent.named_children[0] == node
    return parent.type in _OPERATIONS or not _is_in(node, parent, _MEMBER_FIELDS)


def _is_read(node: Node) -> bool:
    """Whether a variable is read, neither written nor called."""
    parent = node.parent
    if parent is None or not is_variable(node):
        return False
    if parent.type == "expression_list" and parent.parent is not None:
        return parent.parent.child_by_field_name("left") != parent
    return parent.type in _OPERATIONS or not _is_in(node, parent, ("left", "function"))


def _is_in(node: Node, parent: Node, fields: tuple[str, ...]) -> bool:
    return any(parent.child_by_field_name(field) == node for field in fields)


def wrong_method(walk: Walk, node: Node) -> Iterator[Found]:
    """The other one of a pair of functions that are mistaken for each other."""
    other = FAMILY.get(walk.source.slice(node))
    if other is not None and _is_called(node):
        yield found("wrong_method", replaced(node, other), is_safe=True)


def _is_called(node: Node) -> bool:
    """Whether the name is the last one of what is called."""
    outer = node.parent
    for _ in range(2):
        if outer is None:
            return False
        if outer.type in _CALLS:
            function = (
                outer.child_by_field_name("function")
                or outer.child_by_field_name("name")
                or outer.child_by_field_name("method")
            )
            return function is not None and function.end_byte == node.end_byte
        outer = outer.parent
    return False


def swapped_arguments(walk: Walk, node: Node) -> Iterator[Found]:
    """Two arguments side by side that change places; named ones may stand in any order and are left alone."""
    source, parent = walk.source, node.parent
    if parent is None or parent.type not in _CALLS:
        return
    if source.text[parent.start_byte : node.start_byte].lower().split(b".")[-1].strip() in _COMMUTATIVE:
        return
    values = list(takewhile(lambda value: not _is_named_argument(value), words(node)))
    # Some calls of typed languages take a type in a place of its own.
    is_safe = not walk.dialect.is_typed
    for one, other in pairwise(values[:4]):
        if source.slice(one) != source.slice(other):
            yield found("swapped_arguments", *swapped(source, one, other), is_safe=is_safe)


def _is_named_argument(value: Node) -> bool:
    if value.type in ("argument", "value_argument"):
        return value.child_count > 1
    return value.type in NAMED_ARGUMENTS


def missing_self(walk: Walk, node: Node) -> Iterator[Found]:
    """An attribute of the object taken for a variable; outside Python only where there is a variable of that name."""
    if node.child_count != 3 or not walk.dialect.own:
        return
    owner, _, name = node.children
    source = walk.source
    if source.slice(owner) != walk.dialect.own or "private" in name.type or name.child_count:
        return
    if source.language == "python" or walk.is_visible(source.slice(name), node.start_byte):
        yield found("missing_self", replaced(node, source.slice(name)), is_safe=True)


def scope_of(node: Node) -> Scope:
    """A scope without names yet."""
    return Scope("class" in node.type, {})
