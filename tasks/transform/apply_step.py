"""Run a step over rows and hold it to the contract: same columns, same keys, nothing lost.

A step may change, drop and reorder rows, and add some under keys that are there. A row of the input whose id is not
in the output is a reject. The step's own mistakes come back as `RequestError` with its name.
"""

from __future__ import annotations

import importlib.util
from collections.abc import Callable

import duckdb
import pyarrow as pa
import pyarrow.compute as pc

from tasks.transform.config import TransformConfig
from tilth.errors import RequestError
from tilth.query import connect
from tilth.records import REJECTS, Outcome


def apply_step(artifact: str, identifier: str, rows: pa.Table, config: TransformConfig) -> Outcome:
    """The rows that the step gives, and those it left out; `identifier` is the column that names a row."""
    given = _by_sql(artifact, rows, config) if config.sql is not None else _by_function(rows, config)
    missing = [name for name in rows.schema.names if name not in given.schema.names]
    if missing:
        raise RequestError(
            f"The step {config.name} lost the columns {', '.join(missing)} of {artifact}. Keep them all."
        )
    try:
        kept = given.select(rows.schema.names).cast(rows.schema)
    except (pa.ArrowInvalid, pa.ArrowNotImplementedError, ValueError) as error:
        raise RequestError(f"The step {config.name} changed a column's type: {error}") from None
    if not pc.all(pc.is_in(kept["key"], value_set=pc.unique(rows["key"]))).as_py() and kept.num_rows:
        raise RequestError(
            f"The step {config.name} made rows with a key that {artifact} does not have. Keep the column key."
        )
    gone = rows.filter(pc.invert(pc.is_in(rows[identifier], value_set=pc.unique(kept[identifier]))))
    return Outcome(kept, _rejects(gone, identifier, config.name))


def _rejects(gone: pa.Table, identifier: str, name: str) -> pa.Table:
    columns = {
        "key": gone["key"],
        "item_id": gone[identifier],
        "path": gone["path"] if "path" in gone.schema.names else pa.nulls(gone.num_rows, pa.string()),
        "line": pa.nulls(gone.num_rows, pa.int64()),
        "reason": pa.array([name] * gone.num_rows, pa.string()),
        "detail": pa.nulls(gone.num_rows, pa.string()),
    }
    return pa.table(columns, schema=REJECTS)


def _by_sql(artifact: str, rows: pa.Table, config: TransformConfig) -> pa.Table:
    with connect() as connection:
        connection.register(artifact, rows)
        try:
            return connection.sql(config.sql or "").to_arrow_table()
        except (duckdb.Error, AttributeError) as error:
            first = str(error).splitlines()[0]
            raise RequestError(f"The SQL of the step {config.name} does not run: {first}") from None


def _by_function(rows: pa.Table, config: TransformConfig) -> pa.Table:
    spec = importlib.util.spec_from_file_location(f"tilth_step_{config.name}", config.path or "")
    module = importlib.util.module_from_spec(spec) if spec else None
    if spec is None or spec.loader is None or module is None:
        raise RequestError(f"The step {config.name}: {config.path} is no Python file.")
    spec.loader.exec_module(module)
    function: Callable[[pa.Table], object] | None = getattr(module, config.function or "", None)
    if function is None:
        raise RequestError(f"The step {config.name}: {config.path} has no function {config.function}.")
    given = function(rows)
    if not isinstance(given, pa.Table):
        raise RequestError(f"The step {config.name} gave {type(given).__name__}; give back a pyarrow.Table.")
    return given
