"""A program that stands by itself, cut out of a repository: some definitions, and what they need by their names.

All statements land in one namespace, those of modules that are imported before those that import them; imports from the
repository fall away, and where a module itself is meant the program stands in for it. What cannot be put so is
refused: two things of one name, a package that is not the standard library's, too much text. Nothing is run, so
that what was cut does what it did is for the sandbox to find out.
"""

from __future__ import annotations

import ast
import builtins
import doctest
import sys
from collections.abc import Iterable, Iterator
from typing import NamedTuple

from tilth.harness.excerpt import Excerpt
from tilth.harness.modules import Module, Repository, parse_python

_HERE = "sys.modules[__name__]"
_KNOWN = frozenset(dir(builtins)) | {"__name__", "__file__", "__doc__"}


class Cut(NamedTuple):
    """What was cut: the program, the part of it that comes from tests, and the modules for which it stands."""

    code: str
    tests: str
    modules: tuple[str, ...]


class Refusal(NamedTuple):
    """Why nothing was cut: a machine-readable reason, and the name it is about."""

    reason: str
    detail: str


class _Refused(Exception):
    """A `Refusal` on its way out; it does not leave this module."""


class Cutter:
    """Cuts out of one repository: at most so many bytes, with a text that stands in for pytest."""

    def __init__(
        self, repository: Repository, max_bytes: int, stand_in: str = "", allows_packages: bool = False
    ) -> None:
        self.repository, self.max_bytes, self.stand_in = repository, max_bytes, stand_in
        self.allows_packages = allows_packages

    def cut(
        self,
        wanted: Iterable[tuple[Module, str]],
        extra: str = "",
        module: Module | None = None,
        excerpt: Excerpt | None = None,
    ) -> Cut | Refusal:
        """The program of names of modules, and of what the statements `extra` need, which are read in `module`.

        Of the classes of an `excerpt` only what it kept is taken.
        """
        piece = _Piece(self, excerpt)
        try:
            for place, name in wanted:
                if not piece.need(place, name):
                    return Refusal("name_not_found", name)
            if module is not None:
                piece.need_all(module, ast.parse(extra))
                for tree in _examples(extra):
                    piece.need_all(module, tree)
            return piece.text(extra)
        except _Refused as refused:
            return Refusal(*refused.args)
        except RecursionError:
            return Refusal("needs_too_much", "")


