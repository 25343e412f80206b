"""Domain packs, as methods use them."""

from __future__ import annotations

from tasks.generate.by_model.config import ByModelConfig
from tasks.generate.by_model.domains import InDomain, about, pack_of


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
