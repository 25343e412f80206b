"""What must not leave the house: secrets, personal data, and licences that are not allowed.

Ingest found secrets and personal data in the documents and named the licences; this check asks whether an
example's origins touch them, and for fill-in-the-middle all that prefix and suffix show; and whether what was
found can be read in any part of the example. Nothing new is searched for: a secret that ingest did not find, or
one in a model's own words, is not seen here.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import NamedTuple

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.batch import Batch
from tasks.validate.columns import bounds, byte_lengths, column, is_valid, numbers, owners, truths
from tasks.validate.judgement import BoolArray, IntArray, Judgement

# Shorter strings turn up by chance; every pattern of a secret or an address is longer.
_TELLING_BYTES = 6


class _Flag(NamedTuple):
    kind: str | None
    start: int
    end: int
    text: bytes


def check_hygiene(batch: Batch) -> Judgement:
    """1, less with personal data in an origin; a secret, a licence or an origin out of reach fails.

    Personal data: `1 / (1 + spans)`, or a failure by `config.personal_data`. Applies to examples with
    origins.
    """
    rows, documents, starts, ends = _shown(batch)
    judged = Judgement(np.bincount(rows, minlength=batch.size) > 0)
    _check_origins(batch, judged, rows, documents)
    _check_licences(batch, judged, rows, documents)
    for row, kind, _ in _touched(batch, "secrets", rows, documents, starts, ends):
        judged.fail(row, "secret", f"{kind} in an origin")
    found: dict[int, list[str]] = {}
    for row, kind, _ in _touched(batch, "personal_data", rows, documents, starts, ends):
        found.setdefault(row, []).append(kind)
    for row, kinds in found.items():
        detail = f"{', '.join(sorted(set(kinds)))} in an origin"
        if batch.config.personal_data == "reject":
            judged.fail(row, "personal_data", detail)
        elif row not in judged.failures:
            judged.scores[row] = 1.0 / (1 + len(kinds))
            judged.add_remark(row, "personal_data", detail)
    return judged


def _shown(batch: Batch) -> tuple[IntArray, IntArray, IntArray, IntArray]:
    """Rows, documents and spans that the examples show: their origins, and what surrounds a middle."""
    rows, index = owners(batch.origins)
    values = batch.origins.values.take(pa.array(index))
    documents = numbers(pc.index_in(values.field("document_id"), value_set=batch.document_ids), -1)
    starts, ends = numbers(values.field("start"), 0), numbers(values.field("end"), 0)
    from_document = ~is_valid(column(batch.examples, "code")) & (batch.first_document >= 0)
    around = np.flatnonzero(batch.is_kind("fim") & from_document & batch.has_span & batch.is_inside)
    before = byte_lengths(column(batch.examples, "prefix"))[around]
    after = byte_lengths(column(batch.examples, "suffix"))[around]
    return (
        np.concatenate((rows, around)),
        np.concatenate((documents, batch.first_document[around])),
        np.concatenate((starts, batch.start[around] - before)),
        np.concatenate((ends, batch.end[around] + after)),
    )


def _check_origins(batch: Batch, judged: Judgement, rows: IntArray, documents: IntArray) -> None:
    missing = np.bincount(rows, weights=documents < 0, minlength=batch.size) > 0
    judged.fail_where(missing, "origin_missing", "an origin's document is not among the documents")


def _check_licences(batch: Batch, judged: Judgement, rows: IntArray, documents: IntArray) -> None:
    classes = pc.fill_null(column(batch.documents, "licence_class"), "unknown")
    allowed = pa.array(batch.config.allowed_licence_classes, pa.string())
    banned = ~truths(pc.is_in(classes, value_set=allowed))
    hits = np.flatnonzero(_look_up(banned, documents))
    names = classes.take(pa.array(documents[hits])).to_pylist()
    for row, name in zip(rows[hits].tolist(), names, strict=True):
        judged.fail(row, "licence", f"an origin's licence class is {name}")


def _look_up(flags: BoolArray, documents: IntArray) -> BoolArray:
    """The flag of each document, False for -1."""
    found: BoolArray = np.append(flags, False)[documents]
    return found


def _touched(
    batch: Batch, name: str, rows: IntArray, documents: IntArray, starts: IntArray, ends: IntArray
) -> list[tuple[int, str, int]]:
    """(row, kind, start) of each flagged span of the documents that an example shows, once each, sorted.

    Shown is what the origins touch, and what can be read in the example: a question may hold imports or the head
    of a class that no origin names.
    """
    flagged = column(batch.documents, name)
    first, end = bounds(flagged)
    hits = np.flatnonzero(_look_up(end > first, documents))
    words: dict[int, bytes] = dict(_words(batch, np.unique(rows[hits])))
    spans: dict[int, list[_Flag]] = {}
    found: set[tuple[int, str, int]] = set()
    for hit in hits.tolist():
        row, document = int(rows[hit]), int(documents[hit])
        if document not in spans:
            spans[document] = _flags(batch, flagged, document)
        for flag in spans[document]:
            is_touched = flag.start < ends[hit] and starts[hit] < flag.end
            if is_touched or (len(flag.text) >= _TELLING_BYTES and flag.text in words[row]):
                found.add((row, flag.kind or name, flag.start))
    return sorted(found)


def _flags(batch: Batch, flagged: pa.Array, document: int) -> list[_Flag]:
    data = (batch.documents["text"][document].as_py() or "").encode()
    return [
        _Flag(span["kind"], span["start"], span["end"], data[span["start"] : span["end"]])
        for span in flagged[document].as_py()
    ]


def _words(batch: Batch, rows: IntArray) -> Iterator[tuple[int, bytes]]:
    """Everything that can be read in each of a few rows."""
    names = ("prefix", "middle", "suffix", "query", "positive", "messages", "chosen", "rejected", "negatives")
    for row, example in zip(rows.tolist(), batch.examples.select(names).take(rows).to_pylist(), strict=True):
        texts = [example[name] for name in names[:5]]
        for name in names[5:]:
            texts += [part.get("content") or part.get("text") for part in example[name] or ()]
        yield row, "\0".join(text for text in texts if text).encode()
