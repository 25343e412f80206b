"""Prefect's tasks of the stage `chunk`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="chunk-shard", task_run_name="chunk {shard.name}", **orchestration.TASK_OPTIONS)
def chunk_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Cut the prose of one shard into passages."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="chunk", task_run_name="chunk", **orchestration.TASK_OPTIONS)
def chunk(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal `chunks`."""
    return orchestration.seal(lake, plan)
