"""How many calls of one model may be in flight: learnt from refusals, but only from those that load causes.

Every controller of the field shrinks when it is refused, so that a provider which refuses one call in five,
whatever the load, brings it to a halt. Here a refusal rate that stands out is first measured afresh, then the
bound is lowered on trial, and the outcomes decide between two hypotheses by their likelihood ratio, in the manner
of Wald's sequential test (Annals of Mathematical Statistics 16, 1945). Either the provider serves a certain number
of calls and refuses the rest, so that fewer in flight are refused less; then the lower bound stays. Or it refuses
the same share as before; then the old bound comes back.

A pure state machine of outcomes: no clock, no event loop. A refusal is whatever says "too much": 429, 503, a
time-out.
"""

from __future__ import annotations

import math
from dataclasses import dataclass

# Below one refusal in twenty a retry costs less than a lower bound would.
_TOLERATED = 0.05
# So many outcomes tell 20 % from 5 % nine times out of ten; with fewer a measurement would start by chance.
_ENOUGH = 20
# The share before a trial is an estimate of its own: its standard error at 20 % is 0.06 of 40 outcomes, 0.03 of 200.
# It is measured after suspicion arose, for the outcomes that aroused it are a biased sample.
_BASELINE, _LONGEST_WINDOW = 40, 200
# Wald's bound for one wrong verdict in twenty, ln((1 - 0.05) / 0.05); weighed every eighth outcome.
_DECIDED, _EVERY = 2.94, 8
# Even under the bound some calls are refused, in bursts or by others' load: up to half of the rate before.
_RESIDUE = 2
# Known noise is forgotten by five per cent a window, so that after some ten windows a trial is made anew: the
# provider may have changed, and one trial costs a few hundredths of the throughput between two.
_FORGETTING = 0.95
# Far from the bound that last proved too high growth is by a quarter a window, near it by a fiftieth.
_GROWTH, _SLOW_GROWTH = 1.25, 1.02


@dataclass(slots=True)
class _Sample:
    """Outcomes, how many of them were refusals, and the sum of the loads that they were seen at."""

    outcomes: int = 0
    refused: int = 0
    load: int = 0

    def add(self, load: int, is_refused: bool) -> None:
        self.outcomes += 1
        self.refused += is_refused
        self.load += load

    @property
    def share(self) -> float:
        return self.refused / self.outcomes

    @property
    def mean_load(self) -> float:
        return self.load / self.outcomes

    def log_likelihood(self, share: float) -> float:
        return self.refused * math.log(share) + (self.outcomes - self.refused) * math.log(1 - share)


def evidence(before: _Sample, after: _Sample) -> float:
    """The logarithm of how much likelier the two samples are under congestion than under noise.

    Each hypothesis gets the share before that suits it best. Under noise the share is the same after; under
    congestion the provider serves as many calls as before.
    """
    shares = [step / 100 for step in range(1, 100)]
    noise = max(before.log_likelihood(share) + after.log_likelihood(share) for share in shares)
    ratio = before.mean_load / max(1.0, after.mean_load)
    congestion = max(
        before.log_likelihood(share)
        + after.log_likelihood(min(share, max(share / _RESIDUE, 1 - (1 - share) * ratio)))
        for share in shares
    )
    return congestion - noise


class Congestion:
    """The bound (`limit`) of calls in flight, 1 to `most`; `noise` is the share refused whatever the load."""

    def __init__(self, most: int) -> None:
        self.most, self.limit, self.noise = most, float(most), 0.0
        # Outcomes of calls sent before the last change of the bound tell nothing about it.
        self.epoch = 0
        self._knee = math.inf
        self._sample = _Sample()
        # While one is measured: the share that stands out; on trial: that measurement and the bound it was made with.
        self._is_baseline = False
        self._before: _Sample | None = None
        self._limit_before = self.limit

    def observe(self, epoch: int, load: int, is_refused: bool) -> None:
        """One outcome of a call sent in `epoch`; `load` is how many were in flight as the provider saw it."""
        if epoch != self.epoch:
            return
        self._sample.add(load, is_refused)
        if self._before is not None:
            self._judge(self._before)
        elif self._is_baseline:
            self._measure()
        else:
            self._watch()

    def _watch(self) -> None:
        sample = self._sample
        if sample.outcomes >= _ENOUGH and self._stands_out():
            self._is_baseline, self._sample = True, _Sample()
        elif sample.outcomes >= self._window(_ENOUGH):
            self._grow()

    def _window(self, fewest: int) -> float:
        return max(fewest, min(self.limit, _LONGEST_WINDOW))

    def _stands_out(self) -> bool:
        return self._sample.share > 1.25 * self.noise + _TOLERATED

    def _grow(self) -> None:
        self.noise *= _FORGETTING
        pace = _GROWTH if self.limit * _GROWTH < self._knee else _SLOW_GROWTH
        self.limit = min(self.most, max(self.limit + 1, self.limit * pace))
        self._sample = _Sample()

    def _measure(self) -> None:
        sample = self._sample
        if sample.outcomes < self._window(_BASELINE):
            return
        self._is_baseline, self._sample = False, _Sample()
        # What the provider seems to serve at once; a quarter less at least, for a smaller step shows nothing.
        bound = max(1.0, min(sample.mean_load * (1 - sample.share), sample.mean_load * 0.75))
        if sample.share > 1.25 * self.noise + _TOLERATED and bound < min(self.limit, sample.mean_load):
            self._before, self._limit_before, self.limit = sample, self.limit, bound
            self.epoch += 1

    def _judge(self, before: _Sample) -> None:
        if self._sample.outcomes % _EVERY:
            return
        found = evidence(before, self._sample)
        # A trial that has seen as much as two windows and found nothing has found that load hardly matters.
        is_over = self._sample.outcomes >= 2 * self._window(_BASELINE)
        if abs(found) < _DECIDED and not is_over:
            return
        if found >= _DECIDED:
            self._knee = before.mean_load
        else:
            # Refusals do not follow the load: nothing is won by sending less.
            self.limit = self._limit_before
            self.noise = (before.refused + self._sample.refused) / (before.outcomes + self._sample.outcomes)
        self._before, self._sample = None, _Sample()
        self.epoch += 1
