"""Imported examples: a seed document carries its messages and becomes a chat example as it stands."""

from __future__ import annotations

import json

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.from_units import group_of
from tilth.fingerprint import digest
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome, rows_of
from tilth.tokens import estimate_tokens

VERSION = "1"


def generate_from_seeds(documents: pa.Table) -> Outcome:
    """One example for each document of kind `seed`; its column `extra` holds the messages as ingest normalised them."""
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    seeds = documents.filter(pc.equal(documents["kind"], "seed"))
    names = ("document_id", "path", "repository", "extra", "language", "category", "licence", "bytes")
    for document_id, path, repository, extra, language, category, licence, size in rows_of(seeds, *names):
        messages = json.loads(extra or "{}").get("messages")
        if not messages:
            rejects.add(key=document_id, item_id=document_id, path=path, reason="no_messages", detail=None)
            continue
        trained = [
            {
                "role": message["role"],
                "content": message["content"],
                "is_trained": message["role"] == "assistant",
                "tool_calls": None,
            }
            for message in messages
        ]
        rows.add(
            key=document_id,
            example_id=digest("seed", *(f"{message['role']}:{message['content']}" for message in trained)),
            kind="chat",
            task="seed",
            method="keep_seeds",
            method_version=VERSION,
            messages=trained,
            oracle="author",
            origins=[{"document_id": document_id, "start": 0, "end": size}],
            origin_id=document_id,
            group_id=group_of(repository, path),
            subject="\n".join(message["content"] for message in trained),
            language=language,
            category=category,
            difficulty="medium",
            licence=licence,
            request_ids=[],
            tokens=estimate_tokens(sum(len(message["content"]) for message in trained)),
            extra="{}",
        )
    return Outcome(rows.table(), rejects.table())
