"""The columns of a dataset version: one schema for all kinds of examples, and what identifies a row."""

from __future__ import annotations

from typing import Any

import pyarrow as pa

from tilth.records import EXAMPLES, MIXTURE

_FROM_EXAMPLES = [
    "example_id",
    "kind",
    "task",
    "method",
    "messages",
    "prefix",
    "middle",
    "suffix",
    "query",
    "positive",
    "negatives",
    "chosen",
    "rejected",
    "language",
    "category",
    "difficulty",
    "licence",
]
_FROM_MIXTURE = ["quality", "weight", "rank"]
_LINEAGE = [
    "origins",
    "origin_id",
    "group_id",
    "template_id",
    "tokens",
    "code",
    "answer_start",
    "answer_end",
    "tests",
    "oracle",
    "extra",
]

VERSION = pa.schema(
    [EXAMPLES.field(name) for name in _FROM_EXAMPLES]
    + [MIXTURE.field(name) for name in _FROM_MIXTURE]
    + [EXAMPLES.field(name) for name in _LINEAGE]
)

# `example_id` is the digest of task and payload, so a row's identity need not read the payload again.
PAYLOAD = frozenset(
    ["messages", "prefix", "middle", "suffix", "query", "positive", "negatives", "chosen", "rejected"]
)

# Columns that the placement decides; the others come from `examples` as they stand.
_PLACED = frozenset([*_FROM_MIXTURE, "group_id"])


def select_list() -> str:
    """The columns of a version, in order, from `examples` as e and the placement as p."""
    return ", ".join(f'{"p" if name in _PLACED else "e"}."{name}"' for name in VERSION.names)


def identity() -> str:
    """SQL value that is equal for equal rows: all columns but the payload, long texts by their md5."""
    parts = []
    for name in VERSION.names:
        if name in PAYLOAD:
            continue
        column = f'{"p" if name in _PLACED else "e"}."{name}"'
        parts.append(f'"{name}" := ' + (f"md5({column})" if name in ("code", "tests") else column))
    return f"to_json(struct_pack({', '.join(parts)}))"


def _feature(kind: pa.DataType) -> dict[str, Any]:
    if pa.types.is_list(kind):
        inner = kind.value_type
        if pa.types.is_struct(inner):
            return {"list": features(pa.schema(list(inner)))}
        return {"list": _feature(inner).get("dtype") or _feature(inner)}
    return {"dtype": {"double": "float64"}.get(str(kind), str(kind))}


def features(schema: pa.Schema) -> list[dict[str, Any]]:
    """A schema as the feature list of a dataset card's head.

    >>> features(pa.schema([("a", pa.string()), ("b", pa.list_(pa.int32()))]))
    [{'name': 'a', 'dtype': 'string'}, {'name': 'b', 'list': 'int32'}]
    """
    return [{"name": field.name, **_feature(field.type)} for field in schema]
