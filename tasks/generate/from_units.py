"""From units of code to rows: asks each method for a draft, words the question, fills the columns."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import groupby
from operator import itemgetter
from typing import Any, NamedTuple

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.difficulty import difficulty_of
from tasks.generate.methods import METHODS
from tasks.generate.protocol import Draft, Unit, View, line_start
from tasks.generate.rows import ExampleRow, example_table
from tasks.generate.templates import load_templates, word
from tilth.fingerprint import digest
from tilth.markdown import fenced_bytes
from tilth.records import REJECTS, Columns, Outcome, rows_of
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
    rows: list[ExampleRow] = []
    rejects = Columns(REJECTS)
    numbered = [_Document(*row) for row in rows_of(documents, *_Document._fields)]
    number_of = {document.document_id: number for number, document in enumerate(numbered)}
    for document_id, group in groupby(_sorted_units(units), key=itemgetter(0)):
        number = number_of[document_id]
        document = numbered[number]
        own = {row[1]: Unit(*row[1:]) for row in group}
        text = document.text.encode("utf-8")
        imports_end = next((unit.end for unit in own.values() if unit.kind == "imports"), 0)
        tops = _tops(own, text)
        for unit in own.values():
            if unit.unit_id in kept and unit.kind in _CANDIDATES:
                view = View(unit, text, document.language, own, imports_end, tops, config)
                reason = _add_views(rows, view, number, document_id)
                if reason:
                    rejects.add(
                        key=document_id,
                        item_id=unit.unit_id,
                        path=document.path,
                        reason=reason,
                        detail=unit.name,
                    )
    return Outcome(example_table(rows, _columns_of(numbered), _METHODS), rejects.table())


def _columns_of(documents: Sequence[_Document]) -> pa.Table:
    """What all examples of a document share."""
    shared = [
        (document.document_id, group_of(document.repository, document.path), *document[3:6])
        for document in documents
    ]
    names = ("document_id", "group_id", "language", "licence", "category")
    columns = zip(*shared, strict=True) if shared else [()] * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


_METHODS = pa.table(
    {
        "task": [entry.task for entry in METHODS.values()],
        "method": list(METHODS),
        "method_version": [entry.version for entry in METHODS.values()],
        "oracle": ["source"] * len(METHODS),
    }
)
_NUMBER_OF = {name: number for number, name in enumerate(METHODS)}


def _sorted_units(units: pa.Table) -> Iterator[tuple[Any, ...]]:
    ordered = units.sort_by([("document_id", "ascending"), ("ordinal", "ascending")])
    return rows_of(ordered, "document_id", *Unit._fields)


def _tops(units: Mapping[str, Unit], text: bytes) -> list[int]:
    holders = {unit.unit_id for unit in units.values() if unit.kind in ("module", "class")}
    tops = (unit for unit in units.values() if unit.parent_id in holders and unit.kind in _CANDIDATES)
    starts = (min(unit.start, unit.docstring_start or unit.start) for unit in tops)
    return sorted(line_start(text, start) for start in starts)


def _add_views(rows: list[ExampleRow], view: View, number: int, document_id: str) -> str | None:
    """Add the unit's examples; the reason when there is none."""
    unit, config = view.unit, view.config
    names = config.code_methods
    if unit.has_error or not names:
        return "syntax_error" if unit.has_error else "no_method"
    made = 0
    reasons: list[str] = []
    variables: Mapping[str, str] | None = None
    turn = int(unit.unit_id[:8], 16) % len(names)
    for name in (*names[turn:], *names[:turn]):
        draft = METHODS[name].method(view) if made < config.max_views_per_unit else "view_limit"
        if isinstance(draft, str):
            reasons.append(draft)
            continue
        if draft.suffix is None:
            variables = variables or _variables(view)
        rows.append(_row_of(view, draft, name, number, document_id, variables or {}))
        made += 1
    if made:
        return None
    return min(reasons, key=lambda reason: (reason in _BY_NATURE, reason))


def _row_of(
    view: View, draft: Draft, name: str, number: int, document_id: str, variables: Mapping[str, str]
) -> ExampleRow:
    unit, task = view.unit, METHODS[name].task
    answer = view.text[draft.start : draft.end]
    template_id = prefix = middle = None
    turns: tuple[bytes, ...] = ()
    payload: tuple[bytes, ...]
    if draft.suffix is None:
        templates = load_templates("code.yaml")[task]
        instruction, template_id = word(templates, unit.unit_id, view.config.seed, variables)
        question = b"%b\n\n%b" % (instruction.encode("utf-8"), fenced_bytes(draft.context, view.language))
        payload = turns = (question, fenced_bytes(answer, view.language))
    else:
        prefix, middle = draft.context, answer
        payload = (prefix, middle, draft.suffix)
    return ExampleRow(
        document=number,
        method=_NUMBER_OF[name],
        example_id=digest(task, document_id, b"%d %d" % (draft.start, draft.end), *payload),
        turns=turns,
        prefix=prefix,
        middle=middle,
        suffix=draft.suffix,
        answer_start=draft.start,
        answer_end=draft.end,
        origin_start=unit.start,
        origin_end=unit.end,
        origin_id=unit.unit_id,
        subject=answer if draft.subject is None else draft.subject,
        difficulty=difficulty_of(unit.complexity, unit.nesting, unit.lines),
        template_id=template_id,
        tokens=estimate_tokens(sum(map(len, payload))),
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
