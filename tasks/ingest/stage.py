"""What the stage `ingest` reads: the files that the survey of the sources found."""

from __future__ import annotations

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_files import ingest_files
from tilth.artifact import write_part
from tilth.fingerprint import digest
from tilth.lake import Lake
from tilth.records import DOCUMENTS, Outcome
from tilth.stage import Plan, Stage

STAGE = Stage(
    artifact="documents",
    schema=DOCUMENTS,
    engine="tasks.ingest.stage:compute",
    modules=("tasks.ingest.read_files",),
    packages=("charset-normalizer", "pypdfium2", "python-docx", "python-pptx"),
    suite="tasks.ingest.suite",
)

SURVEY_KEY = "survey"


def survey_work(left_out: pa.Table) -> pa.Table:
    """The one row of work that stands for what the survey left out."""
    named = (str(row) for row in sorted(left_out.to_pylist(), key=str))
    return pa.table({"key": [SURVEY_KEY], "work_digest": [digest(*named)], "bytes": pa.array([0], pa.int64())})


def write_survey_rejects(lake: Lake, plan: Plan, left_out: pa.Table) -> None:
    """Write the part of the survey's rejects: files that were found and never opened."""
    if plan.wanted is not None:
        key = pa.array([SURVEY_KEY] * left_out.num_rows, pa.string())
        rejects = left_out.set_column(left_out.schema.get_field_index("key"), "key", key)
        outcome = Outcome(DOCUMENTS.empty_table(), rejects)
        write_part(lake, STAGE.artifact, plan.stage_digest, survey_work(left_out), outcome)


def compute(lake: Lake, batch: pa.Table, config: IngestConfig) -> Outcome:
    """Read a batch of files. The lake is not asked: a survey's row says where its file lies."""
    return ingest_files(batch, config)
