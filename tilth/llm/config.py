"""How calls are made: concurrency, patience, retries, fallbacks and rates."""

from __future__ import annotations

from typing import Any

from pydantic import Field

from tilth.config import Config
from tilth.llm.limits import ModelLimits


class EngineConfig(Config):
    """How calls are made. None of it counts for a request's key."""

    max_in_flight: int = Field(default=64, ge=1, le=10_000, description="Most calls of one model at once.")
    timeout_s: float = Field(
        default=300.0, gt=0, description="Seconds until a call without its whole answer is given up."
    )
    max_attempts: int = Field(
        default=6,
        ge=1,
        le=100,
        description="Attempts a call that fails while others succeed; refusals do not count.",
    )
    backoff_s: float = Field(
        default=1.0,
        gt=0,
        le=60,
        description="First wait in seconds where the provider names none; it doubles to a minute.",
    )
    patience_s: float = Field(
        default=300.0,
        gt=0,
        description="Seconds of an outage, or of nothing but refusals, until its requests fail.",
    )
    grace_s: float = Field(
        default=20.0, ge=0, description="Seconds that calls in flight get to come in after a stop."
    )
    fallbacks: tuple[tuple[str, str], ...] = Field(
        default=(),
        description="Provider and model to ask, in this order, when the one asked for cannot answer.",
    )
    limits: dict[str, ModelLimits] = Field(
        default={}, description="Rates by model, or by provider/model; shared by all processes on one ledger."
    )


class ModelConfig(Config):
    """Which model writes, and within which bounds. Only what can change an answer counts for what is built."""

    provider: str = Field(
        default="openai", min_length=1, description="A known provider, or a name of your own with `base_url`."
    )
    model: str = Field(min_length=1, description="Name of the model as the provider knows it.")
    base_url: str | None = Field(
        default=None, description="Where the provider is reached, if not where it is known to be."
    )
    secret_block: str | None = Field(
        default=None, description="Prefect Secret block that holds the key; otherwise the environment does."
    )
    # Long enough for a worked answer with its reasoning; a budget reserves this much for each call in flight.
    max_tokens: int = Field(default=4096, ge=1, le=1_000_000, description="Tokens of one answer at most.")
    temperature: float | None = Field(
        default=None,
        ge=0,
        le=2,
        description="Left to the provider when it is not given: some models refuse it.",
    )
    parameters: dict[str, Any] = Field(
        default={}, description="Further parameters of the provider's call, such as reasoning_effort."
    )
    budget_usd: float | None = Field(
        default=None, ge=0, description="Dollars that all runs of the recipe may spend."
    )
    budget_tokens: int | None = Field(
        default=None, ge=0, description="Tokens, read and written, that they may use."
    )
    budget_minutes: float | None = Field(
        default=None, ge=0, description="Minutes in which calls may be in flight."
    )
    calls: EngineConfig = Field(default=EngineConfig(), description="How calls are made.")
    is_batch: bool = Field(
        default=False,
        description="Ask by the provider's batch API where there is enough to ask: half the price, within a day.",
    )
    batch_poll_s: float = Field(
        default=30.0, gt=0, le=3600, description="Seconds between two looks at a batch under way."
    )
    is_replay: bool = Field(
        default=False,
        description="Use recorded answers alone: no call is made, and what is not recorded is a reject.",
    )

    @property
    def call_parameters(self) -> dict[str, Any]:
        """The parameters of each call's body."""
        given = {} if self.temperature is None else {"temperature": self.temperature}
        return {"max_tokens": self.max_tokens, **given, **self.parameters}

    def identity(self) -> dict[str, Any]:
        """What answers depend on: neither where the provider is reached nor what may be spent there."""
        return {"provider": self.provider, "model": self.model, "parameters": self.call_parameters,
                "fallbacks": [list(pair) for pair in self.calls.fallbacks]}  # fmt: skip
