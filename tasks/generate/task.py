"""Prefect's tasks of the stage `generate`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="generate-shard", task_run_name="generate {shard.name}", **orchestration.TASK_OPTIONS)
def generate_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Make the examples of one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="generate", task_run_name="generate", **orchestration.TASK_OPTIONS)
def generate(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal `examples`."""
    return orchestration.seal(lake, plan)
