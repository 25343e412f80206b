"""How calls are made: concurrency, patience, retries, fallbacks and rates."""

from __future__ import annotations

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
