"""Which modules an import statement names, and under which names the file knows them: text in, pairs out.

Read line by line as text: the statement is at hand and most statements repeat in a repository. A pair is
(name, module); the name is empty where the statement binds none (`import *`, C's `#include`, a side effect).
"""

from __future__ import annotations

import re
from collections.abc import Callable

Pairs = list[tuple[str, str]]
ImportsOf = Callable[[str], Pairs]

_COMMENT = re.compile(r"#[^\n]*|\\\r?\n")
_BLOCK_COMMENT = re.compile(r"//[^\n]*|/\*.*?\*/", re.DOTALL)
_QUOTED = re.compile(r"""['"]([^'"\n]*)['"]""")


def python(text: str) -> Pairs:
    """Python's two forms.

    >>> python("import a.b, c as d")
    [('a', 'a.b'), ('d', 'c')]
    >>> python("from ..x import (y as z, w)"), python("from x import *")
    ([('z', '..x'), ('w', '..x')], [('', 'x')])
    """
    text = _COMMENT.sub("", text).strip()
    head, _, rest = text.partition(" import")
    if head.startswith("from"):
        module = head[4:].strip()
        return [(_bound(part, " as "), module) for part in rest.strip(" ();\r\n").split(",") if part.strip()]
    found = []
    for part in text.removeprefix("import").strip(" ;").split(","):
        module, _, alias = part.strip().partition(" as ")
        if module:
            found.append((alias.strip() or module.split(".", 1)[0].strip(), module.strip()))
    return found


def _bound(part: str, mark: str) -> str:
    name, _, alias = part.strip().partition(mark)
    bound = (alias or name).strip()
    return "" if bound in ("*", "_") else bound


def ecmascript(text: str) -> Pairs:
    """`import` in its forms, and `require` in a declaration.

    >>> ecmascript("import a, { b as c, type D } from './x'"), ecmascript("import * as n from 'y';")
    ([('a', './x'), ('c', './x'), ('D', './x')], [('n', 'y')])
    >>> ecmascript("const { a, b: c } = require('z')"), ecmascript("import 'side'")
    ([('a', 'z'), ('c', 'z')], [('', 'side')])
    """
    text = _BLOCK_COMMENT.sub("", text) if "/*" in text else text
    quoted = list(_QUOTED.finditer(text))
    if not quoted:
        return []
    module = quoted[-1][1]
    head = text[: quoted[-1].start()]
    found = re.match(
        r"\s*(?:import|const|let|var)\b\s*(?:type\b\s*)?(.*?)\s*(?:\bfrom|=\s*require\s*\()\s*$",
        head,
        re.DOTALL,
    )
    if found is None:
        return [("", module)]
    names = re.sub(r"\btype\s+(?=\w)|[{}]", " ", found[1]).split(",")
    bound = [re.split(r"\s+as\s+|:", name.strip())[-1].strip() for name in names if name.strip()]
    return [(name, module) for name in bound] or [("", module)]


_GO_SPEC = re.compile(r"""(?:([\w.]+)\s+)?["`]([^"`\n]+)["`]""")


def go(text: str) -> Pairs:
    r"""One import or a group; without a name of its own a package goes by its path's last part.

    >>> go('import (\n\t"fmt"\n\tx "a/b"\n\t_ "c/d"\n\t"e/f/v2"\n)')
    [('fmt', 'fmt'), ('x', 'a/b'), ('', 'c/d'), ('f', 'e/f/v2')]
    """
    found = []
    for name, path in _GO_SPEC.findall(text.removeprefix("import")):
        parts = path.split("/")
        last = parts[-2] if len(parts) > 1 and re.fullmatch(r"v\d+", parts[-1]) else parts[-1]
        found.append(("" if name in ("_", ".") else name or re.split(r"[.-]", last)[0], path))
    return found


