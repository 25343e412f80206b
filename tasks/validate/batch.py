"""A shard's examples beside the distinct texts their answers stand in.

Many examples come from one file, so everything that is true of a text (its lines, its syntax, its lint) is
computed once a distinct text and shared. Offsets are bytes; lines are counted from 0.
"""

from __future__ import annotations

from collections.abc import Iterator
from functools import cached_property
from pathlib import PurePosixPath
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.columns import byte_lengths, column, equals, is_valid, item, numbers
from tasks.validate.config import ValidateConfig
from tasks.validate.judgement import BoolArray, IntArray
from tasks.validate.python_metrics import PythonMetrics, measure_python


class Text(NamedTuple):
    """A distinct text: same bytes, same language, same suffix of its path."""

    data: bytes
    language: str
    suffix: str
    is_code: bool


class Batch:
    """Columns of the examples of one shard, and the texts they stand in.

    `text_of[row]` is the index of the row's text, -1 without one. `start` and `end` are the span that the
    checks of code look at: the answer, else the origin, else the whole text.
    """

    def __init__(
        self,
        examples: pa.Table,
        documents: pa.Table,
        config: ValidateConfig,
        well_formed: frozenset[str] = frozenset(),
    ) -> None:
        self.examples, self.documents, self.config = examples, documents, config
        self.size = examples.num_rows
        self.kind = column(examples, "kind")
        self.origins = column(examples, "origins")
        self.document_ids = column(documents, "document_id")
        self.first_document = numbers(
            pc.index_in(item(self.origins, "document_id", last=False), value_set=self.document_ids), -1
        )
        self.texts: list[Text] = []
        # Indexes of the texts that are known to parse.
        self.well_formed: set[int] = set()
        self.text_of = self._find_texts(well_formed)
        self._find_spans()

    def is_kind(self, *kinds: str) -> BoolArray:
        """Mask of the examples of these kinds."""
        mask = np.zeros(self.size, dtype=np.bool_)
        for kind in kinds:
            mask |= equals(self.kind, kind)
        return mask

    @cached_property
    def answer(self) -> pa.Array:
        """The text that is trained on: middle, last message, last chosen message, or positive."""
        last = item(column(self.examples, "messages"), "content", last=True)
        chosen = item(column(self.examples, "chosen"), "content", last=True)
        middle, positive = column(self.examples, "middle"), column(self.examples, "positive")
        rest = pc.if_else(pa.array(self.is_kind("triplet")), positive, last)
        rest = pc.if_else(pa.array(self.is_kind("preference")), chosen, rest)
        return pc.if_else(pa.array(self.is_kind("fim")), middle, rest)

    @cached_property
    def answer_bytes(self) -> IntArray:
        """Length of each answer in bytes, 0 where there is none."""
        return byte_lengths(self.answer)

    def rows_by_text(self) -> Iterator[tuple[int, IntArray]]:
        """Index of each text, and the rows whose answers stand in it, in ascending order."""
        if not self.size:
            return
        order = np.argsort(self.text_of, kind="stable")
        indexes, firsts = np.unique(self.text_of[order], return_index=True)
        for index, rows in zip(indexes.tolist(), np.split(order, firsts[1:]), strict=True):
            if index >= 0:
                yield index, rows

    @cached_property
    def is_python(self) -> BoolArray:
        """Mask of the examples whose text is Python short enough to be measured."""
        measured = [self.is_measured(text) for text in self.texts]
        return np.asarray([*measured, False], dtype=np.bool_)[self.text_of]

    def is_measured(self, text: Text) -> bool:
        """Whether Ruff and Radon look at the text."""
        return text.language == "python" and len(text.data) <= self.config.max_measured_bytes

    @cached_property
    def lines(self) -> tuple[IntArray, IntArray]:
        """First and last line of each row's span, from 0; 0 and 0 where there is no text."""
        first, last = np.zeros(self.size, dtype=np.int64), np.zeros(self.size, dtype=np.int64)
        for index, rows in self.rows_by_text():
            starts = line_starts(self.texts[index].data)
            first[rows] = np.searchsorted(starts, self.start[rows], side="right") - 1
            inside = np.maximum(self.end[rows] - 1, self.start[rows])
            last[rows] = np.searchsorted(starts, inside, side="right") - 1
        return first, last

    @cached_property
    def python_metrics(self) -> dict[int, PythonMetrics]:
        """Radon's measures of every Python text, by the index of the text."""
        indexes = [index for index, text in enumerate(self.texts) if self.is_measured(text)]
        return dict(zip(indexes, measure_python(self.texts[index].data for index in indexes), strict=True))

    def _find_texts(self, well_formed: frozenset[str]) -> IntArray:
        """Gather the distinct texts; the index of each row's text."""
        codes = column(self.examples, "code")
        found = np.full(self.size, -1, dtype=np.int64)
        numbered: dict[Text, int] = {}
        from_document = ~is_valid(codes) & (self.first_document >= 0)
        used = np.unique(self.first_document[from_document])
        documents = self.documents.select(["text", "language", "path", "kind"])
        number_of = np.full(documents.num_rows, -1, dtype=np.int64)
        for index, of_document in zip(used.tolist(), _text_rows(documents, used), strict=True):
            number_of[index] = numbered.setdefault(of_document, len(numbered))
            if well_formed and self.document_ids[index].as_py() in well_formed:
                self.well_formed.add(int(number_of[index]))
        found[from_document] = number_of[self.first_document[from_document]]
        own = np.flatnonzero(is_valid(codes))
        languages = column(self.examples, "language").take(pa.array(own)).to_pylist()
        paths = self.paths.take(pa.array(own)).to_pylist()
        datas = codes.take(pa.array(own)).cast(pa.binary()).to_pylist()
        for row, data, language, path in zip(own.tolist(), datas, languages, paths, strict=True):
            text = Text(data, language or "", PurePosixPath(path or "").suffix, True)
            found[row] = numbered.setdefault(text, len(numbered))
        self.texts = list(numbered)
        return found

    @cached_property
    def paths(self) -> pa.Array:
        """Path of the first origin's document of each row, null without one."""
        index = pa.array(self.first_document, mask=self.first_document < 0)
        return column(self.documents, "path").take(index)

    def _find_spans(self) -> None:
        """Set `has_span`, `is_inside`, `start` and `end`."""
        starts, ends = column(self.examples, "answer_start"), column(self.examples, "answer_end")
        self.has_span: BoolArray = is_valid(starts) & is_valid(ends)
        lengths = np.asarray([len(text.data) for text in self.texts] + [0], dtype=np.int64)[self.text_of]
        start, end = numbers(starts, 0), numbers(ends, 0)
        self.is_inside: BoolArray = (start >= 0) & (start <= end) & (end <= lengths)
        has_origin = ~is_valid(column(self.examples, "code")) & (self.first_document >= 0)
        origin_start = numbers(item(self.origins, "start", last=False), 0)
        origin_end = numbers(item(self.origins, "end", last=False), 0)
        start = np.where(self.has_span, start, np.where(has_origin, origin_start, 0))
        end = np.where(self.has_span, end, np.where(has_origin, origin_end, lengths))
        self.start: IntArray = np.clip(start, 0, lengths)
        self.end: IntArray = np.clip(end, self.start, lengths)


def _text_rows(documents: pa.Table, indexes: IntArray) -> Iterator[Text]:
    taken = documents.take(pa.array(indexes))
    datas = column(taken, "text").cast(pa.binary()).to_pylist()
    languages, paths = column(taken, "language").to_pylist(), column(taken, "path").to_pylist()
    kinds = column(taken, "kind").to_pylist()
    for data, language, path, kind in zip(datas, languages, paths, kinds, strict=True):
        yield Text(data or b"", language or "", PurePosixPath(path or "").suffix, kind == "code")


def line_starts(data: bytes) -> IntArray:
    r"""Byte offset of the start of each line; `\n`, `\r\n` and a lone `\r` end a line, as in Python.

    >>> line_starts(b"a\nb\r\nc\rd").tolist()
    [0, 2, 5, 7]
    """
    array = np.frombuffer(data, dtype=np.uint8)
    ends = array == ord("\n")
    if b"\r" in data:
        following = np.append(array[1:], np.uint8(0))
        ends |= (array == ord("\r")) & (following != ord("\n"))
    return np.concatenate(([0], np.flatnonzero(ends) + 1)).astype(np.int64)
