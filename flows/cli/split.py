"""`tilth split`."""

from __future__ import annotations

import click

from flows.cli import options
from flows.cli.alone import run_on_files


@click.command()
@options.paths
@options.out("units")
@options.rejects
@options.overrides("split.max_bytes=1000000")
@options.as_json
def command(
    paths: tuple[str, ...], out: str, rejects: str, overrides: tuple[str, ...], as_json: bool
) -> None:
    """Cut code into units: functions, methods, classes, docstrings, comments …, a Parquet row each.

    PATH is a folder, a file or a glob; an archive, a dataset or a repository's address will do too. No recipe is
    needed and no Prefect is started. `start` and `end` are byte offsets in the file's text, which stands in the row of
    its module.
    """
    run_on_files("split", paths, out, rejects, overrides, as_json=as_json)
