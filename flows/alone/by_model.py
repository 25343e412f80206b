"""Examples and columns written by a model, from anybody's files: what `tilth generate --model` does.

The ledger of the lake remembers every answer, so that the same command asks only for what is new; the budget is kept
under the name of the file that is written, over any number of runs.
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any, get_args

import yaml

from flows.alone.fill_columns import fill_columns
from flows.alone.model_request import ModelRequest
from flows.alone.output import check_apart, check_target
from flows.alone.progress import Tell
from flows.alone.write_examples import check_method, write_examples
from flows.model_calls import ModelRun
from flows.spend import dollars
from tasks.generate.by_model.config import AnyMethod, ByModelConfig
from tasks.generate.by_model.methods import METHODS
from tilth.errors import RequestError
from tilth.fingerprint import digest
from tilth.lake import Lake
from tilth.llm.columns import PromptColumn
from tilth.llm.open_engine import open_engine
from tilth.settings import settings
from tilth.yaml_errors import NO_YAML

PROMPT = "prompt"
MODEL_METHODS = (PROMPT, *METHODS)
_INPUTS = ("rows", "seeds", "units", "chunks", "schema", "columns")


def generate_by_model(
    request: ModelRequest, out: Path, rejects_path: Path | None, tell: Tell
) -> dict[str, Any]:
    """Write what the model answers; the counts: accepted, calls, replayed, failed, cost_usd, rejects, path.

    Raises `RequestError` for a wrong request, `ModelError` when the model cannot be asked, `LakeError` for a disk that
    is full.
    """
    check_target(out)
    inputs = {f"--{name}": getattr(request, name) for name in _INPUTS}
    check_apart({"--out": out, "--rejects": rejects_path}, inputs)
    if rejects_path is not None:
        check_target(rejects_path)
    work = _work(request, out, rejects_path)
    lake = Lake.open(request.lake or settings().lake, create=True)
    ledger = settings().ledger or lake.ledger
    with open_engine(request.model, ledger, _purse(out)) as engine:
        run = ModelRun(engine, request.model, tell.at)
        told = work(run)
    used = run.spend.usage
    return {
        **told,
        "calls": used.calls,
        "replayed": used.replayed,
        "failed": used.failed,
        "cost_usd": run.spend.cost_usd,
        "unpriced_calls": used.unpriced,
        "input_tokens": used.input_tokens,
        "output_tokens": used.output_tokens,
        "stopped": _stopped(request, told, run),
    }


def _work(
    request: ModelRequest, out: Path, rejects_path: Path | None
) -> Callable[[ModelRun], dict[str, Any]]:
    """What there is to do, once an engine is there; raises `RequestError` for what cannot be done."""
    _check_used(request)
    if request.method == PROMPT:
        if request.overrides:
            raise RequestError(
                "prompt has no keys to set; describe columns by --prompt, --schema or --columns."
            )
        if request.rows is None:
            raise RequestError("prompt works on a table's rows: --rows FILE (JSONL, CSV or Parquet)")
        columns, rows = columns_of(request), request.rows
        return lambda run: fill_columns(columns, rows, out, rejects_path, run, request.wanted)
    config = config_of(request)
    check_method(request, config)
    return lambda run: write_examples(request, config, out, rejects_path, run)


def _check_used(request: ModelRequest) -> None:
    """Raise `RequestError` for an option that the method would pass over in silence."""
    if request.method == PROMPT:
        used = {"rows", "prompt", "system", "schema", "columns"}
        if request.columns is not None:
            used -= {"prompt", "system", "schema"}
    else:
        kinds = {"seed": "seeds", "passage": "chunks", "unit": "units", "row": "rows"}
        used = {kinds[kind] for kind in METHODS[request.method].material}
        used |= {"prompt", "system"} if request.method == "template" else set()
    for name in (*_INPUTS, "prompt", "system"):
        if getattr(request, name) and name not in used:
            with_columns = " with --columns" if request.columns is not None and name != "columns" else ""
            told = ", ".join(f"--{each}" for each in sorted(used)) or "no file"
            raise RequestError(
                f"{request.method}{with_columns} has no use for --{name}; it takes {told}. Leave it out."
            )


def config_of(request: ModelRequest) -> ByModelConfig:
    """The method's config, with `key=value` overrides. Raises `RequestError` for a key or value that is none."""
    from pydantic import ValidationError

    options: dict[str, Any] = {}
    for override in request.overrides:
        key, separator, text = override.partition("=")
        if not separator:
            raise RequestError(f"--set {override}: write it as key=value.")
        try:
            options[key.strip()] = yaml.safe_load(text)
        except NO_YAML:
            raise RequestError(f"--set {override[:80]}: the value is no YAML. Quote it.") from None
    if request.method == "template" and request.prompt:
        options = {"prompts": [request.prompt], "system": request.system, **options}
    seed = options.pop("seed", 0)
    given = {"model": request.model, "methods": [{"method": request.method, **options}], "seed": seed}
    try:
        return ByModelConfig.model_validate(given)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        # methods, its number, its name, and then the option.
        place = ".".join(str(part) for part in fault["loc"][3:]) or str(fault["loc"][-1])
        if fault["type"] == "extra_forbidden":
            known = _options_of(request.method)
            raise RequestError(
                f"--set: {request.method} has no option {place}; it has {', '.join(known)}."
            ) from None
        raise RequestError(f"--set {place}: {fault['msg']}. See docs/reference/recipe.md.") from None


