"""What the commands that run one stage alone share: how they begin and what they tell in the end."""

from __future__ import annotations

import json
import sys
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any

import click

from flows.cli.progress import Progress
from tilth.errors import LakeError, RequestError

Work = Callable[[Progress], dict[str, Any]]


def run_on_files(
    stage: str, paths: tuple[str, ...], out: str, rejects: str, overrides: tuple[str, ...], *, as_json: bool
) -> None:
    """Run split or chunk and tell what became of it."""
    from tilth.pool import do_without_pandas

    do_without_pandas()
    from flows.alone.from_files import JOBS, from_files
    from flows.recipe import recipe_of

    target = as_file(out)
    recipe = recipe_of(overrides, stage)
    told = timed(
        lambda progress: from_files(
            stage, paths, target, as_file(rejects) if rejects else None, recipe, progress
        ),
        as_json=as_json,
    )
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
        return
    rows_are = JOBS[stage].rows_are
    of_files = f"of {told['files']:,} files, {told['bytes'] / 1e6:,.1f} MB"
    click.echo(f"{told['path']}: {told['rows']:,} {rows_are} {of_files}, in {told['seconds']:.1f} s")
    tell_rejects(told["rejects"])


def as_file(text: str) -> Path:
    """The path of a file. Raises `RequestError` for what can be none."""
    if not text.strip() or "\0" in text:
        raise RequestError(f"{text!r} is no file's name. Name one, such as rows.parquet.")
    return Path(text).expanduser()


def timed(work: Work, *, as_json: bool, stopped: str = "Nothing was written.") -> dict[str, Any]:
    """What the work tells, and how many seconds it took.

    Raises `LakeError` when a library cannot read or write; ends with exit code 130, and what `stopped` says, when
    somebody stops it.
    """
    import pyarrow as pa

    started = time.monotonic()
    try:
        with Progress(is_quiet=as_json) as progress:
            told = work(progress)
    except pa.ArrowException as error:
        raise LakeError(
            f"A file cannot be read or written: {str(error).partition(chr(10))[0]}. Nothing was changed."
        ) from None
    except KeyboardInterrupt:
        click.echo(f"tilth: Stopped. {stopped}", err=True)
        sys.exit(130)
    return {**told, "seconds": round(time.monotonic() - started, 3)}


def tell_rejects(rejects: dict[str, int]) -> None:
    """A line on what was left out, by reason."""
    if rejects:
        shown = ", ".join(f"{count:,} {reason}" for reason, count in rejects.items())
        click.echo(f"  left out  {sum(rejects.values()):,}: {shown}")
