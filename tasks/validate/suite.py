"""What must hold of `verdicts`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from tilth.checks import unique

COLUMNS = ("example_id", "is_accepted", "reason", "quality")


def expectations() -> list[Expectation]:
    """One verdict an example, a reason with every refusal, a quality from 0 to 1."""
    return [
        unique("example_id"),
        gxe.ExpectColumnValuesToBeBetween(column="quality", min_value=0, max_value=1),
        gxe.UnexpectedRowsExpectation(
            description="a refusal has a reason, an acceptance has none",
            unexpected_rows_query="SELECT example_id, reason FROM {batch} WHERE is_accepted = (reason IS NOT NULL)",
        ),
        gxe.ExpectColumnValuesToBeInSet(
            column="is_accepted", value_set=[True], mostly=0.5, severity=FailureSeverity.WARNING
        ),
    ]
