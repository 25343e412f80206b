"""Code documents to units: DOCUMENTS in, UNITS out, one parse a document.

Every document gives its module, so rows in = documents with units + rejects. Reasons: `no_grammar` (the
language has none here), `too_large`, `too_deep`, `no_structure`, `parse_timeout`,
`grammar_crashed`. A text that is not in the
language it claims still gives its module, with `has_error`. Prose is not for this engine: the caller gives
documents whose kind is `code`.

A grammar that Tilth has no query for is used for what its own `tags.scm` names, and in a process of its own
(`in_child.py`), because it may hang.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from functools import cache
from typing import TYPE_CHECKING, NamedTuple, Protocol

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.split.batch import Document
from tasks.split.config import SplitConfig
from tasks.split.gathering import Gathering
from tasks.split.in_child import Child, ChildLost
from tasks.split.languages.registry import SYNTAXES
from tasks.split.repair import Reading, read_again, repair_parts
from tasks.split.sweep import Patterns, Sweep, patterns_of
from tasks.split.syntax import Syntax
from tasks.split.unit import Unit
from tilth.records import REJECTS, UNITS, Columns, Outcome
from tilth.syntax.foreign import is_installed
from tilth.syntax.grammars import ParseTimeout, grammar, grammar_of, parse, parser_for
from tilth.syntax.shape import UnreasonableTree, require_reasonable

if TYPE_CHECKING:
    from tree_sitter import Node, Parser, Query, Tree

_NEEDED = ("document_id", "path", "language", "text")


class Captures(Protocol):
    """What finds the nodes that matter: a query's cursor."""

    def captures(self, root: Node, /) -> dict[str, list[Node]]:
        """Nodes by the name of their capture."""


class Tools(NamedTuple):
    """What one language is split with."""

    syntax: Syntax
    parser: Parser
    cursor: Captures
    patterns: Patterns


class _Refused(Exception):
    """The document gives no units; `args` are the reason and its detail."""


@cache
def _query(name: str) -> Query | None:
    from tree_sitter import Query

    found = grammar(name)
    return None if found is None or name not in SYNTAXES else Query(found, SYNTAXES[name].query)


def tools_of(syntax: Syntax, parser: Parser, cursor: Captures) -> Tools:
    """Tools for a language that is not one of `languages/`."""
    return Tools(syntax, parser, cursor, patterns_of(syntax))


def _own_tools(name: str) -> Tools | None:
    from tree_sitter import QueryCursor

    query, parser = _query(name), parser_for(name)
    if query is None or parser is None:
        return None
    return tools_of(SYNTAXES[name], parser, QueryCursor(query))


def split_documents(documents: pa.Table, config: SplitConfig) -> Outcome:
    """Units of every document, in the order of the documents and then of their ordinals."""
    names = pa.array([_is_foreign(name or "") for name in documents["language"].to_pylist()], pa.bool_())
    own = split_with(_own_tools, documents.filter(pc.invert(names)), config)
    if not pc.any(names).as_py():
        return own
    return _in_order(documents, [own, _split_foreign(documents.filter(names), config)])


def _is_foreign(language: str) -> bool:
    return grammar_of(language) not in SYNTAXES and is_installed(language)


def _split_foreign(documents: pa.Table, config: SplitConfig) -> Outcome:
    """Units by grammars that are not Tilth's own, one document at a time in a child."""
    rows, rejects = [UNITS.empty_table()], [REJECTS.empty_table()]
    child = Child(config)
    try:
        for place in range(documents.num_rows):
            document = documents.slice(place, 1).select(_NEEDED)
            try:
                outcome = child.split(document)
            except ChildLost as loss:
                refused = Columns(REJECTS)
                _refuse(refused, document["document_id"][0].as_py(), document["path"][0].as_py(), *loss.args)
                outcome = Outcome(UNITS.empty_table(), refused.table())
            rows.append(outcome.rows)
            rejects.append(outcome.rejects)
    finally:
        child.close()
    return Outcome(pa.concat_tables(rows), pa.concat_tables(rejects))


