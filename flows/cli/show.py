"""`tilth show`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options


@click.command()
@click.argument("version_id", default="", metavar="[VERSION]")
@click.option(
    "--examples",
    "examples",
    type=click.IntRange(0, 1000),
    default=0,
    metavar="N",
    help="Show N examples too.",
)
@click.option("--rejects", "with_rejects", is_flag=True, help="Show what was left out, and why.")
@options.lake
@options.as_json
def command(version_id: str, examples: int, with_rejects: bool, lake: str, as_json: bool) -> None:
    """Show a version: its counts, and if asked some of its examples and what was left out.

    VERSION is an id or its beginning; without one the newest is shown.
    """
    from flows.roles import STAGE_OF
    from tilth.lake import Lake
    from tilth.query import connect
    from tilth.settings import settings
    from tilth.versions import cells_of, create_views, find_version

    opened = Lake.open(lake or settings().lake)
    version = find_version(opened, version_id)
    shown: dict[str, Any] = {
        "version": version.version_id,
        "path": str(version.folder),
        "digest": version.manifest["digest"],
        "created_at": version.manifest.get("created_at"),
        "counts": version.manifest["counts"],
        "weights": version.manifest["weights"],
    }
    with connect(opened.spill) as connection:
        create_views(connection, opened, version)
        if cells := cells_of(opened, version):
            shown["cells"] = cells
        if examples:
            relation = connection.sql(_EXAMPLES_SQL, params={"limit": examples})
            shown["examples"] = [dict(zip(relation.columns, row, strict=True)) for row in relation.fetchall()]
        if with_rejects:
            shown["rejects"] = {
                f"{STAGE_OF[artifact]}.{reason}": {"rows": rows, "sample": sample}
                for artifact, reason, rows, sample in connection.execute(_REJECTS_SQL).fetchall()
            }
    if as_json:
        click.echo(json.dumps(shown, default=str, ensure_ascii=False))
    else:
        _print(shown)


# Some of every task, the easiest first.
_EXAMPLES_SQL = """
    SELECT * EXCLUDE (turn)
    FROM (
        SELECT
            side, task, language, quality, difficulty, messages, prefix, middle, suffix, query, positive, negatives,
            row_number() OVER (PARTITION BY task ORDER BY rank) AS turn
        FROM dataset
    )
    ORDER BY turn, task
    LIMIT $limit
"""

_REJECTS_SQL = """
    SELECT
        artifact,
        reason,
        count(*),
        min_by(concat_ws(', ', path, 'line ' || line, detail), coalesce(path, '') || item_id) AS sample
    FROM rejects
    GROUP BY artifact, reason
    ORDER BY count(*) DESC, artifact, reason
"""


def _print(shown: dict[str, Any]) -> None:
    counts = shown["counts"]
    click.echo(f"{shown['version']}   {counts['exported']:,} examples   {shown['created_at']}")
    click.echo(f"  in {shown['path']}")
    _print_distinct(counts)
    worth = shown["weights"]["train"]["effective_sample_size"]
    click.echo(
        f"  {'weights':<11} worth {worth:,.0f} equal rows of the {counts['train']:,} on the train side"
    )
    for column in ("task", "language", "difficulty", "licence"):
        values = counts["by"].get(column, {})
        if values:
            click.echo(
                f"  {column:<11} "
                + ", ".join(f"{name} {sum(held.values()):,}" for name, held in values.items())
            )
    _print_cells(shown.get("cells", []))
    for example in shown.get("examples", []):
        _print_example(example)
    for name, reject in shown.get("rejects", {}).items():
        click.echo(f"  {reject['rows']:>8,}  {name:<40} {reject['sample'] or ''}"[:160])


def _print_cells(cells: list[dict[str, Any]]) -> None:
    """Of each cell of a plan what was asked, made and accepted, and what it cost."""
    from flows.spend import dollars

    for cell in cells:
        name = " ".join(f"{key}={value}" for key, value in cell["cell"].items()) or "all rows"
        counts = f"asked {cell['asked']:,}, made {cell['made']:,}, accepted {cell['accepted']:,} of {cell['wanted']:,}"
        click.echo(f"  {'cell':<11} {name}: {counts}, {dollars(cell['cost_usd'])}, {cell['state']}")


def _print_distinct(counts: dict[str, Any]) -> None:
    """What is unique, where the version's manifest says it: older ones do not."""
    found = counts.get("distinct")
    if found is not None:
        tokens = sum(counts["tokens"].values())
        click.echo(
            f"  {'unique':<11} {found['origins']:,} functions and passages, {found['answers']:,} answers, "
            f"{found['task_concepts']:,} task × concept, {found['tokens']:,} of {tokens:,} tokens"
        )


def _print_example(example: dict[str, Any]) -> None:
    head = f"{example['task']} · {example['language']} · {example['difficulty']} · quality {example['quality']:.2f}"
    click.secho(f"\n── {head} · {example['side']}", bold=True)
    for message in example["messages"] or []:
        click.secho(f"{message['role']}:", fg="cyan")
        click.echo(message["content"])
    if example["middle"] is not None:
        click.echo(f"{example['prefix']}", nl=False)
        click.secho(example["middle"], fg="green", nl=False)
        click.echo(example["suffix"])
    if example["query"] is not None:
        click.echo(f"query: {example['query']}\npositive: {example['positive']}")
        for negative in example["negatives"] or []:
            click.echo(f"negative ({negative['reason']}): {negative['text']}")
