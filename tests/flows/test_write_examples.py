"""`tilth generate --model` and `tilth plan` for a model, without Prefect, against a stand-in for a provider."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq
import pytest
import yaml

from flows.alone.by_model import generate_by_model
from flows.alone.from_files import from_files
from flows.alone.model_request import ModelRequest
from flows.planning import plan_build
from flows.recipe import Recipe
from tests.llm_server.scribe import Scribe
from tests.llm_server.server import Handle, running
from tests.llm_server.steps import words
from tilth.errors import RequestError
from tilth.llm.config import EngineConfig, ModelConfig

PASSAGES = 12


class _Silent:
    def began(self, stage: str, shards: int) -> None: ...
    def advanced(self, stage: str) -> None: ...
    def at(self, stage: str, words: str) -> None: ...


@pytest.fixture
def server() -> Iterator[Handle]:
    with running() as handle:
        handle.state.says = Scribe()
        yield handle


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    folder = tmp_path / "guide"
    folder.mkdir()
    for number in range(PASSAGES):
        lines = [f"The {words(f'{number}/{place}', 9)} is kept by those who know it." for place in range(8)]
        (folder / f"part{number:02}.md").write_text(f"# Part {number}\n\n" + "\n".join(lines) + "\n")
    return folder


@pytest.fixture
def chunks(tmp_path: Path, guide: Path) -> Path:
    path = tmp_path / "chunks.parquet"
    from_files("chunk", [str(guide)], path, None, Recipe(), _Silent())
    return path


def write(folder: Path, server: Handle, method: str = "question_answer", **changes: Any) -> dict[str, Any]:
    model = ModelConfig(
        model="gpt-4o-mini",
        base_url=server.url,
        max_tokens=300,
        budget_usd=changes.pop("budget_usd", None),
        calls=EngineConfig(max_attempts=1, backoff_s=0.01, patience_s=0.1, max_in_flight=8),
    )
    request = ModelRequest(method, model, lake=str(folder / "lake"), **changes)
    told = generate_by_model(request, folder / "out.parquet", folder / "rejects.parquet", _Silent())
    told["made"] = pq.read_table(folder / "out.parquet").to_pylist()
    told["left_out"] = pq.read_table(folder / "rejects.parquet").to_pylist()
    return told


ALONE = ("across_ratio=0",)


def test_without_a_count_every_passage_is_one_candidate(tmp_path: Path, chunks: Path, server: Handle) -> None:
    told = write(tmp_path, server, chunks=chunks, overrides=ALONE)
    assert (told["rows"], told["calls"]) == (PASSAGES, 2 * PASSAGES)
    assert len({row["origin_id"] for row in told["made"]}) == PASSAGES


@pytest.mark.parametrize("wanted", [1, 7, 30])
def test_a_count_is_met_exactly_whatever_the_number_of_passages(
    tmp_path: Path, chunks: Path, server: Handle, wanted: int
) -> None:
    told = write(tmp_path, server, chunks=chunks, overrides=ALONE, wanted=wanted)
    assert (told["rows"], told["stopped"]) == (wanted, None)
    assert len({row["subject"] for row in told["made"]}) == wanted
    again = write(tmp_path, server, chunks=chunks, overrides=ALONE, wanted=wanted)
    assert (again["made"], again["calls"]) == (told["made"], 0)


def test_near_duplicates_do_not_count(tmp_path: Path, chunks: Path, server: Handle) -> None:
    def same(prompt: str, seed: str) -> dict[str, Any]:
        evidence = Scribe()({"messages": [{"role": "user", "content": prompt}], "response_format": QUESTIONS})
        pairs = json.loads(evidence)["pairs"]
        return {
            "pairs": [{**pairs[0], "question": "What is kept by those who know it, and why is it kept so?"}]
        }

    server.state.says = Scribe(pairs=same)
    told = write(tmp_path, server, chunks=chunks, overrides=ALONE, wanted=3)
    assert told["rows"] == 1
    assert "given up" in told["stopped"]
    assert "duplicate" in told["rejects"]


QUESTIONS = {"type": "json_schema", "json_schema": {"schema": {"required": ["pairs"]}}}


def test_a_budget_that_ends_leaves_what_was_accepted_and_goes_on_from_there(
    tmp_path: Path, chunks: Path, server: Handle
) -> None:
    poor = write(tmp_path, server, chunks=chunks, overrides=ALONE, wanted=10, budget_usd=0.0022)
    assert 0 < poor["rows"] < 10
    assert "raise it and run again" in poor["stopped"]
    answered = server.stats.answered
    rich = write(tmp_path, server, chunks=chunks, overrides=ALONE, wanted=10, budget_usd=1)
    assert (rich["rows"], rich["stopped"]) == (10, None)
    assert rich["replayed"] == answered


def test_what_cannot_be_done_is_told_before_anything_is_asked(
    tmp_path: Path, chunks: Path, server: Handle
) -> None:
    seeds = tmp_path / "seeds.csv"
    seeds.write_text("question,reply\nWhat?,This.\n")
    with pytest.raises(RequestError, match="starts from --chunks FILE"):
        write(tmp_path, server)
    with pytest.raises(RequestError, match="question_answer has no option nonsense; it has across_ratio"):
        write(tmp_path, server, chunks=chunks, overrides=("nonsense=1",))
    with pytest.raises(
        RequestError, match="a row needs instruction and output, or messages; it has question, reply"
    ):
        write(tmp_path, server, "self_instruct", seeds=seeds)
    with pytest.raises(RequestError, match="question_answer has no use for --seeds; it takes --chunks"):
        write(tmp_path, server, chunks=chunks, seeds=seeds)
    assert server.stats.requests == 0


def plan(tmp_path: Path, guide: Path, server: Handle, preview: int = 0, **more: Any) -> dict[str, Any]:
    recipe = tmp_path / "recipe.yaml"
    model = {"model": "gpt-4o-mini", "base_url": server.url, "max_tokens": 300}
    by_model = {"model": model, "methods": [{"method": "question_answer", "across_ratio": 0}]}
    recipe.write_text(yaml.safe_dump({"name": "questions", "generate": {"by_model": by_model}, **more}))
    return plan_build([str(guide)], str(recipe), [], str(tmp_path / "lake"), preview)


def test_a_plan_estimates_without_a_call_and_without_a_trace(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    told = plan(tmp_path, guide, server)["model"]
    assert (told["candidates"], told["basis"]) == (PASSAGES, "sizes alone")
    assert 0 < told["usd"]["low"] < told["usd"]["expected"] < told["usd"]["high"] <= told["ceiling_usd"]
    assert (server.stats.requests, (tmp_path / "lake").exists()) == (0, False)


def test_a_preview_spends_says_so_and_is_not_paid_again(tmp_path: Path, guide: Path, server: Handle) -> None:
    told = plan(tmp_path, guide, server, preview=5)
    tried = told["model"]["preview"]
    assert (tried["candidates"], tried["rows"], tried["calls"]) == (5, 5, server.stats.answered)
    assert told["cost_usd"] == tried["cost_usd"] > 0
    wide, narrow = plan(tmp_path, guide, server)["model"], told["model"]
    assert narrow["basis"] == "similar calls" == wide["basis"]
    assert plan(tmp_path, guide, server, preview=5)["calls"] == 0


def test_a_plan_of_cells_counts_what_they_want(tmp_path: Path, guide: Path, server: Handle) -> None:
    cells = {"cells": {"difficulty": ["easy", "hard"]}, "per_cell": 50}
    assert plan(tmp_path, guide, server, plan=cells)["model"]["candidates"] == 200


def test_a_plan_contradicts_a_balance_that_leaves_rows_out(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    with pytest.raises(RequestError, match="plan and balance contradict each other"):
        plan(tmp_path, guide, server, plan={"targets": [{"count": 5}]}, balance={"strategy": "square_root"})
