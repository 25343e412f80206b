"""What the methods for prose share: a passage with its document, whether it reads as prose, and its row.

A passage's body is its text after the headings that open it. Offsets inside a passage are bytes of its text;
a row gets them as bytes of the document. It judges form alone: whether what a passage says is true, it cannot
know.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Mapping
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.from_units import group_of
from tasks.generate.templates import Wording
from tilth.fingerprint import digest
from tilth.readability import WORD, lix
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome, rows_of
from tilth.tokens import estimate_tokens


class Passage(NamedTuple):
    """A chunk and what its document says of it."""

    chunk_id: str
    document_id: str
    text: bytes
    start: int
    headings: list[str]
    heading_start: int | None
    overlap_bytes: int
    language: str
    path: str
    licence: str
    category: str
    repository: str

    @property
    def opens_section(self) -> bool:
        """Whether its innermost heading stands in the passage itself; later passages continue a section."""
        return self.heading_start is not None and self.start <= self.heading_start


_CHUNK_COLUMNS = (
    "chunk_id", "document_id", "start", "headings", "heading_start", "overlap_bytes", "language", "path"
)  # fmt: skip
_ORDER = [("document_id", "ascending"), ("start", "ascending"), ("chunk_id", "ascending")]

_LEADING_HEADING = re.compile(
    rb"\s*(?: {0,3}#{1,6}(?:[ \t][^\n]*)?(?=\n|\Z)"
    rb"|(?:([!-/:-@\[-`{-~])\1{2,}[ \t\r]*\n)?[ \t]*[^\s#*>|-][^\n]*\n"
    rb" {0,3}([!-/:-@\[-`{-~])\2{2,}[ \t\r]*(?=\n|\Z))\s*"
)
_FENCED = re.compile(
    rb"^[ \t>]*(?:```|~~~).*?(?:^[ \t>]*(?:```|~~~)[`~ \t\r]*$|\Z)", re.MULTILINE | re.DOTALL
)
_CODE_LINE = re.compile(rb"^(?: {4,}|\t|[ ]*(?:>>>|\$) )[^\n]*", re.MULTILINE)
_TABLE_LINE = re.compile(rb"^[ \t]*(?:\||\+[-=+]|={3,}[ \t]+=)[^\n]*|^[^\n|]*\|[^\n|]*\|[^\n]*", re.MULTILINE)
# Comments and tags of HTML; directives of reStructuredText with their options, and its substitutions
# (badges).
_MARKUP = re.compile(
    rb"<!--.*?(?:-->|\Z)|</?[A-Za-z][^<>]{0,300}>|^[ \t]*(?:\.\. |:[\w-]+:)[^\n]*|\|[\w -]+\|_{0,2}",
    re.MULTILINE | re.DOTALL,
)
_LINK = re.compile(rb"!?\[[^\[\]\n]{0,300}\](?:\([^()\n]{0,500}\)|:[ \t]*\S+)|<?https?://[^\s>)]+>?")
_FULL_STOP = re.compile(rb"[.!?](?:\s|\Z|[\"')\]*_`])|\xe3\x80\x82|\xef\xbc[\x81\x9f]")

# Two sentences of the fifteen to twenty words that technical prose averages; below, there is nothing to learn
# from.
MIN_WORDS = 30
# More than half of the bytes is what "mostly" says.
_MOSTLY = 0.5


def passages_of(chunks: pa.Table, documents: pa.Table, rejects: Columns) -> Iterator[Passage]:
    """Passages in order of document and place; one whose document is not among `documents` is a reject."""
    names = ("licence", "category", "repository")
    about = {row[0]: row[1:] for row in rows_of(documents, "document_id", *names)}
    ordered = chunks.sort_by(_ORDER)
    texts = pc.cast(ordered.column("text"), pa.binary())
    for position, row in enumerate(rows_of(ordered, *_CHUNK_COLUMNS)):
        chunk_id, document_id, start, headings, heading_start, overlap, language, path = row
        if document_id not in about:
            rejects.add(
                key=document_id, item_id=chunk_id, path=path, reason="document_missing", detail=document_id
            )
            continue
        text = texts[position].as_py() or b""
        place = (start, headings or [], heading_start, overlap or 0, language, path)
        yield Passage(chunk_id, document_id, text, *place, *about[document_id])


def body_start(text: bytes) -> int:
    r"""Where a passage's text begins after the headings that open it.

    >>> body_start(b"# Tilth\n\n## Soil\n\nIt is made ready."), body_start(b"Soil\n====\nReady.")
    (18, 10)
    """
    at = 0
    while match := _LEADING_HEADING.match(text, at):
        at = match.end()
    return at


def why_not_prose(body: bytes) -> str | None:
    r"""The reason why a text does not stand alone as prose, null when it does.

    >>> why_not_prose(b"| a | b |\n|---|---|\n" * 9), why_not_prose(b"It works. " * 20)
    ('mostly_table', None)
    """
    size = len(body)
    rest = body
    for reason, pattern in (
        ("mostly_code", _FENCED),
        ("mostly_code", _CODE_LINE),
        ("mostly_table", _TABLE_LINE),
        ("mostly_markup", _MARKUP),
        ("mostly_links", _LINK),
    ):
        left = pattern.sub(b"", rest)
        if len(rest) - len(left) > size * _MOSTLY:
            return reason
        rest = left
    words = WORD.findall(rest)
    # Scripts without spaces write a word in about two characters, six bytes.
    if len(words) < MIN_WORDS and sum(len(word) for word in words if word[0] >= 0x80) < 6 * MIN_WORDS:
        return "too_short"
    letters = sum(map(len, words))
    # Of descriptions of packages nine tenths are letters (median), at the first percentile still 0.68; lists
    # of numbers, paths and symbols lie below.
    if letters < 0.6 * len(b"".join(rest.split())) or not _FULL_STOP.search(rest):
        return "not_prose"
    return None


def prose_difficulty(text: str) -> str:
    """`easy`, `medium` or `hard` by LIX (Björnsson 1968): words a sentence plus per cent of long words.

    A long word has more than six letters. Björnsson's bands: below 40 fiction and plain texts, from 55 on
    specialist literature. It needs no dictionary and holds for any language with spaces; more than 250 words
    (a printed page) lift an easy text to medium.

    >>> prose_difficulty("The cat sat. It was fat."), prose_difficulty("Deterministic serialization.")
    ('easy', 'hard')
    """
    data = text.encode("utf-8", "replace")
    level = lix(data)
    if level >= 55:
        return "hard"
    return "medium" if level >= 40 or len(WORD.findall(data)) > 250 else "easy"


def row_of(
    passage: Passage, task: str, version: str, start: int, end: int, payload: tuple[str, ...]
) -> dict[str, Any]:
    """The columns that every example of a passage has; [start, end) is its answer in the passage's text."""
    low, high = passage.start + start, passage.start + end
    return {
        "key": passage.document_id,
        "example_id": digest(task, passage.chunk_id, str(low), str(high), *payload),
        "task": task,
        "method": task,
        "method_version": version,
        "answer_start": low,
        "answer_end": high,
        "oracle": "source",
        "origins": [
            {
                "document_id": passage.document_id,
                "start": passage.start,
                "end": passage.start + len(passage.text),
            }
        ],
        "origin_id": passage.chunk_id,
        "group_id": group_of(passage.repository, passage.path),
        "language": passage.language,
        "category": passage.category,
        "licence": passage.licence,
        "request_ids": [],
        "tokens": estimate_tokens(sum(len(part.encode("utf-8")) for part in payload[:2])),
        "extra": "{}",
    }


