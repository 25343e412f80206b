"""Language and kind of a file, from its name, and from its first line when the name says nothing.

Names are lower-case (`python`, `csharp`, `bash`). The kind is `code`, `prose` or `data`; what is packed
(archives, images) has none. The content is consulted for a shebang and for an HTML or XML head only: a
statistical guess would be wrong too often to be called a fact.
"""

from __future__ import annotations

import re
from typing import NamedTuple


class Language(NamedTuple):
    """A language's name and its kind: `code`, `prose` or `data`."""

    name: str
    kind: str


# Extensions by language. JSX counts as JavaScript and TSX as TypeScript: the path tells the grammar later.
_CODE = {
    "assembly": "asm s",
    "bash": "sh bash zsh ksh bats",
    "c": "c h",
    "clojure": "clj cljs cljc",
    "cmake": "cmake",
    "cpp": "cc cpp cxx c++ hh hpp hxx h++ ipp tpp inl",
    "csharp": "cs csx",
    "css": "css scss sass less",
    "cuda": "cu cuh",
    "cython": "pyx pxd pxi",
    "dart": "dart",
    "elixir": "ex exs",
    "erlang": "erl hrl",
    "fortran": "f f77 f90 f95 f03 f08 for",
    "fsharp": "fs fsi fsx",
    "go": "go",
    "graphql": "graphql gql",
    "groovy": "groovy gradle",
    "haskell": "hs lhs",
    "hcl": "tf hcl",
    "java": "java",
    "javascript": "js jsx mjs cjs",
    "julia": "jl",
    "kotlin": "kt kts",
    "lisp": "lisp lsp el scm rkt",
    "lua": "lua",
    "nix": "nix",
    "objective_c": "m mm",
    "ocaml": "ml mli",
    "pascal": "pas pp dpr",
    "perl": "pl pm",
    "php": "php phtml",
    "powershell": "ps1 psm1 psd1",
    "protobuf": "proto",
    "python": "py pyi pyw",
    "r": "r",
    "ruby": "rb rake gemspec",
    "rust": "rs",
    "scala": "scala sc",
    "solidity": "sol",
    "sql": "sql",
    "svelte": "svelte",
    "swift": "swift",
    "tcl": "tcl",
    "typescript": "ts tsx mts cts",
    "verilog": "v sv svh",
    "vhdl": "vhd vhdl",
    "vue": "vue",
    "zig": "zig",
}
_PROSE = {
    "asciidoc": "adoc asciidoc",
    "docx": "docx",
    "epub": "epub",
    "html": "html htm xhtml",
    "latex": "tex latex",
    "markdown": "md markdown mdown mkd mdx",
    "notebook": "ipynb",
    "org": "org",
    "pdf": "pdf",
    "pptx": "pptx",
    "rst": "rst",
    "text": "txt text",
}
_DATA = {
    "csv": "csv tsv",
    "ini": "ini cfg conf properties",
    "json": "json json5 geojson webmanifest",
    "jsonl": "jsonl ndjson",
    "parquet": "parquet",
    "toml": "toml",
    "translations": "po pot",
    "xml": "xml xsd xsl xslt svg rng plist",
    "yaml": "yaml yml",
}
_BY_EXTENSION = {
    extension: Language(name, kind)
    for kind, languages in (("code", _CODE), ("prose", _PROSE), ("data", _DATA))
    for name, extensions in languages.items()
    for extension in extensions.split()
}
_BY_NAME = {
    "build.bazel": Language("starlark", "code"),
    "cmakelists.txt": Language("cmake", "code"),
    "containerfile": Language("dockerfile", "code"),
    "dockerfile": Language("dockerfile", "code"),
    "gemfile": Language("ruby", "code"),
    "gnumakefile": Language("makefile", "code"),
    "go.mod": Language("go_module", "data"),
    "go.sum": Language("go_module", "data"),
    "jenkinsfile": Language("groovy", "code"),
    "makefile": Language("makefile", "code"),
    "pipfile": Language("toml", "data"),
    "rakefile": Language("ruby", "code"),
    "sconstruct": Language("python", "code"),
    "vagrantfile": Language("ruby", "code"),
    "workspace": Language("starlark", "code"),
    # Lists for programs under the name of text.
    **{name: Language("text", "data") for name in ("constraints.txt", "requirements.txt", "robots.txt")},
    **{name: Language("text", "data") for name in ("entry_points.txt", "top_level.txt", "sources.txt")},
    # Prose by convention, without an extension.
    **{name: Language("text", "prose") for name in ("authors", "changelog", "changes", "hacking", "history")},
    **{name: Language("text", "prose") for name in ("install", "news", "readme", "thanks", "todo")},
}
_BY_INTERPRETER = {
    "bash": "bash",
    "dash": "bash",
    "deno": "typescript",
    "ksh": "bash",
    "lua": "lua",
    "node": "javascript",
    "perl": "perl",
    "php": "php",
    "pypy": "python",
    "python": "python",
    "rscript": "r",
    "ruby": "ruby",
    "sh": "bash",
    "tclsh": "tcl",
    "zsh": "bash",
}
# What only C++ has at the start of a line: most of its headers end in .h.
_CPP_HEAD = re.compile(
    rb"^(?:class\s+\w+|namespace\s+\w+|template\s*<|using\s+namespace\b|#include\s*<(?:iostream|string|vector|memory)>)",
    re.MULTILINE,
)
_ARCHIVE_NAME = re.compile(
    r"\.(zip|whl|jar|egg|tar|tgz|tbz2?|txz|tar\.(gz|bz2|xz|zst))$",
    re.IGNORECASE,
)
# The interpreter's name without its version; `env` and its options are stepped over.
_SHEBANG = re.compile(rb"#!\s*(?:\S*/)?(?:env\s+(?:-\S+\s+)*(?:\S+=\S+\s+)*(?:\S*/)?)?([A-Za-z]+)")