class _Piece:
    """One cut while it is made."""

    def __init__(self, cutter: Cutter, excerpt: Excerpt | None) -> None:
        self.cutter, self.repository, self.excerpt = cutter, cutter.repository, excerpt
        self.taken: dict[str, set[int]] = {}  # module's path → places in its body
        self.imports: dict[str, str] = {}  # name → statement
        self.lines: dict[str, str] = {}  # name → assignment that stands for an import of the repository's
        self.owners: dict[str, tuple[str, str]] = {}  # name → module and name there
        self.order: list[Module] = []
        self.used: set[str] = set()
        self.has_annotations = False
        self.has_inner_imports = False

    def need(self, module: Module, name: str) -> bool:
        """Take what binds a name in a module; False when nothing does."""
        places = module.bindings.get(name)
        if places is None:
            for star in module.stars:
                other = self.repository.by_name.get(star)
                if other is not None and self.need(other, name):
                    return True
            return False
        for place in places:
            statement = module.body[place]
            if isinstance(statement, ast.Import):
                self._import(statement, name)
            elif isinstance(statement, ast.ImportFrom):
                self._import_from(module, statement, name)
            else:
                self.take(module, place, name)
        return True

    def claim(self, name: str, module: str, origin: str) -> None:
        if self.owners.setdefault(name, (module, origin)) != (module, origin):
            raise _Refused("names_clash", name)

    def take(self, module: Module, place: int, name: str) -> None:
        statement = module.body[place]
        if name not in _imported_inside(statement):
            self.claim(name, module.path, name)
        self.used.add(module.name)
        places = self.taken.setdefault(module.path, set())
        if place in places:
            return
        places.add(place)
        for bound, others in module.bindings.items():
            # Of `try: from .types import sentinel …` only what was asked for is known to be meant.
            if place in others and bound != name and not isinstance(statement, ast.Expr | ast.Try | ast.If):
                self.claim(bound, module.path, bound)
        self.need_all(module, self._in_excerpt(module, place) or statement)
        if module not in self.order:
            self.order.append(module)

    def _in_excerpt(self, module: Module, place: int) -> ast.ClassDef | None:
        is_there = self.excerpt is not None and self.excerpt.module is module
        return self.excerpt.trees.get(place) if self.excerpt is not None and is_there else None

    def _source(self, module: Module, place: int) -> str:
        if self.excerpt is not None and self._in_excerpt(module, place) is not None:
            return self.excerpt.text(place)
        return module.source(module.body[place])

    def need_all(self, module: Module, tree: ast.AST) -> None:
        """Take every name of the module's that a piece of code speaks of."""
        names, chains = set(), []
        for node in ast.walk(tree):
            if isinstance(node, ast.Name):
                names.add(node.id)
            elif isinstance(node, ast.Attribute) and (chain := _chain(node)):
                chains.append(chain)
            elif isinstance(node, ast.Import | ast.ImportFrom) and not (
                isinstance(tree, ast.Import | ast.ImportFrom) and node is tree
            ):
                self._nested_import(module, node)
        for name in sorted(names - _KNOWN) + sorted(names & _KNOWN & module.bindings.keys()):
            self.need(module, name)
        for chain in sorted(chains):
            self._follow(module, chain)

    def _follow(self, module: Module, chain: tuple[str, ...]) -> None:
        """Take what a dotted name means, when its head is a module of the repository."""
        named = self._module_of(module, chain[0])
        for name in chain[1:]:
            if not named:
                return
            if self.repository.is_own(f"{named}.{name}"):
                named = f"{named}.{name}"
                self.stand_for(name, named)
                continue
            other = self.repository.by_name.get(named)
            if other is not None:
                further = self._module_of(other, name)
                if further:
                    self.stand_for(name, further)
                    named = further
                    continue
                self.need(other, name)
            return

    def _module_of(self, module: Module, name: str) -> str:
        """The module of the repository that a name is bound to; empty when it is none."""
        for place in module.bindings.get(name, ()):
            statement = module.body[place]
            if isinstance(statement, ast.Import):
                for alias in statement.names:
                    if (alias.asname or alias.name.split(".")[0]) == name:
                        full = alias.name if alias.asname else name
                        return full if self.repository.is_own(full) else ""
            elif isinstance(statement, ast.ImportFrom):
                for alias in statement.names:
                    full = f"{module.imported(statement)}.{alias.name}"
                    if (alias.asname or alias.name) == name and self.repository.is_own(full):
                        return full
        return ""

    def stand_for(self, name: str, module: str) -> None:
        """Let a name mean the whole program, which is every module of the repository at once."""
        self.claim(name, "", "")
        self.lines[name] = f"{name} = {_HERE}"
        self.used.add(module)

    def _import(self, statement: ast.Import, name: str) -> None:
        for alias in statement.names:
            if (alias.asname or alias.name.split(".")[0]) != name:
                continue
            if self.repository.is_own(alias.name):
                self.stand_for(name, alias.name)
                continue
            self._outside(
                name, alias.name, f"import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
            )

    def _import_from(self, module: Module, statement: ast.ImportFrom, name: str) -> None:
        target = module.imported(statement)
        if target == "__future__":
            return
        for alias in statement.names:
            if (alias.asname or alias.name) != name:
                continue
            full = f"{target}.{alias.name}"
            if full in self.repository.by_name and not self._binds(target, alias.name):
                self.stand_for(name, full)
            elif target in self.repository.by_name:
                self.used.add(target)
                if not self.need(self.repository.by_name[target], alias.name):
                    raise _Refused("name_not_found", full)
                if alias.asname and alias.asname != alias.name:
                    self.claim(alias.asname, target, alias.name)
                    self.lines[alias.asname] = f"{alias.asname} = {alias.name}"
            elif self.repository.is_own(target) or not target:
                raise _Refused("name_not_found", full)
            else:
                words = f"from {target} import {alias.name}" + (f" as {alias.asname}" if alias.asname else "")
                self._outside(name, target, words)

    def _binds(self, module: str, name: str) -> bool:
        found = self.repository.by_name.get(module)
        return found is not None and name in found.bindings

    def _outside(self, name: str, package: str, statement: str) -> None:
        top = package.partition(".")[0]
        if top == "pytest" and self.cutter.stand_in:
            self.claim("pytest", "pytest", "")
            self.imports["pytest"] = ""
            if name != "pytest":
                words = statement.partition(" import ")[2]
                attribute = words.partition(" as ")[0]
                self.claim(name, "pytest", attribute)
                self.lines[name] = f"{name} = pytest" + (f".{attribute}" if attribute else "")
            return
        if top not in sys.stdlib_module_names and not self.cutter.allows_packages:
            raise _Refused("needs_a_package", top)
        # `import a.b` and `import a.c` bind one name, and both are wanted.
        if statement.startswith("import ") and " as " not in statement:
            self.claim(name, name, "")
            lines = self.imports.get(name, "").splitlines()
            self.imports[name] = "\n".join(sorted({*lines, statement}))
            return
        self.claim(name, package, statement)
        self.imports[name] = statement

    def _nested_import(self, module: Module, node: ast.Import | ast.ImportFrom) -> None:
        """Of an import inside a function only what the program must hold, for it stays where it is."""
        for alias in node.names:
            target = alias.name if isinstance(node, ast.Import) else module.imported(node)
            if not self.repository.is_own(target):
                continue
            self.has_inner_imports = True
            self.used.add(target)
            if isinstance(node, ast.ImportFrom) and alias.name != "*" and target in self.repository.by_name:
                self.need(self.repository.by_name[target], alias.name)

    def text(self, extra: str) -> Cut | Refusal:
        """The program: imports, the repository's code; then its tests, and `extra`."""
        code, tests = self._parts(is_test=False), self._parts(is_test=True)
        imports = sorted(line for lines in self.imports.values() for line in lines.splitlines())
        stands = _standing(self.used) if self.lines or self.has_inner_imports else []
        head = [
            *(["from __future__ import annotations"] if self.has_annotations else []),
            *dict.fromkeys(imports),
        ]
        if (stands or self.lines) and "import sys" not in head:
            head.append("import sys")
        aliases = [self.lines[name] for name in sorted(self.lines)]
        program = "\n\n\n".join(part for part in ("\n".join(head), *code) if part)
        stand_in = [self.cutter.stand_in] if "pytest" in self.imports else []
        proof = "\n\n\n".join(
            part for part in ("\n".join([*stands, *aliases]), *stand_in, *tests, extra) if part
        )
        if len(program) + len(proof) > self.cutter.max_bytes:
            return Refusal("code_too_long", str(len(program) + len(proof)))
        return Cut(program + "\n", proof + "\n", tuple(sorted(self.used - {""})))

    def _parts(self, is_test: bool) -> list[str]:
        parts = []
        for module in self.order:
            self.has_annotations |= any(
                isinstance(statement, ast.ImportFrom) and statement.module == "__future__"
                for statement in module.body
            )
            if module.is_test == is_test:
                parts += [self._source(module, place).rstrip() for place in sorted(self.taken[module.path])]
        return parts


