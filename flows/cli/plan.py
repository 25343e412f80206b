"""`tilth plan`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options


@click.command()
@options.request
@options.lake
@options.as_json
def command(
    sources: tuple[str, ...], recipe: str, overrides: tuple[str, ...], lake: str, as_json: bool
) -> None:
    """Say what a build would do: nothing is written, no model is called.

    The sources are surveyed and compared with what the lake knows; a source that is a git repository by URL must
    have been built before, for it would have to be fetched.
    """
    from flows.planning import plan_build

    told = plan_build(list(sources), recipe, list(overrides), lake)
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
    for reason, count in told["left_out"].items():
        click.echo(f"  left out        {count:,} {reason}")
