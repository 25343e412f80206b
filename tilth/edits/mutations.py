"""Every procedural bug that the rules find inside a unit, each a small edit that still parses.

The kinds are those of mutation testing and of SWE-smith's procedural bugs; `DESCRIPTIONS` names them. Nothing inside a
string, a comment, a type, an import or a decorator is touched. That a bug is one, and which test tells, is for the
sandbox to find out: a mutation may be equivalent, or not compile in a typed language.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING

from tilth.edits import mutate_expressions as expressions
from tilth.edits import mutate_names as names
from tilth.edits import mutate_statements as statements
from tilth.edits import mutation_tables as tables
from tilth.edits.edit import Edit, apply
from tilth.edits.mutation import Found, Mutation, Walk
from tilth.edits.source import Source, error_count, line_start, unit_node
from tilth.syntax.grammars import parse

if TYPE_CHECKING:
    from tree_sitter import Node

Rule = Callable[[Walk, "Node"], Iterator[Found]]

_MEMBERS = frozenset(
    "attribute member_expression field_access field_expression member_access_expression navigation_expression".split()
)
# What a unit stands between when it is parsed alone; a method may need a class around it.
_FRAMES = ((b"", b""), (b"class C {\n", b"\n}"))
_CALLED = frozenset("identifier property_identifier field_identifier name simple_identifier".split())


def _by_kind(*rules: tuple[Rule, frozenset[str]]) -> dict[str, tuple[Rule, ...]]:
    kinds = sorted({kind for _, table in rules for kind in table})
    return {kind: tuple(rule for rule, table in rules if kind in table) for kind in kinds}


_RULES = _by_kind(
    (expressions.wrong_operator, tables.BINARIES),
    (expressions.wrong_assignment, tables.AUGMENTED | {"infix_expression"}),
    (expressions.wrong_range, frozenset(("range_expression", "range"))),
    (expressions.wrong_integer, tables.INTEGERS),
    (expressions.wrong_boolean, tables.BOOLEANS),
    (expressions.short_range, frozenset(("call",))),
    (expressions.dropped_not, tables.NOTS),
    (expressions.dropped_await, tables.AWAITS),
    (expressions.swapped_ternary, tables.TERNARIES),
    (statements.wrong_branch, tables.IFS),
    (statements.wrong_jump, frozenset(tables.JUMPS)),
    (statements.dropped_statement, tables.STATEMENTS),
    (statements.early_return, tables.LOOPS),
    (statements.dropped_return, tables.RETURNS),
    (names.wrong_method, _CALLED),
    (names.swapped_arguments, tables.ARGUMENTS),
    (names.missing_self, _MEMBERS),
)


def mutations(source: Source, start: int, end: int) -> list[Mutation]:
    """Bugs inside the span of a unit, by place, then kind; none for a language without a dialect.

    Each gives a text that differs and holds no more parse errors than before.
    """
    dialect = tables.DIALECTS.get(source.language)
    if dialect is None:
        return []
    walk = Walk(source, dialect, [], {})
    parses = _unit_parser(source, start, end)
    candidates: dict[tuple[Edit, ...], Found] = {}
    for bug in _candidates(walk, unit_node(source, start, end), start, end):
        edits = tuple(sorted(bug.mutation.edits))
        if edits not in candidates and (bug.is_safe or parses(edits)):
            candidates[edits] = bug
    is_left = (
        bug.mutation
        for bug in candidates.values()
        # In Go a variable that nobody reads does not compile.
        if not (bug.variable and dialect.is_unused_error and walk.reads[bug.variable] < 2)
    )
    return sorted(is_left, key=lambda bug: (bug.edits[0].start, bug.kind, bug.edits))


def _candidates(walk: Walk, unit: Node, start: int, end: int) -> Iterator[Found]:
    """Walk the unit in the order of its text; None on the stack closes a scope."""
    waiting: list[Node | None] = [unit]
    while waiting:
        node = waiting.pop()
        if node is None:
            walk.scopes.pop()
            continue
        kind = node.type
        if kind in tables.OPAQUE or node.end_byte <= start or node.start_byte >= end or node.is_error:
            continue
        is_inside = node.start_byte >= start and node.end_byte <= end
        if kind in walk.dialect.functions or (not walk.scopes and is_inside):
            walk.scopes.append(names.scope_of(node))
            waiting.append(None)
        if is_inside:
            for rule in _RULES.get(kind, ()):
                yield from rule(walk, node)
            if kind in walk.dialect.names and walk.scopes and not names.declare(walk, node):
                yield from names.wrong_variable(walk, node)
        if node.child_count and kind not in walk.dialect.names:
            waiting.extend(reversed(node.children))


def _unit_parser(source: Source, start: int, end: int) -> Callable[[tuple[Edit, ...]], bool]:
    """Whether edits leave a text that parses as well as before.

    The unit is parsed alone where it can stand alone, else the file.
    """
    text = source.text
    begin = line_start(text, start) if not text[line_start(text, start) : start].strip() else start
    unit = text[begin:end]

    @cache
    def frame() -> tuple[bytes, bytes] | None:
        return next((pair for pair in _FRAMES if _is_sound(source, unit.join(pair))), None)

    @cache
    def errors() -> int:
        return error_count(source.root)

    def parses(edits: tuple[Edit, ...]) -> bool:
        pair = frame()
        # Lines that are taken away may end behind the unit, with its last line feed.
        if pair is not None and all(edit.start >= begin and edit.end <= end for edit in edits):
            moved = [Edit(edit.start - begin, edit.end - begin, edit.replacement) for edit in edits]
            return _is_sound(source, apply(unit, moved).join(pair))
        return error_count(source.after(list(edits)).root) <= errors()

    return parses


def _is_sound(source: Source, text: bytes) -> bool:
    return not parse(source.parser, text).root_node.has_error
