"""Values that files can hold: JSON can spell half a surrogate pair, which has no UTF-8, so that no Parquet takes it."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any


def storable(value: Any) -> Any:
    r"""The value with a question mark for each half of a surrogate pair, in its keys as well.

    >>> storable({"a\ud800": ["b\udfff", 1]})
    {'a?': ['b?', 1]}
    """
    if isinstance(value, str):
        return value if value.isascii() else value.encode("utf-8", "replace").decode("utf-8")
    if isinstance(value, Mapping):
        return {storable(key): storable(inner) for key, inner in value.items()}
    if isinstance(value, (list, tuple)):
        return [storable(inner) for inner in value]
    return value
