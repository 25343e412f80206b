from __future__ import annotations

import random
from collections import Counter
from itertools import pairwise

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tasks.balance.config import BalanceConfig
from tasks.balance.mixture import balance_examples
from tasks.balance.quotas import bound_shares, fill_to_level, language_quotas, temper
from tasks.balance.weights import effective_sample_size, sampling_weights, weight_normaliser
from tilth.errors import RequestError
from tilth.records import MIXTURE, REJECTS

SCHEMA = pa.schema(
    [(name, pa.string()) for name in ("key", "example_id", "language", "task", "category", "difficulty")]
    + [("quality", pa.float64()), ("tokens", pa.int32())]
)
GROUP = st.sampled_from(["python", "go", "rust", "", None])
ROWS = st.lists(
    st.fixed_dictionaries(
        {
            "language": GROUP,
            "task": st.sampled_from(["doc", "fim", None]),
            "category": st.sampled_from(["web", None]),
            "difficulty": st.sampled_from(["easy", "medium", "hard", None, "odd"]),
            "quality": st.sampled_from([0.0, 0.5, 0.7, 1.0, None, float("nan")]),
            "tokens": st.none() | st.integers(0, 9),
        }
    ),
    max_size=60,
)
CONFIGS = st.builds(
    BalanceConfig,
    strategy=st.sampled_from(["none", "cap", "water_filling", "square_root"]),
    max_per_language=st.integers(1, 20),
    min_kept_ratio=st.sampled_from([0.0, 0.5, 0.8, 1.0]),
    max_task_share=st.sampled_from([0.3, 0.6, 1.0]),
    max_category_share=st.sampled_from([0.3, 0.6, 1.0]),
)


def survivors(rows):
    named = [row | {"example_id": f"{number:04}", "key": "k"} for number, row in enumerate(rows)]
    return pa.Table.from_pylist(named, schema=SCHEMA)


def corpus(**languages):
    """Survivors of so many rows a language, with qualities that differ."""
    return survivors(
        [
            {
                "language": language,
                "task": "doc",
                "category": None,
                "difficulty": "easy",
                "quality": number / count,
                "tokens": 9,
            }
            for language, count in languages.items()
            for number in range(count)
        ]
    )


def kept(table, **config):
    return Counter(balance_examples(table, BalanceConfig(**config)).rows["language"].to_pylist())


@settings(max_examples=150, deadline=None)
@given(ROWS, CONFIGS)
def test_every_survivor_is_in_the_mixture_or_a_reject(rows, config):
    outcome = balance_examples(survivors(rows), config)
    assert outcome.rows.schema == MIXTURE
    assert outcome.rejects.schema == REJECTS
    ids = outcome.rows["example_id"].to_pylist() + outcome.rejects["item_id"].to_pylist()
    assert sorted(ids) == [f"{number:04}" for number in range(len(rows))]
    ranks = list(zip(outcome.rows["rank"].to_pylist(), outcome.rows["example_id"].to_pylist(), strict=True))
    assert ranks == sorted(ranks)


@settings(max_examples=60, deadline=None)
@given(ROWS, CONFIGS, st.randoms(use_true_random=False))
def test_the_order_of_the_survivors_changes_nothing(rows, config, shuffler):
    table = survivors(rows)
    order = list(range(len(rows)))
    shuffler.shuffle(order)
    once, again = (
        balance_examples(table, config),
        balance_examples(table.take(pa.array(order, pa.int64())), config),
    )
    assert once.rows.equals(again.rows)
    assert once.rejects.equals(again.rejects)


@settings(max_examples=100, deadline=None)
@given(ROWS, CONFIGS)
def test_in_a_cell_nothing_better_is_left_out_than_what_stays(rows, config):
    table = survivors(rows)
    outcome = balance_examples(table, config)
    over = {row["item_id"] for row in outcome.rejects.to_pylist() if row["reason"] == "over_quota"}
    worst: dict[tuple[str, ...], tuple[float, str]] = {}
    best: dict[tuple[str, ...], tuple[float, str]] = {}
    for row in table.to_pylist():
        cell = (row["language"] or "", row["task"] or "", row["category"] or "")
        if row["quality"] is None or row["quality"] != row["quality"]:
            continue
        rank = (-row["quality"], row["example_id"])
        if row["example_id"] in over:
            best[cell] = min(best.get(cell, rank), rank)
        else:
            worst[cell] = max(worst.get(cell, rank), rank)
    assert all(worst[cell] < best[cell] for cell in worst.keys() & best.keys())


def test_a_corpus_of_one_language_loses_nothing():
    for strategy in ("none", "water_filling", "square_root"):
        assert kept(corpus(python=100), strategy=strategy) == {"python": 100}


def test_languages_of_one_size_lose_nothing():
    assert kept(corpus(python=50, go=50), min_kept_ratio=0.0) == {"python": 50, "go": 50}


def test_by_default_at_least_four_fifths_stay_and_rare_languages_stay_whole():
    assert kept(corpus(python=400, go=40, rust=10)) == {"python": 310, "go": 40, "rust": 10}


