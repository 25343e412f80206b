"""What must hold of `documents`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from tilth.checks import unique

COLUMNS = (
    "document_id",
    "key",
    "source",
    "path",
    "kind",
    "language",
    "bytes",
    "text_digest",
    "licence",
    "licence_class",
)


def expectations() -> list[Expectation]:
    """Errors stop the run; that most licences are unknown is a warning."""
    return [
        unique("document_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="text_digest"),
        gxe.ExpectColumnValuesToBeInSet(column="kind", value_set=["code", "prose", "seed", "commit"]),
        gxe.ExpectColumnValuesToBeInSet(
            column="licence_class", value_set=["permissive", "copyleft", "other", "unknown"]
        ),
        gxe.ExpectColumnValuesToBeBetween(column="bytes", min_value=1),
        gxe.UnexpectedRowsExpectation(
            description="paths are relative to their source and stay inside it",
            unexpected_rows_query="SELECT document_id, path FROM {batch} "
            "WHERE path LIKE '/%' OR '..' IN string_split(path, '/')",
        ),
        gxe.ExpectColumnValuesToNotBeInSet(
            column="licence", value_set=["unknown"], mostly=0.5, severity=FailureSeverity.WARNING
        ),
    ]
