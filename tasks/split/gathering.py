"""Units of many documents, gathered column by column, and the table they make.

A document adds its units' values to flat lists, and to others the places of what is counted and called: no
object a row outlives its document. What can be told for all documents at once (`measures.py`) is told at the end.
Rows of kind `docstring` and `comment` are made from the spans that the units' own columns hold.
"""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.split.bodies import body_span, docstring_words, signature
from tasks.split.measures import Ints, Layout, distinct_lists, lists_of
from tasks.split.signatures import parameters_of
from tasks.split.sweep import Sweep
from tasks.split.syntax import Syntax
from tasks.split.tested import tested_name
from tasks.split.unit import Unit
from tasks.split.uses import bindings, uses_of
from tilth.records import UNITS

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_DEFINITIONS = ("module", "imports")
# What is known of a unit by itself.
_COLUMNS = (
    *(
        "unit_id",
        "ordinal",
        "kind",
        "name",
        "qualified_name",
        "start",
        "end",
        "body_start",
        "body_end",
        "signature",
    ),
    *("return_type", "docstring", "docstring_start", "docstring_end", "lines", "is_test", "has_error"),
)
# Columns of `comment` and `docstring` rows that are their unit's own.
_INHERITED = ("key", "document_id", "qualified_name", "language", "path", "is_test")


class Document(NamedTuple):
    """A document to be split."""

    document_id: str
    path: str
    language: str
    data: bytes