def of_each_passage(
    chunks: pa.Table, documents: pa.Table, add: Callable[[Columns, Passage], str | None]
) -> Outcome:
    """What `add` makes of each passage; one that it gives a reason for is a reject."""
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    for passage in passages_of(chunks, documents, rejects):
        reason = add(rows, passage)
        if reason:
            rejects.add(
                key=passage.document_id,
                item_id=passage.chunk_id,
                path=passage.path,
                reason=reason,
                detail=passage.headings[-1] if passage.headings else None,
            )
    return Outcome(rows.table(), rejects.table())


def chat_row(
    row: Mapping[str, Any], question: str, answer: str, wording: Wording, difficulty: str
) -> dict[str, Any]:
    """The columns of `row_of` and those of a chat of one question, worded by a template."""
    return {
        **row,
        "kind": "chat",
        "messages": chat(question, answer),
        "subject": answer,
        "difficulty": difficulty,
        "template_id": wording.template_id,
        "held_out_wording": wording.held_out or None,
    }


def chat(question: str, answer: str) -> list[Mapping[str, Any]]:
    """Two messages, of which the answer is trained on."""
    return [
        {"role": "user", "content": question, "is_trained": False, "tool_calls": None},
        {"role": "assistant", "content": answer, "is_trained": True, "tool_calls": None},
    ]
