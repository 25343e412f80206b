"""Great Expectations over an artifact: run once, on DuckDB over its Parquet parts, before the next stage sees it.

A suite is a list of expectations with a severity: `critical` (the default) stops the run and names the rows,
`warning` is reported. Great Expectations has no DuckDB source of its own yet, and through `duckdb-engine` every
expectation fails with `list index out of range` (great_expectations#11579): it closes the connection, the
dialect's rollback throws the pending result away. The dialect here only reads, so its transactions do nothing.
"""

from __future__ import annotations

import fcntl
import warnings
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb
import pyarrow as pa

from tilth.artifact import Manifest, scan
from tilth.errors import CheckError
from tilth.lake import Lake
from tilth.query import OFFLINE
from tilth.settings import settings

if TYPE_CHECKING:
    from great_expectations.data_context import FileDataContext
    from great_expectations.expectations.expectation import Expectation

# Enough to recognise what is wrong; the query in the message finds the rest.
_NAMED_ROWS = 5


@dataclass(frozen=True)
class Finding:
    """The result of one expectation."""

    expectation: str
    is_critical: bool
    passed: bool
    unexpected: int
    examples: tuple[str, ...]


def check_artifact(
    lake: Lake,
    manifest: Manifest,
    schema: pa.Schema,
    expectations: Sequence[Expectation],
    columns: Sequence[str],
) -> list[Finding]:
    """Run the expectations over the named columns of an artifact; the first column names a row in messages.

    Raises `CheckError` when an expectation that is critical does not hold; then the Data Docs show the result already,
    else `write_data_docs` adds it.
    """
    name = manifest.artifact.name
    with (
        lake.staged(lake.root / "checks" / "runs" / manifest.artifact.key) as folder,
        _locked(lake.root / "checks"),
    ):
        database = folder / "view.duckdb"
        _create_database(lake, database, manifest, schema, columns)
        try:
            findings = _run(lake, database, name, expectations, columns[0])
        except _damaged_project():
            # Great Expectations does not flush its files to the disk, so that a power cut may leave empty ones. All
            # that they hold is made anew from the suites; a fault that has another cause comes up once more.
            lake.set_aside(lake.root / "checks" / "gx")
            findings = _run(lake, database, name, expectations, columns[0])
        database.unlink()
    broken = [finding for finding in findings if finding.is_critical and not finding.passed]
    if broken:
        write_data_docs(lake)
        raise CheckError(f"{name}: {'; '.join(map(describe, broken))}. The artifact was not sealed.")
    return findings


def unique(*columns: str) -> Expectation:
    """No two rows agree in all of these columns.

    Great Expectations' own counts each row's twins by a window, three times over: five times the cost of one grouping.
    """
    from great_expectations.expectations import UnexpectedRowsExpectation

    named = ", ".join(f'"{column}"' for column in columns)
    return UnexpectedRowsExpectation(
        description=f"no two rows have the same {' and '.join(columns)}",
        unexpected_rows_query=f"SELECT {named} FROM {{batch}} GROUP BY {named} HAVING count(*) > 1",
    )


def write_data_docs(lake: Lake) -> None:
    """Add to the Data Docs, in the lake's folder `checks`, the results that have no page there yet.

    Once a build: Great Expectations compiles its page templates at every call, which costs as much as a suite.
    """
    results = lake.root / "checks" / "gx" / "uncommitted" / "validations"
    pages = results.parent / "data_docs" / "local_site" / "validations"
    with _locked(lake.root / "checks"), warnings.catch_warnings():
        warnings.simplefilter("ignore")
        found = (path.relative_to(results) for path in sorted(results.rglob("*.json")))
        missing = [path for path in found if not (pages / path).with_suffix(".html").is_file()]
        if not missing:
            return
        from great_expectations.data_context.types.resource_identifiers import (
            ExpectationSuiteIdentifier,
            ValidationResultIdentifier,
        )

        shown = [
            ValidationResultIdentifier.from_tuple(path.with_suffix("").parts)  # type: ignore[no-untyped-call]
            for path in missing
        ]
        suites = [ExpectationSuiteIdentifier(name) for name in sorted({path.parts[0] for path in missing})]
        try:
            _open_project(lake).build_data_docs(resource_identifiers=[*shown, *suites])
        except _damaged_project():
            # The pages are a by-product: see `check_artifact` about files that a power cut left empty.
            lake.set_aside(lake.root / "checks" / "gx")


def describe(finding: Finding, *, with_rows: bool = True) -> str:
    """One clause about a broken expectation, naming some of the rows.

    Which rows depends on the order of the parts: what becomes part of an artifact is said without them.
    """
    rows = f", among them {', '.join(finding.examples)}" if finding.examples and with_rows else ""
    return f"{finding.expectation}: {finding.unexpected} rows break it{rows}"


