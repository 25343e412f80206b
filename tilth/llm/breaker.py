"""A circuit breaker that pauses and probes: an outage delays requests, it does not kill them.

Closed, everything passes. When nearly all of the last outcomes are faults it opens: nothing is sent for a while,
then one request goes as a probe. Its success closes the breaker, its fault doubles the pause. Refusals for too
many requests are no faults. A pure state machine: the caller brings the time, in seconds of any clock that only
goes forward.
"""

from __future__ import annotations

from collections import deque

# Of the last twenty, nine in ten: at half of all calls failing whatever we do that is met once in 5,000 windows.
_WINDOW, _SHARE = 20, 0.9
# Five in a row from the very beginning are enough: a server that is down answers nothing at all.
_FEWEST = 5
# A restart of a server takes seconds; more than half a minute between probes only delays the end of the outage.
_FIRST_PAUSE_S, _LONGEST_PAUSE_S = 1.0, 30.0


class Breaker:
    """`opened_at` is when the outage began that still lasts, None without one."""

    def __init__(self) -> None:
        self.opened_at: float | None = None
        self.has_succeeded = False
        self._outcomes: deque[bool] = deque(maxlen=_WINDOW)
        self._pause_s = _FIRST_PAUSE_S
        self._until = 0.0
        self._is_probing = False

    def wait_s(self, now: float) -> float:
        """Seconds until a request may be sent, as far as known; 0 if at once.

        Who gets 0 while the breaker is open is the probe.
        """
        if self.opened_at is None:
            return 0.0
        if self._is_probing:
            # The probe takes as long as it takes; the rest look again after a moment.
            return _FIRST_PAUSE_S
        if now >= self._until:
            self._is_probing = True
            return 0.0
        return self._until - now

    def abandon_probe(self) -> None:
        """A request that had leave to go was not sent after all, or its outcome tells nothing."""
        self._is_probing = False

    def succeed(self) -> None:
        """The provider answered, be it with a refusal."""
        self._outcomes.append(True)
        self.has_succeeded = True
        if self.opened_at is not None:
            self.opened_at, self._is_probing, self._pause_s = None, False, _FIRST_PAUSE_S
            self._outcomes.clear()

    def fail(self, now: float) -> None:
        """A fault: 5xx, a time-out, a connection that broke or was not to be had."""
        self._outcomes.append(False)
        if self.opened_at is None:
            failed = self._outcomes.count(False)
            if failed >= _FEWEST and failed >= _SHARE * len(self._outcomes):
                self.opened_at, self._until = now, now + self._pause_s
        elif self._is_probing:
            self._is_probing = False
            self._pause_s = min(_LONGEST_PAUSE_S, 2 * self._pause_s)
            self._until = now + self._pause_s
