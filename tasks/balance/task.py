"""Prefect's task of the stage `balance`: one, for it sees all examples at once."""

from __future__ import annotations

from prefect import task

from tasks import orchestration
from tasks.balance.stage import compute
from tilth.artifact import Artifact
from tilth.lake import Lake
from tilth.stage import Plan, whole_corpus


@task(name="balance", task_run_name="balance", **orchestration.TASK_OPTIONS)
def balance(lake: Lake, plan: Plan) -> Artifact:
    """Choose and weigh among the survivors, then check and seal `mixture`."""
    whole_corpus(lake, plan, compute)
    return orchestration.seal(lake, plan)
