"""Occurrences of variables in a unit of Python, by the rules of its scopes.

Kept as they are: names that are imported, global, captured in a `match`, shown by `f"{x=}"`, mangled, or those of
parameters that somebody passes by keyword or a decorator may look at. Refused: `locals()`, `eval` and their like.
"""

from __future__ import annotations

import re
from functools import lru_cache
from typing import TYPE_CHECKING

from tilth.edits.scopes import Reading, Scope
from tilth.edits.source import Source, walk
from tilth.edits.type_hints import has_indifferent_decorators

if TYPE_CHECKING:
    from tree_sitter import Node

_COMPREHENSIONS = (
    "list_comprehension",
    "set_comprehension",
    "dictionary_comprehension",
    "generator_expression",
)
_TARGETS = frozenset(
    "identifier pattern_list tuple_pattern list_pattern list_splat_pattern dictionary_splat_pattern expression_list"
    " as_pattern_target parenthesized_expression tuple list list_splat".split()
)
_REFLECTION = frozenset((b"locals", b"eval", b"exec", b"_getframe", b"currentframe", b"execfile"))
_SELF_ONLY = frozenset((b"vars", b"dir"))
_BINDERS = {
    "assignment": "left",
    "augmented_assignment": "left",
    "for_statement": "left",
    "for_in_clause": "left",
    "named_expression": "name",
    "as_pattern": "alias",
}
_FIXED = (
    "import_statement",
    "import_from_statement",
    "future_import_statement",
    "case_pattern",
    "type_parameter",
)
# A keyword of a call, or the default of a parameter, which is kept in vain then.
_KEYWORD = re.compile(rb"[(,]\s*(\w+)\s*=(?!=)")
_REFUSED = {"print_statement": "python_2", "exec_statement": "python_2", "wildcard_import": "star_import"}


def read_python(source: Source, unit: Node, start: int, end: int) -> Reading:
    """Every variable of the unit that the bytes span."""
    reading = Reading(source)
    keywords: set[bytes] = set()
    waiting: list[tuple[Node, Scope]] = [(unit, Scope("outer"))]
    while waiting and reading.refusal is None:
        node, scope = waiting.pop()
        kind = node.type
        if kind == "identifier":
            if source.slice(node) in _REFLECTION:
                reading.refuse("reads_own_names", source.slice(node).decode("utf-8", "replace"))
            reading.see(node, scope)
        elif kind == "function_definition":
            waiting += _function(reading, node, scope)
        elif kind == "lambda":
            waiting += _lambda(reading, node, scope)
        elif kind in _COMPREHENSIONS:
            waiting += _comprehension(node, scope)
        elif kind == "class_definition":
            waiting += _class(reading, node, scope)
        elif kind == "keyword_argument":
            keywords.add(source.slice(node.children[0]))
            waiting.append((node.children[-1], scope))
        elif kind == "attribute":
            if source.slice(node.children[-1]) in _REFLECTION:
                reading.refuse("reads_own_names", "a frame is looked at")
            waiting.append((node.children[0], scope))
        else:
            waiting += _other(reading, node, scope)
    keywords |= _keywords_outside(source.text, reading.parameters, start, end)
    reading.fixed |= keywords & reading.parameters
    reading.fixed |= {one.name for one in reading.occurrences if one.name.startswith(b"__")}
    return reading