def dotted(text: str) -> Pairs:
    """Java, Kotlin, C# and Swift: the last part is the name, `*` binds none.

    >>> dotted("import static a.b.C.d;"), dotted("import a.b.*;"), dotted("import a.B as C")
    ([('d', 'a.b.C.d')], [('', 'a.b')], [('C', 'a.B')])
    >>> dotted("using X = A.B;"), dotted("using System.Text;")
    ([('X', 'A.B')], [('', 'System.Text')])
    """
    words = _BLOCK_COMMENT.sub("", text).replace("=", " = ").strip(" ;\r\n").split()
    words = [word for word in words if word not in _KEYWORDS]
    if not words:
        return []
    if "=" in words[1:2]:
        return [(words[0], "".join(words[2:]))]
    path = words[0].rstrip(";")
    if path.endswith(".*"):
        return [("", path[:-2])]
    if len(words) > 2 and words[1] == "as":
        return [(words[2], path)]
    is_namespace = text.lstrip().startswith(("using", "global"))
    return [("" if is_namespace else path.rsplit(".", 1)[-1], path)]


_KEYWORDS = frozenset(
    "import static using global class struct enum protocol func typealias var let @testable @_exported".split()
)


def tree(text: str) -> Pairs:
    r"""Rust's `use` and Scala's `import` and PHP's `use`, braces multiplied out.

    >>> tree("pub use a::{b::C, d as E, self, f::*};")
    [('C', 'a::b::C'), ('E', 'a::d'), ('a', 'a'), ('', 'a::f')]
    >>> tree("import x.y.{Z, W => V}, q._"), tree("use function A\\B\\c as d;")
    ([('Z', 'x.y.Z'), ('V', 'x.y.W'), ('', 'q')], [('d', 'A\\B\\c')])
    """
    text = _BLOCK_COMMENT.sub("", text).strip(" ;\r\n")
    text = re.sub(
        r"^(?:pub(?:\([^)]*\))?\s+)?(?:use|import|extern\s+crate)\s+(?:function\s+|const\s+)?", "", text
    )
    mark = "::" if "::" in text else "\\" if "\\" in text else "." if "." in text else "::"
    found: Pairs = []
    _expand("", text, mark, found)
    return found


def _expand(prefix: str, text: str, mark: str, found: Pairs) -> None:
    for part in _top_commas(text):
        head, brace, rest = part.partition("{")
        if brace:
            # Groups nest as deep as a statement is long; real ones three deep.
            if prefix.count(mark) < 20:
                _expand(prefix + head.strip(), rest.strip().removesuffix("}"), mark, found)
            continue
        name, *alias = re.split(r"\s+as\s+|\s*=>\s*", part.strip())
        path = prefix + name.strip()
        last = path.rsplit(mark, 1)[-1]
        if last in ("*", "_", "given"):
            found.append(("", path[: -len(last) - len(mark)]))
            continue
        if last == "self" and mark in path:
            path = path.removesuffix(mark + "self")
            last = path.rsplit(mark, 1)[-1]
        bound = alias[0].strip() if alias else last
        found.append(("" if bound == "_" else bound, path))


def _top_commas(text: str) -> list[str]:
    pieces, depth, last = [], 0, 0
    for at, char in enumerate(text):
        if char == "{":
            depth += 1
        elif char == "}":
            depth -= 1
        elif char == "," and not depth:
            pieces.append(text[last:at])
            last = at + 1
    pieces.append(text[last:])
    return [piece.strip() for piece in pieces if piece.strip()]


def quoted(text: str) -> Pairs:
    """The first quoted or bracketed path, or the second word: `#include`, `require`, `source`; binds nothing.

    >>> quoted("#include <a/b.h>"), quoted("require_relative 'x'"), quoted(". ./lib.sh")
    ([('', 'a/b.h')], [('', 'x')], [('', './lib.sh')])
    """
    found = re.search(r"""<([^>\n]+)>|["']([^"'\n]+)["']""", text)
    if found:
        return [("", found[1] or found[2])]
    words = text.split()
    return [("", words[1])] if len(words) > 1 else []


def php(text: str) -> Pairs:
    r"""`use` statements, and what `require` and `include` name.

    >>> php("require_once __DIR__ . '/a.php';"), php("use A\\{B, C as D};")
    ([('', '/a.php')], [('B', 'A\\B'), ('D', 'A\\C')])
    """
    return tree(text) if text.startswith("use") else quoted(text)
