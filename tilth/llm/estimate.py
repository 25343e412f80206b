"""What calls will cost before they are made: tokens, dollars and seconds, each as an interval.

`estimate` looks at the sizes of the prompts that are not yet answered and at what earlier calls of the model used: the
ledger's history, or the ten calls of a preview. Nine of ten runs end inside the interval when the earlier calls were of
the same kind; where they were not, or there are none, the interval is as wide as that ignorance.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from statistics import NormalDist, fmean, median, quantiles, variance
from typing import Literal

from tilth.ledger.entry import Usage
from tilth.llm.prices import Price
from tilth.tokens import estimate_tokens

# Nine of ten runs inside: narrow enough to decide by, wide enough to be believed.
_LEVEL = 0.90
_Z = NormalDist().inv_cdf(0.5 + _LEVEL / 2)
# Below five the spread of what calls use is itself a guess.
_FEWEST = 5
# From ten similar calls on the others are left out; a preview makes ten.
_ENOUGH = 10
# Bytes a token: English prose in vocabularies of 200,000 has about 4.8, digits, markup and other scripts go below 2.
_MOST_BYTES, _LEAST_BYTES = 5.5, 2.0
# Without history an answer may be a word or fill its bound; the middle says no more than that.
_OUTPUT_LOW, _OUTPUT_EXPECTED = 0.02, 0.5

Basis = Literal["similar calls", "other calls of the model", "sizes alone"]


@dataclass(frozen=True, slots=True)
class Range:
    """An expected sum and the bounds between which nine of ten runs end."""

    low: float
    expected: float
    high: float

    def plus(self, amount: float) -> Range:
        """The range moved up by what is known: the projection of a run is what is spent plus what is estimated."""
        return Range(self.low + amount, self.expected + amount, self.high + amount)


@dataclass(frozen=True, slots=True)
class Estimate:
    """What `calls` new calls will use. A range is None where nothing bounds it; `ceiling_microusd` is never exceeded.

    `replayed` calls are answered in the ledger and cost nothing. `samples` earlier calls stand behind the ranges.
    """

    calls: int
    replayed: int
    basis: Basis
    samples: int
    input_tokens: Range
    output_tokens: Range | None
    microusd: Range | None
    ceiling_microusd: int | None
    seconds: Range | None


def estimate(
    input_bytes: Sequence[int],
    max_output_tokens: int | None,
    history: Sequence[Usage] = (),
    price: Price | None = None,
    *,
    max_in_flight: int = 1,
    replayed: int = 0,
) -> Estimate:
    """What calls with prompts of these sizes (`ChatRequest.input_bytes`) will use of a model with this history."""
    calls = len(input_bytes)
    basis, used = _comparable(input_bytes, max_output_tokens, history)
    tokens_in = _input(input_bytes, used)
    tokens_out = _output(calls, max_output_tokens, used, basis)
    return Estimate(
        calls,
        replayed,
        basis,
        len(used),
        tokens_in,
        tokens_out,
        None if price is None or tokens_out is None else _cost(calls, tokens_in, tokens_out, used, price),
        _ceiling(input_bytes, max_output_tokens, price),
        _time(calls, used, max_in_flight),
    )


def _comparable(
    input_bytes: Sequence[int], max_output_tokens: int | None, history: Sequence[Usage]
) -> tuple[Basis, Sequence[Usage]]:
    """The earlier calls to go by: those under the same bound with prompts of about this size, if there are enough."""
    if len(history) < _FEWEST or not input_bytes:
        return "sizes alone", ()
    usual = median(input_bytes)
    similar = [
        usage
        for usage in history
        if usage.max_output_tokens == max_output_tokens and usual / 2 <= usage.input_bytes <= usual * 2
    ]
    if len(similar) >= min(_ENOUGH, len(history)):
        return "similar calls", similar
    return "other calls of the model", history


def _input(input_bytes: Sequence[int], used: Sequence[Usage]) -> Range:
    total = sum(input_bytes)
    ratios = [usage.input_tokens / usage.input_bytes for usage in used if usage.input_bytes]
    if not ratios:
        expected = min(max(estimate_tokens(total), total / _MOST_BYTES), total / _LEAST_BYTES)
        return Range(total / _MOST_BYTES, expected, total / _LEAST_BYTES)
    # Shares of bytes: no tokenizer makes more tokens than there are bytes.
    share = _sum_range(ratios, len(input_bytes), most=1.0)
    mean = total / len(input_bytes)
    return Range(share.low * mean, share.expected * mean, min(share.high * mean, total))


def _output(calls: int, bound: int | None, used: Sequence[Usage], basis: Basis) -> Range | None:
    outputs = [float(usage.output_tokens) for usage in used]
    most = math.inf if bound is None else float(bound)
    if basis == "similar calls":
        return _sum_range(outputs, calls, most)
    if basis == "other calls of the model":
        # Another prompt has another mean: it may lie anywhere among what single calls used.
        low, *_, high = quantiles(outputs, n=20, method="inclusive")
        low, high = min(low, most), min(high, most)
        return Range(calls * low, calls * min(max(fmean(outputs), low), high), calls * high)
    if bound is None:
        return None
    return Range(calls * bound * _OUTPUT_LOW, calls * bound * _OUTPUT_EXPECTED, float(calls * bound))


def _sum_range(values: Sequence[float], calls: int, most: float) -> Range:
    """The sum of `calls` new draws, each at most `most`, after the values seen.

    Student's prediction interval of a sum: the draws' own spread, and the mean's that the few values leave.
    """
    seen, mean = len(values), fmean(values)
    spread = math.sqrt(variance(values) * (calls + calls * calls / seen)) if seen > 1 else 0.0
    reach = _student(seen - 1) * spread
    ceiling = calls * most
    expected = min(calls * mean, ceiling)
    low = max(expected - reach, calls * min(values) if calls > 1 else min(values), 0.0)
    return Range(min(low, expected), expected, min(expected + reach, ceiling))


def _student(freedom: int) -> float:
    """The quantile of Student's t, by Fisher's expansion around the normal's; within 1 % from four degrees on.

    >>> round(_student(4), 2), round(_student(100), 2)
    (2.11, 1.66)
    """
    nu, z = max(freedom, 1), _Z
    return z + (z**3 + z) / (4 * nu) + (5 * z**5 + 16 * z**3 + 3 * z) / (96 * nu * nu)


def _cost(calls: int, tokens_in: Range, tokens_out: Range, used: Sequence[Usage], price: Price) -> Range:
    total = sum(usage.input_tokens for usage in used)
    cached = sum(usage.cached_tokens for usage in used) / total if total else 0.0
    # At worst no prefix is found in a cache: hits depend on when calls come, and on whom else the provider serves.
    corners = [(tokens_in.low, tokens_out.low, cached), (tokens_in.expected, tokens_out.expected, cached),
               (tokens_in.high, tokens_out.high, 0.0)]  # fmt: skip
    costs = [float(price.total_microusd(calls, fed, told, fed * share)) for fed, told, share in corners]
    return Range(*costs)


def _ceiling(input_bytes: Sequence[int], bound: int | None, price: Price | None) -> int | None:
    if price is None or bound is None:
        return None
    return sum(price.bound_microusd(size, bound) for size in input_bytes)


def _time(calls: int, used: Sequence[Usage], max_in_flight: int) -> Range | None:
    """Seconds when nothing but the number of calls in flight holds them up; the last call is waited for."""
    times = [usage.seconds for usage in used]
    if not times or not calls:
        return None
    width = min(calls, max(max_in_flight, 1))
    work = _sum_range(times, calls, math.inf)
    longest = max(times)
    return Range(
        max(work.low / width, min(times)),
        max(work.expected / width, fmean(times)),
        work.high / width + longest,
    )
