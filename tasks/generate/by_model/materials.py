"""Passages, units, seeds and rows as material for a model: their texts free of secrets and personal data.

Only what could be trained on becomes material: a unit of code whose parser had to guess, a test, or a passage that is
a table or code is left out. A text beyond `MAX_BYTES` is left out too: it would fill a prompt by itself.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Iterator, Mapping, Sequence
from typing import Any

import pyarrow as pa

from tasks.generate.by_model.protocol import Item
from tasks.generate.difficulty import difficulty_of
from tasks.generate.from_units import group_of
from tasks.generate.passages import prose_difficulty, why_not_prose
from tilth.detect.masking import mask_texts
from tilth.fingerprint import digest
from tilth.records import rows_of

# Some 8,000 tokens: with an answer as long it fits the smallest windows in use.
MAX_BYTES = 30_000

_PASSAGE = ("chunk_id", "document_id", "text", "start", "end", "headings", "path")
_UNIT = ("unit_id", "document_id", "kind", "qualified_name", "start", "end", "docstring", "complexity", "nesting",
         "lines", "is_test", "has_error", "language", "path")  # fmt: skip
_ABOUT = ("licence", "category", "repository")
_KINDS = frozenset({"function", "method", "class"})


def items_of_chunks(chunks: pa.Table, documents: pa.Table) -> list[Item]:
    """Passages that read as prose, in the order of their ids. `documents` has a row for each: its licence and so on."""
    about = _about(documents)
    found = []
    for chunk_id, document_id, text, start, end, headings, path in rows_of(chunks, *_PASSAGE):
        if document_id not in about or len(text) > MAX_BYTES or why_not_prose(text.encode("utf-8")):
            continue
        licence, category, repository = about[document_id]
        title = " > ".join(headings or [])
        found.append(
            Item(
                chunk_id,
                "passage",
                text,
                title,
                language="",
                category=category,
                licence=licence,
                difficulty=prose_difficulty(text),
                group_id=group_of(repository, path),
                document_id=document_id,
                start=start,
                end=end,
                path=path,
            )
        )
    return mask_items(found)


def items_of_units(units: pa.Table, documents: pa.Table, kept: frozenset[str] | None = None) -> list[Item]:
    """Functions, methods and classes that parse and are no tests, in the order of their ids.

    `documents` has the text of each file; `kept` names the units that survived, None keeps all.
    """
    about = _about(documents)
    texts = {
        name: text.encode("utf-8") for name, text in rows_of(documents, "document_id", "text") if text is not None
    }  # fmt: skip
    found = []
    for row in rows_of(units, *_UNIT):
        (
            unit_id,
            document_id,
            kind,
            name,
            start,
            end,
            docstring,
            complexity,
            nesting,
            lines,
            is_test,
            bad,
            language,
            path,
        ) = row
        is_wanted = kind in _KINDS and not is_test and not bad and document_id in texts
        if not is_wanted or end - start > MAX_BYTES or (kept is not None and unit_id not in kept):
            continue
        licence, category, repository = about[document_id]
        found.append(
            Item(
                unit_id,
                "unit",
                texts[document_id][start:end].decode("utf-8"),
                name,
                input=docstring or "",
                language=language,
                category=category,
                licence=licence,
                difficulty=difficulty_of(complexity, nesting, lines),
                group_id=group_of(repository, path),
                document_id=document_id,
                start=start,
                end=end,
                path=path,
            )
        )
    return mask_items(found)


def items_of_seeds(documents: pa.Table) -> list[Item]:
    """Imported examples: what was asked and answered. Those of no question and answer are left out."""
    found = []
    names = ("document_id", "text", "path", "language", "extra", "bytes", *_ABOUT)
    for document_id, _, path, language, extra, size, licence, category, repository in rows_of(
        documents, *names
    ):
        seed = seed_of(document_id, json.loads(extra or "{}").get("messages") or [])
        if seed is not None:
            found.append(
                seed._replace(
                    language=language or "",
                    category=category,
                    licence=licence,
                    path=path,
                    group_id=group_of(repository, path),
                    document_id=document_id,
                    end=size,
                )
            )
    return mask_items(found)


def seed_of(item_id: str, messages: Sequence[Mapping[str, str]]) -> Item | None:
    """The seed in a conversation: its first question and the answer to it."""
    said = [message for message in messages if message["role"] != "system"]
    if len(said) < 2 or (said[0]["role"], said[1]["role"]) != ("user", "assistant"):
        return None
    question, answer = said[0]["content"], said[1]["content"]
    if not question.strip() or not answer.strip() or len(question) + len(answer) > MAX_BYTES:
        return None
    return Item(item_id, "seed", question, answer=answer, difficulty="medium", end=len(question.encode()))


def item_of_row(row: Mapping[str, Any], place: str) -> Item:
    """A row of somebody's table; what it is drawn by is its content, and the place only tells equal rows apart."""
    text = json.dumps(row, ensure_ascii=False, sort_keys=True, default=str)
    return Item(digest("row", text, place), "row", text, values=row, path=place)


def _about(documents: pa.Table) -> dict[str, tuple[str, str, str]]:
    return {row[0]: row[1:] for row in rows_of(documents, "document_id", *_ABOUT)}


def mask_items(items: Iterable[Item]) -> list[Item]:
    """The pieces without secrets and personal data, in the order of their ids."""
    ordered = sorted(items, key=lambda item: item.item_id)
    texts = mask_texts(
        [text for item in ordered for text in (item.text, item.input, item.answer, item.title)]
    )
    values = iter(mask_texts([text for item in ordered for text in _texts_in(item.values)]))
    return [
        item._replace(
            text=text, input=given, answer=answer, title=title, values=_with_texts(item.values, values)
        )
        for item, text, given, answer, title in zip(ordered, *(texts[at::4] for at in range(4)), strict=True)
    ]


def _texts_in(value: Any) -> Iterator[str]:
    """The texts of a value, those inside lists and objects too, in their order."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, Mapping):
        for inner in value.values():
            yield from _texts_in(inner)
    elif isinstance(value, (list, tuple)):
        for inner in value:
            yield from _texts_in(inner)


def _with_texts(value: Any, texts: Iterator[str]) -> Any:
    """The value with its texts replaced, each by the next."""
    if isinstance(value, str):
        return next(texts)
    if isinstance(value, Mapping):
        return {name: _with_texts(inner, texts) for name, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [_with_texts(inner, texts) for inner in value]
    return value
