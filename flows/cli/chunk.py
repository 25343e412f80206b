"""`tilth chunk`."""

from __future__ import annotations

import click

from flows.cli import options
from flows.cli.alone import run_on_files


@click.command()
@options.paths
@options.out("chunks")
@options.rejects
@options.overrides("chunk.max_tokens=256")
@options.as_json
def command(
    paths: tuple[str, ...], out: str, rejects: str, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Cut prose into passages, a Parquet row each.

    PATH is a folder, a file or a glob; an archive, a dataset or a repository's address will do too. No recipe is
    needed and no Prefect is started.
    """
    run_on_files("chunk", paths, out, rejects, overrides, as_json=as_json)
