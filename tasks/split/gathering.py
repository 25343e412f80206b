"""Units of many documents, gathered column by column: a swept document adds its units' values to a batch."""

from __future__ import annotations

from hashlib import blake2b
from typing import TYPE_CHECKING

from tasks.split.batch import Batch, Document
from tasks.split.bodies import body_span, docstring_words, signature
from tasks.split.signatures import parameters_of
from tasks.split.sweep import Sweep
from tasks.split.syntax import Syntax
from tasks.split.unit import Unit
from tasks.split.uses import bindings, uses_of

if TYPE_CHECKING:
    from tree_sitter import Node

_NO_DEFINITIONS = ("module", "imports")
_Span = tuple[int, int] | tuple[None, None]


class Gathering:
    """The units of a batch. Offsets in places and spans are on the batch's one line."""

    def __init__(self) -> None:
        self.batch = Batch()
        self.base = 0

    def add(self, document: Document, syntax: Syntax, sweep: Sweep, captures: dict[str, list[Node]]) -> None:
        """Take the swept units of one document."""
        batch, units, data = self.batch, sweep.units, document.data
        first = len(batch.parent)
        for row, unit in enumerate(units, first):
            unit.row = row
        batch.document += [len(batch.documents)] * len(units)
        batch.documents.append((document.document_id, document.path, document.language))
        batch.bases += [self.base] * len(units)
        batch.parent += [-1 if unit.owner is None else unit.owner.row for unit in units]
        batch.unit_ids += _identities(document.document_id, units)
        batch.kinds += [unit.kind for unit in units]
        batch.qualified += [_qualified(unit) for unit in units]
        batch.starts += [unit.start for unit in units]
        batch.ends += [unit.end for unit in units]
        batch.is_test += [unit.is_test for unit in units]
        batch.has_error += [unit.has_error for unit in units]
        self._texts(data, syntax, units)
        self._count(data, captures)
        if sweep.import_spans:
            self._add_imports(data, syntax, sweep, first)
        # One more than its bytes: what ends a document does not begin the next.
        self.base += len(data) + 1

    def _texts(self, data: bytes, syntax: Syntax, units: list[Unit]) -> None:
        """What is read from the units' text."""
        columns = self.batch.columns
        has_plain_blocks = syntax.has_indented_blocks or syntax.has_keyword_blocks
        bodies: list[_Span] = [body_span(data, unit, has_plain_blocks) or (None, None) for unit in units]
        columns["body_start"] += [start for start, _ in bodies]
        columns["body_end"] += [end for _, end in bodies]
        lines = [None if unit.kind in _NO_DEFINITIONS else signature(data, unit, syntax) for unit in units]
        columns["signature"] += lines
        columns["return_type"] += [
            self._returns(syntax, unit, line) for unit, line in zip(units, lines, strict=True)
        ]
        columns["lines"] += [_lines(data, unit.start, unit.end) for unit in units]
        for unit, (start, end) in zip(units, bodies, strict=True):
            self._comments(data, unit, start, end)
        columns["docstring"] += [self._docstring(data, unit) if unit.docs else None for unit in units]

    def _returns(self, syntax: Syntax, unit: Unit, line: str | None) -> str | None:
        """Take the unit's name and, with a signature, its parameters; what it says is returned."""
        batch = self.batch
        name = unit.name or (unit.kind if line is None else "default")
        batch.names.append(name)
        if line is None or unit.kind == "class":
            batch.parameter_counts.append(0)
            return None
        found = parameters_of(syntax.parameter_style, line, name)
        batch.parameter_counts.append(len(found.names))
        if found.names:
            names, types, defaults = batch.parameters
            names.extend(found.names)
            types.extend(found.types)
            defaults.extend(found.defaults)
        return found.returns

    def _docstring(self, data: bytes, unit: Unit) -> str:
        rows, starts, ends = self.batch.docstrings
        rows.append(unit.row)
        starts.append(unit.docs[0][0])
        ends.append(unit.docs[-1][1])
        return docstring_words([data[start:end].decode() for start, end in unit.docs])

    def _comments(self, data: bytes, unit: Unit, body_start: int | None, body_end: int | None) -> None:
        """Take the comments: of a definition those in its body, of the module all that are in no definition."""
        found = unit.comments
        if found and unit.parent is not None:
            if body_start is None or body_end is None:
                found = []
            elif found[0][0] < body_start or found[-1][1] > body_end:
                found = [span for span in found if span[0] >= body_start and span[1] <= body_end]
        self.batch.comment_counts.append(len(found))
        if found:
            kinds, starts, ends = self.batch.comments
            kinds += [_comment_kind(data, start) for start, _ in found]
            starts += [start for start, _ in found]
            ends += [end for _, end in found]

    def _count(self, data: bytes, captures: dict[str, list[Node]]) -> None:
        batch, base = self.batch, self.base
        branches = [node.byte_range for node in captures.get("branch", ())]
        batch.paths += [base + start for start, _ in branches]
        batch.paths += [base + node.start_byte for node in captures.get("decision", ())]
        if "chain" in captures:
            chains = {node.byte_range for node in captures["chain"]}
            branches = [span for span in branches if span not in chains]
        branches += [node.byte_range for node in captures.get("control", ())]
        starts, ends = batch.levels
        starts += [base + start for start, _ in branches]
        ends += [base + end for _, end in branches]
        calls = [node.byte_range for node in captures.get("call", ())]
        batch.calls += [data[start:end] for start, end in calls]
        batch.call_places += [base + start for start, _ in calls]

    def _add_imports(self, data: bytes, syntax: Syntax, sweep: Sweep, module_row: int) -> None:
        batch, base = self.batch, self.base
        found = bindings(data, sweep.import_spans, syntax.imports_of)
        batch.imported += found.modules
        batch.importing += [module_row] * len(found.modules)
        for module, places in uses_of(data, found.names, sweep.import_spans):
            batch.used += [module] * len(places)
            batch.use_places += [base + place for place in places]


def _identities(document_id: str, units: list[Unit]) -> list[str]:
    """128 bits a unit, as `tilth.fingerprint.digest` has, unframed: what follows the document's id has no free text."""
    opened = blake2b(f"{document_id}:".encode(), digest_size=16)
    found = []
    for unit in units:
        state = opened.copy()
        state.update(f"{unit.kind}:{unit.start}:{unit.end}".encode())
        found.append(state.hexdigest())
    return found


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
