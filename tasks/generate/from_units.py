"""From units of code to rows: asks each method for a draft, words the question, fills the columns."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, cast

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.augment import Augmenter
from tasks.generate.config import CodeMethod, GenerateConfig
from tasks.generate.difficulty import difficulty_of
from tasks.generate.methods import AUGMENTED, DEFINITIONS, METHODS
from tasks.generate.protocol import Draft, File, Unit, View
from tasks.generate.rows import ExampleRow, example_table
from tasks.generate.rules import refusal
from tasks.generate.share import views_of
from tasks.generate.templates import load_templates, word
from tasks.generate.variables import variables_of_unit
from tilth.fingerprint import digest
from tilth.markdown import fenced_bytes
from tilth.records import REJECTS, Outcome, rows_of
from tilth.tokens import estimate_tokens

if TYPE_CHECKING:
    from tasks.generate.protocol import BatchMethod, UnitMethod

_SHOWN = pa.array(["module", "imports", *sorted(DEFINITIONS)])
# What a method refuses by its nature says nothing about the unit, so it is the last reason to give.
_BY_NATURE = (
    "not_a_function",
    "not_a_method",
    "not_a_class",
    "not_python",
    "not_drawn",
    "no_docstring",
    "view_limit",
)


# `json.dumps` with options would make an encoder a row.
_JSON = json.JSONEncoder(ensure_ascii=False, sort_keys=True)


class _Document(NamedTuple):
    document_id: str
    text: str
    path: str
    language: str
    licence: str
    category: str
    repository: str


def generate_from_units(
    documents: pa.Table,
    units: pa.Table,
    kept: frozenset[str],
    config: GenerateConfig,
    keys: Mapping[str, str] | None = None,
) -> Outcome:
    """Examples of the units whose ids are in `kept`, by every method that `config` names.

    With `keys` (document_id → key of its rows) the documents are whole repositories, and the methods are those that
    look at one; without, all others. Of one unit at most its share of `max_views_per_unit` examples are made (see
    `share`), in the order of the config's methods turned by the digest of the unit, so that no method is always the one
    left out. A function, method or class that gives none is a reject.
    """
    names = [name for name in config.code_methods if (METHODS[name].scope == "repository") == bool(keys)]
    numbered = [_Document(*row) for row in rows_of(documents, *_Document._fields)]
    files = _files_of(numbered, units)
    found = [
        View(unit, file, config)
        for file in files
        for unit in file.units.values()
        if unit.unit_id in kept or unit.kind == "module"
    ]
    rejects: list[tuple[str, ...]] = []
    views = []
    for view in found:
        broken = refusal(view)
        if broken is None:
            views.append(view)
        elif not keys:
            _reject(rejects, view, *broken)
    asked = {name: _asked(name, views, config) for name in names if METHODS[name].scope != "unit"}
    limits = _limits(views, asked, config, is_repository=bool(keys))
    number_of = {document.document_id: number for number, document in enumerate(numbered)}
    rows: list[ExampleRow] = []
    seen: set[str] = set()
    augmenter = Augmenter(files, config) if config.augmentations and not keys else None
    for place, view in enumerate(views):
        number = number_of[view.file.document_id]
        first = len(rows)
        limit = limits[place]
        drafts = {name: found[place] for name, found in asked.items()} if asked else _NOTHING
        reason = _add_views(rows, view, number, names, drafts, limit)
        if augmenter is not None and len(rows) > first:
            _add_augmented(rows, view, number, augmenter, first, limit)
        reason = _without_twins(rows, first, seen) if reason is None else reason
        # Who looks at a repository adds to what single files give: that a unit gives nothing is no reject there.
        if reason and view.unit.kind in DEFINITIONS and not keys:
            _reject(rejects, view, reason, view.unit.name)
    return Outcome(example_table(rows, _columns_of(numbered, keys), _METHODS), _rejects_table(rejects))


_REJECTED = ("key", "item_id", "path", "reason", "detail")


def _reject(rejects: list[tuple[str, ...]], view: View, reason: str, detail: str) -> None:
    file = view.file
    rejects.append((file.document_id, view.unit.unit_id, file.path, reason, detail))


def _rejects_table(rejects: Sequence[tuple[str, ...]]) -> pa.Table:
    """REJECTS, gathered as tuples: most units of a file give nothing to most methods."""
    if not rejects:
        return REJECTS.empty_table()
    own = dict(zip(_REJECTED, zip(*rejects, strict=True), strict=True))
    columns = [
        pa.array(own[field.name], field.type) if field.name in own else pa.nulls(len(rejects), field.type)
        for field in REJECTS
    ]
    return pa.table(columns, schema=REJECTS)


def _asked(name: CodeMethod, views: Sequence[View], config: GenerateConfig) -> list[list[Draft | str]]:
    """What a method of wide scope says of each view."""
    entry = METHODS[name]
    found: list[list[Draft | str]] = [[] for _ in views]
    shown = [
        place for place, view in enumerate(views) if view.unit.kind in entry.kinds and not view.unit.has_error
    ]
    make = cast("BatchMethod", entry.make)
    for number, draft in make([views[place] for place in shown], config):
        found[shown[number]].append(draft)
    return found


def _limits(
    views: Sequence[View],
    asked: Mapping[CodeMethod, list[list[Draft | str]]],
    config: GenerateConfig,
    *,
    is_repository: bool,
) -> list[int]:
    """How many examples may be made of each view.

    Who looks at a repository has more than its share where the methods that look at files leave something of theirs;
    only where that matters are these asked again.
    """
    wide = sum(METHODS[name].scope == "repository" for name in config.code_methods)
    if wide == len(config.code_methods) * is_repository:
        return [config.max_views_per_unit] * len(views)
    limits = [views_of(view.unit, config, is_repository=is_repository) for view in views]
    if not is_repository or config.augmentations:
        return limits
    contested = [
        place
        for place, limit in enumerate(limits)
        if limit < config.max_views_per_unit
        and sum(isinstance(draft, Draft) for found in asked.values() for draft in found[place]) > limit
    ]
    shown = [views[place] for place in contested]
    names = [name for name in config.code_methods if METHODS[name].scope != "repository"]
    theirs = {name: _asked(name, shown, config) for name in names if METHODS[name].scope != "unit"}
    for number, (place, view) in enumerate(zip(contested, shown, strict=True)):
        rows: list[ExampleRow] = []
        share = views_of(view.unit, config, is_repository=False)
        _add_views(rows, view, 0, names, {name: found[number] for name, found in theirs.items()}, share)
        limits[place] += share - len(rows)
    return limits


def _columns_of(documents: Sequence[_Document], keys: Mapping[str, str] | None) -> pa.Table:
    """What all examples of a document share."""
    shared = [
        (
            document.document_id,
            keys[document.document_id] if keys else document.document_id,
            group_of(document.repository, document.path),
            *document[3:6],
        )
        for document in documents
    ]
    names = ("document_id", "key", "group_id", "language", "licence", "category")
    columns = zip(*shared, strict=True) if shared else [()] * len(names)
    return pa.table([pa.array(column, pa.string()) for column in columns], names=list(names))


_METHODS = pa.table(
    {"method": list(METHODS), "method_version": [entry.version for entry in METHODS.values()]}
)
_NAMES = list(METHODS)
_NOTHING: Mapping[CodeMethod, list[Draft | str]] = {}
_NUMBER_OF = {name: number for number, name in enumerate(METHODS)}


def _files_of(documents: Sequence[_Document], units: pa.Table) -> list[File]:
    """The documents that have units, each with its units in order of start."""
    ordered = units.filter(pc.is_in(units["kind"], value_set=_SHOWN)).sort_by(
        [("document_id", "ascending"), ("ordinal", "ascending")]
    )
    rows = list(rows_of(ordered, *Unit._fields))
    # Where one document's units end and the next one's begin.
    runs = pc.run_end_encode(ordered.combine_chunks()["document_id"].combine_chunks())
    by_id = {document.document_id: document for document in documents}
    files, start = [], 0
    for document_id, end in zip(runs.values.to_pylist(), runs.run_ends.to_pylist(), strict=True):
        document = by_id[document_id]
        text = document.text.encode("utf-8")
        own = ordered.slice(start, end - start)
        file = File(document_id, document.path, document.repository, document.language, text, own)
        file.units = {row[0]: Unit(*row) for row in rows[start:end]}
        files.append(file)
        start = end
    return files


def _add_views(
    rows: list[ExampleRow],
    view: View,
    number: int,
    names: Sequence[CodeMethod],
    asked: Mapping[CodeMethod, list[Draft | str]],
    limit: int,
) -> str | None:
    """Add the unit's examples; the reason when there is none."""
    unit = view.unit
    if unit.has_error or not names:
        return "syntax_error" if unit.has_error else "no_method"
    made = 0
    reasons: list[str] = []
    turn = int(unit.unit_id[:8], 16) % len(names)
    for name in (*names[turn:], *names[:turn]):
        entry = METHODS[name]
        if unit.kind not in entry.kinds:
            continue
        if made >= limit:
            reasons.append("view_limit")
            continue
        found = asked[name] if name in asked else cast("UnitMethod", entry.make)(view)
        for draft in found if isinstance(found, list) else (found,):
            if isinstance(draft, str):
                reasons.append(draft)
            elif made < limit:
                rows.append(_row_of(view, draft, name, number))
                made += 1
    if made or not reasons:
        return None if made else "no_method"
    if len(reasons) == 1:
        return reasons[0]
    return min(reasons, key=lambda reason: (reason in _BY_NATURE, reason))