class Gathering:
    """The units of a batch. Offsets in `unit.row`, `places` and `spans` are on the batch's one line."""

    def __init__(self) -> None:
        self.documents: list[Document] = []
        self.base = 0
        # Of every unit, its document and its values.
        self.document: list[int] = []
        self.bases: list[int] = []
        self.columns: list[list[object]] = [[] for _ in _COLUMNS]
        self.parent: list[int] = []
        self.comments = _Spans()
        self.parameter_counts: list[int] = []
        self.parameters: tuple[list[str], list[str | None], list[str | None]] = ([], [], [])
        # Places of what adds a path, and spans of what adds a level.
        self.paths: list[int] = []
        self.levels: list[tuple[int, int]] = []
        self.calls: list[bytes] = []
        self.call_places: list[int] = []
        # A name that an import binds, wherever it stands, and the modules of each document.
        self.uses: list[str] = []
        self.use_places: list[int] = []

    def add(self, document: Document, syntax: Syntax, sweep: Sweep, captures: dict[str, list[Node]]) -> None:
        """Take the swept units of one document."""
        first = len(self.parent)
        rows = []
        for ordinal, unit in enumerate(sweep.units):
            unit.row = first + ordinal
            rows.append(self._unit(document, syntax, unit, ordinal))
        for values, more in zip(self.columns, zip(*rows, strict=True), strict=True):
            values.extend(more)
        self.document += [len(self.documents)] * len(sweep.units)
        self.bases += [self.base] * len(sweep.units)
        self.documents.append(document)
        self._count(document.data, captures)
        if sweep.import_spans:
            self._add_imports(document.data, syntax, sweep)
        # One more than its bytes: what ends a document does not begin the next.
        self.base += len(document.data) + 1

    def _unit(self, document: Document, syntax: Syntax, unit: Unit, ordinal: int) -> tuple[object, ...]:
        """The unit's values in the order of `_COLUMNS`."""
        data = document.data
        kind, start, end, docs = unit.kind, unit.start, unit.end, unit.docs
        body = body_span(data, unit, syntax.has_indented_blocks or syntax.has_keyword_blocks)
        is_definition = kind not in _NO_DEFINITIONS
        line = signature(data, unit, syntax) if is_definition else None
        name = unit.name or ("default" if is_definition else kind)
        self.parent.append(-1 if unit.owner is None else unit.owner.row)
        self.comments.add(data, unit, body)
        # Parts need no frames: what follows the document's id has no free text in it.
        unit_id = _digest(f"{document.document_id}:{kind}:{start}:{end}".encode())
        words = docstring_words([data[left:right].decode() for left, right in docs]) if docs else None
        body_start, body_end = body or (None, None)
        doc_start, doc_end = (docs[0][0], docs[-1][1]) if docs else (None, None)
        return (
            *(unit_id, ordinal, kind, name, _qualified(unit), start, end, body_start, body_end, line),
            self._returns(syntax, None if kind == "class" else line, name),
            *(words, doc_start, doc_end, _lines(data, start, end), unit.is_test, unit.has_error),
        )

    def _returns(self, syntax: Syntax, line: str | None, name: str) -> str | None:
        """Take the parameters of a signature, if there is one; what it says is returned."""
        if line is None:
            self.parameter_counts.append(0)
            return None
        found = parameters_of(syntax.parameter_style, line, name)
        self.parameter_counts.append(len(found.names))
        if found.names:
            names, types, defaults = self.parameters
            names.extend(found.names)
            types.extend(found.types)
            defaults.extend(found.defaults)
        return found.returns

    def _count(self, data: bytes, captures: dict[str, list[Node]]) -> None:
        base = self.base
        branches = [node.byte_range for node in captures.get("branch", ())]
        chains = {node.byte_range for node in captures.get("chain", ())}
        self.paths += [base + start for start, _ in branches]
        self.paths += [base + node.start_byte for node in captures.get("decision", ())]
        branches += [node.byte_range for node in captures.get("control", ())]
        self.levels += [(base + span[0], base + span[1]) for span in branches if span not in chains]
        calls = [node.byte_range for node in captures.get("call", ())]
        self.calls += [data[start:end] for start, end in calls]
        self.call_places += [base + start for start, _ in calls]

    def _add_imports(self, data: bytes, syntax: Syntax, sweep: Sweep) -> None:
        found = bindings(data, sweep.import_spans, syntax.imports_of)
        # At the first byte the module is the innermost unit, or an import is, whose counts are the module's.
        self.uses += found.modules
        self.use_places += [self.base - 1] * len(found.modules)
        for module, places in uses_of(data, found.names, sweep.import_spans):
            self.uses += [module] * len(places)
            self.use_places += [self.base + place for place in places]

    def table(self) -> pa.Table:
        """All that was gathered, in the order of the documents and then of the ordinals."""
        units = self._units()
        if not units.num_rows:
            return units
        rows = [units, self._remarks(units, "docstring"), self._remarks(units, "comment")]
        owners = [np.arange(units.num_rows), *(np.asarray(part["ordinal"]) for part in rows[1:])]
        document = np.asarray(self.document)
        documents = np.concatenate([document[owner] for owner in owners])
        starts = np.concatenate([np.asarray(part["start"]) for part in rows])
        is_remark = np.arange(len(documents)) >= units.num_rows
        # Units keep their order; a document's remarks follow them, in order of start.
        key = np.where(is_remark, starts, np.arange(len(documents)))
        order = np.lexsort((key, is_remark, documents))
        table = pa.concat_tables(rows).take(pa.array(order))
        first = np.searchsorted(documents[order], np.arange(len(self.documents)))
        ordinals = np.arange(len(order)) - first[documents[order]]
        place = table.schema.get_field_index("ordinal")
        return table.set_column(place, UNITS.field("ordinal"), pa.array(ordinals, pa.int32()))

    def _units(self) -> pa.Table:
        size = len(self.parent)
        parent = np.array(self.parent, dtype=np.int64)
        base = np.array(self.bases, dtype=np.int64)
        own_columns = dict(zip(_COLUMNS, self.columns, strict=True))
        columns = {name: pa.array(values, UNITS.field(name).type) for name, values in own_columns.items()}
        start, end = (np.asarray(columns[name], dtype=np.int64) + base for name in ("start", "end"))
        layout = Layout(start, end, parent)
        kinds = own_columns["kind"]
        # A run of imports has no numbers of its own.
        own = np.array(
            [parent[row] if kinds[row] == "imports" else row for row in range(size)], dtype=np.int64
        )
        document = pa.array(self.document, pa.int32())
        for name, field in (("key", 0), ("document_id", 0), ("path", 1), ("language", 2)):
            values = pa.array([item[field] for item in self.documents], pa.string())
            columns[name] = values.take(document)
        columns["parent_id"] = columns["unit_id"].take(pa.array(parent, mask=parent < 0))
        columns["complexity"] = _integers(1 + layout.counts(_rows(layout, own, self.paths)))
        levels = np.array(self.levels, dtype=np.int64).reshape(-1, 2)
        columns["nesting"] = _integers(layout.nesting(levels[:, 0], levels[:, 1]))
        called = pa.array(self.calls, pa.binary())
        columns["calls"] = distinct_lists(_rows(layout, own, self.call_places), _last_names(called), size)
        columns["imports"] = self._imports(layout, own, size)
        struct = pa.StructArray.from_arrays(
            [pa.array(values, pa.string()) for values in self.parameters], names=["name", "type", "default"]
        )
        columns["parameters"] = lists_of(np.array(self.parameter_counts, dtype=np.int64), struct)
        columns["comments"] = self.comments.column()
        columns["test_of"] = self._tested(columns["calls"])
        arrays = [columns[name].cast(UNITS.field(name).type) for name in UNITS.names]
        return pa.Table.from_arrays(arrays, schema=UNITS)

    def _imports(self, layout: Layout, own: Ints, size: int) -> pa.Array:
        """Modules used by each unit; a place before its document stands for the module itself."""
        places = np.array(self.use_places, dtype=np.int64)
        bases = np.array(self.bases, dtype=np.int64)
        modules = np.searchsorted(bases, places + 1)
        is_statement = np.isin(places + 1, bases) if len(places) else np.zeros(0, dtype=np.bool_)
        rows = np.where(is_statement, modules, own[layout.innermost(np.maximum(places, 0))])
        return distinct_lists(rows, pa.array(self.uses, pa.string()), size)

    def _tested(self, calls: pa.Array) -> pa.Array:
        """What each test seems to test."""
        kinds, names, tests = (self.columns[_COLUMNS.index(name)] for name in ("kind", "name", "is_test"))
        offsets = calls.offsets.to_pylist()
        found: list[str | None] = [None] * len(kinds)
        for row, (kind, is_test) in enumerate(zip(kinds, tests, strict=True)):
            if is_test and kind in ("function", "method") and offsets[row] < offsets[row + 1]:
                values = calls.values[offsets[row] : offsets[row + 1]].to_pylist()
                owner = self.parent[row]
                holder = names[owner] if kinds[owner] == "class" else ""
                found[row] = tested_name(str(names[row]), str(holder), values)
        return pa.array(found, pa.string())

    def _remarks(self, units: pa.Table, kind: str) -> pa.Table:
        """Rows of docstrings or comments; their `ordinal` is for now the row of their unit."""
        if kind == "docstring":
            owners = np.flatnonzero(np.asarray(pc.is_valid(units["docstring_start"].combine_chunks())))
            chosen = pa.array(owners)
            start, end = (units[name].take(chosen) for name in ("docstring_start", "docstring_end"))
        else:
            owners = np.repeat(np.arange(units.num_rows), self.comments.counts)
            chosen = pa.array(owners)
            start, end = pa.array(self.comments.starts, pa.int64()), pa.array(self.comments.ends, pa.int64())
        columns = {name: units[name].take(chosen) for name in _INHERITED}
        columns |= {"parent_id": units["unit_id"].take(chosen), "start": start, "end": end}
        columns["unit_id"] = pc.binary_join_element_wise(
            units["document_id"].take(chosen), pc.cast(start, pa.string()), "."
        )
        columns["ordinal"] = pa.array(owners, pa.int32())
        columns["kind"] = columns["name"] = pa.array([kind] * len(owners), pa.string())
        columns["has_error"] = pa.array(np.zeros(len(owners), dtype=np.bool_))
        for name in UNITS.names:
            if name not in columns:
                columns[name] = pa.nulls(len(owners), UNITS.field(name).type)
        return pa.table([columns[name] for name in UNITS.names], schema=UNITS)


