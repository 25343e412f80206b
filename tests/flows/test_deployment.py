"""The deployment, with a real server, worker and browser."""

from __future__ import annotations

import re
import shutil
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from uuid import UUID

import pyarrow.parquet as pq
import pytest

from tests.conftest import SERVER
from tests.flows.conftest import DEPLOY, HOSTILE, WORKER, Deployment
from tilth.fingerprint import ROOT

_CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
# It shows a page of this machine to a test and has no business elsewhere.
_ARGUMENTS = [
    "--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run",
    "--disable-background-networking", "--disable-component-update", "--disable-sync",
]  # fmt: skip
_STAGE_ARTIFACTS = {
    "documents", "surviving-documents", "chunks", "units", "surviving-units", "examples", "verdicts",
    "surviving-examples", "mixture", "dataset-card",
}  # fmt: skip


@pytest.fixture(scope="session")
def first_run(deployment: Deployment, shapes: Path) -> Any:
    run_id = deployment.start(recipe="code", sources=[str(shapes)])
    return deployment.finished(run_id)


@pytest.mark.flow
def test_a_run_that_a_worker_takes_completes_and_leaves_a_dataset_version(deployment, first_run):
    assert first_run.state_name == "Completed", deployment.worker_log.read_text(encoding="utf-8")
    (version,) = (deployment.lake / "versions").iterdir()
    assert version.name.startswith("code-")
    assert (version / "manifest.json").is_file()
    assert sum(pq.read_metadata(file).num_rows for file in version.glob("data/*.parquet")) > 0


@pytest.mark.flow
def test_runs_have_names_that_say_what_they_do(deployment, first_run):
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    assert first_run.name == "build code"
    only_this = FlowRunFilter(id=FlowRunFilterId(any_=[first_run.id]))
    names = {run.name for run in deployment.client.read_task_runs(flow_run_filter=only_this)}
    assert {
        "ingest 1 of 1",
        "ingest",
        "dedupe documents",
        "split 1 of 1",
        "dedupe examples",
        "export",
    } <= names


@pytest.mark.flow
def test_each_stage_leaves_an_artifact_with_its_counts_on_the_page(deployment, first_run):
    artifacts = artifacts_of(deployment, first_run.id)
    assert _STAGE_ARTIFACTS | {"build"} <= artifacts.keys()
    assert re.fullmatch(r"1 in, \d+ out, 0 rejected", artifacts["units"].description)
    assert re.fullmatch(r"(\d+) of \1 expectations hold", artifacts["units-checks"].description)


@pytest.mark.flow
def test_the_form_takes_no_recipe_but_those_of_the_checkout(deployment):
    from prefect.exceptions import PrefectHTTPStatusError

    with pytest.raises(PrefectHTTPStatusError, match="is not one of"):
        deployment.start(recipe="/tmp/recipe.yaml")


def test_the_how_to_names_the_commands_that_these_tests_run():
    how_to = (ROOT / "docs/how-to/run-on-prefect.md").read_text(encoding="utf-8")
    assert [command for command in (SERVER, WORKER, DEPLOY) if command not in how_to] == []


def artifacts_of(deployment: Deployment, run_id: UUID) -> dict[str, Any]:
    from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterFlowRunId

    only_this = ArtifactFilter(flow_run_id=ArtifactFilterFlowRunId(any_=[run_id]))
    return {
        found.key: found for found in deployment.client.read_artifacts(artifact_filter=only_this, limit=100)
    }


@pytest.fixture
def page() -> Iterator[Any]:
    if _CHROMIUM is None:
        pytest.skip("there is no chromium: the run form is NOT proven (Debian: apt install chromium)")
    from playwright.sync_api import sync_playwright

    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=_CHROMIUM, args=_ARGUMENTS)
        try:
            opened = browser.new_page(viewport={"width": 1400, "height": 1200})
            opened.set_default_timeout(60_000)
            yield opened
        finally:
            browser.close()


@pytest.mark.flow
@pytest.mark.browser
def test_a_run_from_the_form_completes_and_its_page_shows_strangers_text_without_running_it(
    deployment, first_run, shapes, page
):
    before = set(run_ids(deployment))
    page.goto(deployment.api.removesuffix("/api"))
    fill_form(page, recipe="code", source=str(shapes), override="generate.max_views_per_unit=1")
    run_id = submitted(page, deployment, before)

    run = deployment.finished(run_id)
    assert run.state_name == "Completed", deployment.worker_log.read_text(encoding="utf-8")
    assert run.parameters["sources"] == [str(shapes)]
    assert run.parameters["overrides"] == ["generate.max_views_per_unit=1"]

    page.goto(f"{deployment.api.removesuffix('/api')}/v2/runs/flow-run/{run_id}")
    page.get_by_role("tab", name="Artifacts").click()
    page.get_by_role("heading", name="examples", exact=True).wait_for()
    examples = artifacts_of(deployment, run_id)["examples"]
    page.goto(f"{deployment.api.removesuffix('/api')}/v2/artifacts/artifact/{examples.id}")
    page.get_by_text(HOSTILE).first.wait_for()
    assert page.locator("main script, main img").count() == 0
    assert page.evaluate("window.isOwned") is None


def run_ids(deployment: Deployment) -> list[UUID]:
    return [run.id for run in deployment.client.read_flow_runs()]


def submitted(page: Any, deployment: Deployment, before: set[UUID]) -> UUID:
    """Press the button until the server has a run that it did not have; a page that is still busy takes no click."""
    for _ in range(6):
        button = page.get_by_role("button", name="Submit")
        if button.is_visible():
            button.click()
        until = time.monotonic() + 20
        while time.monotonic() < until:
            found = set(run_ids(deployment)) - before
            if found:
                return found.pop()
            page.wait_for_timeout(200)
    pytest.fail(f"The form was not taken:\n{page.locator('form').inner_text()}")


def fill_form(page: Any, recipe: str, source: str, override: str) -> None:
    """From the first page to the filled form, as a person goes."""
    page.get_by_role("link", name="Deployments").click()
    page.locator("a[href*='/deployments/deployment/']", has_text="build").click()
    page.get_by_role("button", name="Run", exact=True).click()
    page.get_by_role("menuitem", name="Custom run").click()
    page.get_by_role("button", name="Select recipe").click()
    page.get_by_role("option", name=recipe).click()
    # The groups of the form are its parameters, in their order.
    for group, text in ((1, source), (2, override)):
        parameter = page.locator("form").get_by_role("group").nth(group)
        parameter.get_by_role("button", name="Add item").click()
        parameter.get_by_role("textbox").fill(text)
