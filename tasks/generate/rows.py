"""From drafts to a table of examples: gathered as bytes, put into columns at once.

What examples of one document or of one method share is named by its number and spread over the rows by Arrow; only
what differs from row to row passes through Python (a third of what a dictionary a row costs). It words nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import chain
from typing import Any, NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tilth.records import EXAMPLES


class ExampleRow(NamedTuple):
    """What is an example's own. Texts are UTF-8.

    A chat has turns, a fill-in-the-middle its three parts, a triplet query, positive and negatives.
    """

    document: int  # number of the document
    method: int  # number of the method
    example_id: str
    kind: str
    task: str
    turns: tuple[bytes, ...]  # question, answer, question, answer …
    untrained_answers: int  # so many answers from the first are not trained on
    prefix: bytes | None
    middle: bytes | None
    suffix: bytes | None
    query: bytes | None
    positive: bytes | None
    negatives: Sequence[Mapping[str, Any]] | None
    code: str | None
    answer_start: int | None
    answer_end: int | None
    tests: str | None
    oracle: str
    origin_start: int
    origin_end: int
    origin_id: str
    subject: bytes
    difficulty: str
    template_id: str | None
    held_out_wording: str | None
    tokens: int
    extra: str
    beside: Sequence[tuple[str, int, int]] = ()  # origins after the first: document_id, start, end


_BYTES = ("prefix", "middle", "suffix", "query", "positive", "subject")


def example_table(rows: Sequence[ExampleRow], documents: pa.Table, methods: pa.Table) -> pa.Table:
    """The rows as EXAMPLES, in their order.

    `documents` has a row for each number: document_id, key, group_id, language, category, licence. `methods` too:
    method, method_version.
    """
    if not rows:
        return EXAMPLES.empty_table()
    own = dict(zip(ExampleRow._fields, zip(*rows, strict=True), strict=True))
    size = len(rows)
    of_documents = documents.take(pa.array(own["document"], pa.int32())).combine_chunks()
    of_methods = methods.take(pa.array(own["method"], pa.int32())).combine_chunks()
    document_ids = of_documents["document_id"].combine_chunks()
    columns: dict[str, pa.Array | pa.ChunkedArray] = {
        **{name: of_methods[name] for name in methods.column_names},
        **{name: of_documents[name] for name in documents.column_names if name != "document_id"},
        "messages": _messages(own["turns"], own["untrained_answers"]),
        "origins": _origins(document_ids, own["origin_start"], own["origin_end"], own["beside"]),
        "request_ids": pa.ListArray.from_arrays(
            pa.array(np.zeros(size + 1), pa.int32()), pa.array([], pa.string())
        ),
    }
    for field in EXAMPLES:
        if field.name in columns:
            continue
        if field.name not in own:
            columns[field.name] = pa.nulls(size, field.type)
        elif field.name in _BYTES:
            columns[field.name] = _text(own[field.name])
        else:
            columns[field.name] = pa.array(own[field.name], field.type)
    return pa.table([columns[field.name] for field in EXAMPLES], schema=EXAMPLES)


def _text(texts: Sequence[bytes | None]) -> pa.Array:
    return pa.array(texts, pa.binary()).cast(pa.string())


def _messages(turns: Sequence[tuple[bytes, ...]], untrained: Sequence[int]) -> pa.Array:
    """The turns as messages; null where there are none."""
    counts = np.fromiter(map(len, turns), np.int32, len(turns))
    contents = _text(list(chain.from_iterable(turns)))
    # Turns alternate from the question on, so the place in its row says whose a turn is.
    starts = np.cumsum(counts) - counts
    places = np.arange(len(contents)) - np.repeat(starts, counts)
    is_answer = pa.array(places % 2 == 1)
    is_trained = pa.array((places % 2 == 1) & (places >= 2 * np.repeat(untrained, counts)))
    type_ = EXAMPLES.field("messages").type
    items = pa.StructArray.from_arrays(
        [
            pc.if_else(is_answer, "assistant", "user"),
            contents,
            is_trained,
            pa.nulls(len(contents), pa.string()),
        ],
        fields=list(type_.value_type),
    )
    offsets = pa.array(np.append(0, np.cumsum(counts)), pa.int32())
    return pa.ListArray.from_arrays(offsets, items, type=type_, mask=pa.array(counts == 0))


def _origins(
    document_ids: pa.Array,
    starts: Sequence[int],
    ends: Sequence[int],
    beside: Sequence[Sequence[tuple[str, int, int]]],
) -> pa.Array:
    """Each row's own origin, then those beside it."""
    type_ = EXAMPLES.field("origins").type
    counts = np.fromiter(map(len, beside), np.int32, len(beside)) + 1
    offsets = np.append(0, np.cumsum(counts))
    columns: tuple[Sequence[Any], Sequence[Any], Sequence[Any]] = (document_ids, starts, ends)
    if offsets[-1] > len(starts):
        ids = document_ids.to_pylist()
        rows = [
            origin
            for row in zip(ids, starts, ends, beside, strict=True)
            for origin in ((row[0], row[1], row[2]), *row[3])
        ]
        ids, starts, ends = zip(*rows, strict=True)
        columns = (ids, starts, ends)
    kinds = (pa.string(), pa.int64(), pa.int64())
    arrays = [pa.array(column, kind) for column, kind in zip(columns, kinds, strict=True)]
    items = pa.StructArray.from_arrays(arrays, fields=list(type_.value_type))
    return pa.ListArray.from_arrays(pa.array(offsets, pa.int32()), items, type=type_)
