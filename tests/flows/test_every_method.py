"""Every method that asks a model, end to end on the bundled sample: engine and ledger are real, the model is not."""

from __future__ import annotations

import sqlite3
from collections import Counter
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from flows.alone.by_model import generate_by_model
from flows.alone.from_files import from_files
from flows.alone.model_request import ModelRequest
from flows.recipe import Recipe
from tasks.generate.by_model.methods import METHODS
from tasks.ingest.read_files import ingest_files
from tasks.ingest.survey import survey_sources
from tasks.validate.config import ValidateConfig
from tasks.validate.verdicts import validate_examples
from tests.llm_server.scribe import Scribe
from tests.llm_server.server import Handle, running
from tilth.fingerprint import ROOT
from tilth.llm.config import EngineConfig, ModelConfig
from tilth.records import EXAMPLES

SAMPLE = ROOT / "data" / "sample"


class _Silent:
    def began(self, stage: str, shards: int) -> None: ...
    def advanced(self, stage: str) -> None: ...
    def at(self, stage: str, words: str) -> None: ...


class Case(NamedTuple):
    """A method with the material it gets, and what its rows are."""

    method: str
    material: str  # option that names a file; empty for none
    kind: str
    tasks: frozenset[str]
    oracles: frozenset[str]
    overrides: tuple[str, ...] = ()

    @property
    def name(self) -> str:
        return "-".join((self.method, self.material or "nothing", *(text[:24] for text in self.overrides)))


def case(method: str, material: str, kind: str, tasks: str, oracles: str, *overrides: str) -> Case:
    return Case(method, material, kind, frozenset(tasks.split()), frozenset(oracles.split()), overrides)


ANY = "follow_instruction"
CASES = (
    case("back_translation", "chunks", "chat", ANY, "source"),
    case("back_translation", "units", "chat", "write_code", "source"),
    case("bootstrap", "", "chat", ANY, "model", "domain=legal"),
    case("controlled", "", "chat", "write_text", "model_check"),
    case("controlled", "", "chat", "write_text", "model_check", "domain=legal"),
    case("cross_lingual", "seeds", "chat", ANY, "model_check"),
    case("cross_lingual", "seeds", "chat", ANY, "back_translation", "check=back_translation"),
    case("evol_instruct", "seeds", "chat", ANY, "model", "generations=2"),
    case("hard_negatives", "chunks", "triplet", "retrieve_passage", "model_check mined"),
    case("multi_turn", "chunks", "chat", "converse", "model_check"),
    case("multi_turn", "", "chat", "converse", "model_check", "personas=[a miller, a grower of pears]"),
    case("oss_instruct", "units", "chat", "solve_problem", "parse"),
    case("oss_instruct", "chunks", "chat", "solve_problem", "parse"),
    case("paraphrase", "seeds", "chat", ANY, "model model_check"),
    case("paraphrase", "chunks", "chat", "rewrite_text", "model_check"),
    case("persona", "chunks", "chat", ANY, "model"),
    case("persona", "", "chat", ANY, "model", "domain=medical"),
    case("preference", "seeds", "preference", "prefer_answer", "model_check"),
    case("question_answer", "chunks", "chat", "answer_question answer_across_passages", "model_check"),
    case("question_answer", "chunks", "chat", "answer_across_passages", "model_check", "across_ratio=1"),
    case("refactor", "units", "chat", "refactor_code optimise_code", "model_check"),
    case("self_instruct", "seeds", "chat", f"{ANY} choose_option", "model"),
    case("self_instruct", "seeds", "chat", f"{ANY} choose_option", "model", "domain=education"),
    case("template", "", "chat", ANY, "model", "prompts=['Tell {{ who.name }} of it.']",
         "variables={who: {kind: person}}"),
    case("template", "seeds", "chat", ANY, "model", "prompts=['{{ asked }} Be brief.']",
         "variables={asked: {kind: column, column: instruction}}"),
    case("topic_tree", "", "chat", ANY, "model", "domain=finance", "parts=3"),
)  # fmt: skip


def test_no_method_is_left_out() -> None:
    assert {one.method for one in CASES} == set(METHODS)


@pytest.fixture(scope="module")
def material(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    """What `tilth chunk` and `tilth split` make of the sample, and its seeds."""
    folder = tmp_path_factory.mktemp("material")
    files = {"chunks": folder / "chunks.parquet", "units": folder / "units.parquet"}
    for verb, name in (("chunk", "chunks"), ("split", "units")):
        from_files(verb, [str(SAMPLE)], files[name], None, Recipe(), _Silent())
    return {**files, "seeds": SAMPLE / "seeds.jsonl"}


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory) -> pa.Table:
    """The sample as `ingest` reads it."""
    survey = survey_sources([str(SAMPLE)], Recipe().ingest, tmp_path_factory.mktemp("read"))
    return ingest_files(survey.rows, Recipe().ingest).rows


