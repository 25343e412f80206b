"""Rows of a units file back to documents and units, as the methods for code want them.

A file that `tilth split` wrote has all of it. Of any other only `name`, `kind`, `language`, `path`, `start` and `end`
are needed: the text is read from `path`, the file is split again, and each given row finds its unit by its span, or
else by name and overlap. A row that finds none is a reject.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from flows.alone.from_files import ABOUT, UNITS_FILE
from tasks.ingest.decode import decode
from tasks.ingest.open_file import read_at_most
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.detect.languages import language_of_name
from tilth.fingerprint import digest
from tilth.records import REJECTS, UNITS, Columns, narrow, rows_of

NEEDED = narrow(UNITS, "name", "kind", "language", "path", "start", "end")
DOCUMENTS = pa.schema([(name, pa.string()) for name in ("document_id", "path", "language", "text", *ABOUT)])


class Given(NamedTuple):
    """Documents with their text, all their units, the ids of those that the file names, and what is left out."""

    documents: pa.Table
    units: pa.Table
    kept: frozenset[str]
    rejects: pa.Table


class _Row(NamedTuple):
    name: str | None
    kind: str | None
    language: str | None
    path: str | None
    start: int | None
    end: int | None


def given_units(rows: pa.Table, root: Path, config: SplitConfig, max_file_bytes: int) -> Given:
    """What the rows of some whole documents stand for; files are looked for under `root`."""
    if set(UNITS_FILE.names) <= set(rows.column_names):
        modules = rows.filter(pc.and_(pc.equal(rows["kind"], "module"), pc.is_valid(rows["text"])))
        if modules.num_rows == pc.count_distinct(rows["document_id"], mode="all").as_py():
            documents = modules.select(DOCUMENTS.names).cast(DOCUMENTS)
            units = rows.select(UNITS.names).cast(UNITS)
            return Given(documents, units, frozenset(units["unit_id"].to_pylist()), REJECTS.empty_table())
    return _split_again(rows, root, config, max_file_bytes)


def _split_again(rows: pa.Table, root: Path, config: SplitConfig, max_file_bytes: int) -> Given:
    documents, rejects = Columns(DOCUMENTS), Columns(REJECTS)
    by_document: dict[str, list[_Row]] = {}
    for path, (given, text) in _by_path(rows).items():
        language = next((row.language for row in given if row.language), None) or _language_of(path)
        found = text if text is not None else _read(root, path, max_file_bytes)
        if isinstance(found, _Missing):
            for row in given:
                _reject(rejects, path, row, found.reason, found.detail)
            continue
        document_id = digest(path, found)
        by_document[document_id] = given
        about = {"source": root.name, "repository": root.name, "licence": "unknown", "category": root.name}
        documents.add(document_id=document_id, path=path, language=language, text=found, **about)
    table = documents.table()
    outcome = split_documents(table, config)
    kept = _matched(outcome.rows, by_document, rejects)
    # What could not be split is known by its given rows.
    for document_id, path, reason, detail in rows_of(outcome.rejects, "key", "path", "reason", "detail"):
        for row in by_document[document_id]:
            _reject(rejects, path, row, reason, detail)
    return Given(table, outcome.rows, kept, rejects.table())


def _by_path(rows: pa.Table) -> Mapping[str, tuple[list[_Row], str | None]]:
    """The given rows of each path, and its text where the file has it."""
    texts: dict[str, str] = {}
    if "text" in rows.column_names:
        held = rows.filter(pc.is_valid(rows["text"]))
        texts = dict(zip(held["path"].to_pylist(), held["text"].to_pylist(), strict=True))
    given: dict[str, list[_Row]] = defaultdict(list)
    for values in rows_of(rows, *_Row._fields):
        given[str(values[3] or "")].append(_Row(*values))
    return {path: (given[path], texts.get(path)) for path in sorted(given)}


class _Missing(NamedTuple):
    reason: str
    detail: str


def _read(root: Path, path: str, max_file_bytes: int) -> str | _Missing:
    try:
        data = read_at_most(str(root / path), max_file_bytes + 1)
    except FileNotFoundError:
        return _Missing("file_missing", f"{root / path} does not exist")
    except (OSError, ValueError) as error:
        return _Missing("unreadable", str(getattr(error, "strerror", None) or error))
    if len(data) > max_file_bytes:
        return _Missing("too_large", f"more than {max_file_bytes} bytes")
    decoded = decode(data)
    return decoded.text if decoded is not None else _Missing("undecodable", "no encoding fits its bytes")


def _language_of(path: str) -> str:
    language = language_of_name(path)
    return language.name if language is not None else ""


def _matched(units: pa.Table, by_document: Mapping[str, Sequence[_Row]], rejects: Columns) -> frozenset[str]:
    """Ids of the units that the given rows mean."""
    by_span: dict[tuple[str, int, int], list[tuple[str, str]]] = defaultdict(list)
    by_name: dict[tuple[str, str], list[tuple[int, int, str]]] = defaultdict(list)
    names = ("document_id", "unit_id", "kind", "name", "start", "end", "path")
    paths: dict[str, str] = {}
    for document_id, unit_id, kind, name, start, end, path in rows_of(units, *names):
        by_span[document_id, start, end].append((kind, unit_id))
        by_name[document_id, name or ""].append((start, end, unit_id))
        paths[document_id] = path
    kept: set[str] = set()
    for document_id, given in by_document.items():
        if document_id not in paths:
            continue
        for row in given:
            unit_id = _unit_of(row, document_id, by_span, by_name)
            if unit_id is None:
                detail = f"nothing of this name is found at bytes {row.start} to {row.end}"
                _reject(rejects, paths[document_id], row, "no_such_unit", detail)
            else:
                kept.add(unit_id)
    return frozenset(kept)


def _unit_of(
    row: _Row,
    document_id: str,
    by_span: Mapping[tuple[str, int, int], list[tuple[str, str]]],
    by_name: Mapping[tuple[str, str], list[tuple[int, int, str]]],
) -> str | None:
    """The unit with the row's span, of its kind if there are two; else the largest of its name that overlaps it."""
    start, end = row.start or 0, row.end or 0
    here = by_span.get((document_id, start, end))
    if here:
        return next((unit_id for kind, unit_id in here if kind == row.kind), here[0][1])
    overlapping = [
        (min(end, unit_end) - max(start, unit_start), unit_id)
        for unit_start, unit_end, unit_id in by_name.get((document_id, row.name or ""), ())
        if unit_start < end and start < unit_end
    ]
    return max(overlapping)[1] if overlapping else None


def _reject(rejects: Columns, path: str, row: _Row, reason: str, detail: str | None) -> None:
    item = f"{path}:{row.start}-{row.end}"
    named = f"{row.name}: {detail}" if row.name else detail
    rejects.add(key=path, item_id=item, path=path, reason=reason, detail=named)
