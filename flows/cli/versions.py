"""`tilth versions`."""

from __future__ import annotations

import json

import click

from flows.cli import options


@click.command()
@options.lake
@options.as_json
def command(lake: str, as_json: bool) -> None:
    """List the dataset versions of a lake, newest first."""
    from tilth.lake import Lake
    from tilth.settings import settings
    from tilth.versions import list_versions

    versions = list_versions(Lake.open(lake or settings().lake))
    rows = [
        {
            "version": version.version_id,
            "created_at": version.manifest.get("created_at"),
            "examples": version.manifest["counts"]["exported"],
            "digest": version.manifest["digest"],
        }
        for version in versions
    ]
    if as_json:
        click.echo(json.dumps({"versions": rows}))
        return
    for row in rows:
        click.echo(f"{row['version']:<32} {row['examples']:>9,} examples   {row['created_at']}")
    if not rows:
        click.echo("No version yet. Build one: tilth build")
