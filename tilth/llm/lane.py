"""One model at one provider: its slots, rates, keys and outages, and what was learnt of them.

All calls of a process to that model pass through one lane. It makes single attempts; the engine decides about
retries.
"""

from __future__ import annotations

import asyncio
from dataclasses import dataclass

from tilth.llm.breaker import Breaker
from tilth.llm.client import ChatClient
from tilth.llm.congestion import Congestion
from tilth.llm.limits import Bucket, Leases, ModelLimits, Window
from tilth.llm.providers import KeyRing, Provider
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest

# A server that never answered is more likely misspelt than restarting: half a minute is enough to find out.
_FIRST_CONTACT_S = 30.0
# English text has four to five bytes a token, code three to four: a first guess, replaced by what answers report.
_TOKENS_A_BYTE = 0.3
# The share of the latest answer in the running means: those of the last twenty or so count.
_FRESHNESS = 0.05

_REFUSALS = frozenset({"rate_limited", "overloaded", "timeout"})
_FAULTS = frozenset({"server", "overloaded", "timeout", "connection", "truncated"})


@dataclass(slots=True)
class LaneProgress:
    """What happened in one lane so far. `limit` is the bound of calls in flight that was learnt."""

    provider: str
    model: str
    in_flight: int = 0
    limit: int = 0
    is_paused: bool = False
    sent: int = 0
    answered: int = 0
    replayed: int = 0
    refused: int = 0
    faults: int = 0
    failed: int = 0
    input_tokens: int = 0
    output_tokens: int = 0
    cost_microusd: int = 0


