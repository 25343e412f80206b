"""From units of code to rows: asks each method for a draft, words the question, fills the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.difficulty import difficulty_of
from tasks.generate.methods import METHODS, Entry
from tasks.generate.protocol import Draft, Unit, View, line_start
from tasks.generate.templates import load_templates, word
from tilth.fingerprint import digest
from tilth.markdown import fenced
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome, rows_of
from tilth.tokens import estimate_tokens

_CANDIDATES = frozenset({"function", "method", "class"})
# What a method refuses by its nature says nothing about the unit, so it is the last reason to give.
_BY_NATURE = ("not_a_function", "not_a_method", "not_drawn", "no_docstring", "view_limit")


class _Document(NamedTuple):
    document_id: str
    text: str
    path: str
    language: str
    licence: str
    category: str
    repository: str


def generate_from_units(
    documents: pa.Table, units: pa.Table, kept: frozenset[str], config: GenerateConfig
) -> Outcome:
    """Examples of the units whose ids are in `kept`, by every method that `config` names.

    Of one unit at most `max_views_per_unit` examples are made, in the order of the config's methods turned by the
    digest of the unit, so that no method is always the one left out. A function, method or class that gives none
    is a reject.
    """
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    by_document = {row[0]: _Document(*row) for row in rows_of(documents, *_Document._fields)}
    for document_id, group in groupby(_sorted_units(units), key=itemgetter(0)):
        document = by_document[document_id]
        own = {row[1]: Unit(*row[1:]) for row in group}
        text = document.text.encode("utf-8")
        imports_end = next((unit.end for unit in own.values() if unit.kind == "imports"), 0)
        tops = _tops(own, text)
        for unit in own.values():
            if unit.unit_id in kept and unit.kind in _CANDIDATES:
                view = View(unit, text, document.language, own, imports_end, tops, config)
                reason = _add_views(rows, view, document)
                if reason:
                    rejects.add(
                        key=document_id,
                        item_id=unit.unit_id,
                        path=document.path,
                        reason=reason,
                        detail=unit.name,
                    )
    return Outcome(rows.table(), rejects.table())


def _sorted_units(units: pa.Table) -> Iterator[tuple[Any, ...]]:
    ordered = units.sort_by([("document_id", "ascending"), ("ordinal", "ascending")])
    return rows_of(ordered, "document_id", *Unit._fields)


def _tops(units: Mapping[str, Unit], text: bytes) -> list[int]:
    holders = {unit.unit_id for unit in units.values() if unit.kind in ("module", "class")}
    tops = (unit for unit in units.values() if unit.parent_id in holders and unit.kind in _CANDIDATES)
    starts = (min(unit.start, unit.docstring_start or unit.start) for unit in tops)
    return sorted(line_start(text, start) for start in starts)


def _add_views(rows: Columns, view: View, document: _Document) -> str | None:
    """Add the unit's examples; the reason when there is none."""
    names = view.config.code_methods
    if view.unit.has_error or not names:
        return "syntax_error" if view.unit.has_error else "no_method"
    made = 0
    reasons: list[str] = []
    turn = int(view.unit.unit_id[:8], 16) % len(names)
    for name in (*names[turn:], *names[:turn]):
        entry = METHODS[name]
        draft = entry.method(view) if made < view.config.max_views_per_unit else "view_limit"
        if isinstance(draft, str):
            reasons.append(draft)
            continue
        _add(rows, view, document, name, entry, draft)
        made += 1
    if made:
        return None
    return min(reasons, key=lambda reason: (reason in _BY_NATURE, reason))


def _add(rows: Columns, view: View, document: _Document, name: str, entry: Entry, draft: Draft) -> None:
    unit = view.unit
    answer = view.text[draft.start : draft.end].decode("utf-8")
    context = draft.context.decode("utf-8", "ignore")
    row: dict[str, Any] = {}
    if draft.suffix is None:
        templates = load_templates("code.yaml")[entry.task]
        instruction, template_id = word(templates, unit.unit_id, view.config.seed, _variables(view))
        question = f"{instruction}\n\n{fenced(context, view.language)}"
        reply = fenced(answer, view.language)
        row["kind"], row["template_id"] = "chat", template_id
        row["messages"] = [
            {"role": "user", "content": question, "is_trained": False, "tool_calls": None},
            {"role": "assistant", "content": reply, "is_trained": True, "tool_calls": None},
        ]
        payload: tuple[str, ...] = (question, reply)
    else:
        suffix = draft.suffix.decode("utf-8", "ignore")
        row.update(kind="fim", prefix=context, middle=answer, suffix=suffix)
        payload = (context, answer, suffix)
    rows.add(
        key=document.document_id,
        example_id=digest(entry.task, document.document_id, str(draft.start), str(draft.end), *payload),
        task=entry.task,
        method=name,
        method_version=entry.version,
        answer_start=draft.start,
        answer_end=draft.end,
        oracle="source",
        origins=[{"document_id": document.document_id, "start": unit.start, "end": unit.end}],
        origin_id=unit.unit_id,
        group_id=group_of(document.repository, document.path),
        subject=answer if draft.subject is None else draft.subject.decode("utf-8", "ignore"),
        language=document.language,
        category=document.category,
        difficulty=difficulty_of(unit.complexity, unit.nesting, unit.lines),
        licence=document.licence,
        request_ids=[],
        tokens=estimate_tokens(sum(map(len, payload))),
        extra="{}",
        **row,
    )


def group_of(repository: str, path: str) -> str:
    """What may not be torn between train and test: the repository, and the folder inside it.

    >>> group_of("requests", "src/requests/api.py")
    'requests:src/requests'
    """
    return f"{repository}:{path.rpartition('/')[0]}"


def _variables(view: View) -> Mapping[str, str]:
    """What a template may speak of."""
    unit = view.unit
    owner = view.units.get(unit.parent_id or "")
    purpose = (unit.docstring or "").strip().split("\n\n")[0].replace("\n", " ").strip().rstrip(".")
    return {
        "language": _LANGUAGE_NAMES.get(view.language, view.language),
        "name": unit.name or "",
        "qualified_name": unit.qualified_name or "",
        "kind": unit.kind,
        "class_name": owner.name if owner is not None and owner.kind == "class" else "",
        "signature": unit.signature or "",
        # A first sentence of one to twenty words says what the unit is for; more would give the answer away.
        "purpose": purpose if 0 < len(purpose.split()) <= 20 and "{" not in purpose else "",
    }


_LANGUAGE_NAMES = {
    "python": "Python",
    "javascript": "JavaScript",
    "typescript": "TypeScript",
    "go": "Go",
    "rust": "Rust",
    "java": "Java",
}
