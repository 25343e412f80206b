"""Prefect's tasks of the stage `validate`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="validate-shard", task_run_name="validate {shard.name}", **orchestration.TASK_OPTIONS)
def validate_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Judge the examples of one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="validate", task_run_name="validate", **orchestration.TASK_OPTIONS)
def validate(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal `verdicts`."""
    return orchestration.seal(lake, plan)
