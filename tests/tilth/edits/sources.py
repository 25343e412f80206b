"""Real code for the tests of edits: modules of the standard library, and the sample corpus."""

from __future__ import annotations

import sysconfig
from functools import cache
from pathlib import Path

from tests.house.checkout import ROOT
from tilth.edits.source import Source, captured, read_source

LIBRARY = Path(sysconfig.get_paths()["stdlib"])
# Small modules of many styles: async, nested functions, classes, comprehensions, type hints.
MODULES = (
    "bisect.py", "colorsys.py", "textwrap.py", "heapq.py", "shlex.py", "fnmatch.py", "statistics.py", "fractions.py",
    "asyncio/queues.py", "asyncio/timeouts.py", "json/decoder.py", "string.py", "graphlib.py", "dataclasses.py",
    "contextlib.py", "urllib/parse.py",
)  # fmt: skip
SUFFIXES = {
    ".go": "go",
    ".java": "java",
    ".js": "javascript",
    ".rs": "rust",
    ".ts": "typescript",
    ".tsx": "typescript",
}


@cache
def module(name: str) -> Source:
    source = read_source((LIBRARY / name).read_bytes(), "python")
    assert source is not None
    return source


@cache
def samples() -> tuple[tuple[str, Source], ...]:
    """Every file of the sample corpus whose language has scopes or mutations of its own, but Python."""
    found = []
    for path in sorted((ROOT / "data" / "sample").rglob("*")):
        if path.suffix in SUFFIXES and ".min." not in path.name:
            source = read_source(path.read_bytes(), SUFFIXES[path.suffix], path.name)
            assert source is not None
            found.append((path.name, source))
    return tuple(found)


def source_of(text: str | bytes, language: str, path: str = "") -> Source:
    source = read_source(text.encode() if isinstance(text, str) else text, language, path)
    assert source is not None
    return source


_KINDS = {
    "go": "(function_declaration) @f (method_declaration) @f",
    "java": "(method_declaration) @f (constructor_declaration) @f",
    "javascript": "(function_declaration) @f (method_definition) @f (arrow_function) @f",
    "python": "(function_definition) @f",
    "rust": "(function_item) @f",
    "typescript": "(function_declaration) @f (method_definition) @f (arrow_function) @f",
}


def functions(source: Source) -> list[tuple[int, int]]:
    """Spans of the functions and methods of a file, decorators included."""
    spans = []
    for node in captured(source, _KINDS[source.language]):
        parent = node.parent
        whole = parent if parent is not None and parent.type == "decorated_definition" else node
        spans.append((whole.start_byte, whole.end_byte))
    return spans