def test_square_roots_keep_the_order_of_languages_and_water_filling_levels_them():
    table = corpus(python=400, go=100, rust=25)
    assert kept(table, min_kept_ratio=0.0) == {"python": 100, "go": 50, "rust": 25}
    assert kept(table, strategy="water_filling", min_kept_ratio=0.0) == {"python": 25, "go": 25, "rust": 25}


def test_a_cap_is_a_cap():
    table = corpus(python=40, go=5)
    assert kept(table, strategy="cap", max_per_language=10) == {"python": 10, "go": 5}


def test_no_task_takes_more_than_its_share_of_a_language():
    table = corpus(python=120)
    tasks = ["fim"] * 100 + ["doc"] * 12 + ["chat"] * 8
    table = table.set_column(table.column_names.index("task"), "task", pa.array(tasks))
    outcome = balance_examples(table, BalanceConfig(strategy="none", max_task_share=0.5))
    assert Counter(outcome.rows["task"].to_pylist()) == {"fim": 20, "doc": 12, "chat": 8}
    reject = outcome.rejects.to_pylist()[0]
    assert (reject["reason"], reject["detail"]) == ("over_quota", "python/fim/- keeps the best 20 of 100")


COUNTS = st.lists(st.integers(0, 400), min_size=1, max_size=8)


@given(COUNTS, st.integers(0, 2000))
def test_filling_to_a_level_gives_the_total_and_takes_from_the_largest(counts, total):
    quotas = fill_to_level(counts, total)
    assert sum(quotas) == min(total, sum(counts))
    level = max(quotas)
    cut = [quota for quota, count in zip(quotas, counts, strict=True) if quota < count]
    assert all(quota >= level - 1 for quota in cut)


@given(COUNTS, st.floats(0.05, 1.0))
def test_no_group_has_more_than_its_share_give_or_take_one(counts, share):
    quotas = bound_shares(counts, share)
    bound = max(share, 1 / max(1, sum(1 for count in counts if count)))
    assert all(0 <= quota <= count for quota, count in zip(quotas, counts, strict=True))
    # A share is a fraction of whole ten-thousandths.
    assert max(quotas) <= (bound + 1e-4) * sum(quotas) + 1
    assert any(quotas) == any(counts)


@given(COUNTS, st.integers(0, 2000))
def test_tempering_keeps_the_total_and_the_order_of_groups(counts, total):
    quotas = temper(counts, total)
    assert sum(quotas) >= min(total, sum(counts))
    assert all(quota <= count for quota, count in zip(quotas, counts, strict=True))
    assert any(quotas) == any(counts)
    # A group twice as large never ends below the smaller one by more than rounding.
    pairs = sorted(zip(counts, quotas, strict=True))
    assert all(small[1] <= large[1] + 1 for small, large in pairwise(pairs))


@given(COUNTS, st.sampled_from(["water_filling", "square_root"]), st.floats(0, 1))
def test_balancing_languages_keeps_the_ratio_that_was_asked(counts, strategy, ratio):
    quotas = language_quotas(counts, BalanceConfig(strategy=strategy, min_kept_ratio=ratio))
    assert sum(quotas) >= (ratio - 1e-4) * sum(counts)


def test_weights_are_those_of_the_formula_and_raw_in_the_row():
    table = corpus(python=10)
    rows = balance_examples(table, BalanceConfig()).rows
    expected = sampling_weights(rows["quality"].to_numpy(), BalanceConfig())
    assert rows["weight"].to_pylist() == expected.tolist()
    assert sampling_weights([0.7, 0.8, 0.9, 1.0], BalanceConfig()) == pytest.approx(
        [1, 1.6487, 2.7183, 4.4817], abs=1e-4
    )


@given(st.lists(st.floats(0, 1), min_size=1), st.randoms(use_true_random=False))
def test_normaliser_and_effective_size_do_not_depend_on_order(qualities, shuffler):
    weights = sampling_weights(qualities, BalanceConfig()).tolist()
    shuffled = list(weights)
    shuffler.shuffle(shuffled)
    assert weight_normaliser(weights) == weight_normaliser(shuffled)
    assert effective_sample_size(weights) == effective_sample_size(shuffled)
    assert 1 - 1e-9 <= effective_sample_size(weights) <= len(weights) + 1e-9


def test_the_curriculum_goes_by_band_then_length_then_id():
    rows = [
        {"difficulty": band, "tokens": tokens, "language": "go", "quality": 1.0}
        for band, tokens in (("hard", 1), ("easy", 9), ("medium", 5), ("easy", 2), (None, 4), ("easy", 9))
    ]
    random.Random(1).shuffle(rows)
    outcome = balance_examples(survivors(rows), BalanceConfig())
    ids = outcome.rows["example_id"].to_pylist()
    order = [(rows[int(name)]["difficulty"], rows[int(name)]["tokens"]) for name in ids]
    assert order == [("easy", 2), ("easy", 9), ("easy", 9), (None, 4), ("medium", 5), ("hard", 1)]
    assert ids[1] < ids[2]


def test_survivors_without_their_columns_are_a_clear_error():
    with pytest.raises(RequestError, match="lack tokens"):
        balance_examples(corpus(go=1).drop_columns(["tokens"]), BalanceConfig())
