"""What is known of a batch's units, as flat lists, and the table of rows they make.

Lists that belong together have one entry a unit, a comment, a call …; no object a row is kept. Offsets in `places` and
spans lie on the batch's one line, see `measures.py`. Rows of kind `docstring` and `comment` are made from the
spans that the units' own columns hold.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.split.measures import Ints, Layout, Names, distinct_names, lists_of
from tasks.split.tested import tested_name
from tilth.records import UNITS

_REMARKS = ("docstring", "comment")
# Columns of the unit alone; those of its remarks are null.
_OF_UNITS = (*("body_start", "body_end", "signature", "return_type", "docstring", "lines"),)


class Document(NamedTuple):
    """A document to be split."""

    document_id: str
    path: str
    language: str
    data: bytes


class Batch:
    """Units of a batch in the order of the documents and of their starts."""

    def __init__(self) -> None:
        # Id, path and language of every document.
        self.documents: list[tuple[str, str, str]] = []
        # Of every unit: its document, where that begins on the line, the row of what holds it.
        self.document: list[int] = []
        self.bases: list[int] = []
        self.parent: list[int] = []
        self.unit_ids: list[str] = []
        self.kinds: list[str] = []
        self.names: list[str] = []
        self.qualified: list[str] = []
        self.starts: list[int] = []
        self.ends: list[int] = []
        self.is_test: list[bool] = []
        self.has_error: list[bool] = []
        self.columns: dict[str, list[object]] = {name: [] for name in _OF_UNITS}
        # Of every unit with a docstring its row, and the start and end of that in its document.
        self.docstrings: tuple[list[int], list[int], list[int]] = ([], [], [])
        # Of every unit how many parameters it has, and of each its name, type and default.
        self.parameter_counts: list[int] = []
        self.parameters: tuple[list[str], list[str | None], list[str | None]] = ([], [], [])
        # Of every unit how many comments are its own, and of each its kind, start and end in its document.
        self.comment_counts: list[int] = []
        self.comments: tuple[list[str], list[int], list[int]] = ([], [], [])
        # Places of what adds a path; starts and ends of what adds a level.
        self.paths: list[int] = []
        self.levels: tuple[list[int], list[int]] = ([], [])
        self.calls: list[bytes] = []
        self.call_places: list[int] = []
        # The modules of each document by its module's row, and where a name that an import binds is used.
        self.imported: list[str] = []
        self.importing: list[int] = []
        self.used: list[str] = []
        self.use_places: list[int] = []

    def table(self) -> pa.Table:
        """All rows, by document: its units, then their docstrings and comments in order of start."""
        if not self.documents:
            return UNITS.empty_table()
        rows = _Rows(self)
        columns = self._columns(rows)
        arrays = [columns[name].cast(UNITS.field(name).type) for name in UNITS.names]
        return pa.Table.from_arrays(arrays, schema=UNITS)

    def _columns(self, rows: _Rows) -> dict[str, pa.Array]:
        columns = self._of_documents(rows) | self._measured(rows)
        unit_ids = pa.array(self.unit_ids, pa.string())
        columns["unit_id"] = pa.concat_arrays([unit_ids, rows.remark_ids()]).take(rows.order)
        parents = np.where(rows.is_remark, rows.owner, _integers(self.parent)[rows.owner])
        columns["parent_id"] = unit_ids.take(pa.array(parents, mask=parents < 0))
        columns["kind"] = rows.renamed(self.kinds)
        columns["name"] = rows.renamed(self.names)
        columns["qualified_name"] = rows.inherited(pa.array(self.qualified, pa.string()))
        columns["is_test"] = rows.inherited(pa.array(self.is_test, pa.bool_()))
        columns["has_error"] = pa.array(np.array(self.has_error)[rows.owner] & ~rows.is_remark)
        columns["start"], columns["end"] = pa.array(rows.start), pa.array(rows.end)
        columns["ordinal"] = pa.array(rows.ordinals())
        columns["docstring_start"], columns["docstring_end"] = rows.docstring_spans()
        for name, values in self.columns.items():
            columns[name] = rows.own(pa.array(values, UNITS.field(name).type))
        return columns

    def _of_documents(self, rows: _Rows) -> dict[str, pa.Array]:
        document = pa.array(rows.document)
        ids, paths, languages = (
            pa.array(values, pa.string()).take(document) for values in zip(*self.documents, strict=True)
        )
        return {"key": ids, "document_id": ids, "path": paths, "language": languages}

    def _measured(self, rows: _Rows) -> dict[str, pa.Array]:
        """What is counted and named inside of units."""
        base, parent = _integers(self.bases), _integers(self.parent)
        layout = Layout(rows.unit_start + base, rows.unit_end + base, parent)
        # A run of imports has no numbers of its own.
        is_imports = np.asarray(pc.equal(pa.array(self.kinds, pa.string()), "imports"))
        own = np.where(is_imports, parent, np.arange(len(parent)))

        def holders(places: list[int]) -> Ints:
            return own[layout.innermost(_integers(places))]

        levels = (_integers(offsets) for offsets in self.levels)
        calls = distinct_names(holders(self.call_places), _last_names(self.calls))
        importing = np.concatenate([_integers(self.importing), holders(self.use_places)])
        imports = distinct_names(importing, pa.array(self.imported + self.used, pa.string()))
        parameters = pa.StructArray.from_arrays(
            [pa.array(values, pa.string()) for values in self.parameters], names=["name", "type", "default"]
        )
        counts = _integers(self.parameter_counts)
        return {
            "complexity": rows.own(pa.array(1 + layout.counts(holders(self.paths)))),
            "nesting": rows.own(pa.array(layout.nesting(*levels))),
            "calls": rows.lists(layout.counts(calls.rows), calls.values()),
            "imports": rows.lists(layout.counts(imports.rows), imports.values()),
            "parameters": rows.lists(counts, parameters),
            "comments": rows.lists(rows.comment_counts, rows.comments(self.comments[0])),
            "test_of": rows.own(self._tested(calls)),
        }

    def _tested(self, calls: Names) -> pa.Array:
        """What each test seems to test."""
        bounds = np.searchsorted(calls.rows, np.arange(len(self.kinds) + 1)).tolist()
        names, codes = calls.names.to_pylist(), calls.codes.tolist()
        found: list[str | None] = [None] * len(self.kinds)
        for row, (kind, is_test) in enumerate(zip(self.kinds, self.is_test, strict=True)):
            if is_test and kind in ("function", "method") and bounds[row] < bounds[row + 1]:
                owner = self.parent[row]
                holder = self.names[owner] if self.kinds[owner] == "class" else ""
                called = [names[code] for code in codes[bounds[row] : bounds[row + 1]]]
                found[row] = tested_name(self.names[row], holder, called)
        return pa.array(found, pa.string())


class _Rows:
    """Which unit and which remark stands in which row of the table."""

    def __init__(self, batch: Batch) -> None:
        self.unit_start = _integers(batch.starts)
        self.unit_end = _integers(batch.ends)
        self.comment_counts = _integers(batch.comment_counts)
        self.comment_spans = [_integers(values) for values in batch.comments[1:]]
        size = len(self.unit_start)
        self.documented, *self.docstrings = (_integers(values) for values in batch.docstrings)
        starts, ends = (
            np.concatenate(offsets)
            for offsets in zip(
                (self.unit_start, self.unit_end), self.docstrings, self.comment_spans, strict=True
            )
        )
        owners = np.concatenate(
            [np.arange(size), self.documented, np.repeat(np.arange(size), self.comment_counts)]
        )
        documents = _integers(batch.document)[owners]
        is_remark = np.arange(len(owners)) >= size
        # Units keep their order; a document's remarks follow them, in order of start.
        order = np.lexsort((np.where(is_remark, starts, 0), is_remark, documents))
        self._remark_start, self._remark_document = starts[size:], documents[size:]
        self._document_ids = [document_id for document_id, _, _ in batch.documents]
        self.order = pa.array(order)
        self.start, self.end, self.owner = starts[order], ends[order], owners[order]
        self.document, self.is_remark = documents[order], is_remark[order]
        self._own = pa.array(self.owner, mask=self.is_remark)
        self._name = pa.array(np.where(order < size, order, size + (order >= size + len(self.documented))))
        self._places = np.flatnonzero(~self.is_remark)

    def ordinals(self) -> Ints:
        """Each row's place in its document."""
        first: Ints = np.searchsorted(self.document, np.arange(len(self._document_ids)))
        ordinals: Ints = np.arange(len(self.document)) - first[self.document]
        return ordinals

    def own(self, values: pa.Array) -> pa.Array:
        """A column of the units alone."""
        return values.take(self._own)

    def docstring_spans(self) -> Iterator[pa.Array]:
        """Where each unit's docstring starts, and where it ends."""
        has_none = np.ones(len(self.unit_start), dtype=np.bool_)
        has_none[self.documented] = False
        for offsets in self.docstrings:
            spread = np.zeros(len(has_none), dtype=np.int64)
            spread[self.documented] = offsets
            yield self.own(pa.array(spread, mask=has_none))

    def inherited(self, values: pa.Array) -> pa.Array:
        """A column that remarks have from their unit."""
        return values.take(pa.array(self.owner))

    def renamed(self, values: list[str]) -> pa.Array:
        """A column in which a remark stands with its kind."""
        return pa.array([*values, *_REMARKS], pa.string()).take(self._name)

    def remark_ids(self) -> pa.Array:
        """Of each remark the document and where it starts there."""
        starts = zip(self._remark_document.tolist(), self._remark_start.tolist(), strict=True)
        ids = self._document_ids
        return pa.array([f"{ids[document]}.{start}" for document, start in starts], pa.string())

    def lists(self, counts: Ints, values: pa.Array) -> pa.Array:
        """A column of lists of the units alone: so many values each, in order."""
        spread = np.zeros(len(self.document), dtype=np.int64)
        spread[self._places] = counts
        return lists_of(spread, values, self.is_remark)

    def comments(self, kinds: list[str]) -> pa.Array:
        """The units' comments as `comments` holds them."""
        spans = [pa.array(offsets) for offsets in self.comment_spans]
        return pa.StructArray.from_arrays(
            [pa.array(kinds, pa.string()), *spans], names=["kind", "start", "end"]
        )


def _integers(values: list[int]) -> Ints:
    return np.fromiter(values, np.int64, len(values))


def _last_names(called: list[bytes]) -> pa.Array:
    """Of each name called its last part, without template arguments."""
    encoded = pa.array(called, pa.binary()).dictionary_encode()
    names = [
        text.decode().rsplit("::", 1)[-1].split("<", 1)[0].strip() for text in encoded.dictionary.to_pylist()
    ]
    return pa.array(names, pa.string()).take(encoded.indices)
