"""`tilth build`."""

from __future__ import annotations

import json
from typing import Any

import click

from flows.cli import options
from flows.cli.prefect_environment import prepare
from flows.cli.progress import Progress
from tasks.ingest.clone import without_credentials
from tilth.errors import LakeError, ServerError


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
    from tilth.memory import collect_seldom

    # What is wrong with the request is told at once, not after Prefect has started.
    wanted, folder = load_recipe(recipe, overrides)
    for step in wanted.steps:
        wanted.step_config(step, folder)
    check_copy(out)
    if wanted.generate.by_model is not None:
        from tilth.llm.open_engine import check_model

        check_model(wanted.generate.by_model.model)
    progress = Progress(is_quiet=as_json)
    progress.say("Starting Prefect …")
    collect_seldom()
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
    """Run a flow in this process without the second that Prefect waits for its heartbeat thread.

    Raises `ServerError` when Prefect's server cannot be asked, `LakeError` when a file of the lake cannot be read.
    """
    import duckdb
    import httpx
    import pyarrow as pa
    from prefect.exceptions import PrefectException
    from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

    try:
        with temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            result: dict[str, Any] = flow(**parameters)
    except (httpx.HTTPError, httpx.InvalidURL, PrefectException, RuntimeError) as error:
        # Prefect says it so when nobody listens at the address, and when its own server takes too long to start.
        if isinstance(error, RuntimeError) and " API " not in str(error):
            raise
        where = without_credentials(PREFECT_API_URL.value() or "of this process")
        raise ServerError(
            f"Prefect's server {where} cannot be asked: {_first_line(error)}. "
            "Start it, or unset PREFECT_API_URL for one of the build's own."
        ) from None
    except (duckdb.Error, pa.ArrowException) as error:
        raise LakeError(
            f"A file cannot be read or written: {_first_line(error)}. "
            "If it names one of the lake, remove that file and run the same command again."
        ) from None
    return result


def _first_line(error: Exception) -> str:
    return without_credentials(str(error).partition("\n")[0].rstrip(".")) or type(error).__name__


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
    if "model" in summary:
        _tell_spent(summary["model"])
    for warning in summary["warnings"]:
        click.echo(f"  warning   {warning}")


def _tell_spent(spent: dict[str, Any]) -> None:
    from flows.spend import dollars

    click.echo(
        f"  by model  {spent['calls']:,} calls, {spent['replayed']:,} replayed, {spent['failed']:,} failed, "
        f"{dollars(spent['cost_usd'])}"
    )
    if spent["is_out_of_budget"]:
        click.echo("  budget    it does not cover the rest; raise it and build again: nothing is paid twice")
    for cell in spent["cells"]:
        if cell["state"] != "full":
            click.echo(f"  cell      {cell['sentence']}")
