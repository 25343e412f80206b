"""Under which keys a file can be imported, and which keys an import may mean: paths and module names as text.

A key is the end of a path without its extension, parts joined by `/`: `pkg/mod` for `src/pkg/mod.py`, `pkg` for
`pkg/__init__.py`. Where an import resolves relative to its file the key is the whole path, marked by a leading
`/`. Nothing is read: configuration (`tsconfig.json`, `go.mod`, source roots) is not known, so a match by the
end of a path is a guess that says so (`repository.py`).
"""

from __future__ import annotations

from posixpath import dirname, normpath

# Languages that may import each other's files.
FAMILIES = {
    "python": "python",
    "javascript": "ecmascript",
    "typescript": "ecmascript",
    "go": "go",
    "java": "jvm",
    "kotlin": "jvm",
    "scala": "jvm",
    "c": "c",
    "cpp": "c",
    "ruby": "ruby",
    "rust": "rust",
}
# A file of this name stands for its folder.
_FOR_FOLDER = {"python": "__init__", "ecmascript": "index", "rust": "mod"}
# The last parts of a path that an import can name; deeper ones are told apart by these.
_MOST_PARTS = 8


def keys_of(path: str, family: str) -> list[str]:
    """Keys of a file, the whole path first.

    >>> keys_of("src/pkg/mod.py", "python")
    ['/src/pkg/mod', 'src/pkg/mod', 'pkg/mod', 'mod']
    >>> keys_of("a/b/x.go", "go"), keys_of("lib/index.ts", "ecmascript")
    (['/a/b', 'a/b', 'b'], ['/lib', 'lib'])
    """
    if family == "go":
        stem = dirname(path)
    elif family == "c":
        stem = path
    else:
        folder, _, name = path.rpartition("/")
        # Of `x.d.ts` and `x.test.js` the last extension goes, and `.d` with it.
        name = name.rsplit(".", 1)[0].removesuffix(".d")
        stem = folder if name == _FOR_FOLDER.get(family) else f"{folder}/{name}".strip("/")
    parts = stem.split("/")
    return [
        "/" + stem,
        *("/".join(parts[place:]) for place in range(max(0, len(parts) - _MOST_PARTS), len(parts))),
    ]


def keys_meant(module: str, path: str, family: str) -> list[str]:
    """Keys that an import in the file at `path` may mean, the likeliest first; none when it leaves the repository.

    >>> keys_meant("..x.y", "pkg/sub/mod.py", "python"), keys_meant("a.b", "mod.py", "python")
    (['/pkg/x/y', '/pkg/x'], ['a/b'])
    >>> keys_meant("./util.js", "src/app.ts", "ecmascript"), keys_meant("react", "a.js", "ecmascript")
    (['/src/util', '/src/util.js'], [])
    >>> keys_meant("github.com/a/b/c", "main.go", "go"), keys_meant("fmt", "main.go", "go")
    (['a/b/c', 'b/c', 'c'], [])
    """
    return _MEANT[family](module, dirname(path))


def _go(module: str, _folder: str) -> list[str]:
    """A package of another host may be this repository's own: its path's ends."""
    parts = module.split("/")
    return ["/".join(parts[place:]) for place in range(1, len(parts))] if "." in parts[0] else []


def _c(module: str, folder: str) -> list[str]:
    return [key for key in ("/" + normpath(f"{folder}/{module}").strip("/"), module.strip("./")) if key]


def _rust(module: str, folder: str) -> list[str]:
    parts = module.split("::")
    if parts[0] in ("super", "self"):
        parts = [*folder.split("/"), *parts[1:]] if folder else parts[1:]
    elif parts[0] == "crate":
        parts = parts[1:]
    else:
        return []
    return ["/".join(parts), "/".join(parts[:-1])] if len(parts) > 1 else parts


def _ruby(module: str, folder: str) -> list[str]:
    return [*_relative(module, folder), module.strip("./")]


def _jvm(module: str, _folder: str) -> list[str]:
    """A class, or something inside one."""
    parts = module.split(".")
    return ["/".join(parts), "/".join(parts[:-1])] if len(parts) > 2 else ["/".join(parts)]


def _ecmascript(module: str, folder: str) -> list[str]:
    return _relative(module, folder) if module.startswith(".") else []


def _python(module: str, folder: str) -> list[str]:
    name = module.lstrip(".")
    dots = len(module) - len(name)
    inner = name.replace(".", "/")
    if not dots:
        return [inner]
    above = folder.split("/") if folder else []
    if dots - 1 > len(above):
        return []
    base = "/".join(above[: len(above) - dots + 1])
    whole = "/" + f"{base}/{inner}".strip("/")
    return [whole, "/" + f"{base}/{inner.rpartition('/')[0]}".strip("/")] if inner else [whole]


def _relative(module: str, folder: str) -> list[str]:
    joined = normpath(f"{folder}/{module}").strip("/")
    if joined.startswith(".."):
        return []
    stem, dot, extension = joined.rpartition(".")
    is_file = bool(dot) and extension in ("js", "jsx", "mjs", "cjs", "ts", "tsx", "mts", "cts", "rb")
    return ["/" + stem, "/" + joined] if is_file else ["/" + joined]


_MEANT = {
    "python": _python,
    "ecmascript": _ecmascript,
    "go": _go,
    "jvm": _jvm,
    "c": _c,
    "ruby": _ruby,
    "rust": _rust,
}
