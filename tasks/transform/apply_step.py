"""Run a step over rows and hold it to the contract: same columns, same keys, nothing lost.

A step may change, drop and reorder rows, and add some under keys that are there. A row of the input whose id is not
in the output is a reject. The step's own mistakes come back as `RequestError` with its name.
"""

from __future__ import annotations

import importlib.util
import traceback
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
    repeated = sorted({name for name in given.schema.names if given.schema.names.count(name) > 1})
    if repeated:
        raise RequestError(f"The step {config.name} gave the columns {', '.join(repeated)} more than once.")
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
    ids = kept[identifier]
    if ids.null_count or pc.count_distinct(ids).as_py() < kept.num_rows:
        raise RequestError(
            f"The step {config.name} gave rows of {artifact} without an {identifier} of their own: "
            f"{kept.num_rows} rows, {pc.count_distinct(ids).as_py()} ids. Name each row it adds."
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
            answer = connection.sql(config.sql or "")
            if answer is None:
                raise RequestError(f"The SQL of the step {config.name} gives no rows: it is no SELECT.")
            return answer.to_arrow_table()
        except duckdb.Error as error:
            raise RequestError(
                f"The SQL of the step {config.name} does not run: {str(error).partition(chr(10))[0]}"
            ) from None


def _by_function(rows: pa.Table, config: TransformConfig) -> pa.Table:
    spec = importlib.util.spec_from_file_location(f"tilth_step_{config.name}", config.path or "")
    module = importlib.util.module_from_spec(spec) if spec else None
    if spec is None or spec.loader is None or module is None:
        raise RequestError(f"The step {config.name}: {config.path} is no Python file.")
    try:
        spec.loader.exec_module(module)
        function: Callable[[pa.Table], object] | None = getattr(module, config.function or "", None)
        if not callable(function):
            raise RequestError(f"The step {config.name}: {config.path} has no function {config.function}.")
        given = function(rows)
    except RequestError:
        raise
    # The user's own code may raise whatever it likes, and end the process; it is named and where it broke.
    except (Exception, SystemExit) as error:  # noqa: BLE001
        raise RequestError(_explained(error, config)) from None
    if not isinstance(given, pa.Table):
        raise RequestError(f"The step {config.name} gave {type(given).__name__}; give back a pyarrow.Table.")
    return given


def _explained(error: BaseException, config: TransformConfig) -> str:
    """What a step's function raised, and at which line of its file."""
    lines = [
        frame.lineno for frame in traceback.extract_tb(error.__traceback__) if frame.filename == config.path
    ]
    where = f", line {lines[-1]}" if lines else ""
    # A message may be as long as what the function was given.
    said = f"{type(error).__name__}: {error}".partition("\n")[0][:300]
    return f"The step {config.name} broke ({config.path}{where}): {said}"
