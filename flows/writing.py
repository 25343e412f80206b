"""The part of `generate` that asks a model: material from the lake, candidates in shards, and rows into `examples`.

Without a plan each piece of material is one candidate of each method that starts from it. With one, rounds go on until
every cell has its rows (`flows/rounds.py`); each round's candidates are parts of the same memory, and their answers are
in the ledger, so that a build that was stopped goes on where it was.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any

import pyarrow as pa
import pyarrow.parquet as pq
from prefect.artifacts import create_markdown_artifact

from flows.material import Material, read_material
from flows.model_calls import ModelRun
from flows.rounds import Delivered, cells_told, deliver
from flows.run import WATCHER, Run, Spent
from flows.secret import secret_keys
from flows.spend import dollars
from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.corpus import ItemCorpus
from tasks.generate.by_model.stage import (
    CANDIDATES,
    DELIVERED,
    FAILED,
    Desks,
    at_work,
    passing_faults,
    work_of,
)
from tasks.generate.by_model.writer import Candidate, Writer, Written
from tasks.generate.task import generate as seal_examples
from tasks.generate.task import generate_by_model_shard
from tasks.plan.config import PlanConfig
from tasks.validate.verdicts import validate_examples
from tilth import markdown
from tilth.artifact import assemble, load_manifest, part_folder, scan, unite, write_part
from tilth.errors import RequestError
from tilth.fingerprint import digest_json
from tilth.llm.conversation import Usage
from tilth.llm.open_engine import open_engine
from tilth.query import connect
from tilth.records import EXAMPLES, FAILED_ANSWERS, REJECTS, Outcome, rows_of
from tilth.settings import settings
from tilth.stage import Plan, corpus_work

NAME = "generate_by_model"


def write(run: Run) -> None:
    """Add what a model writes to `examples`, where the recipe asks for any."""
    config = run.recipe.generate.by_model
    if config is None:
        return
    tell = WATCHER.get()
    material = read_material(run, config)
    candidates = Candidates(config, material.items)
    with open_engine(
        config.model,
        settings().ledger or run.lake.ledger,
        f"recipe-{run.recipe.name}",
        secret_keys(config),
    ) as engine:
        calls = ModelRun(engine, config.model, tell.at if tell else lambda _stage, _words: None)
        writer = Writer(config, ItemCorpus(material.items), calls.converse)
        writing = _Writing(run, config, candidates, material, calls)
        with (
            at_work(run.lake, Desks(candidates, writer, calls.spend.said)),
            run.timed(NAME, "candidates") as sealed,
        ):
            if run.recipe.plan is None:
                sealed(writing.all())
            else:
                sealed(writing.just(run.recipe.plan))
    _take_over(run)
    writing.tell_spent()
    run.spent = writing.spent


def _take_over(run: Run) -> None:
    """`examples` are from now on those made by rule and those written by the model."""
    written = run.artifacts.pop("candidates")
    # What the summary counts as replaced stays in the united artifact.
    run.artifacts["examples"] = unite(run.lake, "examples", (run.artifacts["examples"], written))


class _Writing:
    """One build's candidates."""

    def __init__(
        self, run: Run, config: ByModelConfig, candidates: Candidates, material: Material, calls: ModelRun
    ) -> None:
        self._run, self._config, self._candidates = run, config, candidates
        self._material, self._calls = material, calls
        self._faults = passing_faults(run.lake, CANDIDATES.digest(config))
        self.spent = Spent()

    def all(self) -> Any:
        """One candidate for each piece of material and method; the state of the seal."""
        asked: list[Candidate] = []
        for method, chosen in enumerate(self._config.methods):
            count = self._candidates.count(method, {})
            if not count:
                raise RequestError(
                    f"{chosen.method} needs no material, so say how many rows are wanted: plan.targets."
                )
            for turn in range(count):
                brief = self._candidates.brief(method, {}, turn, turn)
                if brief is not None:
                    asked.append(Candidate(f"{chosen.method}-{brief.candidate_id}", method, turn, brief))
        self._calls.began(len(asked))
        this = self._planned(asked, {"faults": digest_json(sorted(self._faults.items()))})
        self._run.shards(NAME, this, generate_by_model_shard)
        return seal_examples(self._run.lake, this, return_state=True)

    def just(self, plan: PlanConfig) -> Any:
        """As many as the plan wants; the state of the seal."""
        self._calls.began(None)
        run = self._run
        inputs = {
            "material": self._material.digest,
            "plan": digest_json(plan.identity()),
            "candidates": CANDIDATES.digest(self._config),
            "validate": digest_json(run.recipe.validation.identity()),
            "dedupe": digest_json(run.recipe.dedupe.examples.identity()),
            "faults": digest_json(sorted(self._faults.items())),
        }
        rows_in = len(self._material.items)
        this = run.plan(DELIVERED, self._config, inputs, lambda: corpus_work(*inputs.values()), rows_in)
        if this.wanted is not None:
            made = deliver(plan, self._candidates, run.recipe.dedupe.examples, self._write_round, self._judge)
            this = replace(this, wanted=_work(made, digest_json(inputs)))
            cells = pa.table({"cells": [json.dumps(cells_told(made.cells))]})
            beside = {FAILED: made.failed, "cells": cells}
            outcome = Outcome(made.rows, made.rejects)
            write_part(run.lake, DELIVERED.artifact, this.stage_digest, this.wanted, outcome, beside)
        self.spent.cells = self._cells(this)
        return seal_examples(run.lake, this, return_state=True)

    def _planned(self, asked: Sequence[Candidate], more: Mapping[str, str]) -> Plan:
        inputs = {"material": self._material.digest, **more}
        work = work_of(asked, self._candidates, self._material.digest, self._faults)
        return self._run.plan(CANDIDATES, self._config, inputs, lambda: work, len(asked))

    def _write_round(self, round_: Sequence[Candidate]) -> Written:
        """A round's candidates as shards, and what came of them in their order."""
        keys = [candidate.key for candidate in round_]
        this = self._planned(round_, {"round": digest_json(keys)})
        self._run.shards(NAME, this, generate_by_model_shard)
        return _read_round(self._run, this, keys)

    def _judge(self, rows: pa.Table) -> dict[str, tuple[str, str | None]]:
        documents = self._material.documents_of(rows)
        verdicts = validate_examples(rows, documents, self._run.recipe.validation)
        names = ("item_id", "reason", "detail")
        return {item_id: (reason, detail) for item_id, reason, detail in rows_of(verdicts.rejects, *names)}

    def _cells(self, this: Plan) -> list[dict[str, Any]]:
        wanted = this.wanted
        if wanted is None:
            manifest = load_manifest(self._run.lake, DELIVERED.artifact, this.key)
            folder = self._run.lake.root / manifest.parts[0].path
        else:
            folder = part_folder(self._run.lake, DELIVERED.artifact, this.stage_digest, wanted)
        told: list[dict[str, Any]] = json.loads(pq.read_table(folder / "cells.parquet")["cells"][0].as_py())
        return told

    def tell_spent(self) -> None:
        """Show on the flow run's page what was spent, and how each cell stands."""
        used, spent = self._calls.spend.usage, self.spent
        spent.calls, spent.replayed, spent.failed = used.calls, used.replayed, used.failed
        spent.cost_usd = self._calls.spend.cost_usd
        spent.is_out_of_budget = self._calls.is_out_of_budget
        lines = ["# Spend", self._calls.spend.said() + "."]
        if spent.is_out_of_budget:
            lines.append(
                "**The budget does not cover the rest.** Raise it and build again; nothing is paid twice."
            )
        if spent.cells:
            columns = ["cell", "asked", "made", "accepted", "of", "cost", "state"]
            lines.append(markdown.table(columns, [_line(cell) for cell in spent.cells]))
        create_markdown_artifact(
            markdown="\n\n".join(lines), key="spend", description=self._calls.spend.said()
        )


