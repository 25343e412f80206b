"""From a candidate's drafts to rows of `examples`, to a reject, and to rows of failed answers."""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any

from tasks.generate.by_model.protocol import Brief, Draft, Turn
from tilth.fingerprint import digest
from tilth.llm.conversation import Told
from tilth.tokens import estimate_tokens

# No SPDX expression: nobody wrote it, and the provider's terms say what may be done with it.
_NO_LICENCE = "LicenseRef-generated"
_DIFFICULTIES = ("easy", "medium", "hard")


def rows_of_told(
    key: str, brief: Brief, method: str, version: str, template_ids: Sequence[str], told: Told[list[Draft]]
) -> list[dict[str, Any]]:
    """A row of EXAMPLES for each draft; `template_ids` are those of the prompts that were asked."""
    shared = {
        "key": key,
        "method": method,
        "method_version": version,
        "template_id": template_ids[0] if template_ids else None,
        "request_ids": list(dict.fromkeys(told.request_ids)),
    }
    return [shared | _row(brief, number, draft) for number, draft in enumerate(told.value or [])]


def reject_of(key: str, brief: Brief, told: Told[list[Draft]]) -> dict[str, Any] | None:
    """The row of REJECTS for a candidate that came to nothing; None for one that did not."""
    if told.unfit is not None:
        reason, detail = told.unfit.reason, told.unfit.detail
    elif told.fault is not None:
        reason, detail = told.fault.reason, told.fault.detail
    elif not told.value:
        reason, detail = "nothing_made", ""
    else:
        return None
    item = brief.item
    return {"key": key, "item_id": item.item_id if item else key, "path": item.path if item else None, "line": None,
            "reason": reason, "detail": detail}  # fmt: skip


def failures_of(key: str, brief: Brief, told: Told[Any]) -> list[dict[str, Any]]:
    """A row of FAILED_ANSWERS for each request that brought nothing, those that the method got over included."""
    item = brief.item
    item_id, path, document_id = (item.item_id, item.path, item.document_id) if item else (key, None, None)
    return [
        {**reject.row(item_id, key), "path": path, "document_id": document_id} for reject in told.failures
    ]


def _row(brief: Brief, number: int, draft: Draft) -> dict[str, Any]:
    item, cell = brief.item, brief.targets
    payload = _payload(draft)
    difficulty = draft.difficulty or cell.get("difficulty") or (item.difficulty if item else "")
    has_origin = item is not None and bool(item.document_id)
    example_id = digest(draft.task, brief.candidate_id, str(number), *payload)
    return {
        "example_id": example_id,
        "kind": draft.kind,
        "task": draft.task,
        "messages": _messages(draft.turns),
        "query": draft.query,
        "positive": draft.positive,
        "negatives": [negative._asdict() for negative in draft.negatives] if draft.negatives else None,
        "chosen": _messages(draft.chosen),
        "rejected": _messages(draft.rejected),
        "code": draft.code,
        "tests": draft.tests,
        "oracle": draft.oracle,
        "origins": [
            {"document_id": piece.document_id, "start": piece.start, "end": piece.end}
            for piece in ((item, *draft.beside) if item else draft.beside)
            if piece.document_id
        ],
        "origin_id": item.item_id if item else brief.candidate_id,
        "group_id": (item.group_id if item else "") or f"written:{example_id}",
        "subject": draft.subject,
        "language": draft.language or cell.get("language") or (item.language if item else "") or "text",
        "category": draft.category or cell.get("category") or (item.category if item else "") or draft.task,
        "difficulty": difficulty if difficulty in _DIFFICULTIES else "medium",
        "licence": item.licence if has_origin and item else _NO_LICENCE,
        "tokens": max(1, estimate_tokens(sum(len(text.encode("utf-8")) for text in payload))),
        "extra": json.dumps(
            {**draft.extra, **({"cell": dict(cell)} if cell else {})}, ensure_ascii=False, sort_keys=True
        ),
    }


def _messages(turns: Sequence[Turn]) -> list[dict[str, Any]] | None:
    return [{**turn._asdict(), "tool_calls": None} for turn in turns] or None


def _payload(draft: Draft) -> list[str]:
    texts = [turn.content for turns in (draft.turns, draft.chosen, draft.rejected) for turn in turns]
    texts += [text for text in (draft.query, draft.positive) if text is not None]
    return [*texts, *(negative.text for negative in draft.negatives)]
