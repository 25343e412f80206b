"""Code documents to units: DOCUMENTS in, UNITS out, one parse a document.

Every document gives its module, so rows in = documents with units + rejects. Reasons: `no_grammar` (the
language has none here), `too_large`, `too_deep`, `no_structure`, `parse_timeout`. A text that is not in the language it
claims still
gives its module, with `has_error`. Prose is not for this engine: the caller gives documents whose kind is
`code`.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from hashlib import blake2b
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tasks.split.bodies import body_span, docstring_words, signature
from tasks.split.config import SplitConfig
from tasks.split.languages.registry import SYNTAXES
from tasks.split.sweep import Sweep
from tasks.split.syntax import Syntax
from tasks.split.unit import Unit
from tilth.records import REJECTS, UNITS, Columns, Outcome
from tilth.syntax.grammars import ParseTimeout, grammar, grammar_of, parse, parser_for
from tilth.syntax.shape import UnreasonableTree, require_reasonable

if TYPE_CHECKING:
    from tree_sitter import Parser, Query, QueryCursor

_NO_DEFINITIONS = ("module", "imports")
_NEEDED = ("document_id", "path", "language", "text")


class _Tools(NamedTuple):
    syntax: Syntax
    parser: Parser
    cursor: QueryCursor
    test_path: re.Pattern[str]


class _Document(NamedTuple):
    document_id: str
    path: str
    language: str
    data: bytes


@cache
def _query(name: str) -> Query | None:
    from tree_sitter import Query

    found = grammar(name)
    return None if found is None or name not in SYNTAXES else Query(found, SYNTAXES[name].query)


def _tools(name: str) -> _Tools | None:
    from tree_sitter import QueryCursor

    query, parser = _query(name), parser_for(name)
    if query is None or parser is None:
        return None
    syntax = SYNTAXES[name]
    return _Tools(syntax, parser, QueryCursor(query), re.compile(syntax.test_path))


def split_documents(documents: pa.Table, config: SplitConfig) -> Outcome:
    """Units of every document, in the order of the documents and then of their ordinals."""
    rows: list[tuple[Any, ...]] = []
    rejects = Columns(REJECTS)
    tools: dict[str, _Tools | None] = {}
    for document in _documents(documents):
        name = grammar_of(document.language, document.path)
        if name not in tools:
            tools[name] = _tools(name)
        found = tools[name]
        size = len(document.data)
        if found is None:
            reason, detail = "no_grammar", f"no grammar for {document.language or 'an unnamed language'}"
        elif size > config.max_bytes:
            reason, detail = "too_large", f"{size} bytes; at most {config.max_bytes} are split"
        else:
            try:
                rows += _rows(document, found.syntax, _units_of(document, found, config))
                continue
            except ParseTimeout as error:
                reason, detail = "parse_timeout", str(error)
            except UnreasonableTree as error:
                reason, detail = error.reason, error.detail
        rejects.add(
            key=document.document_id,
            item_id=document.document_id,
            path=document.path,
            line=None,
            reason=reason,
            detail=detail,
        )
    return Outcome(_table(rows), rejects.table())


def _documents(table: pa.Table) -> Iterator[_Document]:
    """Rows one at a time, their text as the UTF-8 that it is stored in."""
    for batch in table.select(_NEEDED).to_batches():
        names = [batch.column(name).to_pylist() for name in _NEEDED[:3]]
        texts = batch.column("text")
        data = texts.cast(pa.binary() if texts.type == pa.string() else pa.large_binary())
        for (document_id, path, language), text in zip(zip(*names, strict=True), data, strict=True):
            yield _Document(document_id, path or "", language or "", text.as_py() or b"")


def _units_of(document: _Document, tools: _Tools, config: SplitConfig) -> list[Unit]:
    root = parse(tools.parser, document.data).root_node
    require_reasonable(root)
    sweep = Sweep(document.data, tools.syntax, config.max_depth)
    module = sweep.module
    module.name = document.path.rsplit("/", 1)[-1].split(".", 1)[0]
    module.is_test = tools.test_path.search("/" + document.path) is not None
    units = sweep.run(tools.cursor.captures(root), root.has_error)
    _document_module(document.data, module, units, tools.syntax)
    return units


def _document_module(data: bytes, module: Unit, units: list[Unit], syntax: Syntax) -> None:
    """Take the leading comments as the module's docstring where they say so."""
    if syntax.module_doc is None or module.docs:
        return
    first = min((unit.start for unit in units[1:]), default=len(data))
    leading = [span for span in module.comments if span[1] <= first]
    for place, (start, end) in enumerate(leading):
        if re.match(syntax.module_doc, data[start:end].decode()) is None:
            continue
        taken = [leading[place]]
        for span in leading[place + 1 :]:
            if not syntax.joins_doc_lines or data[taken[-1][1] : span[0]].strip(b" \t\r") != b"\n":
                break
            taken.append(span)
        module.docs = taken
        module.comments = sorted(set(module.comments) - set(taken))
        return


