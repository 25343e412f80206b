"""What must hold of `units`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from tilth.checks import unique

COLUMNS = (
    "unit_id",
    "document_id",
    "parent_id",
    "ordinal",
    "kind",
    "name",
    "start",
    "end",
    "body_start",
    "body_end",
    "has_error",
)


def expectations() -> list[Expectation]:
    """Spans nest, ids are unique, every document has one module."""
    return [
        unique("unit_id"),
        unique("document_id", "ordinal"),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind",
            value_set=["module", "imports", "class", "function", "method", "docstring", "comment"],
        ),
        gxe.UnexpectedRowsExpectation(
            description="a body lies inside its unit",
            unexpected_rows_query="SELECT unit_id FROM {batch} "
            'WHERE body_start < start OR body_end > "end" OR body_end < body_start',
        ),
        gxe.UnexpectedRowsExpectation(
            description="a document has one module, and it comes first",
            unexpected_rows_query="SELECT min(unit_id) AS unit_id, document_id FROM {batch} GROUP BY document_id "
            "HAVING count(*) FILTER (kind = 'module') <> 1 OR min(ordinal) FILTER (kind = 'module') <> 0",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="has_error", value_set=[False], mostly=0.9, severity=FailureSeverity.WARNING
        ),
    ]
