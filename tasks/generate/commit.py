"""What a method for commits sees, and what it gives back."""

from __future__ import annotations

import json
from collections.abc import Mapping
from functools import cached_property
from typing import Any, NamedTuple

from tasks.generate.diffs import FileChange, files_of
from tilth.detect.languages import language_of_name


class CommitDraft(NamedTuple):
    """An example of a commit that is not worded yet."""

    context: bytes  # what the question shows, as a block
    language: str  # of the block, and of the row
    answer: bytes
    origin: tuple[int, int]  # what it was made from, in the commit's text
    answer_span: tuple[int, int] | None = None  # the answer is words and stands there; else it is code
    remark: bytes = b""  # said before the block
    path: str = ""
    name: str = ""
    extra: Mapping[str, Any] = {}


class Commit:
    """A document of kind `commit`: message, empty line, diff."""

    def __init__(self, document_id: str, text: bytes, message_end: int, tests: frozenset[str]) -> None:
        self.document_id, self.text = document_id, text
        self.message_end, self.tests = message_end, tests

    @classmethod
    def read(cls, document_id: str, text: bytes, extra: str | None) -> Commit:
        """The commit that ingest wrote down; `extra` names the message's length and the changed tests."""
        facts = json.loads(extra or "{}")
        return cls(document_id, text, int(facts.get("message_bytes", 0)), frozenset(facts.get("tests", ())))

    @property
    def message(self) -> bytes:
        """The whole message."""
        return self.text[: self.message_end]

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition(b"\n")[0].decode("utf-8")

    @cached_property
    def files(self) -> list[FileChange]:
        """The files that the diff shows."""
        return files_of(self.text, self.message_end)

    @cached_property
    def code(self) -> list[tuple[FileChange, str]]:
        """The changed files of code that are no tests, with their languages."""
        found = ((change, language_of_name(change.path)) for change in self.files)
        return [
            (change, language.name)
            for change, language in found
            if language is not None and language.kind == "code" and change.path not in self.tests
        ]
