"""Prefect's tasks of the stage `ingest`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="ingest-shard", task_run_name="ingest {shard.name}", **orchestration.TASK_OPTIONS)
def ingest_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Read the files of one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="ingest", task_run_name="ingest", **orchestration.TASK_OPTIONS)
def ingest(lake: Lake, plan: Plan) -> Artifact:
    """Check and seal `documents`."""
    return orchestration.seal(lake, plan)