class _Spans:
    """Comments by unit: of a definition those in its body, of the module all that are in no definition."""

    def __init__(self) -> None:
        self.counts: list[int] = []
        self.kinds: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []

    def add(self, data: bytes, unit: Unit, body: tuple[int, int] | None) -> None:
        if not unit.comments or (body is None and unit.parent is not None):
            self.counts.append(0)
            return
        left, right = (0, len(data)) if unit.parent is None or body is None else body
        count = 0
        for start, end in unit.comments:
            if start >= left and end <= right:
                count += 1
                self.kinds.append(_comment_kind(data, start))
                self.starts.append(start)
                self.ends.append(end)
        self.counts.append(count)

    def column(self) -> pa.Array:
        spans = pa.StructArray.from_arrays(
            [
                pa.array(self.kinds, pa.string()),
                pa.array(self.starts, pa.int64()),
                pa.array(self.ends, pa.int64()),
            ],
            names=["kind", "start", "end"],
        )
        return lists_of(np.array(self.counts, dtype=np.int64), spans)


def _rows(layout: Layout, own: Ints, places: list[int]) -> Ints:
    return own[layout.innermost(np.array(places, dtype=np.int64))] if places else np.zeros(0, dtype=np.int64)


def _integers(values: Ints) -> pa.Array:
    return pa.array(values, pa.int32())


def _last_names(called: pa.Array) -> pa.Array:
    """Of each name called its last part, without template arguments."""
    encoded = called.dictionary_encode()
    names = [
        text.decode().rsplit("::", 1)[-1].split("<", 1)[0].strip() for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(names, pa.string()).take(encoded.indices)


def _digest(data: bytes) -> str:
    """128 bits as `tilth.fingerprint.digest` has, unframed: one a unit is a twentieth of the stage's time."""
    return blake2b(data, digest_size=16).hexdigest()


def _qualified(unit: Unit) -> str:
    if unit.kind in _NO_DEFINITIONS:
        return unit.name or unit.kind
    above = unit.parent.path if unit.parent is not None else ""
    return unit.path or f"{above}.default".strip(".")


def _lines(data: bytes, start: int, end: int) -> int:
    newlines = data.count(b"\n", start, end)
    return newlines if end > start and data[end - 1] == 10 else newlines + (end > start)


def _comment_kind(data: bytes, start: int) -> str:
    mark = data[start : start + 3]
    if mark in (b"/**", b"///", b"//!", b"/*!"):
        return "doc"
    return "block" if mark.startswith((b"/*", b"=be")) else "line"
