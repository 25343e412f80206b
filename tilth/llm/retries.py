"""Whether a request is tried again at its model, and when."""

from __future__ import annotations

import random

from tilth.llm.config import EngineConfig
from tilth.llm.lane import Lane
from tilth.llm.request import ChatFailure

# At one refusal in two, whatever the load, one request in a million million is refused forty times.
_MOST_REFUSALS = 40
# Rates are counted by the minute: after one, what was refused has its chance again.
_LONGEST_WAIT_S = 60.0
# A wait that was asked for is never cut short, and stretched by up to a fiftieth, so that not all come back at once.
_STRETCH, _CLOCK_S = 0.02, 0.002


class Retries:
    """The retries of one request at one model: how often it failed and was refused, and how long to wait next."""

    def __init__(self, config: EngineConfig, spread: random.Random, now: float) -> None:
        self._config, self._random = config, spread
        self._failed = self._refused = 0
        self.is_retry, self.failed_at = False, now

    def wait_s(self, failure: ChatFailure, lane: Lane) -> float | None:
        """Seconds until the next attempt; None when there is none."""
        self.is_retry = True
        if lane.closed is not None:
            return None
        if failure.kind in ("bad_key", "no_credit"):
            # The ring has set the key aside, and the next one may do.
            return 0.0
        if not failure.is_retryable or self._is_spent(failure, lane):
            return None
        asked = failure.retry_after_s
        # A wait of zero is none: forty attempts at once would prove nothing.
        if asked:
            return asked * (1 + _STRETCH * self._random.random()) + _CLOCK_S
        tries = self._failed if failure.kind != "rate_limited" else self._refused
        # Half of it certain, half by chance ("equal jitter"): never at once, never all together.
        wait = min(_LONGEST_WAIT_S, self._config.backoff_s * 2.0 ** max(0, tries - 1))
        return wait * (0.5 + self._random.random() / 2)

    def _is_spent(self, failure: ChatFailure, lane: Lane) -> bool:
        if failure.kind == "rate_limited":
            self._refused += 1
            return self._refused > _MOST_REFUSALS
        # In an outage everybody fails: that says nothing about this request.
        self._failed += lane.breaker.opened_at is None
        return self._failed >= self._config.max_attempts