def _imported_inside(statement: ast.stmt) -> set[str]:
    """Names that `try: from .types import sentinel …` binds: whose they are is known when it runs."""
    imports = (node for node in ast.walk(statement) if isinstance(node, ast.Import | ast.ImportFrom))
    return {alias.asname or alias.name.partition(".")[0] for node in imports for alias in node.names}


def _examples(extra: str) -> Iterator[ast.Module]:
    """The examples of doctests that stand in `extra` as strings."""
    for node in ast.walk(ast.parse(extra)):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and node.value.startswith(">>>"):
            for example in doctest.DocTestParser().get_examples(node.value):
                tree = parse_python(example.source.encode("utf-8"))
                if tree is not None:
                    yield tree


def _standing(modules: Iterable[str]) -> list[str]:
    """Lines that make the program every module that it was cut out of."""
    names = {
        ".".join(name.split(".")[: depth + 1])
        for name in modules
        if name
        for depth in range(name.count(".") + 1)
    }
    if not names:
        return []
    return [f"sys.modules.update(dict.fromkeys({sorted(names)!r}, {_HERE}))"]


def _chain(node: ast.Attribute) -> tuple[str, ...] | None:
    parts: list[str] = []
    inner: ast.expr = node
    while isinstance(inner, ast.Attribute):
        parts.insert(0, inner.attr)
        inner = inner.value
    return (inner.id, *parts) if isinstance(inner, ast.Name) else None
