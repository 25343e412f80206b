"""`tilth plan`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options


@click.command()
@options.request
@click.option(
    "--preview",
    type=click.IntRange(1, 1000),
    default=None,
    metavar="N",
    help="Have a model write N candidates, which costs money, and estimate from them.",
)
@options.lake
@options.as_json
def command(
    sources: tuple[str, ...],
    recipe: str,
    overrides: tuple[str, ...],
    preview: int | None,
    lake: str,
    as_json: bool,
) -> None:
    """Say what a build would do and cost: nothing is written and no model is called, unless --preview asks for it.

    The sources are surveyed and compared with what the lake knows; a source that is a git repository by URL must
    have been built before, for it would have to be fetched.
    """
    from flows.planning import plan_build

    told = plan_build(list(sources), recipe, list(overrides), lake, preview or 0)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told)


def _tell(told: dict[str, Any]) -> None:
    files = told["files"]
    click.echo(
        f"{files['found']:,} files, {files['bytes'] / 1e6:,.1f} MB; {files['left_out']:,} left out unopened"
    )
    click.echo(f"  new or changed  {files['missing']:,} files, {files['missing_bytes'] / 1e6:,.1f} MB")
    if told["is_complete"]:
        click.echo(
            "  nothing to do   the version is there already, unless the recipe changed after its documents"
        )
    for stage, words in told["stages"].items():
        click.echo(f"  {stage:<16}{words}")
    if "model" in told:
        _tell_model(told["model"])
    for reason, count in told["left_out"].items():
        click.echo(f"  left out        {count:,} {reason}")


def _tell_model(model: dict[str, Any]) -> None:
    from flows.spend import dollars

    said = f"about {model['candidates']:,} candidates, {model['calls']:,} new calls, {model['replayed']:,} replayed"
    click.echo(f"  model           {said}")
    if model["usd"]:
        low, expected, high = (dollars(model["usd"][name]) for name in ("low", "expected", "high"))
        click.echo(f"  cost            {expected}, nine times in ten between {low} and {high}")
    elif not model["is_priced"]:
        click.echo("  cost            not known: data/prices has no price for this model")
    if model["ceiling_usd"] is not None:
        click.echo(
            f"  at most         {dollars(model['ceiling_usd'])}, if every answer is as long as it may be"
        )
    click.echo(f"  judged by       {model['basis']} ({model['earlier_calls']:,} earlier calls)")
    if "preview" in model:
        tried = model["preview"]
        click.echo(
            f"  preview         {tried['rows']:,} rows of {tried['candidates']:,} candidates, "
            f"{tried['calls']:,} calls, {dollars(tried['cost_usd'])} spent"
        )
