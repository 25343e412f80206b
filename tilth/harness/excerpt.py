"""Classes cut down to what one of their methods needs: itself, what makes an instance, and what these speak of.

Members are followed by their names, through the classes of one module that a class is built on; what operators and
builtins ask for counts as spoken of. A narrow excerpt follows what is asked of `self` and of the classes themselves, a
wide one what is asked of anything. Nothing is run: that an excerpt does what the class does is for the sandbox to find
out.
"""

from __future__ import annotations

import ast
from collections.abc import Iterator, Mapping

from tilth.harness.modules import Function, Module

# What runs when a class or an instance is made, whether anybody names it or not.
_MAKING = frozenset(("__init__", "__new__", "__post_init__", "__init_subclass__", "__slots__"))
_BY_BUILTIN: Mapping[str, tuple[str, ...]] = {
    "len": ("__len__",), "iter": ("__iter__",), "next": ("__next__",), "list": ("__iter__",), "tuple": ("__iter__",),
    "set": ("__iter__",), "sorted": ("__iter__", "__lt__"), "str": ("__str__", "__repr__"), "repr": ("__repr__",),
    "bool": ("__bool__", "__len__"), "hash": ("__hash__",), "dict": ("__iter__", "keys", "__getitem__"),
}  # fmt: skip
_BY_NODE: Mapping[type[ast.AST], tuple[str, ...]] = {
    ast.Subscript: ("__getitem__", "__setitem__", "__delitem__"), ast.For: ("__iter__", "__next__"),
    ast.comprehension: ("__iter__", "__next__"), ast.In: ("__contains__",), ast.NotIn: ("__contains__",),
    ast.Eq: ("__eq__",), ast.NotEq: ("__eq__", "__ne__"), ast.Lt: ("__lt__",), ast.LtE: ("__le__",),
    ast.Gt: ("__gt__",), ast.GtE: ("__ge__",), ast.With: ("__enter__", "__exit__"),
    ast.FormattedValue: ("__str__", "__repr__", "__format__"), ast.Starred: ("__iter__",),
    ast.Add: ("__add__", "__radd__", "__iadd__"), ast.Sub: ("__sub__", "__rsub__"), ast.Mult: ("__mul__", "__rmul__"),
    ast.Not: ("__bool__", "__len__"), ast.BitOr: ("__or__",), ast.BitAnd: ("__and__",),
}  # fmt: skip


class Excerpt:
    """Some classes of a module, each with those of its members that were kept."""

    def __init__(self, module: Module, owner: str, method: str, *, is_wide: bool) -> None:
        self.module = module
        family = _family(module, owner)
        self.members = _kept(family, method, is_wide=is_wide)
        self.trees = {place: _pruned(node, self.members[place]) for place, node in family.items()}

    def text(self, place: int) -> str:
        """The class that stands at a place of the module's body, as far as it was kept."""
        module, kept = self.module, self.members[place]
        node = module.body[place]
        if not isinstance(node, ast.ClassDef) or len(kept) == len(node.body):
            return module.source(node)
        start, _ = module.span(node)
        head = module.text[start : module.span(node.body[0])[0]].decode("utf-8").rstrip()
        parts = [head]
        for before, statement in zip([None, *kept], kept, strict=False):
            is_apart = before is not None and (
                isinstance(before, Function) or isinstance(statement, Function)
            )
            parts += [*([""] if is_apart else []), module.source(statement).rstrip()]
        return "\n".join([*parts, *([] if kept else ["    pass"])])


def _family(module: Module, owner: str) -> dict[int, ast.ClassDef]:
    """A class and those of the module that it is built on, by their places; none where a decorator needs it whole."""
    found: dict[int, ast.ClassDef] = {}
    waiting = [owner]
    while waiting:
        for place in module.bindings.get(waiting.pop(), ()):
            node = module.body[place]
            if isinstance(node, ast.ClassDef) and place not in found and not node.decorator_list:
                found[place] = node
                waiting += [base.id for base in node.bases if isinstance(base, ast.Name)]
    return found


def _kept(family: Mapping[int, ast.ClassDef], method: str, *, is_wide: bool) -> dict[int, list[ast.stmt]]:
    functions = {
        statement.name
        for node in family.values()
        for statement in node.body
        if isinstance(statement, Function)
    }
    classes = {node.name for node in family.values()}
    needed = {method, *_MAKING}
    while True:
        kept = {
            place: [statement for statement in node.body if _is_needed(statement, needed, functions)]
            for place, node in family.items()
        }
        further = {
            name
            for body in kept.values()
            for statement in body
            for name in (_asked_of(statement, None if is_wide else classes))
        }
        if further <= needed:
            return kept
        needed |= further


def _is_needed(statement: ast.stmt, needed: set[str], functions: set[str]) -> bool:
    if isinstance(statement, Function | ast.ClassDef):
        return statement.name in needed
    if isinstance(statement, ast.Assign | ast.AnnAssign):
        names = {node.id for node in ast.walk(statement) if isinstance(node, ast.Name)}
        # `keys = __iter__` goes when its name is not asked for; a table of constants stays.
        return not names & functions or bool(names & needed - functions)
    return not isinstance(statement, ast.Expr | ast.Pass)


def _asked_of(statement: ast.stmt, classes: set[str] | None) -> Iterator[str]:
    """Names of members that a statement asks for: of its own object and of these classes, or of anything."""
    own = classes
    if classes is not None and isinstance(statement, Function):
        own = {*classes, *(argument.arg for argument in statement.args.args[:1])}
    for node in ast.walk(statement):
        if isinstance(node, ast.Attribute):
            if _is_own(node.value, own):
                yield node.attr
        elif isinstance(node, ast.Name):
            # What stands in the class itself finds its members by their bare names.
            yield from () if isinstance(statement, Function) else (node.id,)
        elif own is None or any(_is_own(child, own) for child in ast.iter_child_nodes(node)):
            kinds = [type(node), *(type(child) for child in ast.iter_child_nodes(node))]
            yield from (name for kind in kinds for name in _BY_NODE.get(kind, ()))
            if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
                yield from _BY_BUILTIN.get(node.func.id, ())


def _is_own(node: ast.AST, own: set[str] | None) -> bool:
    """Whether a piece of code is the object itself, its class, or what `super()` gives."""
    if own is None:
        return True
    if isinstance(node, ast.Call) and isinstance(node.func, ast.Name):
        is_super = node.func.id == "super"
        return is_super or (node.func.id == "type" and any(_is_own(one, own) for one in node.args))
    is_class = isinstance(node, ast.Attribute) and node.attr == "__class__"
    return is_class or (isinstance(node, ast.Name) and node.id in own)


def _pruned(node: ast.ClassDef, kept: list[ast.stmt]) -> ast.ClassDef:
    """A class with some of its body, for those who ask which names it speaks of."""
    return ast.ClassDef(
        name=node.name,
        bases=node.bases,
        keywords=node.keywords,
        body=kept,
        decorator_list=node.decorator_list,
    )
