"""`tilth build`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options
from flows.cli.prefect_environment import prepare
from flows.cli.progress import Progress


@click.command()
@options.request
@options.lake
@click.option("--out", default="", metavar="DIR", help="Folder that gets a copy of the version.")
@options.as_json
def command(
    sources: tuple[str, ...], recipe: str, overrides: tuple[str, ...], lake: str, out: str, as_json: bool
) -> None:
    """Turn sources into a dataset version.

    SOURCE is a folder, a file, a glob, an archive, a dataset (JSON, JSONL, YAML, CSV, Parquet) or a git repository,
    local or by URL with an optional @revision. Without one the bundled sample is built.
    """
    from flows.recipe import load_recipe
    from flows.version_copy import check_copy

    # What is wrong with the request is told at once, not after Prefect has started.
    wanted, folder = load_recipe(recipe, overrides)
    for step in wanted.steps:
        wanted.step_config(step, folder)
    check_copy(out)
    progress = Progress(is_quiet=as_json)
    progress.say("Starting Prefect …")
    prepare()
    from flows.build import MAY_READ_FILES, build
    from flows.run import WATCHER

    MAY_READ_FILES.set(True)
    WATCHER.set(progress)
    with progress:
        summary = run_quietly(
            build, recipe=recipe, sources=list(sources), overrides=list(overrides), lake=lake, out=out
        )
    if as_json:
        click.echo(json.dumps(summary, ensure_ascii=False))
    else:
        _tell(summary, lake)


def run_quietly(flow: Any, **parameters: Any) -> dict[str, Any]:
    """Run a flow in this process without the second that Prefect waits for its heartbeat thread."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
        result: dict[str, Any] = flow(**parameters)
    return result


def _tell(summary: dict[str, Any], lake: str) -> None:
    counts = summary["counts"]
    click.echo(
        f"{summary['version']}: {counts['exported']:,} examples "
        f"from {counts['documents']:,} documents, {counts['units']:,} units and {counts['chunks']:,} passages, "
        f"in {summary['seconds']:.1f} s"
    )
    click.echo(f"  it is in  {summary['path']}")
    left_out = sum(summary["rejects"].values())
    option = f" --lake {lake}" if lake else ""
    click.echo(f"  left out  {left_out:,} rows, each with its reason: tilth show --rejects{option}")
    for warning in summary["warnings"]:
        click.echo(f"  warning   {warning}")
