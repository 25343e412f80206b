"""Calls as tests make them: small requests, what they reserve, and what comes back."""

from __future__ import annotations

import asyncio

from tilth.ledger.entry import Budget, Claim, Refusal, Reservation
from tilth.ledger.ledger import Ledger
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest

# What a test's call may cost at most, and what it costs.
RESERVED, COST = 1000, 400

RATE_LIMITED = ChatFailure("rate_limited", "slow down", status=429, retry_after_s=1.0, is_retryable=True)


def ask(number: int, model: str = "small") -> ChatRequest:
    return ChatRequest(
        "local", model, ({"role": "user", "content": f"question {number}"},), {"max_tokens": 50}
    )


def reserve(*budgets: Budget, microusd: int | None = RESERVED) -> Reservation:
    return Reservation(budgets, input_tokens=100, output_tokens=50, microusd=microusd, seconds=1.0)


def answer(text: str = "an answer", cost: int | None = COST) -> ChatAnswer:
    return ChatAnswer(
        text=text,
        finish_reason="stop",
        refusal=None,
        input_tokens=30,
        output_tokens=20,
        cached_tokens=0,
        cost_microusd=cost,
        model="small-2026-01-01",
        seconds=0.2,
        raw={"choices": [{"message": {"content": text}}]},
    )


async def claimed(ledger: Ledger, number: int, *budgets: Budget, microusd: int | None = RESERVED) -> Claim:
    """The claim that the ledger has to give."""
    decision = await asyncio.wait_for(ledger.claim(ask(number), reserve(*budgets, microusd=microusd)), 10)
    assert isinstance(decision, Claim), decision
    return decision


async def replayed(ledger: Ledger, number: int) -> ChatAnswer:
    """The answer that the ledger has to hold."""
    decision = await asyncio.wait_for(ledger.claim(ask(number), reserve()), 10)
    assert isinstance(decision, ChatAnswer), decision
    return decision


async def refused(ledger: Ledger, number: int, *budgets: Budget, microusd: int | None = RESERVED) -> Refusal:
    """The refusal that the ledger has to give."""
    decision = await asyncio.wait_for(ledger.claim(ask(number), reserve(*budgets, microusd=microusd)), 10)
    assert isinstance(decision, Refusal), decision
    return decision


async def paid(ledger: Ledger, number: int, text: str = "an answer") -> None:
    """Claims and settles one call."""
    await ledger.settle(await claimed(ledger, number), answer(text))
