"""Prefect's tasks of the stage `transform`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="transform-shard", task_run_name="{plan.config.name} {shard.name}", **orchestration.TASK_OPTIONS)
def transform_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Run a step of the user's own over one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="transform", task_run_name="{plan.config.name}", **orchestration.TASK_OPTIONS)
def transform(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal what the step gave, by the suite of the stage before it."""
    return orchestration.seal(lake, plan)
