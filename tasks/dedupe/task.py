"""Prefect's tasks of the stage `dedupe`."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tasks.dedupe.stage import Subject, survivors_of
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.memory import give_back
from tilth.pool import dismiss_workers
from tilth.query import close_databases
from tilth.stage import Plan, Shard, whole_corpus

# At some 500 bytes an item their columns take what two idle workers hold; then these go first.
_MANY_ITEMS = 1_000_000


@task(name="sketch", task_run_name="sketch {plan.stage.artifact} {shard.name}", **orchestration.TASK_OPTIONS)
def sketch(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Sketch the items of one shard."""
    return orchestration.run_shard(lake, plan, shard)


@task(name="dedupe", task_run_name="dedupe {subject.reads[0]}", **orchestration.TASK_OPTIONS)
def dedupe(lake: Lake, plan: Plan, subject: Subject, sketches: Plan | None) -> Artifact:
    """Find who survives among all sketches, then check and seal the survivors.

    `sketches` is the plan that the sketches were made by; null when the survivors are known already.
    """
    if sketches is not None and sketches.wanted is not None:
        if plan.rows_in > _MANY_ITEMS:
            dismiss_workers()
            close_databases()
            give_back()
        whole_corpus(lake, plan, survivors_of(subject, sketches.stage_digest, sketches.wanted))
    return orchestration.seal(lake, plan)
