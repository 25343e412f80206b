"""`prompt`: new columns of anybody's table, each cell a call of a model, row for row in the same order."""

from __future__ import annotations

import json
from collections import deque
from collections.abc import Iterator, Mapping, Sequence
from contextlib import ExitStack
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from flows.alone.output import RowFile, row_file
from flows.alone.rejects import Rejects
from flows.alone.rows_file import RowsFile, values_of
from flows.alone.write_examples import widened
from flows.model_calls import ModelRun
from tilth.errors import RequestError
from tilth.llm.columns import PromptColumn, PromptTable
from tilth.llm.conversation import Conversation, NoAnswer, Told
from tilth.llm.template_language import PromptError
from tilth.records import FAILED_ANSWERS

_TYPES = {"string": pa.string(), "integer": pa.int64(), "number": pa.float64(), "boolean": pa.bool_()}


def fill_columns(
    columns: Sequence[PromptColumn],
    path: Path,
    out: Path,
    rejects_path: Path | None,
    run: ModelRun,
    wanted: int | None = None,
) -> dict[str, Any]:
    """Write the table with its new columns; the counts: rows, accepted (every new cell is there), rejects by reason.

    A cell that could not be had is null, and a row of the rejects says why.
    """
    source = RowsFile(path)
    if wanted not in (None, source.rows):
        raise RequestError(
            f"prompt answers each row, and {path} has {source.rows:,}, not {wanted:,}. "
            "Leave --count out, or cut the file."
        )
    table = PromptTable(columns, source.schema.names)
    new = pa.schema([pa.field(column.name, _cell_type(column)) for column in columns])
    schema = pa.schema([*source.schema, *new])
    accepted = 0
    with ExitStack() as stack:
        rows = stack.enter_context(row_file(out, schema))
        rejects = stack.enter_context(Rejects.to(rejects_path, FAILED_ANSWERS))
        rejects.add(widened(source.rejects))
        batches: deque[pa.Table] = deque()
        cells: list[dict[str, Any]] = []
        run.began(source.rows)
        for number, told in enumerate(run.converse(_conversations(source, table, batches))):
            filled = _kept(told.value or Filled({}), new)
            accepted += all(column.name in filled.cells for column in columns)
            cells.append(filled.cells)
            rejects.add(_rejects_of(told, filled, path.name, number + 1))
            if len(cells) == batches[0].num_rows:
                _write(rows, batches.popleft(), cells, new)
                cells = []
    return {"rows": rows.rows, "accepted": accepted, "rejects": rejects.by_reason(), "path": str(out)}


class Filled(NamedTuple):
    """The new cells of a row that could be had, and why others could not, if it is not an answer's fault."""

    cells: dict[str, Any]
    fault: str | None = None
    reason: str = "prompt_not_written"


def _conversations(
    source: RowsFile, table: PromptTable, batches: deque[pa.Table]
) -> Iterator[Conversation[Filled]]:
    for batch in source.batches():
        batches.append(batch)
        for row in values_of(batch, source.path):
            yield fill_row(table, row)


def fill_row(table: PromptTable, row: Mapping[str, Any]) -> Conversation[Filled]:
    """The new cells of one row; a column whose cell fails is left out, and so are those that refer to it."""
    known, started, made = dict(row), set[str](), dict[str, Any]()
    while True:
        try:
            cells = table.ready(known, started)
        except PromptError as error:
            return Filled(made, str(error))
        if not cells:
            return Filled(made)
        started.update(cell.column for cell in cells)
        try:
            replies = yield tuple(cell.request for cell in cells)
        except NoAnswer:
            continue
        for name in dict.fromkeys(cell.column for cell in cells):
            mine = [reply for cell, reply in zip(cells, replies, strict=True) if cell.column == name]
            if all(reply is not None for reply in mine):
                known[name] = made[name] = mine if len(mine) > 1 else mine[0]


def _kept(filled: Filled, new: pa.Schema) -> Filled:
    """The cells that their columns can hold; an integer of 30 digits is valid JSON, and no column's value."""
    cells, fault = dict(filled.cells), filled.fault
    for field in new:
        if field.name not in cells or pa.types.is_string(field.type):
            continue
        try:
            pa.array([_fitted(field.type)(cells[field.name])], field.type)
        except (pa.ArrowException, OverflowError) as error:
            fault = f"{field.name}: the answer is no value of a column: {error}"
            del cells[field.name]
    return Filled(cells, fault, "value_out_of_range" if fault != filled.fault else filled.reason)


def _rejects_of(told: Told[Any], filled: Filled, path: str, line: int) -> pa.Table:
    key = f"{path}:{line}"
    rows = [reject.row(key, key) for reject in told.failures]
    if filled.fault:
        rows.append({"key": key, "item_id": key, "reason": filled.reason, "detail": filled.fault})
    rows = [{**row, "path": path, "line": line} for row in rows]
    return pa.Table.from_pylist(rows, schema=FAILED_ANSWERS)


def _write(rows: RowFile, batch: pa.Table, cells: Sequence[Mapping[str, Any]], new: pa.Schema) -> None:
    for field in new:
        values = [cell.get(field.name) for cell in cells]
        batch = batch.append_column(field, pa.array(map(_fitted(field.type), values), field.type))
    rows.add(batch)


def _cell_type(column: PromptColumn) -> pa.DataType:
    kind = pa.string() if column.answer_schema is None else arrow_type(column.answer_schema)
    return pa.list_(kind) if column.samples > 1 else kind


def arrow_type(schema: Mapping[str, Any]) -> pa.DataType:
    """The type of a column of values by a JSON schema; where Arrow has none, the value is written as JSON.

    >>> arrow_type({"type": "object", "properties": {"score": {"type": "integer"}, "why": {"anyOf": []}}})
    StructType(struct<score: int64, why: string>)
    """
    kind = schema.get("type")
    if kind == "object" and schema.get("properties"):
        return pa.struct([(name, arrow_type(inner)) for name, inner in schema["properties"].items()])
    if kind == "array" and isinstance(schema.get("items"), Mapping):
        return pa.list_(arrow_type(schema["items"]))
    return _TYPES.get(str(kind), pa.string())


def _fitted(kind: pa.DataType) -> Any:
    """A function that makes a JSON value fit a type: what has none becomes JSON, unknown keys of objects are left."""
    if pa.types.is_struct(kind):
        inner = {field.name: _fitted(field.type) for field in kind}
        return lambda value: (
            None if value is None else {name: fit(value.get(name)) for name, fit in inner.items()}
        )
    if pa.types.is_list(kind):
        fit = _fitted(kind.value_type)
        return lambda value: None if value is None else list(map(fit, value))
    if pa.types.is_string(kind):
        return lambda value: (
            value if value is None or isinstance(value, str) else json.dumps(value, ensure_ascii=False)
        )
    return lambda value: value
