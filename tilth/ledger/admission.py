"""Who of those that ask gets a claim: the recorded answer first, then one caller a key, then what its budgets allow."""

from __future__ import annotations

from asyncio import Future
from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from tilth.ledger.account import Hold, Unit
from tilth.ledger.book import Book, find_answers
from tilth.ledger.database import Database
from tilth.ledger.entry import Budget, Claim, Refusal
from tilth.llm.request import ChatAnswer


@dataclass(slots=True, eq=False)
class Ask:
    """A claim that waits for its decision, and who waits for it."""

    claim: Claim
    future: Future[Any]


@dataclass(frozen=True, slots=True)
class Wait:
    """Why a claim cannot be decided yet: a call with its key is in flight, or its budget is held by such calls."""

    key: str | None = None
    budget: str | None = None


Decision = ChatAnswer | Claim | Refusal | Wait


def admit(
    database: Database, book: Book, parked: Sequence[Ask], new: Sequence[Ask], blocked: frozenset[str]
) -> list[tuple[Ask, Decision]]:
    """Decides on claims in order, the parked before the new; what is granted is written and reserved.

    A budget that makes one wait makes all that follow wait, and in `blocked` budgets all new ones, so that a small call
    does not forever overtake a large one.
    """
    keys = sorted({ask.claim.key for ask in (*parked, *new)})
    answers = find_answers(database, keys)
    in_flight = book.open_claims(keys)
    decided: list[tuple[Ask, Decision]] = []
    granted: list[Claim] = []
    full: set[str] = set()
    for asks, closed in ((parked, frozenset[str]()), (new, blocked)):
        full |= closed
        for ask in asks:
            if ask.future.cancelled():
                continue
            claim = ask.claim
            decision: Decision | None = answers.get(claim.key) or _other_call(claim, in_flight)
            if decision is None:
                decision = _within_budgets(book, claim, full)
            if isinstance(decision, Claim) and claim.key not in in_flight:
                in_flight[claim.key] = claim.claim_id
                book.reserve(claim)
                granted.append(claim)
            elif isinstance(decision, Wait) and decision.budget is not None:
                full.add(decision.budget)
            decided.append((ask, decision))
    if granted:
        book.add_owner()
        book.add_claims(granted)
    return decided


def _other_call(claim: Claim, in_flight: dict[str, str]) -> Decision | None:
    other = in_flight.get(claim.key)
    if other is None:
        return None
    # Its own: the commit that granted it was not confirmed, and the batch is done once more.
    return claim if other == claim.claim_id else Wait(key=claim.key)


def _within_budgets(book: Book, claim: Claim, full: set[str]) -> Decision:
    budgets = claim.reservation.budgets
    if not budgets:
        return claim
    hold = Hold.of(claim.reservation)
    waits: Wait | None = None
    for budget, account in zip(budgets, book.accounts(budget.name for budget in budgets), strict=True):
        short = account.shortage(budget, hold)
        if short is not None and not short[1]:
            return _refusal(claim, budget, short[0], account.spend().seconds)
        if waits is None and (short is not None or budget.name in full):
            waits = Wait(budget=budget.name)
    return waits or claim


def _refusal(claim: Claim, budget: Budget, unit: Unit, seconds: float) -> Refusal:
    hold = Hold.of(claim.reservation)
    if unit == "microusd" and hold.microusd is None:
        detail = (
            f"The model {claim.model} of {claim.provider} has no price, and the budget {budget.name} is in dollars. "
            "Give it a price, or a budget in tokens or minutes."
        )
        return Refusal("budget", detail, budget.name, unit)
    bound, wanted = {
        "microusd": (f"${(budget.max_microusd or 0) / 1e6:.6g}", f"${(hold.microusd or 0) / 1e6:.6g}"),
        "tokens": (f"{budget.max_tokens} tokens", f"{hold.tokens} tokens"),
        "seconds": (f"{(budget.max_seconds or 0) / 60:.4g} minutes", f"{hold.seconds / 60:.2g} minutes"),
    }[unit]
    detail = (
        f"The budget {budget.name} of {bound} does not cover another call, which may take {wanted}"
        f"{f' and {seconds / 60:.4g} minutes have passed' if unit == 'seconds' else ''}. "
        "Raise it and start again: what is paid for is kept."
    )
    return Refusal("budget", detail, budget.name, unit)
