"""Examples over real files of the standard library, and small ones made by hand."""

from __future__ import annotations

import ast
import os
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pyarrow as pa
import pytest

from tilth.fingerprint import digest
from tilth.records import DOCUMENTS, EXAMPLES, Columns

LIBRARY = Path(os.__file__).parent


class Shard:
    """Documents and examples of one shard, added one by one."""

    def __init__(self) -> None:
        self._documents, self._examples = Columns(DOCUMENTS), Columns(EXAMPLES)

    def document(self, text: str, **fields: Any) -> str:
        """Add a document of Python code unless `fields` say otherwise; its id."""
        row = {"path": "module.py", "language": "python", "kind": "code", "licence_class": "permissive"}
        row |= {"secrets": [], "personal_data": []} | fields
        document_id = digest(text, row["path"])
        self._documents.add(key=document_id, document_id=document_id, text=text, **row)
        return document_id

    def example(self, kind: str, **fields: Any) -> str:
        """Add an example; its id."""
        row = {"key": "key", "kind": kind, "task": "task", "language": "python", "tokens": 100} | fields
        example_id = digest(kind, repr(sorted(fields.items())))
        self._examples.add(example_id=example_id, **row)
        return example_id

    def chat(self, answer: str, document_id: str | None = None, text: str = "", **fields: Any) -> str:
        """Add a chat whose answer is a piece of `text`, the document's text, or stands nowhere."""
        at = len(text[: text.find(answer)].encode()) if answer in text and text else None
        end = at + len(answer.encode()) if at is not None else None
        origins = [{"document_id": document_id, "start": at or 0, "end": end or 0}] if document_id else []
        row = {"messages": messages(answer), "answer_start": at, "answer_end": end, "origins": origins}
        return self.example("chat", **(row | fields))

    @property
    def documents(self) -> pa.Table:
        return self._documents.table()

    @property
    def examples(self) -> pa.Table:
        return self._examples.table()


def messages(answer: str) -> list[dict[str, Any]]:
    return [
        {"role": "user", "content": "Write it.", "is_trained": False},
        {"role": "assistant", "content": answer, "is_trained": True},
    ]


def _add_functions(shard: Shard, path: Path) -> None:
    """One chat and one fill-in-the-middle example of every function of a file."""
    text = path.read_text(encoding="utf-8")
    data, document_id = text.encode(), shard.document(text, path=path.name)
    starts = [0]
    for line in data.split(b"\n"):
        starts.append(starts[-1] + len(line) + 1)
    for node in ast.walk(ast.parse(text)):
        if not isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef) or node.body[0].lineno == node.lineno:
            continue
        first, last = node.body[0], node.body[-1]
        start = starts[first.lineno - 1] + first.col_offset
        end = starts[(last.end_lineno or 0) - 1] + (last.end_col_offset or 0)
        head = starts[node.lineno - 1]
        body, before, after = (
            data[start:end].decode(),
            data[head:start].decode(),
            data[end : end + 1].decode(),
        )
        row: dict[str, Any] = {"answer_start": start, "answer_end": end}
        row["origins"] = [{"document_id": document_id, "start": head, "end": end}]
        shard.example("chat", messages=messages(f"```python\n{before}{body}\n```"), **row)
        shard.example("fim", prefix=before, middle=body, suffix=after, **row)


@pytest.fixture
def shard() -> Shard:
    """An empty shard."""
    return Shard()


@pytest.fixture(scope="session")
def library() -> Shard:
    """Functions of files of the standard library, as they are."""
    shard = Shard()
    for name in (
        "argparse",
        "ast",
        "bisect",
        "csv",
        "dataclasses",
        "fractions",
        "heapq",
        "inspect",
        "textwrap",
    ):
        _add_functions(shard, LIBRARY / f"{name}.py")
    return shard


@pytest.fixture
def conversation() -> Callable[[str], list[dict[str, Any]]]:
    """A user's and an assistant's message with this answer."""
    return messages
