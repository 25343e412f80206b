"""The part of `tilth generate` that asks a model: its options, and what it tells in the end."""

from __future__ import annotations

import json
import sys
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from flows.cli.alone import as_file, tell_rejects, timed
from tilth.errors import RequestError

if TYPE_CHECKING:
    from tilth.llm.config import ModelConfig

_OPTIONS = (
    click.option(
        "--rows", default="", metavar="FILE", help="A table (JSONL, CSV, Parquet …): prompt answers each row."
    ),
    click.option(
        "--seeds", default="", metavar="FILE", help="Seed examples: a table with instruction and output."
    ),
    click.option(
        "--prompt", default="", metavar="TEMPLATE", help="Jinja template over the columns, or @FILE with one."
    ),
    click.option("--system", default="", metavar="TEMPLATE", help="The same for the system message."),
    click.option(
        "--schema", default="", metavar="FILE", help="JSON schema that each answer to --prompt is to meet."
    ),
    click.option(
        "--columns", default="", metavar="FILE", help="YAML list of new columns that may refer to each other."
    ),
    click.option(
        "--count",
        "wanted",
        type=click.IntRange(min=1),
        default=None,
        metavar="N",
        help="So many accepted examples, neither more nor fewer.",
    ),
    click.option("--model", default="", metavar="NAME", help="Model to ask, as its provider calls it."),
    click.option(
        "--provider", default="openai", show_default=True, metavar="NAME", help="Provider of the model."
    ),
    click.option(
        "--base-url",
        default="",
        metavar="URL",
        help="Where the provider is reached.  [default: where it is known to be; $OPENAI_BASE_URL]",
    ),
    click.option(
        "--max-in-flight",
        type=click.IntRange(1, 10_000),
        default=64,
        show_default=True,
        help="Calls at once, at most.",
    ),
    click.option(
        "--budget-usd",
        type=click.FloatRange(min=0),
        default=None,
        metavar="X",
        help="Dollars that the output may cost, over all runs.",
    ),
    click.option(
        "--max-tokens",
        type=click.IntRange(min=1),
        default=None,
        help="Tokens of one answer.  [default: 4096]",
    ),
    click.option(
        "--temperature",
        type=click.FloatRange(0, 2),
        default=None,
        help="Of the model.  [default: the provider's]",
    ),
    click.option(
        "--batch", is_flag=True, help="Ask by the provider's batch API: half the price, within a day."
    ),
    click.option("--replay", is_flag=True, help="Use recorded answers alone; no call is made."),
)


def model_options(command: Callable[..., Any]) -> Callable[..., Any]:
    """The options of methods that ask a model; the command gets them as `given`."""
    for add in reversed(_OPTIONS):
        command = add(command)
    return command


def run_by_model(
    methods: tuple[str, ...], given: dict[str, Any], target: Path, left_out: Path | None, *, as_json: bool
) -> None:
    """Ask the model and tell what it came to; exit code 1 when the budget ended it."""
    from flows.alone.by_model import generate_by_model
    from flows.alone.model_request import ModelRequest

    asked = ModelRequest(
        method=_only(methods),
        model=_model(given),
        rows=_file(given["rows"]),
        seeds=_file(given["seeds"]),
        units=_file(given["units"]),
        chunks=_file(given["chunks"]),
        schema=_file(given["schema"]),
        columns=_file(given["columns"]),
        prompt=_text(given["prompt"]),
        system=_text(given["system"]),
        wanted=given["wanted"],
        root=Path(given["root"]).expanduser(),
        overrides=given["overrides"],
        lake=given["lake"],
    )
    told = timed(
        lambda progress: generate_by_model(asked, target, left_out, progress),
        as_json=as_json,
        stopped="What was answered is recorded: run the command again, and it asks only for the rest.",
    )
    if as_json:
        click.echo(json.dumps(told, ensure_ascii=False))
    else:
        _tell(told)
    if told["stopped"]:
        click.echo(f"tilth: {told['stopped']}", err=True)
        sys.exit(1)


def _tell(told: dict[str, Any]) -> None:
    from flows.spend import dollars

    click.echo(
        f"{told['path']}: {told['rows']:,} rows, {told['accepted']:,} accepted, in {told['seconds']:.1f} s"
    )
    unpriced = told["unpriced_calls"]
    cost = f"{unpriced:,} of them without a price" if unpriced else dollars(told["cost_usd"])
    click.echo(f"  {told['calls']:,} calls, {told['replayed']:,} replayed, {told['failed']:,} failed, {cost}")
    tell_rejects(told["rejects"])


def _only(methods: tuple[str, ...]) -> str:
    """The one method that asks a model. Raises `RequestError` for another, or more than one."""
    import difflib

    from flows.alone.by_model import MODEL_METHODS

    if len(methods) > 1:
        raise RequestError(f"One method at a time asks a model; there are {', '.join(methods)}.")
    if methods[0] not in MODEL_METHODS:
        hint = difflib.get_close_matches(methods[0], MODEL_METHODS, n=1)
        raise RequestError(
            f"There is no method {methods[0]} that asks a model. "
            + (f"Did you mean {hint[0]}? " if hint else "")
            + f"There is {', '.join(MODEL_METHODS)}."
        )
    return methods[0]


def _model(given: dict[str, Any]) -> ModelConfig:
    from tilth.llm.config import EngineConfig, ModelConfig

    named = ("provider", "model", "base_url", "max_tokens", "temperature", "budget_usd")
    chosen = {name: given[name] for name in named if given[name] not in ("", None)}
    calls = EngineConfig(max_in_flight=given["max_in_flight"])
    return ModelConfig(**chosen, calls=calls, is_replay=given["replay"], is_batch=given["batch"])


def _file(given: str) -> Path | None:
    return as_file(given) if given else None


def _text(given: str) -> str:
    """A template, or the content of the file that `@` names."""
    if not given.startswith("@"):
        return given
    path = as_file(given[1:])
    try:
        return path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read as a template: {error}.") from None
