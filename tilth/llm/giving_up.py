"""When a run of calls is to end: what would befall every further request befalls it once.

A wrong key, an unknown model or an empty account ends it at the first failure; an address that answers something else,
or nothing, when none of the first requests brought an answer. A budget that is used up ends it in peace.
"""

from __future__ import annotations

import textwrap
from typing import Any

from tilth.errors import ModelError
from tilth.llm.conversation import Told
from tilth.llm.structured import AnswerReject

_AT_ONCE = {
    "bad_key": "Check the key in its variable, and whether it may use this model.",
    "unknown_model": "Check the model's name, and the base URL if it is your own server.",
    "no_credit": "Top up the account.",
}
_WHEN_NOTHING_CAME = {
    "not_json": "Check the base URL: it should end where /chat/completions follows, mostly in /v1.",
    "connection": "Check the base URL, and whether the server runs.",
    "timeout": "Check whether the server answers at all, or raise timeout_s.",
    "server": "The server fails; look at its log, or try again later.",
    "overloaded": "The server is busy; try again later.",
    "rate_limited": "The account's limit is used up; try again later.",
    "bad_request": "The server refuses such requests; look at the model's name and parameters.",
}
# One odd row must not end a run: three different requests in a row are no accident.
_FIRST = 3


class GivingUp:
    """Sees what conversations came to, one after another. `is_out_of_budget` says that the money is spent."""

    def __init__(self) -> None:
        self.is_out_of_budget = False
        self._answered = self._failed = 0

    def heed(self, told: Told[Any]) -> None:
        """Raises `ModelError` when no further call has any hope."""
        self._answered += told.usage.calls + told.usage.replayed
        for reject in told.failures:
            self._heed(reject)

    def _heed(self, reject: AnswerReject) -> None:
        what = f"{reject.request.provider}/{reject.request.model}"
        if reject.reason == "budget":
            self.is_out_of_budget = True
        elif reject.reason in _AT_ONCE:
            raise ModelError(f"{what}: {_short(reject.detail)}. {_AT_ONCE[reject.reason]}{self._kept()}")
        elif reject.reason in _WHEN_NOTHING_CAME:
            self._failed += 1
            if not self._answered and self._failed >= _FIRST:
                raise ModelError(f"{what}: {_short(reject.detail)}. {_WHEN_NOTHING_CAME[reject.reason]}")

    def _kept(self) -> str:
        return " What was answered is recorded and is not paid again." if self._answered else ""


def _short(detail: str) -> str:
    """One line of what may be a whole page."""
    return textwrap.shorten(detail, 160, placeholder=" …").rstrip(".")