class Lane:
    """`closed` is why nothing is sent any more: no key left, an unknown model, an outage longer than patience."""

    def __init__(
        self,
        provider: Provider,
        model: str,
        client: ChatClient,
        keys: KeyRing,
        leases: Leases,
        limits: ModelLimits,
        most: int,
    ) -> None:
        self.provider, self.model, self.keys = provider, model, keys
        self._client = client
        self.congestion = Congestion(min(most, provider.max_in_flight or most))
        self.window = Window(lambda: self.congestion.limit)
        self.breaker = Breaker()
        self.closed: ChatFailure | None = None
        self.progress = LaneProgress(provider.name, model)
        self._refused_since: float | None = None
        name = f"{provider.name}/{model}"
        self._requests = _bucket(leases, f"{name}/requests", limits.requests_per_minute)
        self._input = _bucket(leases, f"{name}/input_tokens", limits.input_tokens_per_minute)
        self._output = _bucket(leases, f"{name}/output_tokens", limits.output_tokens_per_minute)
        self._tokens_a_byte, self._mean_output = _TOKENS_A_BYTE, 0.0

    def snapshot(self) -> LaneProgress:
        """The progress as of now."""
        self.progress.in_flight, self.progress.limit = self.window.load, int(self.congestion.limit)
        self.progress.is_paused = self.breaker.opened_at is not None
        return self.progress

    async def ready(
        self, request: ChatRequest, patience_s: float, can_wait: bool = True
    ) -> ChatFailure | None:
        """Wait until the request may be sent: for the end of an outage, then for the rates. A failure if it may not.

        With `can_wait` off an outage is a failure at once: somebody else can be asked.
        """
        clock = asyncio.get_running_loop().time
        while self.closed is None and (wait := self.breaker.wait_s(clock())):
            if not can_wait:
                return ChatFailure(
                    "overloaded", f"{self.model} is paused by an outage of {self.provider.name}"
                )
            await asyncio.sleep(min(wait, self._left(patience_s, clock())))
        if self.closed is not None:
            return self.closed
        try:
            for bucket, units in self._needs(request):
                await bucket.take(units)
        except asyncio.CancelledError:
            self.breaker.abandon_probe()
            raise
        return None

    def _left(self, patience_s: float, now: float) -> float:
        """Seconds until this outage has outlasted patience."""
        patience_s = patience_s if self.breaker.has_succeeded else min(patience_s, _FIRST_CONTACT_S)
        return max(0.01, (self.breaker.opened_at or now) + patience_s - now)

    def _needs(self, request: ChatRequest) -> list[tuple[Bucket, float]]:
        input_tokens = request.input_bytes * self._tokens_a_byte
        needs = ((self._requests, 1.0), (self._input, input_tokens), (self._output, self._expected(request)))
        return [(bucket, units) for bucket, units in needs if bucket is not None]

    def _expected(self, request: ChatRequest) -> float:
        """Output tokens to expect: the mean of those before; the request's bound while there are none."""
        return self._mean_output or float(request.max_output_tokens or 0)

    async def send(self, request: ChatRequest, patience_s: float) -> ChatAnswer | ChatFailure:
        """One attempt, and what it teaches."""
        epoch, load, expected = self.congestion.epoch, self.window.load, self._expected(request)
        self.progress.sent += 1
        try:
            outcome = await self._client.post(request, self.provider, self.keys)
        except asyncio.CancelledError:
            self.breaker.abandon_probe()
            raise
        now = asyncio.get_running_loop().time()
        if isinstance(outcome, ChatAnswer):
            self._learn_usage(request, outcome, expected)
            self._refused_since = None
            self.breaker.succeed()
        else:
            self._learn_failure(outcome, patience_s, now)
        is_refusal = isinstance(outcome, ChatFailure) and outcome.kind in _REFUSALS
        if is_refusal or isinstance(outcome, ChatAnswer):
            # In a burst the first is sent at load 1 and the last one answered at load 1: what the provider saw is
            # nearer to the larger of the two.
            self.congestion.observe(epoch, max(load, self.window.load), is_refusal)
            self.window.wake()
        return outcome

    def _learn_usage(self, request: ChatRequest, answer: ChatAnswer, expected: float) -> None:
        self.progress.answered += 1
        self.progress.input_tokens += answer.input_tokens
        self.progress.output_tokens += answer.output_tokens
        if self._input is not None:
            self._input.correct(answer.input_tokens - request.input_bytes * self._tokens_a_byte)
        if self._output is not None:
            self._output.correct(answer.output_tokens - expected)
        self._tokens_a_byte += _FRESHNESS * (answer.input_tokens / request.input_bytes - self._tokens_a_byte)
        first = not self._mean_output
        self._mean_output += (1 if first else _FRESHNESS) * (answer.output_tokens - self._mean_output)

    def _learn_failure(self, failure: ChatFailure, patience_s: float, now: float) -> None:
        is_fault = failure.kind in _FAULTS or (failure.kind == "not_json" and failure.is_retryable)
        self.progress.faults += is_fault
        self.progress.refused += failure.kind in _REFUSALS
        if is_fault:
            self.breaker.fail(now)
            if self.breaker.opened_at is not None and self._left(patience_s, now) <= 0.01:
                self._close(failure)
            return
        # Refused or not, the provider is there.
        self.breaker.succeed()
        is_keyless = failure.kind in ("bad_key", "no_credit") and self.keys.is_empty(self.model)
        is_no_provider = failure.kind == "not_json" and not self.progress.answered
        if is_keyless or is_no_provider or failure.kind == "unknown_model":
            self._close(failure)
        elif failure.kind == "rate_limited":
            self._refused_since = self._refused_since or now
            # Nothing but refusals for so long, or a wait of hours: a quota of the day is used up.
            if max(failure.retry_after_s or 0.0, now - self._refused_since) > patience_s:
                self._close(failure)

    def _close(self, failure: ChatFailure) -> None:
        """Send nothing any more; what waits gets this failure, without what its first bearer spent."""
        self.closed = self.closed or ChatFailure(
            failure.kind, failure.detail, failure.status, raw=failure.raw
        )


def _bucket(leases: Leases, name: str, per_minute: float | None) -> Bucket | None:
    return None if per_minute is None else Bucket(leases, name, per_minute)
