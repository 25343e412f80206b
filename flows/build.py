"""The build: sources in, a dataset version out.

Run it from the command line (`tilth build`), from Prefect's run form, or on a schedule. Its parameters are flat, for
a form cannot show a recipe; they name one and change single keys of it.
"""

from __future__ import annotations

import time
from contextvars import ContextVar
from typing import Annotated, Any

from prefect import flow
from prefect.artifacts import create_markdown_artifact
from pydantic import Field

from flows import stages
from flows.recipe import SAMPLE, load_recipe, recipe_names
from flows.report import page, report, require_rows
from flows.run import Run
from flows.version_copy import check_copy, copy_version
from tilth.checks import write_data_docs
from tilth.fingerprint import ROOT
from tilth.lake import Lake
from tilth.llm.open_engine import check_model
from tilth.settings import settings

# Only the command line may name a recipe by its file: a file can hold steps, and steps are code. Whoever can open
# the run form can choose among the recipes that the deployment brings.
MAY_READ_FILES: ContextVar[bool] = ContextVar("may_read_files", default=False)


@flow(name="build", flow_run_name="build {recipe}")
def build(
    # The form offers the recipes of the checkout; the command line may also name a file, so the type stays open.
    recipe: Annotated[str, Field(json_schema_extra={"enum": recipe_names()})] = "mixed",
    sources: list[str] = [],  # noqa: B006  # Prefect's form reads the default from here; nobody appends to it
    overrides: list[str] = [],  # noqa: B006
    seed: Annotated[int, Field(ge=0)] = 0,
    lake: str = "",
    out: str = "",
) -> dict[str, Any]:
    """Turn sources into a dataset version.

    Args:
        recipe: What is made: code, documents, or both of them mixed.
        sources: Folders, files, globs, archives, datasets or git repositories (a path, or an address with an
            optional @revision), as the worker sees them. None: the bundled sample.
        overrides: Changes to the recipe, each as key=value, for instance chunk.max_tokens=256.
        seed: Decides what is drawn: sides of the partition, cut middles, wordings. 0: the recipe's own seeds.
        lake: Folder that holds all artifacts. Empty: the worker's TILTH_LAKE, else data/lake in the checkout.
        out: Folder that gets a copy of the version. Empty: none; the version is in the lake.
    """
    started = time.monotonic()
    plan, folder = load_recipe(recipe, overrides, seed=seed, may_read_files=MAY_READ_FILES.get())
    copy_to = check_copy(out)
    if plan.generate.by_model is not None:
        check_model(plan.generate.by_model.model)
    run = Run(Lake.open(lake or settings().lake, create=True), plan, folder)

    stages.ingest(run, sources or [str(ROOT / name) for name in SAMPLE])
    stages.dedupe_documents(run)
    stages.chunk(run)
    stages.split(run)
    stages.dedupe_units(run)
    stages.generate(run)
    stages.validate(run)
    stages.dedupe_examples(run)
    stages.balance(run)
    require_rows(run)
    version = stages.export(run)
    write_data_docs(run.lake)

    path = run.lake.versions / version.name
    if copy_to:
        path = copy_version(path, copy_to)
    summary = report(run, version, path, time.monotonic() - started)
    create_markdown_artifact(markdown=page(summary), key="build", description=f"Dataset {version.name}")
    return summary
