"""Type hints taken out of Python and TypeScript: of parameters, of what is returned, of variables.

Where a hint is read when the program runs it stays: in the body of a Python class (dataclasses, NamedTuple,
TypedDict, pydantic) and on a Python function under a decorator that may look at its signature. In TypeScript no
annotation has a meaning at run time; interfaces, type aliases, generics, overloads and fields keep theirs. The
result is TypeScript still, of implicit types. `invert` of the edits is the author's own hints.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from tilth.edits.edit import Edit
from tilth.edits.source import Refusal, Source, captured, lines_removed

if TYPE_CHECKING:
    from tree_sitter import Node

_PYTHON = """
(parameters [(typed_parameter) (typed_default_parameter)] @hint)
(function_definition return_type: (type)) @hint
(assignment type: (type)) @hint
"""
_FUNCTIONS = (
    "function_declaration",
    "function_expression",
    "generator_function",
    "generator_function_declaration",
    "method_definition",
    "arrow_function",
)
_TYPESCRIPT = " ".join(
    (
        "(required_parameter pattern: (_) @name type: (type_annotation) @hint)",
        "(optional_parameter type: (type_annotation) @hint)",
        "(variable_declarator type: (type_annotation) @hint)",
        *(f"({kind} return_type: (_) @hint)" for kind in _FUNCTIONS),
    )
)
# Parents whose signatures are types through and through.
_TYPES = (
    "function_type",
    "constructor_type",
    "call_signature",
    "construct_signature",
    "method_signature",
    "abstract_method_signature",
    "function_signature",
    "ambient_declaration",
)
# Decorators that do not look at annotations.
INDIFFERENT_DECORATORS = frozenset(
    b"abstractmethod abc.abstractmethod asynccontextmanager cache cached_property classmethod contextlib.contextmanager"
    b" contextmanager final functools.cache functools.cached_property functools.lru_cache functools.wraps lru_cache"
    b" override property staticmethod typing.final typing.override wraps".split()
)


def remove_type_hints(source: Source, start: int = 0, end: int | None = None) -> list[Edit] | Refusal:
    """Edits that take out the type hints inside the span, one an edit; refused but in Python and TypeScript."""
    if source.language == "python":
        return [
            edit
            for node in captured(source, _PYTHON, start, end)
            if _is_ours(node)
            for edit in _python_edits(source, node)
        ]
    if source.language in ("typescript", "tsx"):
        return [
            Edit(node.start_byte, node.end_byte, b"")
            for node in captured(source, _TYPESCRIPT, start, end)
            if _is_erasable(node)
        ]
    return Refusal(
        "no_type_hints", f"type hints are known in Python and TypeScript, not in {source.language}"
    )


def _is_ours(node: Node) -> bool:
    """Whether nothing reads a hint of this node at run time."""
    if node.type == "assignment":
        return _scope(node) != "class_definition"
    function = node if node.type == "function_definition" else node.parent and node.parent.parent
    return bool(function and has_indifferent_decorators(function))


def _scope(node: Node) -> str:
    inner = node.parent
    while inner is not None and inner.type not in ("function_definition", "class_definition", "lambda"):
        inner = inner.parent
    return "" if inner is None else inner.type


def has_indifferent_decorators(function: Node) -> bool:
    """Whether no decorator of a Python function can see its signature."""
    parent = function.parent
    if parent is None or parent.type != "decorated_definition":
        return True
    return all(_is_indifferent(child) for child in parent.children if child.type == "decorator")


def _is_indifferent(decorator: Node) -> bool:
    words = (decorator.text or b"")[1:].split(b"(")[0].strip()
    return words in INDIFFERENT_DECORATORS or words.endswith((b".setter", b".getter", b".deleter"))


def _python_edits(source: Source, node: Node) -> list[Edit]:
    hint = node.child_by_field_name("return_type" if node.type == "function_definition" else "type")
    assert hint is not None
    if node.type == "assignment" and node.child_by_field_name("right") is None:
        return _declaration_edits(source, node)
    if node.type == "function_definition":
        arrow = hint.prev_sibling
        before = arrow.prev_sibling if arrow is not None else None
        return [] if before is None else [Edit(before.end_byte, hint.end_byte, b"")]
    colon = hint.prev_sibling
    assert colon is not None
    before = colon.prev_sibling
    first = colon.start_byte if before is None else before.end_byte
    if node.type == "typed_default_parameter":
        # An annotated default stands between blanks, a bare one does not.
        value = node.child_by_field_name("value")
        assert value is not None
        return [Edit(first, value.start_byte, b"=")]
    return [Edit(first, hint.end_byte, b"")]


def _declaration_edits(source: Source, node: Node) -> list[Edit]:
    """A variable that is declared and not set: its statement goes, or becomes `pass` where it is a whole body."""
    statement = node.parent
    if statement is None or statement.type != "expression_statement" or statement.parent is None:
        return []
    siblings = [child for child in statement.parent.named_children if child.type != "comment"]
    removal = lines_removed(source.text, statement.start_byte, statement.end_byte)
    if removal is None or _is_bare(siblings):
        return [Edit(statement.start_byte, statement.end_byte, b"pass")]
    return [removal]


def _is_bare(statements: list[Node]) -> bool:
    """Whether nothing would be left of a body when its bare declarations have gone."""
    return all(_is_declaration(node) for node in statements)


def _is_declaration(statement: Node) -> bool:
    inner = statement.children[0] if statement.child_count == 1 else statement
    return inner.type == "assignment" and inner.child_by_field_name("right") is None


def _is_erasable(hint: Node) -> bool:
    if not hint.type.endswith("annotation") or hint.parent is None:
        return False
    holder = hint.parent
    name = holder.child_by_field_name("pattern") or holder.child_by_field_name("name")
    # `this: T` is no parameter, and `let x!: T` may not lose its type.
    if (name is not None and name.type == "this") or any(child.type == "!" for child in holder.children):
        return False
    outer = holder.parent
    grandparent = outer.parent if outer is not None else None
    return not any(node is not None and node.type in _TYPES for node in (outer, grandparent))
