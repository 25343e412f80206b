"""Domain packs, as methods use them."""

from __future__ import annotations

import json
from typing import Any

import pytest

from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.domains import InDomain, about, pack_of
from tests.llm_server.scribe import Scribe
from tests.tasks.generate.by_model.playing import brief, item, play
from tilth.llm.request import ChatRequest


def test_a_pack_gives_prompts_its_title_its_words_and_its_cautions() -> None:
    pack = pack_of("medical")
    assert pack is not None
    values = about("medical")
    assert values["domain"] == pack.title
    assert all(line in values["guidance"] for line in (*pack.style, *pack.cautions))


def test_words_that_name_no_pack_are_the_field_themselves() -> None:
    assert about("care of clay soils") == {"domain": "care of clay soils"}


def test_a_configs_identity_holds_its_packs_and_not_where_the_model_is_reached() -> None:
    method = {"method": "controlled", "domain": "legal"}
    near, far = (
        ByModelConfig.model_validate(
            {"model": {"model": "m", "base_url": url}, "methods": [method]}
        ).identity()
        for url in ("http://near", "http://far")
    )
    assert near == far
    assert near["methods"][0]["pack"]["title"] == "law in everyday and business life"


def test_what_is_built_depends_on_the_content_of_a_pack() -> None:
    assert InDomain(domain="legal").identity()["pack"]["name"] == "legal"
    assert InDomain(domain="law").identity()["pack"] is None


@pytest.mark.parametrize("method", ["self_instruct", "persona", "topic_tree"])
def test_what_a_pack_says_reaches_all_that_asks_about_the_field(method: str) -> None:
    config = ByModelConfig.model_validate(
        {"model": {"model": "m"}, "methods": [{"method": method, "domain": "legal"}]}
    ).methods[0]
    seed = item("Write a letter to a landlord.", "seed") if method == "self_instruct" else None
    played = play(config, brief(seed), answered)
    systems = [str(request.messages[0]["content"]) for step in played.asked for request in step]
    told = [system for system in systems if "law in everyday and business life" in system]
    # Personas are invented before anybody asks about anything.
    assert len(told) >= len(systems) - 2 * (method == "persona") > 0
    assert all("Deadlines can destroy rights" in system for system in told)


def answered(request: ChatRequest) -> Any:
    form = {"json_schema": {"schema": request.schema}} if request.schema else None
    said = Scribe()({"messages": list(request.messages), "response_format": form})
    return json.loads(said) if request.schema else said