def _line(cell: Mapping[str, Any]) -> tuple[Any, ...]:
    name = " ".join(f"{key}={value}" for key, value in cell["cell"].items()) or "all"
    numbers = (cell["asked"], cell["made"], cell["accepted"], cell["wanted"])
    return (markdown.escaped(name), *numbers, dollars(cell["cost_usd"]), cell["state"])


def _work(made: Delivered, made_of: str) -> pa.Table:
    """The candidates that gave the rows and rejects, as the work that the one part of `delivered` holds."""
    keys = sorted({*made.rows["key"].to_pylist(), *made.rejects["key"].to_pylist()})
    return pa.table(
        {"key": pa.array(keys, pa.string()), "work_digest": pa.array([made_of] * len(keys), pa.string())}
    )


def _read_round(run: Run, this: Plan, keys: Sequence[str]) -> Written:
    """What the parts hold of these candidates, in the order of the keys."""
    assert this.wanted is not None
    manifest = assemble(
        run.lake, CANDIDATES.artifact, this.key, this.stage_digest, this.wanted, dict(this.inputs)
    )
    tables = {}
    with connect(run.lake.spill) as connection:
        connection.register("asked", pa.table({"key": keys, "place": range(len(keys))}))
        for file, schema in (
            ("rows", EXAMPLES),
            ("rejects", REJECTS),
            (FAILED, FAILED_ANSWERS),
            ("usage", _USAGE),
        ):
            found = scan(run.lake, manifest, file)
            sql = f"SELECT found.* FROM ({found}) AS found JOIN asked USING (key) ORDER BY place"
            tables[file] = connection.sql(sql).to_arrow_table().select(schema.names).cast(schema)
    cost = dict(rows_of(tables["usage"], "key", "cost_microusd"))
    usage = [Usage(cost_microusd=cost.get(key, 0)) for key in keys]
    return Written(tables["rows"], tables["rejects"], tables[FAILED], usage)


_USAGE = pa.schema([("key", pa.string()), ("cost_microusd", pa.int64())])
