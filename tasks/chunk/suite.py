"""What must hold of `chunks`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from tilth.checks import unique

COLUMNS = ("chunk_id", "document_id", "ordinal", "text", "start", "end", "overlap_bytes", "tokens")


def expectations() -> list[Expectation]:
    """A passage is a slice of its document, and passages follow each other."""
    return [
        unique("chunk_id"),
        unique("document_id", "ordinal"),
        gxe.ExpectColumnValuesToBeBetween(column="tokens", min_value=1),
        gxe.UnexpectedRowsExpectation(
            description="a passage is as long as its span",
            unexpected_rows_query='SELECT chunk_id, start, "end" FROM {batch} WHERE "end" - start <> strlen(text)',
        ),
        gxe.UnexpectedRowsExpectation(
            description="a passage goes beyond its overlap",
            unexpected_rows_query='SELECT chunk_id, overlap_bytes FROM {batch} WHERE overlap_bytes >= "end" - start',
        ),
    ]
