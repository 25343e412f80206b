"""What a build would do, found out without doing any of it."""

from __future__ import annotations

import tempfile
from collections import Counter
from pathlib import Path
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from flows.recipe import SAMPLE, Recipe, load_recipe
from tasks.chunk import stage as chunk_stage
from tasks.generate import stage as generate_stage
from tasks.ingest import stage as ingest_stage
from tasks.ingest.survey import survey_sources
from tasks.split import stage as split_stage
from tasks.validate import stage as validate_stage
from tilth.artifact import known_keys
from tilth.errors import RequestError
from tilth.fingerprint import ROOT
from tilth.lake import Lake
from tilth.query import connect
from tilth.settings import settings


def plan_build(
    sources: list[str], recipe_name: str, overrides: list[str], lake: str, preview: int = 0
) -> dict[str, Any]:
    """Counts of what the survey finds, of what of it the lake does not know yet, a line a stage, and what it will cost.

    With `preview` so many candidates are written by the model, and paid for.

    Raises `RequestError` for whatever a build would refuse.
    """
    recipe, folder = load_recipe(recipe_name, overrides)
    for step in recipe.steps:
        recipe.step_config(step, folder)
    root = Path(lake or settings().lake)
    opened = Lake.open(root) if (root / "format.json").is_file() else None
    with tempfile.TemporaryDirectory() as scratch:
        cache = opened.root / "repositories" if opened else Path(scratch)
        survey = survey_sources(sources or [str(ROOT / name) for name in SAMPLE], recipe.ingest, cache)
        work = ingest_stage.wanted(survey)
        missing = _missing(opened, recipe, work)
        model = _model(recipe, survey.rows, opened, root, preview)
    left_out = Counter(survey.rejects["reason"].to_pylist())
    return {
        "files": {
            "found": survey.rows.num_rows,
            "bytes": pc.sum(survey.rows["bytes"]).as_py() or 0,
            "left_out": survey.rejects.num_rows,
            "missing": missing.num_rows,
            "missing_bytes": pc.sum(missing["bytes"]).as_py() or 0,
        },
        "is_complete": missing.num_rows == 0,
        "left_out": dict(sorted(left_out.items())),
        "stages": _lines(opened, recipe, missing.num_rows),
        "calls": model["preview"]["calls"] if model and "preview" in model else 0,
        "cost_usd": model["preview"]["cost_usd"] if model and "preview" in model else 0.0,
        **({"model": model} if model else {}),
    }


def _model(
    recipe: Recipe, files: pa.Table, opened: Lake | None, root: Path, preview: int
) -> dict[str, Any] | None:
    """What the part that asks a model will cost; None where none is asked."""
    if recipe.generate.by_model is None:
        if preview:
            raise RequestError(
                "The recipe asks no model, so there is nothing to preview. Leave out --preview."
            )
        return None
    from flows.estimating import estimate_calls, preview_calls

    if not preview:
        return estimate_calls(recipe, files, opened)
    return preview_calls(recipe, files, opened or Lake.open(root, create=True), preview)


def _missing(lake: Lake | None, recipe: Recipe, work: pa.Table) -> pa.Table:
    """Files of the survey that have not been read yet under this recipe."""
    files = work.filter(pc.not_equal(work["key"], ingest_stage.SURVEY_KEY))
    if lake is None:
        return files
    with connect() as connection:
        known_keys(connection, lake, "documents", ingest_stage.STAGE.digest(recipe.ingest))
        connection.register("files", files)
        return connection.sql("SELECT * FROM files ANTI JOIN known USING (key, work_digest)").to_arrow_table()


def _lines(lake: Lake | None, recipe: Recipe, missing: int) -> dict[str, str]:
    """What each stage would do, in words."""
    configs = {
        "chunk": (chunk_stage.STAGE, recipe.chunk),
        "split": (split_stage.STAGE, recipe.split),
        "generate": (generate_stage.STAGE, recipe.generate),
        "validate": (validate_stage.STAGE, recipe.validation),
    }
    told = {"ingest": f"reads {missing:,} files" if missing else "knows every file"}
    for name, (stage, config) in configs.items():
        folder = lake.parts(stage.artifact, stage.digest(config)) if lake else None
        is_known = folder is not None and folder.is_dir()
        told[name] = (
            "computes what is new"
            if is_known and missing
            else "knows it all"
            if is_known
            else "starts from nothing"
        )
    methods = [*recipe.generate.code_methods, *recipe.generate.prose_methods]
    by_model = recipe.generate.by_model
    asked = (
        f"by {by_model.model.model}: " + ", ".join(chosen.method for chosen in by_model.methods)
        if by_model
        else ""
    )
    told["generate"] += f", by {', '.join(methods) or 'no rule'}; " + (asked or "no model is called")
    told["export"] = f"writes {', '.join(recipe.export.formats)}"
    return told
