"""The Python modules of a repository: their names, and which statement at a module's top binds which name.

A file that does not parse is no module. Nothing is imported or run.
"""

from __future__ import annotations

import ast
import re
import warnings
from collections.abc import Iterable, Iterator, Mapping
from functools import cached_property
from pathlib import PurePosixPath

_RELATIVE = re.compile(rb"^\s*from\s+\.", re.MULTILINE)
_TEST_FILE = re.compile(r"(?:^|/)(?:tests?/|test_[^/]*\.py$|[^/]*_test\.py$|conftest\.py$)")
Function = ast.FunctionDef | ast.AsyncFunctionDef


class Module:
    """A parsed file. `bindings` says which statements at the top bind a name, by their place in `body`."""

    def __init__(self, path: str, name: str, text: bytes, tree: ast.Module) -> None:
        self.path, self.name, self.text, self.body = path, name, text, tree.body
        self.is_package = path.endswith("__init__.py")
        self.is_test = bool(_TEST_FILE.search(path))
        self._starts = [0, *(match.end() for match in re.finditer(rb"\n", text))]

    @cached_property
    def bindings(self) -> Mapping[str, list[int]]:
        """Places in `body`, by the name that a statement there binds or changes."""
        found: dict[str, list[int]] = {}
        for place, statement in enumerate(self.body):
            for name in sorted(set(_bound(statement))):
                found.setdefault(name, []).append(place)
        return found

    @cached_property
    def stars(self) -> list[str]:
        """Modules of which every name is imported."""
        return [
            target
            for statement in self.body
            if isinstance(statement, ast.ImportFrom) and statement.names[0].name == "*"
            if (target := self.imported(statement))
        ]

    def imported(self, statement: ast.ImportFrom) -> str:
        """The full name of the module that a statement imports from; empty when it leads out of the top."""
        if not statement.level:
            return statement.module or ""
        parts = self.name.split(".") if self.name else []
        drop = statement.level - self.is_package
        if drop > len(parts):
            return ""
        return ".".join([*parts[: len(parts) - drop], *([statement.module] if statement.module else [])])

    def span(self, node: ast.stmt) -> tuple[int, int]:
        """Byte offsets of a statement with its decorators, from the beginning of its line where it can be."""
        first: ast.stmt | ast.expr = node
        if isinstance(node, Function | ast.ClassDef) and node.decorator_list:
            first = node.decorator_list[0]
        begin = self._starts[first.lineno - 1]
        start = begin + first.col_offset - (first is not node)
        start = begin if not self.text[begin:start].strip() else start
        return start, self._starts[(node.end_lineno or node.lineno) - 1] + (node.end_col_offset or 0)

    def source(self, node: ast.stmt) -> str:
        """The text of a statement, as it stands there."""
        start, end = self.span(node)
        return self.text[start:end].decode("utf-8")

    def line_at(self, offset: int) -> int:
        """The line of a byte, counted from 1."""
        return self.text.count(b"\n", 0, offset) + 1

    @cached_property
    def functions(self) -> Mapping[int, tuple[str, Function]]:
        """Qualified name and tree of every function, by the line on which it begins, decorators included."""
        return {first_line(node): (name, node) for name, node in _functions(self.body, "")}


def first_line(node: Function) -> int:
    """Where Python says that a function begins: at its first decorator."""
    return min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])


def _functions(body: Iterable[ast.stmt], prefix: str) -> Iterator[tuple[str, Function]]:
    for statement in body:
        if isinstance(statement, Function):
            yield prefix + statement.name, statement
        elif isinstance(statement, ast.ClassDef):
            yield from _functions(statement.body, f"{prefix}{statement.name}.")
        elif isinstance(statement, ast.If | ast.Try):
            yield from _functions(ast.iter_child_nodes(statement), prefix)  # type: ignore[arg-type]


