"""Methods that ask a model, through a real engine and ledger, against a server on loopback."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pyarrow.parquet as pq

from flows.alone.by_model import generate_by_model
from flows.alone.model_request import ModelRequest
from tests.llm_server.server import running
from tilth.llm.config import EngineConfig, ModelConfig


class _Silent:
    def began(self, stage: str, shards: int) -> None: ...
    def advanced(self, stage: str) -> None: ...
    def at(self, stage: str, words: str) -> None: ...


def ask(folder: Path, url: str, method: str, **given: Any) -> dict[str, Any]:
    model = ModelConfig(model="m", base_url=url, calls=EngineConfig(max_attempts=1, patience_s=0.1))
    request = ModelRequest(method, model, lake=str(folder / "lake"), **given)
    return generate_by_model(request, folder / "out.parquet", folder / "rejects.parquet", _Silent())


def test_each_row_of_a_table_becomes_an_example_and_a_second_run_asks_nothing(tmp_path: Path) -> None:
    rows = tmp_path / "rows.jsonl"
    rows.write_text(
        "".join(json.dumps({"product": name, "to": "ada@lovelace.org"}) + "\n" for name in ("hoe", "drill"))
    )
    given = {
        "rows": rows,
        "prompt": "Sell a {{ product }} to {{ who.name }}, {{ to }}.",
        "overrides": (
            "variables={product: {kind: column, column: product}, to: {kind: column, column: to}, who: {kind: person}}",
        ),
    }
    with running() as server:
        told = ask(tmp_path, server.url, "template", **given)
        asked = [row["messages"][0]["content"] for row in pq.read_table(tmp_path / "out.parquet").to_pylist()]
        again = ask(tmp_path, server.url, "template", **given)
    assert (told["accepted"], told["calls"], again["calls"], again["replayed"]) == (2, 2, 0, 2)
    assert {text.split()[2] for text in asked} == {"hoe", "drill"}
    assert all(text.endswith(", <email>.") for text in asked)


def test_the_tree_of_topics_is_paid_once_for_all_candidates(tmp_path: Path) -> None:
    with running() as server:
        told = ask(tmp_path, server.url, "topic_tree", wanted=2, overrides=("domain=soil", "levels=1"))
        assert server.stats.repeats == 0
        rows = pq.read_table(tmp_path / "out.parquet").to_pylist()
    tree, *others = ({row["request_ids"][0] for row in rows}, *(row["request_ids"][1:] for row in rows))
    assert (told["accepted"], told["replayed"], len(tree)) == (2, 0, 1)
    assert {row["template_id"].partition("@")[0] for row in rows} == {"topic_tree/expand"}
    assert told["calls"] == server.stats.answered >= 1 + len({one for ids in others for one in ids})
