"""The order of learning: the easiest examples first."""

from __future__ import annotations

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
from numpy.typing import NDArray

# What has no band stands among the medium ones: neither what one begins with nor what one ends with.
_BANDS = ("easy", "medium", "hard")
_MEDIUM = 1


def curriculum_rank(rows: pa.Table) -> NDArray[np.int64]:
    """Rank of each row, from 0: by band of difficulty, then by tokens, then by id.

    `rows` has `difficulty` (easy, medium, hard; anything else counts as medium), `tokens` and `example_id`.

    >>> bands = ["hard", "easy", "easy"]
    >>> rows = pa.table({"difficulty": bands, "tokens": [1, 9, 5], "example_id": ["a", "b", "c"]})
    >>> curriculum_rank(rows).tolist()
    [2, 1, 0]
    """
    band = pc.index_in(rows["difficulty"].cast(pa.string()), value_set=pa.array(_BANDS))
    keys = pa.table(
        {
            "band": pc.fill_null(band, _MEDIUM),
            "tokens": pc.fill_null(rows["tokens"].cast(pa.int64()), 0),
            "example_id": rows["example_id"],
        }
    )
    order = pc.sort_indices(keys, sort_keys=[(name, "ascending") for name in keys.column_names])
    rank = np.empty(rows.num_rows, dtype=np.int64)
    rank[np.asarray(order, dtype=np.int64)] = np.arange(rows.num_rows, dtype=np.int64)
    return rank
