"""The stages in the order of a build: what each reads, and the tasks that do it."""

from __future__ import annotations

import duckdb
import pyarrow as pa

from flows.recipe import StageName
from flows.run import Run, lineage_of
from flows.writing import write
from tasks.balance import stage as balance_stage
from tasks.balance.task import balance as seal_mixture
from tasks.chunk import stage as chunk_stage
from tasks.chunk.task import chunk as seal_chunks
from tasks.chunk.task import chunk_shard
from tasks.dedupe import stage as dedupe_stage
from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.task import dedupe as seal_survivors
from tasks.dedupe.task import sketch
from tasks.export.stage import ExportPlan
from tasks.export.task import export as write_version
from tasks.generate import stage as generate_stage
from tasks.generate.task import generate as seal_examples
from tasks.generate.task import generate_shard
from tasks.ingest import stage as ingest_stage
from tasks.ingest.survey import survey_sources
from tasks.ingest.task import ingest as seal_documents
from tasks.ingest.task import ingest_shard
from tasks.split import stage as split_stage
from tasks.split.task import split as seal_units
from tasks.split.task import split_shard
from tasks.transform import stage as transform_stage
from tasks.transform.config import TransformConfig
from tasks.transform.task import transform as seal_step
from tasks.transform.task import transform_shard
from tasks.validate import stage as validate_stage
from tasks.validate.task import validate as seal_verdicts
from tasks.validate.task import validate_shard
from tilth.artifact import Artifact
from tilth.pool import dismiss_workers
from tilth.stage import corpus_work


def ingest(run: Run, sources: list[str]) -> None:
    """Survey the sources, then read what changed into `documents`."""
    with run.timed("ingest", "documents") as sealed:
        survey = survey_sources(sources, run.recipe.ingest, run.lake.root / "repositories")
        work = ingest_stage.wanted(survey)
        ingest_stage.write_survey_rejects(run.lake, run.recipe.ingest, survey.rejects)
        rows_in = survey.rows.num_rows + survey.rejects.num_rows
        named = {"survey": ingest_stage.digest_of(work)}
        this = run.plan(ingest_stage.STAGE, run.recipe.ingest, named, lambda: work, rows_in)
        run.shards("ingest", this, ingest_shard)
        sealed(seal_documents(run.lake, this, return_state=True))
    _steps(run, "ingest", "documents")


def dedupe_documents(run: Run) -> None:
    """Of documents that say the same, keep the best."""
    _dedupe(run, "dedupe_documents", dedupe_stage.DOCUMENTS_SUBJECT, run.recipe.dedupe.documents, "documents")


def chunk(run: Run) -> None:
    """Prose into passages."""
    run.simple(
        "chunk",
        chunk_stage.STAGE,
        run.recipe.chunk,
        ("documents", "surviving_documents"),
        chunk_stage.wanted,
        (chunk_shard, seal_chunks),
    )
    _steps(run, "chunk", "chunks")


def split(run: Run) -> None:
    """Code into units."""
    run.simple(
        "split",
        split_stage.STAGE,
        run.recipe.split,
        ("documents", "surviving_documents"),
        split_stage.wanted,
        (split_shard, seal_units),
    )
    _steps(run, "split", "units")


def dedupe_units(run: Run) -> None:
    """Of functions, methods and classes that say the same, keep the best."""
    _dedupe(run, "dedupe_units", dedupe_stage.UNITS_SUBJECT, run.recipe.dedupe.units, "units")


def generate(run: Run) -> None:
    """Units, passages and seeds into examples."""
    config = run.recipe.generate
    run.simple(
        "generate",
        generate_stage.STAGE,
        config,
        ("documents", "surviving_documents", "chunks", "units", "surviving_units"),
        lambda connection: generate_stage.wanted(connection, config),
        (generate_shard, seal_examples),
    )
    write(run)
    _steps(run, "generate", "examples")


def validate(run: Run) -> None:
    """Examples into verdicts."""
    run.simple(
        "validate",
        validate_stage.STAGE,
        run.recipe.validation,
        ("documents", "units", "examples"),
        validate_stage.wanted,
        (validate_shard, seal_verdicts),
    )
    _steps(run, "validate", "verdicts")


def dedupe_examples(run: Run) -> None:
    """Of accepted examples of one task that ask for the same, keep the best."""
    _dedupe(run, "dedupe_examples", dedupe_stage.EXAMPLES_SUBJECT, run.recipe.dedupe.examples, "verdicts")


def balance(run: Run) -> None:
    """Surviving examples into the mixture."""
    reads = ("examples", "surviving_examples")
    with run.timed("balance", "mixture") as sealed:
        inputs = run.digests(reads)
        rows_in = run.artifacts["surviving_examples"].rows
        this = run.plan(
            balance_stage.STAGE,
            run.recipe.balance_config,
            inputs,
            lambda: corpus_work(*inputs.values()),
            rows_in,
            reads,
        )
        run.shards("balance", this, None)
        sealed(seal_mixture(run.lake, this, return_state=True))
    _steps(run, "balance", "mixture")


def export(run: Run) -> Artifact:
    """The mixture into a dataset version."""
    # The last of a build, and it runs in this process: what the workers hold is room for it.
    dismiss_workers()
    with run.timed("export", "version") as sealed:
        lineage = {"recipe": run.recipe.identity(), **lineage_of(run)}
        this = ExportPlan(run.recipe.export_config, dict(run.artifacts), lineage)
        run.shards("export", None, None)
        sealed(write_version(run.lake, this, return_state=True))
    return run.artifacts["version"]


def _dedupe(run: Run, name: str, subject: dedupe_stage.Subject, config: DedupeConfig, counted: str) -> None:
    """Sketch what has no sketch yet, then decide over all; nothing of it when the survivors are known."""
    with run.timed(name, subject.survivors.artifact) as sealed:
        inputs = run.digests(subject.reads)
        # An engine that sketches otherwise must be asked again, though the documents are the same.
        inputs["sketches"] = subject.sketches.digest(config)
        this = run.plan(
            subject.survivors,
            config,
            inputs,
            lambda: corpus_work(*inputs.values()),
            run.rows_of(counted),
            subject.reads,
        )
        sketches = None
        if this.wanted is not None:
            question = run.ask(subject.reads, lambda connection: dedupe_stage.wanted(connection, subject))
            sketches = run.plan(subject.sketches, config, inputs, question)
        run.shards(name, sketches, sketch)
        sealed(seal_survivors(run.lake, this, subject, sketches, return_state=True))


def _steps(run: Run, after: StageName, artifact: str) -> None:
    """The steps of the user's own that follow a stage; each takes the artifact's place."""
    for step in run.recipe.steps:
        if step.after == after:
            _step(run, run.recipe.step_config(step, run.folder), artifact)


def _step(run: Run, config: TransformConfig, artifact: str) -> None:
    given = run.artifacts[artifact]
    suite = {"documents": "ingest", "chunks": "chunk", "units": "split", "examples": "generate"}
    named = suite.get(artifact, {"verdicts": "validate", "mixture": "balance"}.get(artifact, ""))
    stage = transform_stage.stage_of(artifact, config, f"tasks.{named}.suite")

    def wanted(connection: duckdb.DuckDBPyConnection) -> pa.Table:
        return transform_stage.wanted(connection, artifact, given.digest, config)

    with run.timed(config.name, artifact) as sealed:
        this = run.plan(
            stage, config, run.digests((artifact,)), run.ask((artifact,), wanted), given.rows, (artifact,)
        )
        run.shards(config.name, this, transform_shard)
        sealed(seal_step(run.lake, this, return_state=True))
