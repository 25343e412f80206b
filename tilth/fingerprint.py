"""Digests: what a thing is, independent of where it lies and when it was made.

`digest` names values, `engine_digest` names the code that computes them. A stage's key is made of both,
so that editing an engine, or a module it imports, is a miss and moving the lake is not.
"""

from __future__ import annotations

import hashlib
import json
import re
import sys
from functools import cache
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path
from typing import Any

# 128 bits: the chance of any collision among 10^12 ids is about 10^-15.
_DIGEST_BYTES = 16

ROOT = Path(__file__).resolve().parent.parent
_FLOORS = ("tilth", "tasks")


def digest(*parts: str | bytes) -> str:
    """32 hexadecimal characters that name a sequence of strings; each part is framed by its length.

    >>> digest("ab", "c") == digest("a", "bc")
    False
    """
    framed: list[bytes] = []
    for part in parts:
        data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
        framed += (len(data).to_bytes(8, "little"), data)
    # At once: an update a part costs twice as much on the short texts of which there are most.
    return hashlib.blake2b(b"".join(framed), digest_size=_DIGEST_BYTES).hexdigest()


# Constants of splitmix64 (Steele, Lea and Flood 2014).
_STEP, _MIX1, _MIX2, _WORD = 0x9E3779B97F4A7C15, 0xBF58476D1CE4E5B9, 0x94D049BB133111EB, 2**64 - 1


def draw(identity: str, purpose: int, seed: int) -> int:
    """64 bits drawn by an id, for a purpose of the caller's and a seed; the same in every build.

    The id is a digest, so that its first 64 bits are as good as random already; they are mixed once more to be
    independent of other purposes. A tenth of what hashing the three would cost.

    >>> draw("00ff" * 8, 1, 0) == draw("00ff" * 8, 2, 0)
    False
    """
    state = (int(identity[:16], 16) + _STEP * (1 + purpose + (seed << 8))) & _WORD
    state = ((state ^ state >> 30) * _MIX1) & _WORD
    state = ((state ^ state >> 27) * _MIX2) & _WORD
    return state ^ state >> 31


def digest_json(value: Any) -> str:
    """Digest of a JSON value, independent of the order of its keys.

    >>> digest_json({"a": 1, "b": 2}) == digest_json({"b": 2, "a": 1})
    True
    """
    return digest(json.dumps(value, sort_keys=True, ensure_ascii=False, separators=(",", ":")))


def _source_of(module: str) -> Path | None:
    path = ROOT.joinpath(*module.split("."))
    if path.with_suffix(".py").is_file():
        return path.with_suffix(".py")
    init = path / "__init__.py"
    return init if init.is_file() else None


# A statement of import, its names in brackets or to the end of the line. A sentence in a docstring that reads like one
# can only name a module too many; a syntax tree of every module would cost half a second at each start.
_IMPORT = re.compile(r"^\s*(?:from\s+([\w.]+)\s+import\s+(\([^)]*\)|[^\n]*)|import\s+([^\n]*))", re.MULTILINE)
_NAME = re.compile(r"([\w.]+)(?:\s+as\s+\w+)?")


def _imports_of(source: str) -> set[str]:
    names: set[str] = set()
    for package, members, modules in _IMPORT.findall(source):
        if package:
            names.add(package)
            names.update(f"{package}.{member}" for member in _NAME.findall(members))
        names.update(_NAME.findall(modules))
    return names


@cache
def engine_modules(module: str) -> tuple[str, ...]:
    """The module and all of Tilth's own modules that it imports, directly or not, sorted."""
    found: set[str] = set()
    waiting = [module]
    while waiting:
        name = waiting.pop()
        path = _source_of(name)
        if name in found or path is None or name.split(".")[0] not in _FLOORS:
            continue
        found.add(name)
        waiting.extend(_imports_of(path.read_text(encoding="utf-8")))
    return tuple(sorted(found))


@cache
def engine_digest(*modules: str, packages: tuple[str, ...] = ()) -> str:
    """Digest of the sources of engines and of what they import of Tilth, and of libraries' versions.

    `packages` are the distributions whose output reaches a row, and `python` where the interpreter's does; one
    that is absent counts as absent.
    """
    names = sorted({name for module in modules for name in engine_modules(module)})
    parts: list[str | bytes] = []
    for name in names:
        path = _source_of(name)
        if path is not None:
            parts += [name, path.read_bytes()]
    for package in sorted(packages):
        if package == "python":
            parts.append(f"python=={sys.version_info.major}.{sys.version_info.minor}")
            continue
        try:
            parts.append(f"{package}=={version(package)}")
        except PackageNotFoundError:
            parts.append(f"{package} is absent")
    return digest(*parts)
