"""The checkout as the house's tests see it: every file that git tracks or would track."""

from __future__ import annotations

import ast
import subprocess
from functools import cache
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
FLOORS = ("flows", "tasks", "tilth")


@cache
def tracked_files() -> tuple[Path, ...]:
    """Paths relative to the checkout, sorted: tracked, or new and not ignored."""
    # A checkout that another user owns is read all the same: CI often runs as root.
    command = [
        "git",
        "-c",
        "safe.directory=*",
        "ls-files",
        "-z",
        "--cached",
        "--others",
        "--exclude-standard",
    ]
    listed = subprocess.run(command, cwd=ROOT, check=True, capture_output=True, text=True).stdout
    return tuple(sorted(Path(name) for name in set(listed.split("\0")) if name and (ROOT / name).is_file()))


def python_files(*tops: str) -> list[Path]:
    """The tracked Python files below the named top-level folders."""
    return [path for path in tracked_files() if path.suffix == ".py" and path.parts[0] in tops]


def module_name(path: Path) -> str:
    """The dotted name of a module by its path."""
    parts = path.with_suffix("").parts
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


def syntax_of(path: Path) -> ast.Module:
    """The syntax tree of one file of the checkout."""
    return ast.parse((ROOT / path).read_text(encoding="utf-8"), filename=str(path))
