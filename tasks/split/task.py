"""Prefect's tasks of the stage `split`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="split-shard", task_run_name="split {shard.name}", **orchestration.TASK_OPTIONS)
def split_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Cut the code of one shard into units."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="split", task_run_name="split", **orchestration.TASK_OPTIONS)
def split(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal `units`."""
    return orchestration.seal(lake, plan)