def _in_order(documents: pa.Table, outcomes: list[Outcome]) -> Outcome:
    """Outcomes put together in the order of the documents."""
    ids = documents["document_id"].combine_chunks()

    def ordered(tables: list[pa.Table], column: str) -> pa.Table:
        table = pa.concat_tables(tables)
        places = np.asarray(pc.index_in(table[column].combine_chunks(), ids))
        return table.take(pa.array(np.argsort(places, kind="stable")))

    return Outcome(
        ordered([outcome.rows for outcome in outcomes], "document_id"),
        ordered([outcome.rejects for outcome in outcomes], "item_id"),
    )


def split_with(find: Callable[[str], Tools | None], documents: pa.Table, config: SplitConfig) -> Outcome:
    """Units of every document by the tools that `find` gives for the name of a grammar."""
    gathering = Gathering()
    rejects = Columns(REJECTS)
    tools: dict[str, Tools | None] = {}
    for document in _documents(documents):
        name = grammar_of(document.language, document.path)
        if name not in tools:
            tools[name] = find(name)
        try:
            _split(document, tools[name], config, gathering)
        except _Refused as refusal:
            _refuse(rejects, document.document_id, document.path, *refusal.args)
    return Outcome(gathering.batch.table(), rejects.table())


def _refuse(rejects: Columns, document_id: str, path: str, reason: str, detail: str) -> None:
    rejects.add(key=document_id, item_id=document_id, path=path, line=None, reason=reason, detail=detail)


def _split(document: Document, tools: Tools | None, config: SplitConfig, gathering: Gathering) -> None:
    """Add a document's units; raise `_Refused` when it has none."""
    size = len(document.data)
    if tools is None:
        raise _Refused("no_grammar", f"no grammar for {document.language or 'an unnamed language'}")
    if size > config.max_bytes:
        raise _Refused("too_large", f"{size} bytes; at most {config.max_bytes} are split")
    try:
        tree = parse(tools.parser, document.data)
        root = tree.root_node
        require_reasonable(root)
    except ParseTimeout as error:
        raise _Refused("parse_timeout", str(error)) from None
    except UnreasonableTree as error:
        raise _Refused(error.reason, error.detail) from None
    reading = _read(document.data, tools, tree)
    gathering.add(document, tools.syntax, _sweep(document, tools, root, reading, config), reading.captures)


def _read(data: bytes, tools: Tools, tree: Tree) -> Reading:
    """What is captured, of a repaired text where the language has a repair and the text needs one."""
    repair, find, root = tools.syntax.repair, tools.cursor.captures, tree.root_node
    if repair is None or not root.has_error:
        return Reading(find(root), set())
    repaired, part = repair(data), tools.syntax.repair_part
    if part is not None:
        repaired = repair_parts(repaired, root, part, tools.syntax.repaired_inside)
    return read_again(data, repaired, tools.parser, tree, find)


def _documents(table: pa.Table) -> Iterator[Document]:
    """Rows one at a time, their text as the UTF-8 that it is stored in."""
    for batch in table.select(_NEEDED).to_batches():
        names = [batch.column(name).to_pylist() for name in _NEEDED[:3]]
        texts = batch.column("text")
        data = texts.cast(pa.binary() if texts.type == pa.string() else pa.large_binary())
        for (document_id, path, language), text in zip(zip(*names, strict=True), data, strict=True):
            yield Document(document_id, path or "", language or "", text.as_py() or b"")


def _sweep(document: Document, tools: Tools, root: Node, reading: Reading, config: SplitConfig) -> Sweep:
    sweep = Sweep(document.data, tools.syntax, tools.patterns, config.max_depth)
    module = sweep.module
    module.name = document.path.rsplit("/", 1)[-1].split(".", 1)[0]
    module.is_test = tools.patterns.test_path.search("/" + document.path) is not None
    units = sweep.run(reading.captures, root.has_error, reading.masked)
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