def _other(reading: Reading, node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
    kind = node.type
    if kind in _REFUSED:
        reading.refuse(_REFUSED[kind], kind)
    if kind in _FIXED:
        names = [leaf for leaf in walk(node) if leaf.type == "identifier"]
        reading.fix(names)
        scope.bound.update(map(reading.source.slice, names))
        return []
    if kind in ("global_statement", "type_alias_statement"):
        reading.fix([node])
        return []
    if kind == "nonlocal_statement":
        scope.passed_over.update(map(reading.source.slice, node.named_children))
    if kind == "interpolation" and any(child.type == "=" for child in node.children):
        reading.fix([node])
    if kind == "call" and reading.source.slice(node.children[0]) in _SELF_ONLY:
        arguments = node.child_by_field_name("arguments")
        if arguments is not None and not arguments.named_children:
            reading.refuse("reads_own_names", "vars() or dir()")
    if kind == "delete_statement":
        _bind(reading, node.named_children, scope)
    if kind in _BINDERS:
        target = node.child_by_field_name(_BINDERS[kind])
        # `:=` inside a comprehension binds around it; a comprehension's own variable does not.
        _bind(reading, [target], scope if kind == "for_in_clause" else scope.function())
    return [(child, scope) for child in node.named_children]


def _bind(reading: Reading, targets: list[Node | None] | list[Node], scope: Scope) -> None:
    waiting = [target for target in targets if target is not None]
    while waiting:
        node = waiting.pop()
        if node.type == "identifier":
            scope.bound.add(reading.source.slice(node))
        elif node.type in _TARGETS:
            waiting.extend(node.named_children)


def _parameters(
    reading: Reading, parameters: Node | None, inner: Scope, outer: Scope, *, is_fixed: bool
) -> list[tuple[Node, Scope]]:
    """What is looked at next: names inside, defaults and annotations outside."""
    following: list[tuple[Node, Scope]] = []
    for parameter in [] if parameters is None else parameters.named_children:
        name: Node | None = parameter
        if parameter.type in ("default_parameter", "typed_default_parameter"):
            name = parameter.child_by_field_name("name")
        elif parameter.type == "typed_parameter":
            name = parameter.named_children[0]
        if parameter.type == "tuple_pattern":
            reading.refuse("python_2", "a parameter that is a tuple")
        for part in ("value", "type"):
            outside = parameter.child_by_field_name(part)
            if outside is not None:
                following.append((outside, outer))
        if name is not None and name.type in _TARGETS:
            _bind(reading, [name], inner)
            leaves = [leaf for leaf in walk(name) if leaf.type == "identifier"]
            reading.parameters.update(map(reading.source.slice, leaves))
            if is_fixed:
                reading.fix(leaves)
            following.append((name, inner))
    return following


def _function(reading: Reading, node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
    name = node.child_by_field_name("name")
    assert name is not None
    text = reading.source.slice(name)
    scope.bound.add(text)
    reading.fixed.add(text)
    inner = Scope("function", scope)
    # pytest gives what a test's parameters are called.
    is_fixed = not has_indifferent_decorators(node) or text.startswith(b"test")
    parameters = node.child_by_field_name("parameters")
    following = _parameters(reading, parameters, inner, scope, is_fixed=is_fixed)
    reading.fix([node.child_by_field_name("type_parameters")])
    for part, where in (("return_type", scope), ("body", inner)):
        child = node.child_by_field_name(part)
        if child is not None:
            following.append((child, where))
    return following


def _lambda(reading: Reading, node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
    inner = Scope("function", scope)
    parameters = node.child_by_field_name("parameters")
    following = _parameters(reading, parameters, inner, scope, is_fixed=False)
    body = node.child_by_field_name("body")
    return following if body is None else [*following, (body, inner)]


def _comprehension(node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
    inner = Scope("comprehension", scope)
    following = [(child, inner) for child in node.named_children]
    clause = next((child for child in node.named_children if child.type == "for_in_clause"), None)
    right = None if clause is None else clause.child_by_field_name("right")
    if clause is None or right is None:
        return following
    # The first iterable is evaluated outside.
    left = clause.child_by_field_name("left")
    following = [pair for pair in following if pair[0] != clause]
    if left is not None:
        inner.bound.update(
            (leaf.text or b"")
            for leaf in walk(left)
            if leaf.type == "identifier"
            and (leaf.parent is None or leaf.parent.type in (*_TARGETS, "for_in_clause"))
        )
        following.append((left, inner))
    return [*following, (right, scope)]


def _class(reading: Reading, node: Node, scope: Scope) -> list[tuple[Node, Scope]]:
    name, body = node.child_by_field_name("name"), node.child_by_field_name("body")
    assert name is not None
    scope.bound.add(reading.source.slice(name))
    reading.fixed.add(reading.source.slice(name))
    reading.fix([node.child_by_field_name("type_parameters")])
    bases = node.child_by_field_name("superclasses")
    following = [] if bases is None else [(child, scope) for child in bases.named_children]
    return following if body is None else [*following, (body, Scope("class", scope))]


def _keywords_outside(text: bytes, parameters: set[bytes], start: int, end: int) -> set[bytes]:
    """Parameters whose names somebody in the rest of the file passes by keyword."""
    if not parameters:
        return set()
    places = _keyword_places(text)
    known = [(name, places[name]) for name in parameters if name in places]
    return {name for name, (first, last) in known if first < start or last >= end}


# The file at hand is asked once a unit; another is kept for whoever goes back and forth.
@lru_cache(maxsize=2)
def _keyword_places(text: bytes) -> dict[bytes, tuple[int, int]]:
    """Names that look like a keyword of a call, with their first and their last place."""
    places: dict[bytes, tuple[int, int]] = {}
    for match in _KEYWORD.finditer(text):
        name, place = match.group(1), match.start()
        places[name] = places[name][0] if name in places else place, place
    return places
