"""What a call costs: prices per million tokens from a dated file, and whole millionths of a dollar made of them.

A price of so many dollars per million tokens is as many millionths of a dollar per token, so that costs are sums of
integers. Nothing is fetched and nothing guessed: a model that the file does not name has no price, also when its name
looks like one that is there. The file's form is told at the head of `data/prices/`'s newest.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal, InvalidOperation
from itertools import pairwise
from pathlib import Path
from typing import Annotated, Any

import yaml
from pydantic import AfterValidator, Field, HttpUrl, ValidationError

from tilth.config import Config
from tilth.errors import RequestError
from tilth.fingerprint import ROOT
from tilth.yaml_errors import NO_YAML

PRICES = ROOT / "data" / "prices"

# Prices are held in millionths of a microdollar a token: the finest in use has six decimals (0.003625).
_SCALE = 1_000_000


def _finite(amount: Decimal) -> Decimal:
    if not amount.is_finite() or amount * _SCALE != int(amount * _SCALE):
        raise ValueError("a price is a number of dollars with six decimals at most")
    return amount


# 1,000 dollars per million tokens is more than the dearest model ever listed (o1-pro, 600): above it a point is lost.
_Usd = Annotated[Decimal, Field(ge=0, le=1000), AfterValidator(_finite)]


class _Rates(Config):
    input: _Usd
    cached_input: _Usd | None = None
    cache_write: _Usd | None = None
    output: _Usd


class _LongPrompt(_Rates):
    above: int = Field(gt=0)


class _Period(_Rates):
    from_: date | None = Field(default=None, alias="from")
    until: date | None = None
    long_prompt: _LongPrompt | None = None


class _Model(Config):
    model: str = Field(min_length=1)
    names: tuple[str, ...] = ()
    read: date
    source: HttpUrl | None = None
    prices: tuple[_Period, ...] = Field(min_length=1)


class _Provider(Config):
    provider: str = Field(min_length=1)
    source: HttpUrl
    batch_ratio: float | None = Field(default=None, gt=0, le=1)
    models: tuple[_Model, ...]


class _File(Config):
    version: int = Field(ge=1, le=1)
    as_of: date
    providers: tuple[_Provider, ...]


@dataclass(frozen=True, slots=True)
class Rates:
    """Millionths of a microdollar per token, whole: 400,000 is $0.40 per million tokens."""

    input: int
    cached_input: int
    cache_write: int
    output: int

    @property
    def dearest_input(self) -> int:
        """The most that a token of the prompt can cost."""
        return max(self.input, self.cached_input, self.cache_write)


@dataclass(frozen=True, slots=True)
class Price:
    """The price of a model. `read` is the day when somebody read it at `source`; None for one that a user gave.

    A prompt of more than `long_above` tokens is billed whole at `long_rates`. `batch_ratio` is what the provider's
    batch API takes of it, None without such an API.
    """

    rates: Rates
    long_above: int | None = None
    long_rates: Rates | None = None
    batch_ratio: float | None = None
    read: date | None = None
    source: str = ""

    def cost_microusd(
        self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, cache_write_tokens: int = 0
    ) -> int:
        """What a call cost, rounded up; cached and written tokens are among the input's.

        >>> price_of(input_usd=0.4, output_usd=1.6, cached_input_usd=0.1).cost_microusd(1000, 100, cached_tokens=600)
        380
        """
        cached = min(max(cached_tokens, 0), input_tokens)
        written = min(max(cache_write_tokens, 0), input_tokens - cached)
        rates = self._rates_for(input_tokens)
        total = (
            (input_tokens - cached - written) * rates.input
            + cached * rates.cached_input
            + written * rates.cache_write
            + output_tokens * rates.output
        )
        return -(-total // _SCALE)

    def bound_microusd(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a call with at most so many tokens can cost, whatever a cache held: what to reserve.

        >>> price_of(input_usd=1, output_usd=6, cache_write_usd=1.25).bound_microusd(1000, 100)
        1850
        """
        tiers = [self.rates]
        if self.long_rates is not None and self.long_above is not None and input_tokens > self.long_above:
            tiers.append(self.long_rates)
        most = max(input_tokens * tier.dearest_input + output_tokens * tier.output for tier in tiers)
        return -(-most // _SCALE)

    def total_microusd(
        self, calls: int, input_tokens: float, output_tokens: float, cached_tokens: float
    ) -> int:
        """What so many calls cost together, by their sums of tokens; their mean decides whether prompts are long."""
        rates = self._rates_for(round(input_tokens / calls)) if calls else self.rates
        fresh = max(input_tokens - cached_tokens, 0.0)
        total = fresh * rates.input + cached_tokens * rates.cached_input + output_tokens * rates.output
        return -int(-total // _SCALE)

    def in_batch(self) -> Price | None:
        """The price of the same model in the provider's batch API; None where it has none."""
        if self.batch_ratio is None:
            return None
        return replace(
            self,
            rates=_scaled(self.rates, self.batch_ratio),
            long_rates=None if self.long_rates is None else _scaled(self.long_rates, self.batch_ratio),
            batch_ratio=None,
        )

    def _rates_for(self, input_tokens: int) -> Rates:
        if self.long_rates is not None and self.long_above is not None and input_tokens > self.long_above:
            return self.long_rates
        return self.rates


def _scaled(rates: Rates, ratio: float) -> Rates:
    share = Decimal(str(ratio))
    parts = (rates.input, rates.cached_input, rates.cache_write, rates.output)
    return Rates(*(-int(-(part * share) // 1) for part in parts))


def price_of(
    *,
    input_usd: float | str,
    output_usd: float | str,
    cached_input_usd: float | str | None = None,
    cache_write_usd: float | str | None = None,
) -> Price:
    """A price that a user gives, in dollars per million tokens. Raises `RequestError` for what is no price."""
    given = {
        "input": input_usd,
        "output": output_usd,
        "cached_input": cached_input_usd,
        "cache_write": cache_write_usd,
    }
    try:
        named = {name: Decimal(str(usd)) for name, usd in given.items() if usd is not None}
        return Price(_rates(_Rates.model_validate(named)))
    except (InvalidOperation, ValidationError) as error:
        raise RequestError(
            f"A price of {given} cannot be read: {_first(error)}. "
            "Give dollars per million tokens, like input 0.40, output 1.60."
        ) from None


def cache_written_tokens(raw: Mapping[str, Any]) -> int:
    """The input tokens that a provider wrote to its cache for a call, by its reply's `usage`; 0 where it tells none.

    OpenAI and OpenRouter tell them among the prompt's details, Anthropic beside its input.

    >>> cache_written_tokens({"usage": {"prompt_tokens_details": {"cache_write_tokens": 1024}}})
    1024
    """
    usage = raw.get("usage")
    usage = usage if isinstance(usage, Mapping) else {}
    details = usage.get("prompt_tokens_details")
    told = details.get("cache_write_tokens") if isinstance(details, Mapping) else None
    told = usage.get("cache_creation_input_tokens") if told is None else told
    return told if isinstance(told, int) and told > 0 else 0


class PriceList:
    """All prices of a file. Names are exact: no price is inferred from a similar name."""

    def __init__(self, text: str, name: str = "the price file") -> None:
        content = _checked(text, name)
        self.as_of = content.as_of
        self._models: dict[tuple[str, str], tuple[_Provider, _Model]] = {}
        for provider in content.providers:
            for model in provider.models:
                _check_periods(model, name)
                for called in (model.model, *model.names):
                    if (provider.provider, called) in self._models:
                        raise RequestError(
                            f"{name} has two prices of {called} at {provider.provider}. Keep one of them."
                        )
                    self._models[provider.provider, called] = (provider, model)

    def price(self, provider: str, model: str, day: date) -> Price | None:
        """The price of a model on a day; None when the file does not know it."""
        found = self._models.get((provider, model))
        if found is None:
            return None
        owner, entry = found
        for period in entry.prices:
            if (period.from_ is None or period.from_ <= day) and (
                period.until is None or day <= period.until
            ):
                long = period.long_prompt
                return Price(
                    _rates(period),
                    None if long is None else long.above,
                    None if long is None else _rates(long),
                    owner.batch_ratio,
                    entry.read,
                    str(entry.source or owner.source),
                )
        return None

    def models(self, provider: str) -> tuple[str, ...]:
        """The names that have a price at a provider, sorted."""
        return tuple(sorted(model for owner, model in self._models if owner == provider))


def load_prices(path: Path | None = None) -> PriceList:
    """The price list of a file; without one, the newest in `data/prices/`. Raises `RequestError`."""
    if path is None:
        files = sorted(PRICES.glob("*.yaml"))
        if not files:
            raise RequestError(f"{PRICES} holds no price file. Restore it from the checkout.")
        path = files[-1]
    try:
        return PriceList(path.read_text(encoding="utf-8"), path.name)
    except (OSError, UnicodeDecodeError) as error:
        raise RequestError(f"{path} cannot be read as prices: {error}. Name a YAML file.") from None


def _checked(text: str, name: str) -> _File:
    try:
        return _File.model_validate(yaml.safe_load(text))
    except ValidationError as error:
        raise RequestError(f"{name} cannot be read as prices: {_first(error)}.") from None
    except NO_YAML as error:
        raise RequestError(f"{name} is no YAML: {error}.") from None


def _first(error: InvalidOperation | ValidationError) -> str:
    if not isinstance(error, ValidationError):
        return "not a number"
    fault = error.errors(include_url=False)[0]
    place = ".".join(str(part) for part in fault["loc"]) or "the whole"
    return f"{place}: {fault['msg']}"


def _check_periods(model: _Model, name: str) -> None:
    for earlier, later in pairwise(model.prices):
        if earlier.until is None or later.from_ is None or later.from_ <= earlier.until:
            raise RequestError(
                f"{name}: the prices of {model.model} overlap in time. Put them in order of `from`."
            )


def _rates(rates: _Rates) -> Rates:
    fresh = int(rates.input * _SCALE)
    return Rates(
        fresh,
        fresh if rates.cached_input is None else int(rates.cached_input * _SCALE),
        fresh if rates.cache_write is None else int(rates.cache_write * _SCALE),
        int(rates.output * _SCALE),
    )
