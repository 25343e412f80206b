"""The door of the ledger: what a process does with it, from its event loop."""

from __future__ import annotations

from typing import Protocol

from tilth.ledger.entry import Budget, Claim, Lease, Refusal, Reservation, Spend, Usage
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest


class Ledger(Protocol):
    """One process's door to the ledger; every method may be called from any number of tasks at once.

    `async with open_ledger(path) as ledger:` closes it; a claim open then counts as spent.
    """

    async def claim(self, request: ChatRequest, reservation: Reservation) -> ChatAnswer | Claim | Refusal:
        """The recorded answer (`is_replayed`), or the right to send the request, or why not.

        Waits while another call for the same answer is in flight, here or in another living process, and while the budget
        is only short because of calls in flight.
        """

    async def settle(self, claim: Claim, answer: ChatAnswer) -> None:
        """Returns when the answer is on disk. Settle all that was paid for and is whole, parsable or not."""

    async def release(self, claim: Claim, failure: ChatFailure) -> None:
        """Gives the claim back; who waits for it gets it next. What the failure cost counts as spent.

        To try again after a failure that cost something, release and claim anew; a free one may keep its claim.
        """

    async def spent(self, budget: str) -> Spend:
        """What the budget of this name has seen so far, in all processes and runs."""

    async def history(self, provider: str, model: str, limit: int = 1000) -> list[Usage]:
        """The latest answered calls of a model, newest first."""

    async def lease(self, name: str, per_minute: float, burst: float, wanted: float) -> Lease:
        """Takes up to `wanted` units out of the bucket `name` that all processes share.

        The bucket fills by `per_minute` and holds `burst` at most. Ask for a fraction of a second's worth at once.
        """

    async def close(self) -> None:
        """Ends this process's part in the ledger; claims still open are released and count as spent in full."""


def open_ledger(url_or_path: str, *, is_replay: bool = False) -> Ledger:
    """The ledger in a SQLite file, made when it is not there, or in PostgreSQL (`postgresql://…`).

    With `is_replay` nothing is written and no request allowed: what is not recorded is refused.
    """
    raise NotImplementedError
