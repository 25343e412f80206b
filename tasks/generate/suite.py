"""What must hold of `examples`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from tilth.checks import unique

COLUMNS = (
    "example_id",
    "kind",
    "task",
    "group_id",
    "difficulty",
    "licence",
    "tokens",
    "origins",
    "request_ids",
)


def expectations() -> list[Expectation]:
    """Ids are unique and every example carries its lineage."""
    return [
        unique("example_id"),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind", value_set=["chat", "fim", "triplet", "preference", "text"]
        ),
        gxe.ExpectColumnValuesToBeInSet(column="difficulty", value_set=["easy", "medium", "hard"]),
        gxe.ExpectColumnValuesToNotBeNull(column="group_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="licence"),
        gxe.ExpectColumnValuesToBeBetween(column="tokens", min_value=1),
        # What each kind needs in its payload is `validate`'s to say, row by row: here no text is read.
        gxe.UnexpectedRowsExpectation(
            description="an example says what it was made from",
            unexpected_rows_query="SELECT example_id FROM {batch} "
            "WHERE coalesce(len(origins), 0) = 0 AND coalesce(len(request_ids), 0) = 0",
        ),
    ]
