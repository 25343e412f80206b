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

# Columns that the placement decides; the others come from `examples` as they stand, save the wording of the test side.
_PLACED = frozenset([*_FROM_MIXTURE, "group_id"])

# Whether an example `e` has another wording of its instruction, and a message that says it.
HAS_HELD_OUT = (
    "e.kind = 'chat' AND e.held_out_wording IS NOT NULL "
    "AND coalesce(list_position([m.role for m in e.messages], 'user'), 0) > 0"
)
# Only the test side is asked in these words, so that a model that learnt the others' phrasing gains nothing there.
_IS_REWORDED = f"(p.side = 'test' AND {HAS_HELD_OUT})"
_FIRST = "list_position([m.role for m in e.messages], 'user')"
_ASKED = f"e.messages[{_FIRST}]"
# The instruction is the text up to the first blank line; what stands below it (code, a test's message) stays.
_REST = f"""CASE
    WHEN contains({_ASKED}.content, e'\\n\\n')
    THEN substr({_ASKED}.content, strpos({_ASKED}.content, e'\\n\\n'))
    ELSE ''
END"""
_REWORDED = {
    "messages": f"""CASE WHEN {_IS_REWORDED} THEN list_concat(
    e.messages[1:{_FIRST} - 1],
    [struct_pack(
        role := {_ASKED}.role,
        content := concat(e.held_out_wording, {_REST}),
        is_trained := {_ASKED}.is_trained,
        tool_calls := {_ASKED}.tool_calls)],
    e.messages[{_FIRST} + 1:])
ELSE e.messages END""",
    "template_id": f"CASE WHEN {_IS_REWORDED} THEN concat(e.template_id, '/held_out') ELSE e.template_id END",
}


def _value(name: str) -> str:
    return _REWORDED.get(name, f'{"p" if name in _PLACED else "e"}."{name}"')


def select_list() -> str:
    """The columns of a version, in order, from `examples` as e and the placement, with its side, as p."""
    return ", ".join(f'{_value(name)} AS "{name}"' for name in VERSION.names)


def identity() -> str:
    """SQL value that is equal for equal rows: all columns but the payload, long texts by their md5."""
    parts = [f"held_out_wording := CASE WHEN {_IS_REWORDED} THEN e.held_out_wording END"]
    for name in VERSION.names:
        if name in PAYLOAD:
            continue
        column = _value(name)
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
