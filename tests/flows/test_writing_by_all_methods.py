"""One build that names every method at once, by shares and a plan, through to the export in all formats."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest
import yaml

from flows.planning import plan_build
from tests.flows.builds import ask, run_build
from tests.llm_server.scribe import Scribe
from tests.llm_server.server import running
from tilth.fingerprint import ROOT

pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("prefect_server", "one_worker")]

SAMPLE = ROOT / "data" / "sample"
FORMATS = ["parquet", "jsonl", "openai_chat", "sharegpt", "alpaca", "fim", "triplet", "preference"]
METHODS: list[dict[str, Any]] = [
    {"method": "back_translation"},
    {"method": "bootstrap", "domain": "legal"},
    {"method": "controlled"},
    {"method": "cross_lingual"},
    {"method": "evol_instruct"},
    {"method": "hard_negatives", "weight": 2},
    {"method": "multi_turn"},
    {"method": "oss_instruct", "weight": 2},
    {"method": "paraphrase"},
    {"method": "persona", "domain": "medical"},
    {"method": "preference", "weight": 2},
    {"method": "question_answer", "weight": 3},
    {"method": "refactor"},
    {"method": "self_instruct"},
    {
        "method": "template",
        "prompts": ["Tell {{ who.name }} of {{ matter }}."],
        "variables": {"who": {"kind": "person"}, "matter": {"kind": "category", "values": ["soil", "seed"]}},
    },
    {"method": "topic_tree", "domain": "finance", "parts": 4, "levels": 1},
]
SOURCES = (SAMPLE / "orchard", SAMPLE / "handbook", SAMPLE / "seeds.jsonl")
FEWEST_METHODS, PER_CELL = 12, 30


def recipe(url: str, **model: Any) -> dict[str, Any]:
    calls = {"max_attempts": 1, "patience_s": 0.1, "max_in_flight": 8}
    asked = {"model": "gpt-4o-mini", "base_url": url, "max_tokens": 4000, "calls": calls, **model}
    return {
        "name": "everything",
        "generate": {
            "code_methods": ["fill_in_the_middle"],
            "prose_methods": [],
            "by_model": {"model": asked, "methods": METHODS},
        },
        "plan": {"cells": {"audience": ["growers", "millers"]}, "per_cell": PER_CELL},
        "export": {"formats": FORMATS},
    }


def test_a_plan_over_all_methods_gives_just_its_rows_in_every_format(
    tmp_path: Path, prefect_server: str, one_worker: None
) -> None:
    path, lake = tmp_path / "recipe.yaml", tmp_path / "lake"
    with running() as server:
        server.state.says = Scribe()
        path.write_text(yaml.safe_dump(recipe(server.url)))
        report = run_build(lake, *SOURCES, recipe=str(path))
    assert [(cell["accepted"], cell["state"]) for cell in report["model"]["cells"]] == [
        (PER_CELL, "full")
    ] * 2
    written = "FROM dataset WHERE extra->>'$.cell.audience' IS NOT NULL"
    counted = ask(lake, f"SELECT extra->>'$.cell.audience', count(*) {written} GROUP BY ALL ORDER BY ALL")
    assert counted == [("growers", PER_CELL), ("millers", PER_CELL)]
    ((methods,),) = ask(lake, f"SELECT count(DISTINCT method) {written}")
    assert methods >= FEWEST_METHODS
    manifest = json.loads((Path(report["path"]) / "manifest.json").read_text(encoding="utf-8"))
    assert {name for name, held in manifest["formats"].items() if sum(held["rows"].values())} == set(FORMATS)


def test_a_plan_of_all_methods_is_estimated_without_a_call(tmp_path: Path) -> None:
    path = tmp_path / "recipe.yaml"
    path.write_text(yaml.safe_dump(recipe("http://127.0.0.1:1/v1")))
    told = plan_build([str(source) for source in SOURCES], str(path), [], str(tmp_path / "lake"), 0)["model"]
    assert told["candidates"] == 2 * 2 * PER_CELL
    assert told["calls"] > told["candidates"]
