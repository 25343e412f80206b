"""Why a file is no training text: binary, minified, generated or vendored. Each gives a reason, or None.

They look at names and bytes only. A reason's first words are fixed, so that the same fault reads the same
in every file; what was seen follows in `detail`.
"""

from __future__ import annotations

import re

# First bytes of what is often met under a wrong name: (magic, what it is).
_MAGIC = (
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"\x89PNG\r\n\x1a\n", "a PNG image"),
    (b"GIF87a", "a GIF image"),
    (b"GIF89a", "a GIF image"),
    (b"%PDF-", "a PDF"),
    (b"PK\x03\x04", "a zip archive"),
    (b"PK\x05\x06", "an empty zip archive"),
    (b"\x1f\x8b", "gzip data"),
    (b"BZh", "bzip2 data"),
    (b"\xfd7zXZ\x00", "xz data"),
    (b"\x28\xb5\x2f\xfd", "Zstandard data"),
    (b"7z\xbc\xaf\x27\x1c", "a 7-Zip archive"),
    (b"Rar!\x1a\x07", "a RAR archive"),
    (b"\x7fELF", "an ELF program"),
    (b"\xca\xfe\xba\xbe", "a Java class or Mach-O program"),
    (b"\xcf\xfa\xed\xfe", "a Mach-O program"),
    (b"!<arch>\n", "an object archive"),
    (b"\x00asm", "a WebAssembly module"),
    (b"SQLite format 3\x00", "an SQLite database"),
    (b"\xd0\xcf\x11\xe0", "an old Office file"),
    (b"wOF2", "a font"),
    (b"version https://git-lfs.github.com/spec/", "a Git LFS pointer, whose content is elsewhere"),
)
_MAGIC_STARTS = frozenset(magic[0] for magic, _ in _MAGIC)
_UTF_BOMS = (b"\xff\xfe", b"\xfe\xff")

# Control characters that no text holds: all but backspace, tab, line and form feed, carriage return, escape.
_CONTROLS = bytes(set(range(32)) - {8, 9, 10, 12, 13, 27})
# Random bytes hold 26 such in 256 (10 %), texts none: half of the former, looked for in the first block.
_MAX_CONTROL_RATIO = 0.05
_BLOCK_BYTES = 8192


def binary_reason(data: bytes) -> str | None:
    r"""What the bytes are when they are no text: a known magic number, a NUL byte, or control characters.

    UTF-16 and UTF-32 under a byte-order mark are text.

    >>> binary_reason(b"\xff\xd8\xff\xe0 JFIF")
    'a JPEG image'
    >>> binary_reason(b"print(1)\n"), binary_reason("é".encode("utf-16"))
    (None, None)
    """
    if not data:
        return None
    if data[0] in _MAGIC_STARTS:
        for magic, what in _MAGIC:
            if data.startswith(magic):
                return what
    if data.startswith(_UTF_BOMS) or data.startswith(b"\0\0\xfe\xff"):
        return None
    position = data.find(b"\0")
    if position >= 0:
        return f"a NUL byte at {position}"
    block = data[:_BLOCK_BYTES]
    controls = len(block) - len(block.translate(None, _CONTROLS))
    if controls > _MAX_CONTROL_RATIO * len(block):
        return f"{controls} control characters in the first {len(block)} bytes"
    return None


# DeepSeek-Coder and bigcode-dataset: no code line of theirs is longer than 1000, no file's mean is over 100.
# Both together tell minified code; one long line alone (a table, a data URL) does not.
_MAX_LINE, _MAX_MEAN_LINE = 1000, 100


def minified_reason(data: bytes) -> str | None:
    r"""Tells lines no person writes: longer than 100 bytes on average, and one of over 1000.

    >>> minified_reason(b"var a=1;" * 500)
    'lines of 4000 bytes on average, the longest 4000'
    >>> minified_reason(b"x = 1\n" * 500)
    """
    lines = data.count(b"\n") + (not data.endswith(b"\n"))
    mean = len(data) // max(1, lines)
    if mean <= _MAX_MEAN_LINE:
        return None
    longest = max(map(len, data.split(b"\n")))
    if longest <= _MAX_LINE:
        return None
    return f"lines of {mean} bytes on average, the longest {longest}"