def _rows(document: _Document, syntax: Syntax, units: list[Unit]) -> Iterator[tuple[Any, ...]]:
    """A document's units as rows, their values in the order of UNITS."""
    document_id, path, language, data = document
    ids: dict[Unit, str] = {}
    for ordinal, unit in enumerate(units):
        kind, start, end, docs = unit.kind, unit.start, unit.end, unit.docs
        # Parts need no frames: what follows the document's id has no free text in it.
        ids[unit] = unit_id = _digest(f"{document_id}:{kind}:{start}:{end}".encode())
        body = body_span(data, unit, syntax.has_indented_blocks)
        is_definition = kind not in _NO_DEFINITIONS
        yield (
            document_id,
            unit_id,
            document_id,
            None if unit.owner is None else ids[unit.owner],
            ordinal,
            kind,
            unit.name or ("default" if is_definition else kind),
            _qualified(unit),
            language,
            path,
            start,
            end,
            body[0] if body else None,
            body[1] if body else None,
            signature(data, unit) if is_definition else None,
            docstring_words([data[left:right].decode() for left, right in docs]) if docs else None,
            docs[0][0] if docs else None,
            docs[-1][1] if docs else None,
            _comments(data, unit, body) if unit.comments else [],
            unit.complexity,
            unit.nesting,
            _lines(data, start, end),
            unit.is_test,
            unit.has_error,
        )


def _digest(data: bytes) -> str:
    """128 bits as `tilth.fingerprint.digest` has, unframed: one a unit is a twentieth of the stage's time."""
    return blake2b(data, digest_size=16).hexdigest()


def _table(rows: list[tuple[Any, ...]]) -> pa.Table:
    columns = zip(*rows, strict=True) if rows else [()] * len(UNITS)
    arrays = [pa.array(column, type=field.type) for column, field in zip(columns, UNITS, strict=True)]
    return pa.Table.from_arrays(arrays, schema=UNITS)


def _qualified(unit: Unit) -> str:
    if unit.kind in _NO_DEFINITIONS:
        return unit.name or unit.kind
    above = unit.parent.path if unit.parent is not None else ""
    return unit.path or f"{above}.default".strip(".")


def _lines(data: bytes, start: int, end: int) -> int:
    newlines = data.count(b"\n", start, end)
    return newlines if end > start and data[end - 1] == 10 else newlines + (end > start)


def _comments(data: bytes, unit: Unit, body: tuple[int, int] | None) -> list[tuple[str, int, int]]:
    """Spans of the comments in the body; of the module, all that are in no definition."""
    if unit.parent is None:
        body = 0, len(data)
    if body is None:
        return []
    return [
        (_comment_kind(data, left), left, right)
        for left, right in unit.comments
        if left >= body[0] and right <= body[1]
    ]


def _comment_kind(data: bytes, start: int) -> str:
    mark = data[start : start + 3]
    if mark in (b"/**", b"///", b"//!", b"/*!"):
        return "doc"
    return "block" if mark.startswith(b"/*") else "line"
