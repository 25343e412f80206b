"""Prefect's tasks of the stage `generate`: a shard and the seal, by rule; and a shard of candidates for a model."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tasks.generate.by_model.stage import desks_of, write_batch
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


@task(
    name="generate-by-model-shard",
    task_run_name="generate by model {shard.name}",
    **orchestration.TASK_OPTIONS,
)
def generate_by_model_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Write the candidates of one shard, in this process: all shards share one engine. A retry is replayed."""
    total = sum(batch.num_rows for batch in shard.batches)
    tell = orchestration.live_progress(f"{total:,} candidates", total, desks_of(lake).said)
    return [write_batch(lake, plan.stage_digest, batch, tell) for batch in shard.batches]
