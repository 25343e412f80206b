"""What the stage `ingest` reads: the files that the survey of the sources found."""

from __future__ import annotations

import pyarrow as pa

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_files import ingest_files
from tilth.artifact import write_part
from tilth.fingerprint import digest
from tilth.lake import Lake
from tilth.records import DOCUMENTS, Outcome, rows_of
from tilth.stage import Stage

STAGE = Stage(
    artifact="documents",
    schema=DOCUMENTS,
    engine="tasks.ingest.stage:compute",
    modules=("tasks.ingest.read_files",),
    packages=("charset-normalizer", "pypdfium2", "python-docx", "python-pptx"),
    suite="tasks.ingest.suite",
)

SURVEY_KEY = "survey"


def wanted(survey: Outcome) -> pa.Table:
    """One row of work for each file of a survey, and one that stands for what the survey left out."""
    files = survey.rows.append_column("work_digest", survey.rows["row_digest"])
    return pa.concat_tables([files, survey_work(survey.rejects)], promote_options="default")


def survey_work(left_out: pa.Table) -> pa.Table:
    """The row of work that stands for what the survey left out."""
    named = (str(row) for row in sorted(left_out.to_pylist(), key=str))
    return pa.table(
        {"key": [SURVEY_KEY], "work_digest": [digest(*named)], "bytes": pa.array([0], pa.int64())}
    )


def digest_of(work: pa.Table) -> str:
    """Names what a survey found, wherever it lies on this machine."""
    return digest(*sorted(f"{key} {named}" for key, named in rows_of(work, "key", "work_digest")))


def write_survey_rejects(lake: Lake, config: IngestConfig, left_out: pa.Table) -> None:
    """Write the part of what the survey left out: files that were found and never opened, so no shard tells them."""
    key = pa.array([SURVEY_KEY] * left_out.num_rows, pa.string())
    rejects = left_out.set_column(left_out.schema.get_field_index("key"), "key", key)
    work = survey_work(left_out)
    write_part(lake, STAGE.artifact, STAGE.digest(config), work, Outcome(DOCUMENTS.empty_table(), rejects))


def compute(_lake: Lake, batch: pa.Table, config: IngestConfig) -> Outcome:
    """Read a batch of files. The lake is not asked: a survey's row says where its file lies."""
    return ingest_files(batch, config)
