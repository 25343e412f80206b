"""Prices: the file is well-formed, money is exact, and nothing is guessed."""

from __future__ import annotations

from datetime import date

import pytest
import yaml
from hypothesis import given
from hypothesis import strategies as st

from tilth.errors import RequestError
from tilth.llm.prices import PRICES, PriceList, cache_written_tokens, load_prices, price_of

DAY = date(2026, 11, 21)
LISTED = load_prices()
ONE = """
version: 1
as_of: 2026-11-01
providers:
  - provider: mill
    source: https://mill.example/pricing
    models:
      - {model: grist, read: 2026-11-01, prices: [{input: 0.4, output: 1.6}]}
"""


def test_every_price_in_the_file_is_dated_names_its_page_and_holds_on_its_day():
    prices = load_prices()
    content = yaml.safe_load(max(PRICES.glob("*.yaml")).read_text(encoding="utf-8"))
    seen = 0
    for provider in content["providers"]:
        for model in provider["models"]:
            assert model["read"] <= prices.as_of
            price = prices.price(provider["provider"], model["model"], prices.as_of)
            assert price is not None
            assert price.source.startswith("https://")
            # No listed model charges more for reading its cache than for fresh input, or less for output.
            assert price.rates.cached_input <= price.rates.input <= price.rates.cache_write
            assert price.rates.input <= price.rates.output
            seen += 1
    assert seen > 40


def test_a_dated_name_has_the_price_of_its_model():
    prices = LISTED
    assert prices.price("openai", "gpt-4.1-mini-2025-04-14", DAY) == prices.price(
        "openai", "gpt-4.1-mini", DAY
    )


@pytest.mark.parametrize("model", ["gpt-4.1-mini-tuned", "gpt-4.1-min", "GPT-4.1", ""])
def test_a_name_that_is_only_similar_has_no_price(model):
    assert LISTED.price("openai", model, DAY) is None


def test_the_same_model_at_another_provider_has_no_price():
    assert LISTED.price("openrouter", "gpt-4.1-mini", DAY) is None


def test_an_introductory_price_ends_on_its_day():
    prices = load_prices()
    before = prices.price("google", "gemini-3.6-flash", date(2026, 12, 31))
    after = prices.price("google", "gemini-3.6-flash", date(2027, 1, 1))
    assert before is not None
    assert after is not None
    assert after.rates.input == 2 * before.rates.input


def test_a_price_list_without_a_price_for_the_day_knows_none():
    text = ONE.replace("{input: 0.4,", "{until: 2026-11-30, input: 0.4,")
    assert PriceList(text).price("mill", "grist", date(2026, 12, 1)) is None


def test_a_long_prompt_is_billed_whole_at_the_higher_price():
    price = LISTED.price("google", "gemini-2.5-pro", DAY)
    assert price is not None
    assert price.cost_microusd(200_000, 0) == 250_000
    assert price.cost_microusd(200_001, 0) == 500_003


def test_the_batch_price_is_half_of_the_price_where_the_provider_has_batches():
    live = LISTED.price("openai", "gpt-4.1-mini", DAY)
    assert live is not None
    batch = live.in_batch()
    assert batch is not None
    assert batch.cost_microusd(1000, 100) * 2 == live.cost_microusd(1000, 100)
    assert PriceList(ONE).price("mill", "grist", DAY).in_batch() is None  # type: ignore[union-attr]


@given(
    st.integers(0, 400_000), st.integers(0, 100_000), st.integers(0, 400_000), st.integers(0, 400_000),
    st.sampled_from([("openai", "gpt-5.6-luna"), ("google", "gemini-2.5-pro"), ("anthropic", "claude-sonnet-4-5")]),
    st.integers(0, 1000), st.integers(0, 1000),
)  # fmt: skip
def test_no_call_costs_more_than_was_reserved_for_it(used, answered, cached, written, name, spare, more):
    price = LISTED.price(name[0], name[1], DAY)
    assert price is not None
    assert price.cost_microusd(used, answered, cached, written) <= price.bound_microusd(
        used + spare, answered + more
    )


@pytest.mark.parametrize(
    ("text", "fact"),
    [
        ("providers: [", "no YAML"),
        ("[]", "the whole"),
        (ONE.replace("0.4", "-1"), "input"),
        (ONE.replace("0.4", ".nan"), "input"),
        (ONE.replace("0.4", "4000"), "input"),
        (ONE.replace("output: 1.6", "output: 1.6, outputs: 1.6"), "outputs"),
        (ONE.replace("read: 2026-11-01", "read: soon"), "read"),
        (
            ONE + "      - {model: grist, read: 2026-11-01, prices: [{input: 1, output: 2}]}\n",
            "two prices of grist",
        ),
        (ONE.replace("[{input", "[{input: 1, output: 1}, {input"), "overlap"),
        (ONE.replace("version: 1", "version: 2024-99-99"), "no YAML"),
    ],
)
def test_a_file_that_is_not_prices_is_told_by_its_fault(text, fact):
    with pytest.raises(RequestError, match=fact):
        PriceList(text)


def test_a_price_file_that_is_not_there_is_told(tmp_path):
    with pytest.raises(RequestError, match=r"none\.yaml cannot be read as prices"):
        load_prices(tmp_path / "none.yaml")


@pytest.mark.parametrize("usd", ["much", "-1", "nan", "1e9", "0.12345678"])
def test_what_a_user_gives_as_a_price_is_checked(usd):
    with pytest.raises(RequestError, match="dollars per million tokens"):
        price_of(input_usd=usd, output_usd=1)


@pytest.mark.parametrize(
    ("raw", "tokens"),
    [
        ({"usage": {"prompt_tokens_details": {"cache_write_tokens": 7}}}, 7),
        ({"usage": {"cache_creation_input_tokens": 7}}, 7),
        ({"usage": {"prompt_tokens_details": None}}, 0),
        ({"usage": {"prompt_tokens_details": {"cache_write_tokens": "many"}}}, 0),
        ({"usage": None}, 0),
        ({}, 0),
    ],
)
def test_tokens_written_to_a_cache_are_read_from_a_reply(raw, tokens):
    assert cache_written_tokens(raw) == tokens