_GENERATED_NAME = re.compile(
    r"(_pb2(_grpc)?\.pyi?|\.pb\.(go|cc|h)|_pb\.(js|d\.ts)|\.min\.(js|css|mjs)|\.bundle\.js|-bundle\.js"
    r"|\.g\.dart|\.freezed\.dart|\.designer\.cs|\.g\.cs|\.generated\.\w+|_generated\.\w+|\.(js|css|mjs)\.map"
    r"|(^|/)(package-lock\.json|npm-shrinkwrap\.json|yarn\.lock|pnpm-lock\.yaml|bun\.lock|poetry\.lock|uv\.lock"
    r"|pdm\.lock|pipfile\.lock|cargo\.lock|composer\.lock|gemfile\.lock|go\.sum|parsetab\.py|lextab\.py"
    r"|moc_\w+\.cpp|ui_\w+\.h|qrc_\w+\.cpp))$",
    re.IGNORECASE,
)
_GENERATED_DIRECTORIES = frozenset(
    ("__pycache__", ".mypy_cache", ".pytest_cache", ".ruff_cache", ".tox", ".nox", ".hypothesis", ".gradle")
)
_VENDORED_DIRECTORIES = frozenset(
    (
        "node_modules",
        "bower_components",
        "jspm_packages",
        "vendor",
        "_vendor",
        "vendored",
        "third_party",
        "third-party",
        "thirdparty",
        "3rdparty",
        "godeps",
        "pods",
        "carthage",
        "site-packages",
        "dist-packages",
        ".venv",
        ".eggs",
    )
)
# A notice stands in a comment in the first lines, behind a licence header in some files (Apache's has 15).
_HEAD_LINES, _HEAD_BYTES = 40, 4096
_COMMENT = rb"^[ \t]*(?:#|//|/\*+|\*|--|;+|%|<!--|\(\*|\"\"\")"
_GENERATED_NOTICE = re.compile(
    _COMMENT + rb"[^\n]*(?:@generated\b|\b(?:auto[- ]?(?:matically )?)?generated\b[^\n]*"
    rb"(?:\n[^\n]*){0,2}?\b(?:do not|don't) (?:edit|modify|change)\b"
    rb"|\b(?:do not|don't) (?:edit|modify)\b[^\n]*(?:\n[^\n]*){0,2}?\bgenerated\b)"
    rb"|" + _COMMENT + rb"\s*(?:this (?:file|code|module) (?:is|was|has been) )?"
    rb"auto(?:matically |-)?generated (?:by|from)\b",
    re.IGNORECASE | re.MULTILINE,
)


def generated_reason(path: str, data: bytes) -> str | None:
    r"""Tells files a program wrote: by name (lock files, protobuf, bundles) or by a notice in a top comment.

    >>> generated_reason("api_pb2.py", b"")
    'its name ends in api_pb2.py'
    >>> generated_reason("a.go", b"// Code generated by mockgen. DO NOT EDIT.\n")
    'a notice at the top: // Code generated by mockgen. DO NOT EDIT'
    >>> generated_reason("a.py", b"print('generated; do not edit')")
    """
    if _GENERATED_NAME.search(path):
        return f"its name ends in {path.rpartition('/')[2]}"
    head = b"\n".join(data[:_HEAD_BYTES].split(b"\n", _HEAD_LINES)[:_HEAD_LINES])
    if b"enerated" not in head and b"ENERATED" not in head:
        return None
    notice = _GENERATED_NOTICE.search(head)
    if notice is None:
        return None
    # 120: a line of a report.
    return "a notice at the top: " + " ".join(notice[0].decode("utf-8", "replace").split())[:120]


def vendored_reason(path: str) -> str | None:
    """Tells copies of other people's projects, by a folder on the path relative to its source.

    >>> vendored_reason("app/node_modules/left-pad/index.js")
    'under node_modules'
    >>> vendored_reason("vendor.py")
    """
    for part in path.lower().split("/")[:-1]:
        if part in _VENDORED_DIRECTORIES:
            return f"under {part}"
    return None


def directory_reason(name: str) -> tuple[str, str] | None:
    """`(reason, detail)` of a directory that need not be entered at all: vendored or generated; else None.

    >>> directory_reason("node_modules")
    ('vendored', 'the folder node_modules')
    """
    lower = name.lower()
    if lower in _VENDORED_DIRECTORIES:
        return "vendored", f"the folder {name}"
    if lower in _GENERATED_DIRECTORIES:
        return "generated", f"the folder {name}"
    return None
