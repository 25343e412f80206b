"""The arithmetic of one budget: what is set aside, what is spent, and whether a call still fits.

Pure: the time comes in, the rows are read and written elsewhere. At all times, whatever the order of events,
`spent + reserved` never passes a bound as long as no call costs more than its reservation.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

from tilth.ledger.entry import Budget, Reservation, Spend

Unit = Literal["microusd", "tokens", "seconds"]
Outcome = Literal["answers", "failures", "lost"]


@dataclass(frozen=True, slots=True)
class Hold:
    """What one open claim has set aside in each of its budgets; `microusd` is None without a price."""

    microusd: int | None
    tokens: int
    seconds: float

    @classmethod
    def of(cls, reservation: Reservation) -> Hold:
        """The amounts of a reservation."""
        tokens = reservation.input_tokens + reservation.output_tokens
        return cls(reservation.microusd, tokens, reservation.seconds)


@dataclass(slots=True)
class Account:
    """The state of one budget, as its row holds it."""

    name: str
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
    ticked_at: float = 0.0

    def tick(self, now: float) -> None:
        """Lets the time pass: it counts while a call is in flight, and a clock put back counts as standing still."""
        if self.in_flight and now > self.ticked_at:
            self.seconds += now - self.ticked_at
        self.ticked_at = now

    def shortage(self, budget: Budget, hold: Hold) -> tuple[Unit, bool] | None:
        """The first unit of which too little is left, and whether what is in flight may yet set it free."""
        wanted = hold.microusd or 0
        if budget.max_microusd is not None:
            if hold.microusd is None or self.microusd + wanted > budget.max_microusd:
                return "microusd", False
            if self.microusd + self.reserved_microusd + wanted > budget.max_microusd:
                return "microusd", True
        if budget.max_tokens is not None:
            if self.tokens + hold.tokens > budget.max_tokens:
                return "tokens", False
            if self.tokens + self.reserved_tokens + hold.tokens > budget.max_tokens:
                return "tokens", True
        # Calls in flight share one clock, so that time is not set aside: no call is begun that would not end in time.
        if budget.max_seconds is not None and self.seconds + hold.seconds > budget.max_seconds:
            return "seconds", False
        return None

    def reserve(self, hold: Hold) -> None:
        """Sets aside what a call may cost."""
        self.reserved_microusd += hold.microusd or 0
        self.reserved_tokens += hold.tokens
        self.in_flight += 1

    def settle(self, hold: Hold, microusd: int | None, tokens: int, outcome: Outcome) -> None:
        """Ends a call: its hold is given back, what it cost is spent."""
        self.reserved_microusd -= hold.microusd or 0
        self.reserved_tokens -= hold.tokens
        self.in_flight -= 1
        self._spend(microusd, tokens, outcome)

    def find(self, hold: Hold, microusd: int | None, tokens: int) -> None:
        """A call that was given up as lost has been answered after all: its hold was spent, and now its cost is."""
        self.microusd -= hold.microusd or 0
        self.tokens -= hold.tokens
        self.unpriced -= hold.microusd is None
        self.lost -= 1
        self._spend(microusd, tokens, "answers")

    def _spend(self, microusd: int | None, tokens: int, outcome: Outcome) -> None:
        self.microusd += microusd or 0
        self.tokens += tokens
        self.unpriced += microusd is None
        setattr(self, outcome, getattr(self, outcome) + 1)

    def spend(self) -> Spend:
        """The account as others see it."""
        return Spend(
            microusd=self.microusd,
            tokens=self.tokens,
            seconds=self.seconds,
            reserved_microusd=self.reserved_microusd,
            reserved_tokens=self.reserved_tokens,
            in_flight=self.in_flight,
            answers=self.answers,
            failures=self.failures,
            lost=self.lost,
            unpriced=self.unpriced,
        )


def fill(level: float, elapsed_s: float, per_minute: float, burst: float) -> float:
    """What a bucket holds after a while.

    >>> fill(1.0, 30.0, per_minute=60, burst=20.0)
    20.0
    """
    return min(burst, level + max(0.0, elapsed_s) * per_minute / 60.0)


def draw(level: float, per_minute: float, wanted: float) -> tuple[float, float]:
    """How much of `wanted` a bucket gives at once, and after how many seconds it holds the rest.

    >>> draw(3.0, per_minute=60, wanted=5)
    (3.0, 2.0)
    """
    granted = max(0.0, min(level, wanted))
    missing = wanted - max(0.0, level)
    return granted, max(0.0, missing * 60.0 / per_minute)