def _create_database(
    lake: Lake, database: Path, manifest: Manifest, schema: pa.Schema, columns: Sequence[str]
) -> None:
    sql = scan(lake, manifest)
    chosen = ", ".join(f'"{name}"' for name in columns)
    with duckdb.connect(str(database), config=OFFLINE) as connection:
        if sql:
            connection.execute(f"CREATE VIEW {manifest.artifact.name} AS SELECT {chosen} FROM ({sql})")
        else:
            connection.register("nothing", schema.empty_table())
            connection.execute(f"CREATE TABLE {manifest.artifact.name} AS SELECT {chosen} FROM nothing")


@contextmanager
def _locked(folder: Path) -> Iterator[None]:
    """One process at a time: Great Expectations rewrites its project files. The kernel frees the lock at a kill."""
    folder.mkdir(parents=True, exist_ok=True)
    with (folder / ".lock").open("w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def _damaged_project() -> tuple[type[Exception], ...]:
    """What Great Expectations raises when its own files are damaged."""
    from great_expectations.exceptions import GreatExpectationsError

    return (GreatExpectationsError, ValueError, KeyError, TypeError, AttributeError)


def _register_dialect() -> None:
    import duckdb_engine
    from sqlalchemy.dialects import registry

    class ReadOnlyDialect(duckdb_engine.Dialect):
        supports_statement_cache = False

        def do_begin(self, connection: Any) -> None:
            """Do nothing: the checks only read."""

        def do_commit(self, connection: Any) -> None:
            """Do nothing."""

        def do_rollback(self, connection: Any) -> None:
            """Do nothing: a rollback would drop the result that is still to be fetched."""

    registry.impls["tilthduckdb"] = lambda: ReadOnlyDialect


def _open_project(lake: Lake) -> FileDataContext:
    """The project of Great Expectations in the lake's folder `checks`, made when there is none."""
    import great_expectations as gx
    from great_expectations.data_context.types.base import ProgressBarsConfig

    _register_dialect()
    context = gx.get_context(mode="file", project_root_dir=str(lake.root / "checks"))
    context.variables.progress_bars = ProgressBarsConfig(globally=False)
    return context


def _run(
    lake: Lake, database: Path, name: str, expectations: Sequence[Expectation], identifier: str
) -> list[Finding]:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations as gx

        context = _open_project(lake)
        source = context.data_sources.add_or_update_sql(
            name=name,
            connection_string=f"tilthduckdb:///{database}?threads=1&memory_limit={settings().memory_mb}MiB",
            # Great Expectations would write a table to filter what is one already.
            create_temp_table=False,
        )
        asset = source.add_table_asset(name=name, table_name=name)
        suite = context.suites.add_or_update(gx.ExpectationSuite(name=name, expectations=list(expectations)))
        definition = context.validation_definitions.add_or_update(
            gx.ValidationDefinition(name=name, data=asset.add_batch_definition_whole_table(name), suite=suite)
        )
        checkpoint = context.checkpoints.add_or_update(
            gx.Checkpoint(
                name=name,
                validation_definitions=[definition],
                result_format={
                    "result_format": "SUMMARY",
                    "unexpected_index_column_names": [identifier],
                    "partial_unexpected_count": _NAMED_ROWS,
                },
            )
        )
        outcome = checkpoint.run()
        engine = source.get_execution_engine().engine
        results = [result for run in outcome.run_results.values() for result in run.results]
        findings = [_finding(result, identifier, engine, name) for result in results]
        engine.dispose()
    return findings


def _unexpected_rows(engine: Any, name: str, query: str) -> list[dict[str, Any]]:
    """Some of the rows that a query finds; Great Expectations gives none of them, or all."""
    sql = f"SELECT * FROM ({query.format(batch=name)}) ORDER BY ALL LIMIT {_NAMED_ROWS}"
    with engine.connect() as connection:
        return [dict(row) for row in connection.exec_driver_sql(sql).mappings()]


def _finding(result: Any, identifier: str, engine: Any, name: str) -> Finding:
    config, details = result.expectation_config, result.result or {}
    error = (result.exception_info or {}).get("exception_message")
    rows = details.get("partial_unexpected_index_list") or []
    query = config.kwargs.get("unexpected_rows_query")
    if query and not result.success and not error:
        rows = _unexpected_rows(engine, name, query)
    examples = tuple(str(row.get(identifier, row)) for row in rows[:_NAMED_ROWS])
    # Of an artifact without rows both stand there as None.
    observed = details.get("observed_value")
    count = details.get("unexpected_count") or (observed if isinstance(observed, int) else 0)
    named = config.description or f"{config.type}({config.kwargs.get('column', '')})"
    return Finding(
        expectation=f"{named} ({error})" if error else named,
        is_critical=str(getattr(config.severity, "value", config.severity)) == "critical",
        passed=bool(result.success),
        unexpected=int(count),
        examples=examples,
    )
