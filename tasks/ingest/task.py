"""Prefect's tasks of the stage `ingest`."""

from __future__ import annotations

import pyarrow as pa
from prefect import task

from tasks import orchestration
from tasks.ingest.stage import write_survey_rejects
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, Shard


@task(name="ingest-shard", task_run_name="ingest {shard.name}", **orchestration.TASK_OPTIONS)
def ingest_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Read the files of one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="ingest", task_run_name="ingest", **orchestration.TASK_OPTIONS)
def ingest(lake: Lake, plan: Plan, left_out: pa.Table) -> Artifact:
    """Check and seal `documents`; `left_out` are the rejects of the survey, which no shard has seen."""
    write_survey_rejects(lake, plan, left_out)
    return orchestration.seal(lake, plan)