def _without_twins(rows: list[ExampleRow], first: int, seen: set[str]) -> str | None:
    """Drop from `rows[first:]` what another unit gave already: a class and its method may be cut at the same place."""
    fresh = [row for row in rows[first:] if row.example_id not in seen]
    if len(fresh) < len(rows) - first:
        rows[first:] = fresh
    seen.update(row.example_id for row in fresh)
    return None if fresh else "same_as_another"


def _add_augmented(
    rows: list[ExampleRow], view: View, number: int, augmenter: Augmenter, first: int, limit: int
) -> None:
    """Add what the methods that gave `rows[first:]` make of the unit in its file's other forms, to the limit."""
    config, unit = view.config, view.unit
    names = [_NAMES[row.method] for row in rows[first:]]
    seen = {_payload(row) for row in rows[first:]}
    turn = int(unit.unit_id[:8], 16) % len(config.augmentations)
    for augmentation in (*config.augmentations[turn:], *config.augmentations[:turn]):
        file = augmenter.file(view.file, augmentation)
        if file is None or unit.unit_id not in file.units:
            continue
        other = View(file.units[unit.unit_id], file, config)
        for name in dict.fromkeys(names):
            if len(rows) - first >= limit:
                return
            draft = cast("UnitMethod", METHODS[name].make)(other) if name in AUGMENTED else ""
            if not isinstance(draft, Draft):
                continue
            extra = {**draft.extra, "augmentation": augmentation}
            row = _row_of(other, draft._replace(extra=extra), name, number)
            if _payload(row) not in seen:
                seen.add(_payload(row))
                code = file.text.decode("utf-8")
                rows.append(row._replace(code=code, origin_start=unit.start, origin_end=unit.end))


