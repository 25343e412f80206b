"""What must hold of `surviving_documents`, `surviving_units` and `surviving_examples`."""

from __future__ import annotations

from great_expectations import expectations as gxe
from great_expectations.expectations.expectation import Expectation

from tilth.checks import unique

COLUMNS = ("item_id", "cluster_id", "cluster_size", "quality")


def expectations() -> list[Expectation]:
    """An item survives once; a cluster that it speaks for holds at least itself."""
    return [
        unique("item_id"),
        gxe.ExpectColumnValuesToNotBeNull(column="cluster_id"),
        gxe.ExpectColumnValuesToBeBetween(column="cluster_size", min_value=1),
    ]
