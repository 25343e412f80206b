"""How a flow runs one stage: plan it, map its shards, seal its artifact, and tell who is watching."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, Protocol

import duckdb
import pyarrow as pa
from prefect import unmapped
from prefect.futures import as_completed
from prefect.tasks import Task

from flows.recipe import Recipe
from tilth.artifact import Artifact
from tilth.config import Config
from tilth.lake import Lake
from tilth.memory import give_back
from tilth.query import close_databases, connect
from tilth.stage import Plan, Stage, open_views, plan

Ask = Callable[[duckdb.DuckDBPyConnection], pa.Table]


@dataclass(frozen=True)
class StageSummary:
    """What became of a stage in this run."""

    seconds: float
    rows_in: int
    rows_out: int
    cached: bool


class Watcher(Protocol):
    """Somebody who wants to know how a build goes: the command line, a test."""

    def began(self, stage: str, shards: int) -> None:
        """A stage begins, with so many shards to compute; 0 when all is known already."""

    def advanced(self, stage: str) -> None:
        """A shard of the stage is done."""

    def at(self, stage: str, words: str) -> None:
        """How far the stage is, in words; may be said often, and from any thread."""

    def ended(self, stage: str, summary: StageSummary) -> None:
        """A stage is sealed."""


WATCHER: ContextVar[Watcher | None] = ContextVar("watcher", default=None)


@dataclass
class Spent:
    """What the calls of a build came to."""

    calls: int = 0
    replayed: int = 0
    failed: int = 0
    cost_usd: float = 0.0
    is_out_of_budget: bool = False
    cells: list[dict[str, Any]] = field(default_factory=list)


@dataclass
class Run:
    """One build under way: its lake and recipe, its artifacts by the roles they play, and how each stage went."""

    lake: Lake
    recipe: Recipe
    folder: Path  # that the recipe lies in
    artifacts: dict[str, Artifact] = field(default_factory=dict)
    replaced: list[tuple[str, Artifact]] = field(
        default_factory=list
    )  # by a step of the user's own, with its role
    stages: dict[str, StageSummary] = field(default_factory=dict)
    computed: set[str] = field(default_factory=set)  # stages that had shards to compute
    spent: Spent | None = None  # where a model wrote

    def digests(self, roles: tuple[str, ...]) -> dict[str, str]:
        """Digests of the artifacts that play these roles."""
        return {role: self.artifacts[role].digest for role in roles}

    def rows_of(self, role: str) -> int:
        """How many rows the artifact has."""
        return self.artifacts[role].rows

    def plan(
        self,
        stage: Stage,
        config: Config,
        inputs: Mapping[str, str],
        wanted: Callable[[], pa.Table],
        rows_in: int = 0,
        reads: tuple[str, ...] = (),
    ) -> Plan:
        """What there is to do for an artifact.

        `inputs` are the digests that name it, `reads` the artifacts that its seal looks at whole.
        """
        artifacts = {role: self.artifacts[role] for role in reads}
        return plan(self.lake, stage, config, inputs, wanted, rows_in=rows_in, reads=artifacts)

    def ask(self, reads: tuple[str, ...], question: Ask) -> Callable[[], pa.Table]:
        """The answer to a question over views on the artifacts, when somebody wants to know it."""

        def answer() -> pa.Table:
            with connect(self.lake.spill) as connection:
                open_views(connection, self.lake, {role: self.artifacts[role] for role in reads})
                return question(connection)

        return answer

    def shards(self, name: str, this: Plan | None, task: Task[..., list[str]] | None) -> None:
        """Tell that a stage begins and compute what is missing, shard by shard; the first failure ends it."""
        tell = WATCHER.get()
        if tell:
            tell.began(name, len(this.shards) if this else 0)
        if this is None or task is None or not this.shards:
            return
        self.computed.add(name)
        futures = task.map(lake=unmapped(self.lake), plan=unmapped(this), shard=list(this.shards))
        for future in as_completed(list(futures)):
            future.result()
            if tell:
                tell.advanced(name)

    @contextmanager
    def timed(self, name: str, role: str) -> Iterator[Callable[[Any], None]]:
        """Time a stage; the block calls what it is given with the state of the task that sealed the artifact."""
        started = time.monotonic()
        states: list[Any] = []
        yield states.append
        artifact: Artifact = states[0].result()
        # Lost parts are computed again under a manifest that is still there: its seal alone is in the cache.
        is_cached = states[0].name == "Cached" and name not in self.computed
        summary = StageSummary(
            round(time.monotonic() - started, 3), artifact.rows_in, artifact.rows, is_cached
        )
        if role in self.artifacts:
            self.replaced.append((role, self.artifacts[role]))
        self.artifacts[role], self.stages[name] = artifact, summary
        close_databases()
        give_back()
        tell = WATCHER.get()
        if tell:
            tell.ended(name, summary)

    def simple(
        self,
        name: str,
        stage: Stage,
        config: Config,
        reads: tuple[str, ...],
        question: Ask,
        tasks: tuple[Task[..., list[str]], Task[..., Artifact]],
    ) -> None:
        """A stage that maps documents to rows: shards first, then the seal."""
        with self.timed(name, stage.artifact) as sealed:
            rows_in = self.rows_of(reads[-1] if reads[-1] != "surviving_units" else "units")
            this = self.plan(stage, config, self.digests(reads), self.ask(reads, question), rows_in)
            self.shards(name, this, tasks[0])
            sealed(tasks[1](self.lake, this, return_state=True))


def lineage_of(run: Run) -> dict[str, Any]:
    """What a manifest records of the artifacts that a version is made from, and of those that steps replaced."""
    return {
        "artifacts": {role: _entry(artifact) for role, artifact in run.artifacts.items()},
        "replaced": [{"role": role, **_entry(artifact)} for role, artifact in run.replaced],
    }


def _entry(artifact: Artifact) -> dict[str, Any]:
    return artifact.model_dump(
        mode="json", include={"name", "key", "digest", "rows", "rejects", "reasons", "warnings"}
    )
