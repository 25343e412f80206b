"""`tilth generate`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import click

from flows.cli import options
from flows.cli.alone import as_file, tell_rejects, timed
from flows.cli.by_model import model_options, run_by_model


@click.command()
@click.option(
    "--method",
    "methods",
    multiple=True,
    required=True,
    metavar="NAME",
    help="Rule, or method that asks a model; rules may be several.",
)
@click.option(
    "--units", default="", metavar="FILE", help="Units to make examples of: from tilth split, or your own."
)
@click.option("--chunks", default="", metavar="FILE", help="Passages to make examples of: from tilth chunk.")
@model_options
@click.option(
    "--root",
    default=".",
    show_default=True,
    metavar="DIR",
    help="Folder that the paths in a units file start from, where it has no texts.",
)
@options.out("rows")
@options.rejects
@options.lake
@options.overrides("generate.max_context_tokens=1024")
@options.as_json
def command(methods: tuple[str, ...], out: str, rejects: str, as_json: bool, **given: Any) -> None:
    """Make examples of units or passages by rule, or by a model, a Parquet row each.

    Without --model rules make them, and no model is called. A units file needs the columns name, kind, language, path,
    start and end (byte offsets); where it has no texts, they are read from its paths. With --model one method asks that
    model: prompt fills new columns of any table, the others write examples. Each answer is recorded in the lake's
    ledger and never paid twice. No recipe is needed and no Prefect is started.
    """
    from tilth.pool import do_without_pandas

    do_without_pandas()
    target, left_out = as_file(out), as_file(rejects) if rejects else None
    if given["model"]:
        run_by_model(methods, given, target, left_out, as_json=as_json)
    else:
        _by_rule(methods, given, target, left_out, as_json=as_json)


def _by_rule(
    methods: tuple[str, ...], given: dict[str, Any], target: Path, left_out: Path | None, *, as_json: bool
) -> None:
    from flows.alone.generate import Request, check_methods, generate_alone
    from flows.recipe import recipe_of

    check_methods(methods)
    request = Request(
        methods,
        as_file(given["units"]) if given["units"] else None,
        as_file(given["chunks"]) if given["chunks"] else None,
        Path(given["root"]).expanduser(),
        recipe_of(given["overrides"], "generate"),
    )
    told = timed(lambda progress: generate_alone(request, target, left_out, progress), as_json=as_json)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{told['path']}: {told['rows']:,} examples, in {told['seconds']:.1f} s")
    for name, made in told["methods"].items():
        click.echo(f"  {made:>9,}  {name}")
    tell_rejects(told["rejects"])
