"""What must hold of `mixture`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

COLUMNS = ("example_id", "language", "task", "difficulty", "quality", "weight", "rank")


def expectations() -> list[Expectation]:
    """Each example once, ranks without a gap, weights above zero; a mixture of one task is a warning."""
    return [
        gxe.ExpectColumnValuesToBeUnique(column="example_id"),
        gxe.ExpectColumnValuesToBeUnique(column="rank"),
        gxe.ExpectColumnValuesToBeBetween(column="weight", min_value=0, strict_min=True),
        gxe.UnexpectedRowsExpectation(
            description="ranks run from 0 without a gap",
            unexpected_rows_query="SELECT max(rank) AS example_id FROM {batch} "
            "HAVING max(rank) <> count(*) - 1 OR min(rank) <> 0",
        ),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="task", min_value=2, severity=FailureSeverity.WARNING
        ),
    ]
