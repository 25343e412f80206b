"""Reading lists and strings of an Arrow table by column, with no Python object a row."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from tasks.validate.judgement import BoolArray, IntArray


def column(table: pa.Table, name: str) -> pa.Array:
    """One contiguous array of a table's column."""
    combined = table.column(name).combine_chunks()
    if isinstance(combined, pa.ChunkedArray):
        return pa.concat_arrays(combined.chunks) if combined.num_chunks else pa.array([], combined.type)
    return combined


def bounds(lists: pa.Array) -> tuple[IntArray, IntArray]:
    """First and last-plus-one index of each row's items in `lists.values`; equal when empty or null."""
    offsets = np.asarray(lists.offsets, dtype=np.int64)
    first, last = offsets[:-1], offsets[1:]
    return first, np.where(is_valid(lists), last, first)


def is_valid(array: pa.Array) -> BoolArray:
    """Mask of the rows that are not null."""
    return truths(array.is_valid())


def item(lists: pa.Array, field: str, *, last: bool) -> pa.Array:
    """One field of the first or the last item of each row's list; null where the list is empty or null."""
    first, end = bounds(lists)
    index = pa.array(end - 1 if last else first, mask=first == end)
    return lists.values.field(field).take(index)


def owners(lists: pa.Array) -> tuple[IntArray, IntArray]:
    """For the items of all rows: the row each belongs to, and its index in `lists.values`."""
    first, end = bounds(lists)
    counts = end - first
    rows = np.repeat(np.arange(len(counts), dtype=np.int64), counts)
    within = np.arange(len(rows), dtype=np.int64) - np.repeat(np.cumsum(counts) - counts, counts)
    return rows, np.repeat(first, counts) + within


def numbers(array: pa.Array, missing: int) -> IntArray:
    """Integers of a column, with a number in the place of nulls."""
    return np.asarray(pc.fill_null(array.cast(pa.int64()), missing), dtype=np.int64)


def byte_lengths(array: pa.Array) -> IntArray:
    """Bytes of each string, 0 where null."""
    return numbers(pc.binary_length(array), 0)


def is_blank(array: pa.Array) -> BoolArray:
    """Mask of the strings that are null, empty or nothing but white space."""
    blank: BoolArray = byte_lengths(pc.utf8_trim_whitespace(array)) == 0
    return blank


def equals(array: pa.Array, value: str) -> BoolArray:
    """Mask of the strings that are this value; null is not."""
    return truths(pc.equal(array, value))


def truths(array: pa.Array) -> BoolArray:
    """Mask of a boolean array; null is False."""
    mask: BoolArray = np.asarray(pc.fill_null(array, False), dtype=np.bool_)
    return mask
