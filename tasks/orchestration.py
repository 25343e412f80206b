"""How Prefect runs a stage: what it retries, what it finds in its cache, and what the page of a task run shows.

The one module beside the rooms' `task.py` that may import Prefect, so that each of those says only what is its
own. A task is a shard or the sealing of an artifact, never a row.
"""

from __future__ import annotations

import importlib
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Protocol
from uuid import UUID

import pyarrow as pa
from prefect.artifacts import (
    create_markdown_artifact,
    create_progress_artifact,
    create_table_artifact,
    update_progress_artifact,
)
from prefect.cache_policies import CachePolicy
from prefect.client.schemas.objects import State, TaskRun
from prefect.context import TaskRunContext
from prefect.logging import get_run_logger
from prefect.runtime import task_run
from prefect.tasks import Task, exponential_backoff

from tilth import markdown
from tilth.artifact import Artifact, Manifest, load_manifest, scan
from tilth.checks import Finding, check_artifact, describe
from tilth.errors import TransientError
from tilth.lake import Lake
from tilth.pool import run_in_pool
from tilth.query import connect
from tilth.stage import Plan, Shard, finish, run_batch

# Prefect keeps an artifact twice in its database and on every page load: the full data stays in the lake.
_SAMPLE_ROWS, _TEXT_CHARACTERS = 10, 400
# The server keeps each state of a page; a person looks at one every few seconds.
_LIVE_S = 3.0
# For joins, not for people.
_NOT_SHOWN = ("key", "text_digest", "extra")


def is_transient(_task: Task[..., Any], _run: TaskRun, state: State[Any]) -> bool:
    """Whether another try may do better: a killed worker or a passing fault of the system, never a wrong input."""
    error = state.result(raise_on_failure=False)
    return isinstance(
        error, TransientError | ConnectionError | TimeoutError | BlockingIOError | InterruptedError
    )


class Work(Protocol):
    """A plan as the cache sees it."""

    def cache_name(self, shard: Shard | None) -> str:
        """What the work is called: its inputs, config and engines."""

    def is_done(self, lake: Lake, shard: Shard | None) -> bool:
        """Whether what it gives is in the lake."""


@dataclass
class ContentKey(CachePolicy):
    """Cache by what the work is made of: the key that the task's `shard` or `plan` carries, inside one lake.

    A cached result whose files have gone is a miss: its record is removed, so that the work is done again.
    """

    def compute_key(
        self, task_ctx: TaskRunContext, inputs: dict[str, Any], flow_parameters: dict[str, Any], **kwargs: Any
    ) -> str | None:
        """The key for a call with these inputs."""
        lake: Lake = inputs["lake"]
        this: Work = inputs["plan"]
        shard: Shard | None = inputs.get("shard")
        key = f"tilth-{lake.lake_id}-{this.cache_name(shard)}".replace("_", "-")
        if not this.is_done(lake, shard):
            _forget(task_ctx, key)
        return key


def _forget(context: TaskRunContext, key: str) -> None:
    store = context.result_store
    if store.exists(key):
        record = store.read(key)
        Path(record.metadata.storage_key or "").unlink(missing_ok=True)


# What every task of Tilth has in common. Three tries a few seconds apart outlast a worker killed for memory.
TASK_OPTIONS: dict[str, Any] = {
    "retries": 3,
    "retry_delay_seconds": exponential_backoff(backoff_factor=2),
    "retry_jitter_factor": 0.3,
    "retry_condition_fn": is_transient,
    "cache_policy": ContentKey(),
    "persist_result": True,
    "result_serializer": "json",
}


def run_shard(lake: Lake, plan: Plan, shard: Shard) -> list[str]:
    """Compute the batches of a shard in a worker process; the paths of their parts inside the lake."""
    return [
        run_in_pool(run_batch, lake, plan.stage, plan.config, plan.stage_digest, batch)
        for batch in shard.batches
    ]


def live_progress(what: str, total: int, said: Callable[[], str]) -> Callable[[], None]:
    """A bar on the task run's page with a sentence under it; what is returned is called when one of `total` is done."""
    page = create_progress_artifact(0.0, key="generate-by-model", description=f"{what}: {said()}")
    assert isinstance(page, UUID)  # a coroutine only inside an event loop, where tasks do not run
    done, told_at = 0, time.monotonic()

    def advance() -> None:
        nonlocal done, told_at
        done += 1
        if done == total or time.monotonic() - told_at > _LIVE_S:
            told_at = time.monotonic()
            update_progress_artifact(page, 100.0 * done / total, description=f"{what}: {said()}")

    return advance


def seal(lake: Lake, plan: Plan) -> Artifact:
    """Check the artifact by the suite of its stage, seal it, and show it on the task run's page."""
    suite = importlib.import_module(plan.stage.suite)
    findings: list[Finding] = []

    def check(manifest: Manifest) -> tuple[str, ...]:
        findings.extend(
            check_artifact(lake, manifest, plan.stage.schema, suite.expectations(), suite.COLUMNS)
        )
        return tuple(describe(finding, with_rows=False) for finding in findings if not finding.passed)

    artifact = finish(lake, plan, check)
    publish(lake, artifact, load_manifest(lake, artifact.name, artifact.key), plan.stage.schema, findings)
    return artifact


def publish(
    lake: Lake, artifact: Artifact, manifest: Manifest, schema: pa.Schema, findings: Sequence[Finding]
) -> None:
    """Show on the task run's page what the stage took in, gave and left out, and how its checks went."""
    said = f"{artifact.rows_in:,} in, {artifact.rows:,} out, {artifact.rejects:,} rejected"
    get_run_logger().info("%s: %s", artifact.name, said)
    key = artifact.name.replace("_", "-")
    lines = [
        f"# {artifact.name.replace('_', ' ')}",
        f"{said}. Digest `{artifact.digest}`, attempt {task_run.run_count or 1}.",
        *[f"**Warning:** {markdown.escaped(text)}" for text in artifact.warnings],
        *(
            [markdown.table(["rejected because", "rows"], artifact.reasons.items())]
            if artifact.reasons
            else []
        ),
        *_sample(lake, manifest, schema),
    ]
    create_markdown_artifact(markdown="\n\n".join(lines), key=key, description=said)
    passed = sum(finding.passed for finding in findings)
    create_table_artifact(
        table=[
            {
                "expectation": finding.expectation,
                "severity": "error" if finding.is_critical else "warning",
                "result": "passed" if finding.passed else describe(finding),
            }
            for finding in findings
        ],
        key=f"{key}-checks",
        description=f"{passed} of {len(findings)} expectations hold",
    )


def _sample(lake: Lake, manifest: Manifest, schema: pa.Schema) -> list[str]:
    """Some rows, each in a code block: their text is a stranger's, and the page would render it as HTML."""
    sql = scan(lake, manifest)
    if not sql:
        return []
    shown = ", ".join(f'"{name}"' for name in schema.names if name not in _NOT_SHOWN)
    with connect(lake.spill) as connection:
        rows = connection.sql(f"SELECT {shown} FROM ({sql}) LIMIT {_SAMPLE_ROWS}").to_arrow_table()
    return [markdown.fenced(markdown.record(row, _TEXT_CHARACTERS), "yaml") for row in rows.to_pylist()]
