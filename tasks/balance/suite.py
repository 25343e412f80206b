"""What must hold of `mixture`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation
from great_expectations.expectations.metadata_types import FailureSeverity

from tilth.checks import unique

COLUMNS = ("example_id", "language", "task", "difficulty", "quality", "weight", "rank")


def expectations() -> list[Expectation]:
    """Each example once, with a rank and a weight above zero; a mixture of one task is a warning."""
    return [
        unique("example_id"),
        gxe.ExpectColumnValuesToBeBetween(column="rank", min_value=0),
        gxe.ExpectColumnValuesToBeBetween(column="weight", min_value=0, strict_min=True),
        gxe.ExpectColumnUniqueValueCountToBeBetween(
            column="task", min_value=2, severity=FailureSeverity.WARNING
        ),
    ]