def _payload(row: ExampleRow) -> tuple[object, ...]:
    return row.turns, row.prefix, row.middle, row.suffix


def _row_of(view: View, draft: Draft, name: CodeMethod, number: int) -> ExampleRow:
    unit, file = view.unit, view.file
    task = draft.task or METHODS[name].task
    answer = draft.answer
    if answer is None:
        answer = file.text[draft.start : draft.end]
    kind, template_id, held_out = "chat", None, None
    turns: tuple[bytes, ...] = ()
    prefix = middle = query = positive = None
    negatives: Sequence[Mapping[str, Any]] | None = None
    if draft.suffix is not None:
        kind, prefix, middle = "fim", draft.context, answer
        payload: tuple[bytes, ...] = (prefix, middle, draft.suffix)
    elif draft.query is not None:
        kind, (query, positive, negatives) = "triplet", draft.query
        payload = (query, positive, *(negative["text"].encode("utf-8") for negative in negatives))
    else:
        payload, template_id, held_out = _worded(view, draft, task, answer)
        turns = payload
    span = b"%d %d" % (draft.start or 0, draft.end or 0)
    is_in_place = draft.answer is None and draft.query is None
    return ExampleRow(
        document=number,
        method=_NUMBER_OF[name],
        example_id=digest(task, file.document_id, span, held_out or "", *payload),
        kind=kind,
        task=task,
        turns=turns,
        untrained_answers=draft.untrained_answers,
        prefix=prefix,
        middle=middle,
        suffix=draft.suffix,
        query=query,
        positive=positive,
        negatives=negatives,
        code=draft.code,
        answer_start=draft.start if is_in_place else None,
        answer_end=draft.end if is_in_place else None,
        tests=draft.tests,
        oracle=draft.oracle,
        origin_start=unit.start,
        origin_end=unit.end,
        origin_id=unit.unit_id,
        subject=answer if draft.subject is None else draft.subject,
        difficulty=difficulty_of(unit.complexity, unit.nesting, unit.lines),
        template_id=template_id,
        held_out_wording=held_out,
        tokens=estimate_tokens(sum(map(len, payload))),
        extra=_JSON.encode(draft.extra) if draft.extra else "{}",
        beside=draft.beside,
    )


def _worded(view: View, draft: Draft, task: str, answer: bytes) -> tuple[tuple[bytes, ...], str, str | None]:
    """The turns of a chat, the id of its template, and the instruction in words that are held out."""
    templates = load_templates("code.yaml")[task]
    variables = variables_of_unit(view)
    if draft.variables:
        variables = {**variables, **draft.variables}
    unit_id, seed = view.unit.unit_id, view.config.seed
    difficulty = difficulty_of(view.unit.complexity, view.unit.nesting, view.unit.lines)
    instruction, template_id, held_out = word(templates, unit_id, seed, variables, difficulty)
    parts = [instruction.encode("utf-8")]
    if draft.context:
        parts.append(fenced_bytes(draft.context, draft.context_language or view.file.language))
    if draft.remark:
        parts.append(draft.remark)
    reply = answer if draft.is_prose else fenced_bytes(answer, view.file.language)
    return (b"\n\n".join(parts), reply, *draft.more_turns), template_id, held_out or None


def group_of(repository: str, path: str) -> str:
    """What may not be torn between train and test: the repository, and the folder inside it.

    >>> group_of("requests", "src/requests/api.py")
    'requests:src/requests'
    """
    return f"{repository}:{path.rpartition('/')[0]}"