def _bound(statement: ast.stmt) -> Iterator[str]:
    """Names that a statement at the top of a module binds, or whose value it changes."""
    if isinstance(statement, Function | ast.ClassDef):
        yield statement.name
        return
    if isinstance(statement, ast.Expr) and isinstance(statement.value, ast.Call):
        # `TABLE.update(…)`, `register(parse)`: what belongs to a name that is wanted.
        yield from _roots(statement.value.func)
    for node in _shallow(statement):
        if isinstance(node, Function | ast.ClassDef):
            yield node.name
        elif isinstance(node, ast.Import | ast.ImportFrom):
            yield from (
                (alias.asname or alias.name.split(".")[0]) for alias in node.names if alias.name != "*"
            )
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            yield node.id
        elif isinstance(node, ast.Attribute | ast.Subscript) and isinstance(node.ctx, ast.Store):
            yield from _roots(node)


def _roots(node: ast.expr) -> Iterator[str]:
    """The name that an attribute or an item hangs on."""
    while isinstance(node, ast.Attribute | ast.Subscript):
        node = node.value
        if isinstance(node, ast.Name):
            yield node.id


def _shallow(node: ast.AST) -> Iterator[ast.AST]:
    """The node and all below it that runs where it stands: no body of a function or class."""
    yield node
    for child in ast.iter_child_nodes(node):
        if isinstance(child, Function | ast.ClassDef | ast.Lambda):
            yield child
        else:
            yield from _shallow(child)


class Repository:
    """Modules by their full name and by their path, and the folders that have to be on `sys.path`."""

    def __init__(self, files: Iterable[tuple[str, bytes]]) -> None:
        self.files = dict(sorted(files))
        self.folders = _package_folders(self.files)
        self.by_path: dict[str, Module] = {}
        self.by_name: dict[str, Module] = {}
        for path, text in self.files.items():
            tree = parse_python(text)
            if tree is not None:
                module = Module(path, self._name_of(path), text, tree)
                self.by_path[path] = module
        # A copy that lies deeper (build/lib/…) does not take the place of the module.
        for module in sorted(self.by_path.values(), key=lambda module: (module.path.count("/"), module.path)):
            self.by_name.setdefault(module.name, module)
        self.packages = {
            ".".join(name.split(".")[:depth])
            for name in self.by_name
            for depth in range(1, name.count(".") + 1)
        }

    def is_own(self, name: str) -> bool:
        """Whether a full name is a module or a package of the repository."""
        return name in self.by_name or name in self.packages

    @cached_property
    def roots(self) -> tuple[list[str], list[str]]:
        """Folders for `sys.path`: those that hold packages, and those that hold loose modules.

        The latter belong behind the standard library, whose names a loose module may have.
        """
        holders = {str(PurePosixPath(folder).parent) for folder in self.folders} - self.folders
        loose = {str(PurePosixPath(path).parent) for path in self.files} - holders - self.folders
        return sorted(holders), sorted(loose)

    def tree(self) -> Mapping[str, bytes]:
        """The files as they are to lie on a disk, packages complete."""
        made = {f"{folder}/__init__.py": b"" for folder in sorted(self.folders)}
        return {**made, **self.files}

    def _name_of(self, path: str) -> str:
        place = PurePosixPath(path)
        parts = [] if place.stem == "__init__" else [place.stem]
        folder = place.parent
        while str(folder) in self.folders:
            parts.insert(0, folder.name)
            folder = folder.parent
        return ".".join(parts)


def parse_python(text: bytes) -> ast.Module | None:
    """The tree of a module; None for what this Python does not read."""
    try:
        text.decode("utf-8")
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            return ast.parse(text)
    # A NUL byte is a ValueError; a thousand brackets are one of the others.
    except (SyntaxError, ValueError, RecursionError, MemoryError):
        return None


def _package_folders(files: Mapping[str, bytes]) -> set[str]:
    """Folders that are packages: an `__init__.py` says so, or a relative import (an empty file may be missing)."""
    found = {
        str(PurePosixPath(path).parent)
        for path, text in files.items()
        if path.endswith("/__init__.py") or _RELATIVE.search(text)
    }
    return {folder for folder in found if folder != "." and PurePosixPath(folder).name.isidentifier()}
