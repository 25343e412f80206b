"""What must hold of `examples`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

COLUMNS = (
    "example_id",
    "kind",
    "task",
    "method",
    "subject",
    "group_id",
    "difficulty",
    "licence",
    "tokens",
    "origins",
    "messages",
    "middle",
    "positive",
)


def expectations() -> list[Expectation]:
    """Ids are unique and every kind carries its payload and its lineage."""
    return [
        gxe.ExpectColumnValuesToBeUnique(column="example_id"),
        gxe.ExpectColumnValuesToBeInSet(
            column="kind", value_set=["chat", "fim", "triplet", "preference", "text"]
        ),
        gxe.ExpectColumnValuesToBeInSet(column="difficulty", value_set=["easy", "medium", "hard"]),
        gxe.ExpectColumnValuesToNotBeNull(column="group_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="licence"),
        gxe.ExpectColumnValuesToBeBetween(column="tokens", min_value=1),
        gxe.UnexpectedRowsExpectation(
            description="an example has what its kind needs, a subject and an origin",
            unexpected_rows_query="SELECT example_id, kind FROM {batch} WHERE len(origins) = 0 OR subject IS NULL "
            "OR (kind = 'chat' AND len(messages) = 0) OR (kind = 'fim' AND middle IS NULL) "
            "OR (kind = 'triplet' AND positive IS NULL)",
        ),
    ]
