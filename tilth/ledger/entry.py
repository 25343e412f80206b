"""What passes into the ledger and out of it: budgets, reservations, claims, refusals and sums.

Money is in millionths of a US dollar and whole, tokens are input and output together, time is in seconds. A bound of
None bounds nothing: a budget without bounds only counts.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal


@dataclass(frozen=True, slots=True)
class Budget:
    """A named purse, kept across restarts: what was ever spent under its name counts against its bounds.

    The bounds are the caller's and not stored, so that a raised budget resumes where the old one stopped.
    `max_seconds` bounds the time during which at least one call under this budget is in flight in any process.
    """

    name: str
    max_microusd: int | None = None
    max_tokens: int | None = None
    max_seconds: float | None = None


@dataclass(frozen=True, slots=True)
class Reservation:
    """The most that a call can cost, set aside in every one of its budgets before it is sent.

    `microusd` is None for a model without a price, which no budget in dollars admits. `seconds` is how long the call
    may take; only a budget in minutes looks at it. The three tokens and dollars are upper bounds, or budgets are not.
    """

    budgets: tuple[Budget, ...] = ()
    input_tokens: int = 0
    output_tokens: int = 0
    microusd: int | None = None
    seconds: float = 0.0


@dataclass(frozen=True, slots=True)
class Claim:
    """The right, and the duty, to send one request: settle it or release it."""

    claim_id: str
    key: str
    provider: str
    model: str
    input_bytes: int
    max_output_tokens: int | None
    reservation: Reservation


@dataclass(frozen=True, slots=True)
class Refusal:
    """Why a request is not to be sent: its budget does not cover it, or the ledger replays and does not hold it.

    `kind` is that of the `ChatFailure` to make of it. A budget refuses only what would not fit even if all that is in
    flight cost nothing; until that is known, `claim` waits. Bounds are in the unit that was short.
    """

    kind: Literal["budget", "not_recorded"]
    detail: str
    budget: str | None = None
    unit: Literal["microusd", "tokens", "seconds"] | None = None


@dataclass(frozen=True, slots=True)
class Spend:
    """What a budget has seen so far. `reserved_*` belong to calls in flight; `lost` calls died there.

    `microusd` and `tokens` hold the reservations of lost calls in full, for nobody knows what the provider billed.
    `unpriced` calls came from models without a price and are missing from `microusd`.
    """

    microusd: int = 0
    tokens: int = 0
    seconds: float = 0.0
    reserved_microusd: int = 0
    reserved_tokens: int = 0
    in_flight: int = 0
    answers: int = 0
    failures: int = 0
    lost: int = 0
    unpriced: int = 0


@dataclass(frozen=True, slots=True)
class Usage:
    """What one answered call used: the material of estimates."""

    input_bytes: int
    max_output_tokens: int | None
    input_tokens: int
    output_tokens: int
    cached_tokens: int
    cost_microusd: int | None
    seconds: float


@dataclass(frozen=True, slots=True)
class Lease:
    """What a process got of a shared rate: `granted` units now; ask again in `wait_s` seconds for more."""

    granted: float
    wait_s: float
