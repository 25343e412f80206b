"""Builds in which a model writes: a real Prefect flow, engine and ledger, against a stand-in for a provider."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from prefect.blocks.system import Secret
from prefect.client.orchestration import get_client
from prefect.client.schemas.filters import ArtifactFilter, ArtifactFilterKey
from prefect.client.schemas.sorting import ArtifactSort
from pydantic import SecretStr

from tests.flows.builds import Computed, ask, run_build
from tests.llm_server.scribe import Scribe
from tests.llm_server.server import Handle, running
from tests.llm_server.steps import STEPS, words
from tilth.errors import CheckError, RequestError

pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("prefect_server", "one_worker")]

PASSAGES = 24


@pytest.fixture
def server() -> Iterator[Handle]:
    with running() as handle:
        handle.state.says = Scribe()
        yield handle


@pytest.fixture
def guide(tmp_path: Path) -> Path:
    """A guide of so many sections, each a passage of its own."""
    folder = tmp_path / "guide"
    folder.mkdir()
    (folder / "pyproject.toml").write_text('[project]\nname = "guide"\nlicense = "MIT"\n')
    for number in range(PASSAGES):
        sentences = [
            f"The {words(f'{number}/{place}', 9)} is kept by those who know it." for place in range(8)
        ]
        (folder / f"part{number:02}.md").write_text(f"# Part {number}\n\n" + "\n".join(sentences) + "\n")
    return folder


def recipe(folder: Path, server: Handle, plan: dict[str, Any] | None = None, **model: Any) -> Path:
    content: dict[str, Any] = {
        "name": "questions",
        "generate": {
            "prose_methods": [],
            "by_model": {
                "model": {
                    "model": "gpt-4o-mini",
                    "base_url": server.url,
                    "max_tokens": 300,
                    "calls": {"max_attempts": 1, "backoff_s": 0.01, "patience_s": 0.1, "max_in_flight": 4},
                    **model,
                },
                "methods": [{"method": "question_answer", "across_ratio": 0}],
            },
        },
        "validate": {"allowed_licence_classes": ["permissive", "unknown"]},
    }
    if plan is not None:
        content["plan"] = plan
    path = folder / "recipe.yaml"
    path.write_text(yaml.safe_dump(content))
    return path


def build(tmp_path: Path, guide: Path, chosen: Path) -> dict[str, Any]:
    return run_build(tmp_path / "lake", guide, recipe=str(chosen))


def test_what_a_model_writes_goes_the_way_of_all_examples_and_is_asked_for_once(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    chosen = recipe(tmp_path, server)
    with Computed() as computed:
        first = build(tmp_path, guide, chosen)
    # A task is a shard of requests, never a request.
    assert computed.shards["generate_by_model"] == 1
    assert first["counts"]["exported"] == PASSAGES
    assert first["model"]["calls"] == 2 * PASSAGES == server.stats.answered
    rows = ask(
        tmp_path / "lake",
        "SELECT task, method, oracle, examples.licence, len(request_ids) "
        "FROM examples JOIN documents ON documents.document_id = origins[1].document_id",
    )
    assert set(rows) == {("answer_question", "question_answer", "model_check", "MIT", 2)}

    again = build(tmp_path, guide, chosen)
    assert (server.stats.requests, again["digest"]) == (2 * PASSAGES, first["digest"])
    assert all(stage["cached"] for stage in again["stages"].values())

    path = guide / "part03.md"
    path.write_text(path.read_text() + f"The {words('new')} came late to it.\n")
    changed = build(tmp_path, guide, chosen)
    assert (changed["model"]["calls"], changed["counts"]["exported"]) == (2, PASSAGES)


def test_what_the_model_refuses_can_be_asked_by_sql_with_the_document_it_came_from(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    server.state.says = Scribe(refusing=lambda prompt: "Part 7" in prompt)
    build(tmp_path, guide, recipe(tmp_path, server))
    found = ask(
        tmp_path / "lake",
        "SELECT reason, documents.path, raw_answers FROM failed_answers JOIN documents USING (document_id)",
    )
    assert [(reason, path, len(raw)) for reason, path, raw in found] == [("unparsable", "part07.md", 2)]
    rejected = ask(tmp_path / "lake", "SELECT reason, path FROM rejects WHERE artifact = 'examples'")
    assert rejected == [("unparsable", "part07.md")]


def test_a_plan_delivers_just_so_many_rows_and_a_replay_the_same_ones(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    plan = {"cells": {"difficulty": ["easy", "hard"], "form": ["fact", "reason"]}, "per_cell": 5}
    report = build(tmp_path, guide, recipe(tmp_path, server, plan))
    assert report["counts"]["exported"] == 20
    counted = "SELECT difficulty, extra->>'$.cell.form', count(*) FROM dataset GROUP BY ALL ORDER BY ALL"
    assert ask(tmp_path / "lake", counted) == [
        (difficulty, form, 5) for difficulty in ("easy", "hard") for form in ("fact", "reason")
    ]
    assert [cell["state"] for cell in report["model"]["cells"]] == ["full"] * 4
    asked = server.stats.requests
    replayed = build(tmp_path, guide, recipe(tmp_path, server, plan, is_replay=True, base_url=None))
    assert (replayed["digest"], server.stats.requests) == (report["digest"], asked)


def test_rows_that_are_over_are_rejects_and_none_is_lost(tmp_path: Path, guide: Path, server: Handle) -> None:
    def two(prompt: str, seed: str) -> dict[str, Any]:
        one, other = (STEPS["pairs"](prompt, f"{seed}{part}")["pairs"][0] for part in "ab")
        return {"pairs": [one, other]}

    server.state.says = Scribe(pairs=two)
    report = build(tmp_path, guide, recipe(tmp_path, server, {"targets": [{"count": 9}]}))
    assert report["counts"]["exported"] == 9
    (cell,) = report["model"]["cells"]
    assert cell["made"] == cell["accepted"] + cell["surplus"]
    assert report["rejects"].get("generate.surplus", 0) == cell["surplus"] > 0
    # And the flow run's page says what it cost.
    with get_client(sync_client=True) as client:
        named = ArtifactFilter(key=ArtifactFilterKey(any_=["spend"]))
        pages = client.read_artifacts(artifact_filter=named, sort=ArtifactSort.CREATED_DESC)
    assert any(f"{cell['asked']}" in str(page.data) and "$" in str(page.data) for page in pages)


def test_what_a_model_lacks_is_told_before_anything_is_done(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    with pytest.raises(RequestError, match="no price for openai/unheard-of"):
        build(tmp_path, guide, recipe(tmp_path, server, model="unheard-of", budget_usd=1.0))
    assert not (tmp_path / "lake" / "parts").exists()


def test_a_cell_without_hope_is_given_up_and_says_so(tmp_path: Path, guide: Path, server: Handle) -> None:
    server.state.says = Scribe(refusing=lambda prompt: "Kind of question: reason" in prompt)
    plan = {"cells": {"form": ["fact", "reason"]}, "per_cell": 4}
    report = build(tmp_path, guide, recipe(tmp_path, server, plan))
    full, hopeless = report["model"]["cells"]
    assert (full["state"], full["accepted"], hopeless["state"], hopeless["accepted"]) == (
        "full",
        4,
        "hopeless",
        0,
    )
    assert "unparsable" in hopeless["sentence"]
    assert report["counts"]["exported"] == 4


def test_a_budget_stops_a_build_and_a_higher_one_takes_it_up(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    poor = build(tmp_path, guide, recipe(tmp_path, server, budget_usd=0.0035))
    assert 0 < poor["counts"]["exported"] < PASSAGES
    assert poor["model"]["is_out_of_budget"]
    answered = server.stats.answered
    rich = build(tmp_path, guide, recipe(tmp_path, server, budget_usd=1.0))
    assert rich["counts"]["exported"] == PASSAGES
    assert server.stats.answered == 2 * PASSAGES > answered
    assert server.stats.repeats == 0


def test_a_build_whose_budget_is_too_small_for_any_row_says_so(
    tmp_path: Path, guide: Path, server: Handle
) -> None:
    with pytest.raises(CheckError, match="budget covers no more: raise it and build again"):
        build(tmp_path, guide, recipe(tmp_path, server, budget_usd=0))
    assert server.stats.requests == 0


def test_a_key_may_lie_in_a_secret_block_and_nowhere_else(
    tmp_path: Path, guide: Path, server: Handle, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    server.order(keys="sk-of-the-block")
    with pytest.raises(RequestError, match="There is no Secret block key-of-nobody"):
        build(tmp_path, guide, recipe(tmp_path, server, secret_block="key-of-nobody"))
    Secret(value=SecretStr("sk-of-the-block")).save("key-of-the-farm", overwrite=True)
    report = build(tmp_path, guide, recipe(tmp_path, server, secret_block="key-of-the-farm"))
    assert report["counts"]["exported"] == PASSAGES
    written = [path for path in (tmp_path / "lake").rglob("*") if path.is_file()]
    assert not [path for path in written if b"sk-of-the-block" in path.read_bytes()]
