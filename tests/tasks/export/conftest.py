"""A small real corpus: functions of the standard library as chat, middle, triplet and preference examples."""

from __future__ import annotations

import ast
import sysconfig
from collections.abc import Callable, Iterator
from functools import cache
from pathlib import Path
from typing import Any

import duckdb
import pyarrow as pa
import pytest

from tilth.fingerprint import digest
from tilth.records import EXAMPLES, MIXTURE, Columns

PACKAGES = (
    "json",
    "email",
    "asyncio",
    "html",
    "http",
    "importlib",
    "logging",
    "unittest",
    "urllib",
    "wsgiref",
    "xml",
)
DOCUMENTS = pa.schema([("document_id", pa.string()), ("repository", pa.string()), ("path", pa.string())])


def message(role: str, content: str, is_trained: bool | None = None) -> dict[str, Any]:
    return {"role": role, "content": content, "is_trained": is_trained, "tool_calls": None}


class Corpus:
    """Rows of examples, mixture and documents, and the connection that holds them for an export."""

    def __init__(self) -> None:
        self.examples = Columns(EXAMPLES)
        self.mixture = Columns(MIXTURE)
        self.documents = Columns(DOCUMENTS)
        self.clusters: list[tuple[str, str]] = []

    def document(self, repository: str, path: str) -> str:
        document_id = digest(repository, path)
        self.documents.add(document_id=document_id, repository=repository, path=path)
        return document_id

    def example(self, kind: str, documents: list[str], **payload: Any) -> str:
        example_id = digest(kind, repr(sorted(payload.items())))
        rank = len(self.examples)
        common = {
            "language": "python",
            "category": "library",
            "difficulty": ("easy", "medium", "hard")[rank % 3],
        }
        row = {
            "key": documents[0] if documents else "corpus",
            "task": f"{kind}_task",
            "origins": [{"document_id": name, "start": 0, "end": 1} for name in documents],
            "origin_id": example_id,
            "licence": "MIT",
            "tokens": len(repr(payload)) // 4,
            "extra": "{}",
        }
        self.examples.add(example_id=example_id, kind=kind, **common, **{**row, **payload})
        self.mixture.add(
            example_id=example_id,
            key=row["key"],
            task=row["task"],
            quality=0.8,
            weight=1.5,
            rank=rank,
            **common,
        )
        return example_id

    def tables(self) -> dict[str, pa.Table]:
        tables = {name: getattr(self, name).table() for name in ("examples", "mixture", "documents")}
        if self.clusters:
            names, clusters = zip(*self.clusters, strict=True)
            tables["clusters"] = pa.table({"example_id": names, "cluster_id": clusters})
        return tables


def connect(tables: dict[str, pa.Table], threads: int = 2) -> duckdb.DuckDBPyConnection:
    connection = duckdb.connect(config={"threads": str(threads)})
    for name, table in tables.items():
        connection.register(name, table)
    return connection


@cache
def _functions(package: str) -> list[tuple[str, list[str]]]:
    """Paths of a package's modules, each with the texts of its functions."""
    folder = Path(sysconfig.get_paths()["stdlib"]) / package
    found = []
    for path in sorted(folder.rglob("*.py")):
        if "test" in path.as_posix().removeprefix(folder.as_posix()) or path.stat().st_size > 7_000:
            continue
        text = path.read_text(encoding="utf-8")
        nodes = [node for node in ast.walk(ast.parse(text)) if isinstance(node, ast.FunctionDef)]
        texts = [ast.get_source_segment(text, node) or "" for node in nodes]
        found.append(
            (path.relative_to(folder).as_posix(), [text for text in dict.fromkeys(texts) if len(text) > 80])
        )
    return found


def library(packages: tuple[str, ...] = PACKAGES) -> Corpus:
    """Each package a repository, each function three examples, and a preference where there is another function."""
    corpus = Corpus()
    seen: set[str] = set()
    for package in packages:
        for path, texts in _functions(package):
            document = corpus.document(package, path)
            for text in texts:
                if text in seen:
                    continue
                seen.add(text)
                third = len(text) // 3
                messages = [
                    message("user", f"Complete:\n{text[:third]}"),
                    message("assistant", text[third:], True),
                ]
                corpus.example("chat", [document], messages=messages)
                corpus.example(
                    "fim", [document], prefix=text[:third], middle=text[third:-third], suffix=text[-third:]
                )
                negatives = [
                    {"text": other, "reason": "bm25", "score": 1.0} for other in texts if other != text
                ][:2]
                corpus.example("triplet", [document], query=text[:40], positive=text, negatives=negatives)
                if negatives:
                    corpus.example(
                        "preference",
                        [document],
                        messages=messages[:1],
                        chosen=messages[1:],
                        rejected=[message("assistant", str(negatives[0]["text"]), False)],
                    )
    return corpus


@pytest.fixture(scope="session")
def tables() -> dict[str, pa.Table]:
    return library().tables()


@pytest.fixture
def opened() -> Iterator[Callable[..., duckdb.DuckDBPyConnection]]:
    """`connect`, with each connection closed at the end."""
    connections: list[duckdb.DuckDBPyConnection] = []

    def open_one(tables: dict[str, pa.Table], threads: int = 2) -> duckdb.DuckDBPyConnection:
        connections.append(connect(tables, threads))
        return connections[-1]

    yield open_one
    for connection in connections:
        connection.close()