@pytest.fixture
def server() -> Iterator[Handle]:
    with running() as handle:
        handle.state.says = Scribe()
        yield handle


def write(folder: Path, server: Handle, given: Case, file: Path | None, wanted: int | None) -> dict[str, Any]:
    model = ModelConfig(
        model="gpt-4o-mini",
        base_url=server.url,
        max_tokens=4000,
        calls=EngineConfig(max_attempts=1, patience_s=0.1),
    )
    files: dict[str, Any] = {given.material: file} if file else {}
    request = ModelRequest(
        given.method,
        model,
        lake=str(folder / "lake"),
        wanted=wanted,
        overrides=given.overrides,
        root=SAMPLE,
        **files,
    )
    told = generate_by_model(request, folder / "out.parquet", folder / "rejects.parquet", _Silent())
    told["made"] = pq.read_table(folder / "out.parquet").cast(EXAMPLES)
    return told


def check(folder: Path, given: Case, rows: pa.Table, documents: pa.Table) -> None:
    """Each row is of its method's kind, names where it comes from and what was asked, and passes validation."""
    with closing(sqlite3.connect(folder / "lake" / "ledger.sqlite")) as ledger:
        recorded = {key for (key,) in ledger.execute("SELECT key FROM answers")}
    known = set(documents["document_id"].to_pylist())
    has_documents = given.material in ("chunks", "units")
    for row in rows.to_pylist():
        assert (row["method"], row["kind"]) == (given.method, given.kind)
        assert row["task"] in given.tasks
        assert row["oracle"] in given.oracles
        assert row["template_id"].startswith(f"{given.method}/")
        assert row["request_ids"]
        assert set(row["request_ids"]) <= recorded
        assert {origin["document_id"] for origin in row["origins"]} <= known
        assert bool(row["origins"]) == has_documents
        assert row["difficulty"] in ("easy", "medium", "hard")
    verdicts = validate_examples(rows, documents, ValidateConfig())
    assert verdicts.rejects.to_pylist() == []


@pytest.mark.parametrize("given", CASES, ids=lambda given: given.name)
def test_a_method_writes_three_rows_on_the_sample_and_a_replay_makes_no_call(
    tmp_path: Path, server: Handle, material: dict[str, Path], documents: pa.Table, given: Case
) -> None:
    file = material.get(given.material)
    told = write(tmp_path, server, given, file, wanted=3)
    assert (told["rows"], told["stopped"], told["failed"]) == (3, None, 0)
    check(tmp_path, given, told["made"], documents)
    again = write(tmp_path, server, given, file, wanted=3)
    assert (again["made"], again["calls"]) == (told["made"], 0)


# What a candidate of the sample may come to beside a row. Each is a fact of its piece, or of what the stand-in can do.
REASONS = {
    "back_translation": {"text_too_short"},
    "cross_lingual": {"other_language"},
    "hard_negatives": {"no_candidate", "false_negatives"},
    "question_answer": {"no_passage_beside"},
    "refactor": {"too_short", "nothing_to_better", "signature_changed"},
}


@pytest.mark.parametrize(
    "given", [one for one in CASES if one.material and not one.overrides], ids=lambda given: given.name
)
def test_without_a_count_each_piece_becomes_rows_or_says_why_not(
    tmp_path: Path, server: Handle, material: dict[str, Path], documents: pa.Table, given: Case
) -> None:
    file = material[given.material]
    if given.material != "seeds":
        # Some forty rows, of several documents.
        table = pq.read_table(file)
        file = tmp_path / "some.parquet"
        pq.write_table(table.take(_some(table)), file)
    told = write(tmp_path, server, given, file, wanted=None)
    assert told["failed"] == 0
    rejects = pq.read_table(tmp_path / "rejects.parquet").to_pylist()
    assert {reject["reason"] for reject in rejects} <= REASONS.get(given.method, set())
    assert told["rows"] > 2 * len(rejects) or given.method == "refactor"
    check(tmp_path, given, told["made"], documents)


def _some(table: pa.Table) -> pa.Array:
    """Rows of documents that have few, in their order: modules hold the text of their files."""
    sizes = Counter(table["document_id"].to_pylist())
    taken: dict[str, int] = {}
    for document_id, size in sizes.items():
        if sum(taken.values()) + size <= 40:
            taken[document_id] = size
    return pa.array(
        [place for place, name in enumerate(table["document_id"].to_pylist()) if name in taken], pa.int64()
    )
