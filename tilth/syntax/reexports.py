"""Names that a Python file has from a package which has them from its modules (`from .cart import Cart` in `__init__`).

Pure over DOCUMENTS with their text: a package is parsed, of other files the import statements are read. A chain of
packages is followed to its end; what a statement means is found as in `repository.py`, and left out where more than one
file could be meant. Other languages (`export … from`, `pub use`) are not followed.
"""

from __future__ import annotations

import ast
import re
from collections import defaultdict
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa

from tilth.harness.modules import parse_python
from tilth.records import rows_of
from tilth.syntax.imports_between import keys_meant, keys_of

# `name` is what the reader calls it, null where it takes every public name; `original` what it is in the file that
# defines it.
REEXPORTS = pa.schema(
    [("reader", pa.string()), ("name", pa.string()), ("definer", pa.string()), ("original", pa.string())]
)
_FROM = re.compile(r"^[ \t]*from[ \t]+([.\w]+)[ \t]+import[ \t]*(\([^)]*\)|[^\n;]*)", re.MULTILINE)
_IMPORT = re.compile(r"^[ \t]*import[ \t]+([.\w]+)(?:[ \t]+as[ \t]+(\w+))?[ \t]*$", re.MULTILINE)
# Packages inside packages; a circle of imports ends here too.
_MOST_HOPS = 8


class _Handed(NamedTuple):
    name: str | None
    document_id: str
    original: str | None


_Files = Mapping[tuple[str, str], list[tuple[int, str, str]]]


def reexports(documents: pa.Table) -> pa.Table:
    """REEXPORTS of a repository's files: `documents` has document_id, repository, path, language and text."""
    places: dict[tuple[str, str], list[tuple[int, str, str]]] = defaultdict(list)
    readers: list[tuple[str, str, str, str]] = []
    names = ("document_id", "repository", "path", "language", "text")
    for document_id, repository, path, language, text in rows_of(documents, *names):
        if language == "python":
            readers.append((document_id, repository, path, text))
            for key in keys_of(path, "python"):
                places[repository, key].append((len(path.rpartition("/")[0]), path, document_id))
    handed = {
        reader[0]: list(_handed(*reader, places))
        for reader in readers
        if reader[2].rpartition("/")[2] == "__init__.py"
    }
    rows = {
        (reader[0], end.name, end.document_id, end.original)
        for reader in readers
        if any(handed.values())
        for one in _taken(*reader, places, handed)
        for end in _ends(one, handed, _MOST_HOPS)
        if end.document_id not in (one.document_id, reader[0])
    }
    ordered = sorted(rows, key=lambda row: tuple(value or "" for value in row))
    columns = zip(*ordered, strict=True) if ordered else ((), (), (), ())
    return pa.table([pa.array(values, pa.string()) for values in columns], schema=REEXPORTS)


def _taken(
    document_id: str,
    repository: str,
    path: str,
    text: str,
    files: _Files,
    handed: Mapping[str, list[_Handed]],
) -> Iterator[_Handed]:
    """What a file takes from packages: names of `from package import …`, and of `package.name(…)`."""
    for module, names in _FROM.findall(text):
        target = _meant(module, path, repository, files)
        if target is None or target not in handed or target == document_id:
            continue
        for part in re.sub(r"#[^\n]*|[()]", "", names).split(","):
            words = part.split()
            if words == ["*"]:
                yield _Handed(None, target, None)
            elif len(words) in (1, 3):
                yield _Handed(words[-1], target, words[0])
    for module, alias in _IMPORT.findall(text):
        target = _meant(module, path, repository, files)
        if target is not None and target in handed and target != document_id:
            called = re.findall(rf"\b{re.escape(alias or module)}\.(\w+)\(", text)
            yield from (_Handed(name, target, name) for name in dict.fromkeys(called))


def _handed(
    document_id: str,
    repository: str,
    path: str,
    text: str,
    files: _Files,
) -> Iterator[_Handed]:
    """What the imports at the top of a package bind, each with the file that it is taken from."""
    tree = parse_python(text.encode("utf-8"))
    for statement in tree.body if tree is not None else ():
        for node in ast.walk(statement) if isinstance(statement, ast.Try | ast.If) else (statement,):
            if not isinstance(node, ast.ImportFrom):
                continue
            module = "." * node.level + (node.module or "")
            target = _meant(module, path, repository, files)
            for alias in node.names:
                if target is None or target == document_id:
                    continue
                if alias.name == "*":
                    yield _Handed(None, target, None)
                else:
                    yield _Handed(alias.asname or alias.name, target, alias.name)


def _meant(module: str, path: str, repository: str, files: _Files) -> str | None:
    """The file that an import means; None when it is none of the repository's, or could be several."""
    # The second meaning of a relative import is the package above, of which a name is taken.
    for key in keys_meant(module, path, "python")[:1]:
        found = sorted(files.get((repository, key), ()))
        if found and (len(found) == 1 or key.startswith("/")):
            return found[0][2]
    return None


def _ends(one: _Handed, handed: Mapping[str, list[_Handed]], hops: int) -> Iterator[_Handed]:
    """Where a name leads, through packages that only hand it on."""
    further = handed.get(one.document_id)
    if further is None or not hops:
        yield one
        return
    if one.original is None:
        yield one
        for other in further:
            yield from _ends(other, handed, hops - 1)
        return
    named = [other for other in further if other.name == one.original]
    stars = [other._replace(original=one.original) for other in further if other.name is None]
    for other in named or [one, *stars]:
        if other is one:
            yield one
        else:
            yield from _ends(other._replace(name=one.name), handed, hops - 1)