def _options_of(method: str) -> list[str]:
    """The keys that --set takes for a method."""
    for kind in get_args(get_args(AnyMethod)[0]):
        if kind.model_fields["method"].default == method:
            return sorted({*kind.model_fields, "seed"} - {"method", "weight"})
    return ["seed"]


def _stopped(request: ModelRequest, told: dict[str, Any], run: ModelRun) -> str | None:
    """Why less came out than was asked for, where something ended the run; a failed row here and there does not."""
    if "why" in told:
        return None if told["rows"] == request.wanted else str(told["why"])
    if run.is_out_of_budget:
        bound = "" if request.model.budget_usd is None else f" of {dollars(request.model.budget_usd)}"
        return (
            f"The budget{bound} does not cover the rest: {told['accepted']:,} of {told['rows']:,} rows are answered. "
            "Raise it and run the command again; what is answered is not paid twice."
        )
    if not told["accepted"]:
        reasons = ", ".join(f"{count:,} {reason}" for reason, count in told["rejects"].items())
        return f"Nothing came of it: {reasons}. See each with --rejects FILE."
    return None


def _purse(out: Path) -> str:
    """What the spend of one output is counted under; where it lies on this machine is nobody else's matter."""
    return f"alone-{digest(str(out.absolute()))[:16]}"


def columns_of(request: ModelRequest) -> list[PromptColumn]:
    """The new columns: those of a file, or the one that a prompt describes."""
    model = {
        "provider": request.model.provider,
        "model": request.model.model,
        "parameters": request.model.call_parameters,
    }
    if request.columns is not None:
        given = _yaml(request.columns, "columns")
        if not isinstance(given, list) or not all(isinstance(entry, dict) for entry in given):
            raise RequestError(
                f"{request.columns} is no list of columns, each with name and prompt: see the how-to."
            )
        return [_column({**model, **entry}, str(request.columns)) for entry in given]
    if not request.prompt:
        raise RequestError(
            "prompt needs a template: --prompt TEXT, --prompt @FILE, or several by --columns FILE"
        )
    schema = None if request.schema is None else _yaml(request.schema, "a JSON schema")
    asked = {"prompt": request.prompt, "system": request.system, "answer_schema": schema}
    return [_column({**model, **asked}, "--prompt")]


def _column(values: dict[str, Any], where: str) -> PromptColumn:
    from pydantic import ValidationError

    try:
        return PromptColumn.model_validate(values)
    except ValidationError as error:
        fault = error.errors(include_url=False)[0]
        place = ".".join(str(part) for part in fault["loc"])
        raise RequestError(f"{where}: {place}: {fault['msg']}.") from None


def _yaml(path: Path, what: str) -> Any:
    try:
        return yaml.safe_load(path.read_text(encoding="utf-8"))
    except (OSError, *NO_YAML) as error:
        raise RequestError(f"{path} cannot be read as {what}: {error}.") from None
