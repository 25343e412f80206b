"""Independent methods of a class in another order.

Runs of methods between other members (fields, static blocks, nested classes) are shuffled, each with the comments,
decorators and overloads above it. Methods of one name (a property's getter and setter, overloads) keep their order,
and a Python method whose decorators, defaults or annotations use another method's name stays behind it. Not covered:
programs that read the order of a class's members.
"""

from __future__ import annotations

from random import Random
from typing import TYPE_CHECKING, NamedTuple

from tilth.edits.edit import Edit
from tilth.edits.source import Refusal, Source, line_end, line_start, unit_node, walk

if TYPE_CHECKING:
    from tree_sitter import Node

_METHODS = {
    "csharp": ("method_declaration",),
    "java": ("method_declaration",),
    "javascript": ("method_definition",),
    "php": ("method_declaration",),
    "python": ("function_definition", "decorated_definition"),
    "rust": ("function_item",),
    "typescript": ("method_definition",),
}
_BODIES = ("class_body", "declaration_list", "block", "interface_body", "enum_body_declarations")
# What stands before a method and belongs to it.
_ATTACHED = ("decorator", "attribute_item", "method_signature")


class _Method(NamedTuple):
    """A method with all that goes with it: whole lines, its name, and the names that its head uses."""

    start: int
    end: int
    name: bytes
    uses: frozenset[bytes]


def reorder_methods(source: Source, start: int, end: int, seed: int) -> list[Edit] | Refusal:
    """Edits that put the methods of the class at the span in another order, the same one for the same seed.

    Refused: `no_methods` for a language or a span without them, `order_matters` when no two may change places.
    """
    kinds = _METHODS.get(source.language)
    body = _class_body(unit_node(source, start, end), start) if kinds else None
    if kinds is None or body is None:
        return Refusal("no_methods", f"no class of a known language at bytes {start} to {end}")
    edits: list[Edit] = []
    for number, run in enumerate(_runs(source, body, kinds)):
        order = _shuffled(run, Random(f"{seed}:{number}"))
        edits += [
            Edit(place.start, place.end, source.text[method.start : method.end])
            for place, method in zip(run, order, strict=True)
            if place is not method
        ]
    return edits or Refusal("order_matters", "no two methods of the class may change places")


def _class_body(node: Node, start: int) -> Node | None:
    """The body of the first class inside the span."""
    waiting = [node]
    while waiting:
        node = waiting.pop(0)
        if node.type in _BODIES and (node.type != "block" or _is_class(node.parent)):
            return node
        if "function" not in node.type and "method" not in node.type:
            waiting.extend(child for child in node.named_children if child.end_byte > start)
    return None


def _is_class(node: Node | None) -> bool:
    return node is not None and node.type == "class_definition"


def _runs(source: Source, body: Node, kinds: tuple[str, ...]) -> list[list[_Method]]:
    runs: list[list[_Method]] = [[]]
    attached: list[Node] = []
    for node in body.children:
        if node.type.endswith("comment") or node.type in _ATTACHED or node.type == ";":
            attached.append(node)
            continue
        method = _method(source, node, attached) if node.type in kinds else None
        attached = []
        if method is None:
            runs.append([])
        else:
            runs[-1].append(method)
    return [run for run in runs if len(run) > 1]


def _method(source: Source, node: Node, attached: list[Node]) -> _Method | None:
    """The method's lines; None when it shares one with something else, or its name is computed."""
    text, inner = source.text, node.child_by_field_name("definition") or node
    name = inner.child_by_field_name("name")
    if name is None or name.type == "computed_property_name" or inner.type == "class_definition":
        return None
    first = node
    for before in reversed(attached):
        # A comment with a blank line below it speaks of more than one method.
        if text.count(b"\n", before.end_byte, first.start_byte) > 1 or before.end_byte > first.start_byte:
            break
        if text[line_start(text, before.start_byte) : before.start_byte].strip():
            if before.type != ";":
                break
            continue
        first = before
    tail = line_end(text, node.end_byte)
    behind = text[node.end_byte : tail].strip()
    if behind and not behind.startswith((b"#", b"//")):
        return None
    begin = line_start(text, first.start_byte)
    if text[begin : first.start_byte].strip() or not text[begin:tail].endswith(b"\n"):
        return None
    return _Method(begin, tail, source.slice(name), _head_names(source, node, inner))


def _head_names(source: Source, node: Node, inner: Node) -> frozenset[bytes]:
    """Names that are looked up when the class is made: in decorators, defaults and annotations."""
    if source.language != "python":
        return frozenset()
    body = inner.child_by_field_name("body")
    limit = inner.end_byte if body is None else body.start_byte
    # The method's own name, and its parameters', cost at most a chance to move.
    return frozenset(
        source.slice(leaf) for leaf in walk(node) if leaf.type == "identifier" and leaf.end_byte <= limit
    )


def _shuffled(run: list[_Method], random: Random) -> list[_Method]:
    """A random order in which each method comes after those that it depends on."""
    before = _predecessors(run)
    free = [number for number, earlier in enumerate(before) if not earlier]
    order: list[_Method] = []
    while free:
        chosen = free.pop(random.randrange(len(free)))
        order.append(run[chosen])
        for number, earlier in enumerate(before):
            if chosen in earlier:
                earlier.remove(chosen)
                if not earlier:
                    free.append(number)
    return order


def _predecessors(run: list[_Method]) -> list[set[int]]:
    """For each method the earlier ones that must stay before it.

    Those are the ones of its name, those whose names its head uses, and those whose heads use its name.
    """
    places: dict[bytes, list[int]] = {}
    for number, method in enumerate(run):
        places.setdefault(method.name, []).append(number)
    before: list[set[int]] = [set() for _ in run]
    for number, method in enumerate(run):
        for name in (method.uses & places.keys()) | {method.name}:
            for other in places[name]:
                if other != number:
                    before[max(number, other)].add(min(number, other))
    return before
