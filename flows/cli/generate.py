"""`tilth generate`."""

from __future__ import annotations

import json
from pathlib import Path

import click

from flows.cli import options
from flows.cli.alone import as_file, tell_rejects, timed


@click.command()
@click.option(
    "--method",
    "methods",
    multiple=True,
    required=True,
    metavar="RULE",
    help="Rule that makes the examples; may be given several times.",
)
@click.option(
    "--units", default="", metavar="FILE", help="Units to make examples of: from tilth split, or your own."
)
@click.option("--chunks", default="", metavar="FILE", help="Passages to make examples of: from tilth chunk.")
@click.option(
    "--root",
    default=".",
    show_default=True,
    metavar="DIR",
    help="Folder that the paths in a units file start from, where it has no texts.",
)
@options.out("examples")
@options.rejects
@options.overrides("generate.max_context_tokens=1024")
@options.as_json
def command(  # noqa: PLR0913, PLR0917  # click passes each option by its name
    methods: tuple[str, ...],
    units: str,
    chunks: str,
    root: str,
    out: str,
    rejects: str,
    overrides: tuple[str, ...],
    as_json: bool,
) -> None:
    """Make examples of units or passages by rule, a Parquet row each.

    A units file needs the columns name, kind, language, path, start and end (byte offsets); where it has no texts, they
    are read from its paths. No recipe is needed, no Prefect is started and no model is called.
    """
    from tilth.pool import do_without_pandas

    do_without_pandas()
    from flows.alone.generate import Request, check_methods, generate_alone
    from flows.recipe import recipe_of

    check_methods(methods)
    request = Request(
        methods,
        as_file(units) if units else None,
        as_file(chunks) if chunks else None,
        Path(root).expanduser(),
        recipe_of(overrides, "generate"),
    )
    target, left_out = as_file(out), as_file(rejects) if rejects else None
    told = timed(lambda progress: generate_alone(request, target, left_out, progress), as_json=as_json)
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    click.echo(f"{told['path']}: {told['rows']:,} examples, in {told['seconds']:.1f} s")
    for name, count in told["methods"].items():
        click.echo(f"  {count:>9,}  {name}")
    tell_rejects(told["rejects"])
