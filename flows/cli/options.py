"""Arguments and options that several commands share."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

import click

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def request(function: Callable[..., Any]) -> Callable[..., Any]:
    """SOURCE, --recipe and --set: what is to be built."""
    for add in (
        click.option(
            "--set",
            "overrides",
            multiple=True,
            metavar="KEY=VALUE",
            help="Change one key of the recipe; may be given several times.",
        ),
        click.option(
            "--recipe", default="mixed", show_default=True, metavar="FILE", help="A recipe's name or file."
        ),
        click.argument("sources", nargs=-1, metavar="[SOURCE]..."),
    ):
        function = add(function)
    return function


def lake(function: Callable[..., Any]) -> Callable[..., Any]:
    """--lake: where the artifacts lie."""
    return click.option(
        "--lake",
        default="",
        metavar="DIR",
        help="Folder of all artifacts.  [default: $TILTH_LAKE, else data/lake]",
    )(function)


def as_json(function: Callable[..., Any]) -> Callable[..., Any]:
    """--json: for machines."""
    return click.option(
        "--json", "as_json", is_flag=True, help="No progress; one JSON object on stdout as the last line."
    )(function)


def paths(function: Callable[..., Any]) -> Callable[..., Any]:
    """PATH...: the files that a stage alone works on."""
    return click.argument("paths", nargs=-1, required=True, metavar="PATH...")(function)


def out(rows_are: str) -> Decorator:
    """--out: where the rows go."""
    return click.option(
        "--out", required=True, metavar="FILE", help=f"Parquet file that gets the {rows_are}."
    )


def rejects(function: Callable[..., Any]) -> Callable[..., Any]:
    """--rejects: what was left out, row by row."""
    return click.option(
        "--rejects",
        default="",
        metavar="FILE",
        help="Parquet file that gets a row with its reason for each that is left out.",
    )(function)


def overrides(example: str) -> Decorator:
    """--set, for a stage alone."""
    return click.option(
        "--set",
        "overrides",
        multiple=True,
        metavar="KEY=VALUE",
        help=f"Set a key as in a recipe, such as {example}; may be given several times.",
    )
