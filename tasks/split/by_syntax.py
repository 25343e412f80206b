"""Code documents to units: DOCUMENTS in, UNITS out, one parse a document.

Every document gives its module, so rows in = documents with units + rejects. Reasons: `no_grammar` (the
language has none here), `too_large`, `too_deep`, `no_structure`, `parse_timeout`. A text that is not in the
language it claims still gives its module, with `has_error`. Prose is not for this engine: the caller gives
documents whose kind is `code`.

A grammar that Tilth has no query for is used for what its own `tags.scm` names, and in a process of its own
(`in_child.py`), because it may hang.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple

import pyarrow as pa

from tasks.split.config import SplitConfig
from tasks.split.gathering import Document, Gathering
from tasks.split.languages.registry import SYNTAXES
from tasks.split.sweep import Sweep
from tasks.split.syntax import Syntax
from tasks.split.unit import Unit
from tilth.records import REJECTS, Columns, Outcome
from tilth.syntax.grammars import ParseTimeout, grammar, grammar_of, parse, parser_for
from tilth.syntax.shape import UnreasonableTree, require_reasonable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query, QueryCursor

_NEEDED = ("document_id", "path", "language", "text")


class _Tools(NamedTuple):
    syntax: Syntax
    parser: Parser
    cursor: QueryCursor
    test_path: re.Pattern[str]


class _Refused(Exception):
    """The document gives no units; `args` are the reason and its detail."""


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
    gathering = Gathering()
    rejects = Columns(REJECTS)
    tools: dict[str, _Tools | None] = {}
    for document in _documents(documents):
        name = grammar_of(document.language, document.path)
        if name not in tools:
            tools[name] = _tools(name)
        try:
            _split(document, tools[name], config, gathering)
        except _Refused as refusal:
            reason, detail = refusal.args
            rejects.add(
                key=document.document_id,
                item_id=document.document_id,
                path=document.path,
                line=None,
                reason=reason,
                detail=detail,
            )
    return Outcome(gathering.table(), rejects.table())


def _split(document: Document, tools: _Tools | None, config: SplitConfig, gathering: Gathering) -> None:
    """Add a document's units; raise `_Refused` when it has none."""
    size = len(document.data)
    if tools is None:
        raise _Refused("no_grammar", f"no grammar for {document.language or 'an unnamed language'}")
    if size > config.max_bytes:
        raise _Refused("too_large", f"{size} bytes; at most {config.max_bytes} are split")
    try:
        root = parse(tools.parser, document.data).root_node
        require_reasonable(root)
    except ParseTimeout as error:
        raise _Refused("parse_timeout", str(error)) from None
    except UnreasonableTree as error:
        raise _Refused(error.reason, error.detail) from None
    captures = tools.cursor.captures(root)
    gathering.add(document, tools.syntax, _sweep(document, tools, root, captures, config), captures)


def _documents(table: pa.Table) -> Iterator[Document]:
    """Rows one at a time, their text as the UTF-8 that it is stored in."""
    for batch in table.select(_NEEDED).to_batches():
        names = [batch.column(name).to_pylist() for name in _NEEDED[:3]]
        texts = batch.column("text")
        data = texts.cast(pa.binary() if texts.type == pa.string() else pa.large_binary())
        for (document_id, path, language), text in zip(zip(*names, strict=True), data, strict=True):
            yield Document(document_id, path or "", language or "", text.as_py() or b"")


def _sweep(
    document: Document, tools: _Tools, root: Node, captures: dict[str, list[Node]], config: SplitConfig
) -> Sweep:
    sweep = Sweep(document.data, tools.syntax, config.max_depth)
    module = sweep.module
    module.name = document.path.rsplit("/", 1)[-1].split(".", 1)[0]
    module.is_test = tools.test_path.search("/" + document.path) is not None
    units = sweep.run(captures, root.has_error)
    _document_module(document.data, module, units, tools.syntax)
    return sweep


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