def extension_of(path: str) -> str:
    """The lower-case extension without its dot; empty for a dotfile.

    >>> extension_of("a/B.PY"), extension_of("a.d/.bashrc"), extension_of("x.tar.gz")
    ('py', '', 'gz')
    """
    stem, dot, extension = path.rpartition("/")[2].rpartition(".")
    return extension.lower() if dot and stem else ""


def is_archive(path: str) -> bool:
    """Whether the name is that of an archive Tilth opens: zip, wheel, jar, egg or tar.

    >>> is_archive("a-1.0-py3-none-any.whl"), is_archive("a.gz")
    (True, False)
    """
    return _ARCHIVE_NAME.search(path) is not None


def language_of_name(path: str) -> Language | None:
    """The language that a path's last part tells, or None when it tells none.

    >>> language_of_name("src/app.tsx")
    Language(name='typescript', kind='code')
    >>> language_of_name("Dockerfile.dev").name, language_of_name("LICENSE")
    ('dockerfile', None)
    """
    name = path.rpartition("/")[2].lower()
    known = _BY_NAME.get(name)
    if known is not None:
        return known
    extension = extension_of(name)
    found = _BY_EXTENSION.get(extension)
    return found if found is not None or not extension else _BY_NAME.get(name.partition(".")[0])


def language_of_shebang(head: bytes) -> Language | None:
    r"""The language of the interpreter that the first line names, or None.

    >>> language_of_shebang(b"#!/usr/bin/env -S python3.12 -I\n")
    Language(name='python', kind='code')
    """
    match = _SHEBANG.match(head)
    name = _BY_INTERPRETER.get(match[1].decode("ascii").lower()) if match else None
    return Language(name, "code") if name else None


def language_of(path: str, head: bytes) -> Language | None:
    r"""The language of a text by its path, else by its shebang or its HTML head; None when neither tells.

    >>> language_of("bin/run", b"#!/bin/sh -e\n").name
    'bash'
    >>> language_of("index", b"<!doctype html>\n<title>x").name
    'html'
    """
    found = language_of_name(path) or language_of_shebang(head)
    if found is not None and found.kind == "code":
        # Qt's translations end in .ts, and other XML borrows languages' names too (DeepSeek-Coder drops it).
        if head[:100].lstrip().startswith(b"<?xml"):
            return Language("xml", "data")
        return Language("cpp", "code") if found.name == "c" and _CPP_HEAD.search(head) else found
    if found is None and head[:64].lstrip().lower().startswith((b"<!doctype html", b"<html")):
        return Language("html", "prose")
    return found


def language_of_label(label: str) -> Language | None:
    """The language that a label from outside (a dataset's column, a notebook's kernel) means, or None.

    >>> language_of_label("Python3").name, language_of_label("C++").name, language_of_label("JS").name
    ('python', 'cpp', 'javascript')
    >>> language_of_label("Klingon") is None
    True
    """
    name = label.strip().lower()
    name = {"c#": "csharp", "c++": "cpp", "f#": "fsharp", "shell": "bash", "golang": "go"}.get(name, name)
    for kind, languages in (("code", _CODE), ("prose", _PROSE), ("data", _DATA)):
        if name in languages:
            return Language(name, kind)
    known = _BY_NAME.get(name) or _BY_EXTENSION.get(name)
    if known is not None:
        return known
    bare = name.rstrip("0123456789. ")
    interpreter = _BY_INTERPRETER.get(bare)
    return Language(interpreter, "code") if interpreter else None
