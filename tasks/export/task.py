"""Prefect's task of the stage `export`: one, for a version is written whole or not at all."""

from __future__ import annotations

from pathlib import Path

from prefect import task
from prefect.artifacts import create_markdown_artifact

from tasks import orchestration
from tasks.export.stage import ExportPlan, write_version
from tilth.artifact import Artifact
from tilth.lake import Lake


@task(name="export", task_run_name="export", **orchestration.TASK_OPTIONS)
def export(lake: Lake, plan: ExportPlan) -> Artifact:
    """Write the dataset version and show its card on the task run's page."""
    version = write_version(lake, plan)
    card = Path(lake.versions / plan.version_id / "README.md").read_text(encoding="utf-8")
    body = card.partition("\n---\n")[2]
    create_markdown_artifact(markdown=body, key="dataset-card", description=f"Dataset {plan.version_id}")
    return version
