"""`tilth query`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options

# A terminal shows about so much of a cell before a table becomes unreadable.
_CELL_CHARACTERS = 60


@click.command()
@click.argument("sql")
@click.option(
    "--version", "version_id", default="", metavar="VERSION", help="Which version.  [default: the newest]"
)
@options.lake
@options.as_json
def command(sql: str, version_id: str, lake: str, as_json: bool) -> None:
    """Ask the artifacts of a version by SQL (DuckDB).

    There is one view an artifact: documents, surviving_documents, chunks, units, surviving_units, examples, verdicts,
    surviving_examples, mixture; for each one <name>_rejects; rejects over all; failed_answers, of models; and dataset,
    what was exported.
    """
    import duckdb

    from tilth.errors import RequestError
    from tilth.lake import Lake
    from tilth.query import connect
    from tilth.settings import settings
    from tilth.versions import create_views, find_version

    opened = Lake.open(lake or settings().lake)
    with connect(opened.spill) as connection:
        views = create_views(connection, opened, find_version(opened, version_id))
        try:
            _require_question(sql, [statement.type.name for statement in connection.extract_statements(sql)])
            answer = connection.execute(sql)
            names = [column[0] for column in answer.description or []]
            rows = answer.fetchall()
        except duckdb.Error as error:
            first = str(error).splitlines()[0].rstrip(".!")
            raise RequestError(f"{first}. The views are {', '.join(views)}.") from None
    if as_json:
        click.echo(json.dumps({"columns": names, "rows": rows}, default=str, ensure_ascii=False))
    else:
        _print_table(names, rows)


def _require_question(sql: str, kinds: list[str]) -> None:
    """One statement that only reads: what is asked must not change the lake."""
    from tilth.errors import RequestError

    if len(kinds) != 1 or kinds[0] not in ("SELECT", "EXPLAIN"):
        raise RequestError(f"{sql[:60]} is {' and '.join(kinds) or 'nothing'}; ask one SELECT.")


def _print_table(names: list[str], rows: list[tuple[Any, ...]]) -> None:
    from rich.console import Console
    from rich.markup import escape
    from rich.table import Table

    table = Table(*map(escape, names))
    for row in rows:
        table.add_row(*(escape(_shown(cell)) for cell in row))
    Console(soft_wrap=False).print(table)


def _shown(cell: Any) -> str:
    text = "" if cell is None else str(cell).replace("\n", "⏎")
    return text if len(text) <= _CELL_CHARACTERS else text[: _CELL_CHARACTERS - 1] + "…"
