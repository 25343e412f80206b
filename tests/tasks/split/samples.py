"""Documents for the tests of splitting, and what they are compared with."""

from __future__ import annotations

import ast
import sysconfig
from pathlib import Path
from typing import Any

import pyarrow as pa

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig

REMARKS = ("docstring", "comment")
STDLIB = Path(sysconfig.get_paths()["stdlib"])


def documents(*rows: tuple[str, str, str]) -> pa.Table:
    """A table of documents from (path, language, text)."""
    return pa.table(
        {
            "document_id": pa.array([f"document-{number}" for number in range(len(rows))], pa.string()),
            "path": pa.array([row[0] for row in rows], pa.string()),
            "language": pa.array([row[1] for row in rows], pa.string()),
            "text": pa.array([row[2] for row in rows], pa.string()),
        }
    )


def everything(text: str, language: str, path: str = "src/sample", **config: int) -> list[dict[str, Any]]:
    """All rows of one text, as dictionaries with their `text` beside them."""
    outcome = split_documents(documents((path, language, text)), SplitConfig(**config))
    assert outcome.rejects.num_rows == 0, outcome.rejects.to_pylist()
    rows: list[dict[str, Any]] = outcome.rows.to_pylist()
    for row in rows:
        row["text"] = text.encode()[row["start"] : row["end"]].decode()
    return rows


def units(text: str, language: str, path: str = "src/sample", **config: int) -> list[dict[str, Any]]:
    """The units of one text without its docstrings and comments, their `body` and `remarks` beside them."""
    rows = [row for row in everything(text, language, path, **config) if row["kind"] not in REMARKS]
    data = text.encode()
    for row in rows:
        has_body = row["body_start"] is not None
        row["body"] = data[row["body_start"] : row["body_end"]].decode() if has_body else None
        row["remarks"] = [data[span["start"] : span["end"]].decode() for span in row["comments"]]
    return rows


def named(rows: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    """Units by qualified name, without the module and its imports."""
    return {row["qualified_name"]: row for row in rows if row["kind"] not in ("module", "imports")}


def kinds(rows: list[dict[str, Any]]) -> dict[str, str]:
    """Qualified name -> kind."""
    return {name: row["kind"] for name, row in named(rows).items()}


def standard_library(count: int) -> list[tuple[str, str]]:
    """Path and text of so many of its files, spread over the alphabet, tests of broken syntax left out."""
    found: list[tuple[str, str]] = []
    paths = [path for path in sorted(STDLIB.glob("*.py")) if path.stat().st_size < 60_000]
    for path in paths[:: max(1, len(paths) // count)]:
        text = path.read_bytes().decode("utf-8")
        if "\r" not in text:
            found.append((path.name, text))
    return found


def definitions(text: str) -> set[tuple[str, int, int]]:
    """Name, first line (decorators included) and last line of every definition that `ast` finds."""
    found = set()
    for node in ast.walk(ast.parse(text)):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef):
            first = min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)])
            found.add((node.name, first, node.end_lineno or first))
    return found
