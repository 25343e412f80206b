"""How far a budget of tokens reaches in a document, in bytes.

Without a tokenizer the estimate depends on the size alone, and one multiplication answers. With one, the text
is measured: a guess by the last known ratio is corrected until it fits. That has its price: spans overlap,
and a document is encoded several times over.
"""

from __future__ import annotations

from functools import lru_cache

from tilth.tokens import BYTES_PER_TOKEN, TokenCounter, estimate_tokens

# A guess that fills nine tenths of the budget is good enough: the cut falls on a sentence end before it
# anyway.
_GOOD_FILL = 0.9
# Measured on 2 MB of Markdown with a byte-pair vocabulary: more corrections than three change no passage.
_MAX_CORRECTIONS = 3


def _is_inside_character(data: bytes, at: int) -> bool:
    return at < len(data) and data[at] & 0xC0 == 0x80


# One build asks with a handful of budgets.
@lru_cache(maxsize=64)
def largest_size(tokens: int) -> int:
    """The largest size in bytes that the built-in estimate takes for so many tokens.

    >>> largest_size(0), largest_size(1), estimate_tokens(5), estimate_tokens(6)
    (0, 5, 1, 2)
    """
    if tokens <= 0:
        return 0
    size = int((tokens + 0.5) * BYTES_PER_TOKEN)
    while estimate_tokens(size) > tokens:
        size -= 1
    while estimate_tokens(size + 1) <= tokens:
        size += 1
    return size


class Ruler:
    """Measures spans of one document's UTF-8 in tokens."""

    def __init__(self, data: bytes, counter: TokenCounter, is_estimate: bool) -> None:
        self._data = data
        self._counter = counter
        self._is_estimate = is_estimate
        self._ratio = BYTES_PER_TOKEN
        # The same spans are asked for again and again: to fit, to break, to overlap, to record.
        self._counts: dict[tuple[int, int], int] = {}

    def count(self, start: int, end: int) -> int:
        """Tokens of the span; both ends are code-point borders."""
        if self._is_estimate:
            return estimate_tokens(end - start)
        known = self._counts.get((start, end))
        if known is None:
            known = self._counter.count(self._data[start:end].decode("utf-8", "replace"))
            self._counts[start, end] = known
        return known

    def reach(self, start: int, stop: int, budget: int) -> int:
        """Furthest code-point border up to `stop` that is at most `budget` tokens from `start`."""
        return self._within(start, stop, budget, forward=True)

    def reach_back(self, stop: int, start: int, budget: int) -> int:
        """Least code-point border from `start` on that is at most `budget` tokens before `stop`."""
        return self._within(start, stop, budget, forward=False)

    def _border(self, start: int, stop: int, size: int, forward: bool) -> int:
        """The end (forward) or start (backward) of a span of at most `size` bytes, at a code-point border."""
        if size >= stop - start:
            return stop if forward else start
        at = start + size if forward else stop - size
        while start < at < stop and _is_inside_character(self._data, at):
            at += -1 if forward else 1
        return at

    def _within(self, start: int, stop: int, budget: int, forward: bool) -> int:
        if self._is_estimate:
            return self._border(start, stop, largest_size(budget), forward)
        best = start if forward else stop
        size = int(budget * self._ratio)
        corrections = 0
        while budget > 0 and size > 0:
            at = self._border(start, stop, size, forward)
            low, high = (start, at) if forward else (at, stop)
            tokens = self.count(low, high)
            ratio = (high - low) / max(1, tokens)
            corrections += 1
            if tokens <= budget:
                best, self._ratio = at, max(1.0, ratio)
                is_whole = high - low == stop - start
                if is_whole or tokens >= budget * _GOOD_FILL or corrections >= _MAX_CORRECTIONS:
                    break
                size = int((high - low) * budget / max(1, tokens))
            elif best != (start if forward else stop):
                break
            else:
                # One per cent below proportion, and less by a byte at least: it ends however the text
                # behaves.
                size = min(high - low - 1, int((high - low) * budget / tokens * 0.99))
        return best
