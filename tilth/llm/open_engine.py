"""An engine for the model that a recipe or a command names: its provider, keys, prices, budgets and ledger.

What is wrong with the request is told before anything is asked: no key, no price where dollars are bounded.
"""

from __future__ import annotations

import os
from collections.abc import AsyncIterator, Callable, Iterator, Mapping, Sequence
from contextlib import asynccontextmanager, contextmanager
from datetime import UTC, datetime
from pathlib import Path

from tilth.errors import RequestError
from tilth.ledger.entry import Budget
from tilth.ledger.ledger import Ledger, open_ledger
from tilth.llm.batches import BatchCaller
from tilth.llm.config import ModelConfig
from tilth.llm.engine import Engine
from tilth.llm.prices import Price, PriceList, load_prices
from tilth.llm.providers import Provider, keys_of, provider_named
from tilth.llm.shared import SharedEngine, shared_engine

_MICROUSD = 1_000_000
# New requests that make a batch; fewer are asked live, for a wait of hours would save cents.
_FEWEST = 20


def budget_of(model: ModelConfig, purse: str) -> Budget | None:
    """The budget of a model's config under a name that lasts; None when nothing is bounded."""
    bounds = (model.budget_usd, model.budget_tokens, model.budget_minutes)
    if all(bound is None for bound in bounds):
        return None
    return Budget(
        purse,
        None if model.budget_usd is None else int(model.budget_usd * _MICROUSD),
        model.budget_tokens,
        None if model.budget_minutes is None else model.budget_minutes * 60,
    )


def check_model(model: ModelConfig) -> None:
    """Raise `RequestError` for what keeps an engine from being opened, but for keys that others hold."""
    is_elsewhere = model.secret_block is not None
    _reached(model, os.environ, ("held elsewhere",) if is_elsewhere else ())
    if model.budget_usd is not None and not model.is_replay:
        prices, today = load_prices(), datetime.now(UTC).date()
        _require_prices(model, prices, lambda provider, name: prices.price(provider, name, today))


@contextmanager
def open_engine(
    model: ModelConfig, ledger: str | Path, purse: str, keys: Sequence[str] = ()
) -> Iterator[SharedEngine]:
    """An engine for any thread, for as long as the block lasts.

    `purse` names what its calls are counted under, in this run and all later ones; `keys` are the provider's, where
    they do not come from the environment. Raises `RequestError` for a request that cannot be carried out,
    `LedgerError` for a ledger that cannot be opened.
    """
    providers, held = _reached(model, os.environ, keys)
    prices = load_prices()
    today = datetime.now(UTC).date()

    def price(provider: str, name: str) -> Price | None:
        return prices.price(provider, name, today)

    if model.budget_usd is not None and not model.is_replay:
        _require_prices(model, prices, price)
    # Without bounds the purse only counts, so that what was spent under its name is known.
    budget = budget_of(model, purse) or Budget(purse)

    @asynccontextmanager
    async def make() -> AsyncIterator[Engine]:
        async with open_ledger(ledger, is_replay=model.is_replay) as opened:
            batches = _batches(model, opened, providers[0], held[model.provider], budget, price)
            async with Engine(
                opened,
                providers,
                keys=held,
                config=model.calls,
                budgets=(budget,),
                price=price,
                batches=batches,
            ) as engine:
                yield engine

    with shared_engine(make) as engine:
        yield engine


def _batches(
    model: ModelConfig,
    ledger: Ledger,
    provider: Provider,
    keys: Sequence[str],
    budget: Budget,
    price: Callable[[str, str], Price | None],
) -> BatchCaller | None:
    """The batch API of the model's provider, where the config asks for it; a replay needs none."""
    if not model.is_batch or model.is_replay:
        return None

    def half_price(name: str) -> Price | None:
        found = price(provider.name, name)
        # Without a discount that is known, the price of live calls bounds it.
        return None if found is None else found.in_batch() or found

    key = keys[0] if keys else "none"
    return BatchCaller(
        ledger, provider, key, poll_s=model.batch_poll_s, budgets=(budget,), price=half_price, fewest=_FEWEST
    )


def _reached(
    model: ModelConfig, environment: Mapping[str, str], keys: Sequence[str]
) -> tuple[list[Provider], dict[str, Sequence[str]]]:
    """The providers of the model and its fallbacks, and the keys of each."""
    providers: list[Provider] = []
    held: dict[str, Sequence[str]] = {}
    names = dict.fromkeys([model.provider, *(name for name, _ in model.calls.fallbacks)])
    for name in names:
        is_first = name == model.provider
        provider = provider_named(name, environment, model.base_url if is_first else None)
        providers.append(provider)
        # A replay calls nobody, so it needs no key.
        held[name] = keys if keys and is_first else () if model.is_replay else keys_of(provider, environment)
    return providers, held


def _require_prices(model: ModelConfig, prices: PriceList, price: Callable[[str, str], Price | None]) -> None:
    for provider, name in ((model.provider, model.model), *model.calls.fallbacks):
        if price(provider, name) is None:
            known = prices.models(provider)
            told = (
                f"it has {', '.join(known[:8])} of {provider}" if known else f"it has no model of {provider}"
            )
            raise RequestError(
                f"data/prices has no price for {provider}/{name} ({told}), so a budget in dollars cannot be kept. "
                "Add its price there, or bound tokens or minutes instead."
            )
