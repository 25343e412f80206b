"""What a call may cost and did cost: the reservation before it is sent, the cost after its answer."""

from __future__ import annotations

from dataclasses import replace
from typing import Protocol

from tilth.ledger.entry import Budget, Reservation
from tilth.llm.prices import cache_written_tokens
from tilth.llm.request import ChatAnswer, ChatFailure, ChatRequest
from tilth.llm.structured import input_bound


class Price(Protocol):
    """What a model's tokens cost, in millionths of a US dollar, rounded up (`tilth.llm.prices` has it)."""

    def cost_microusd(
        self, input_tokens: int, output_tokens: int, cached_tokens: int = 0, cache_write_tokens: int = 0
    ) -> int:
        """The cost of a call that was made."""

    def bound_microusd(self, input_tokens: int, output_tokens: int) -> int:
        """The most that a call with at most so many tokens can cost."""


def reservation_for(
    request: ChatRequest, budgets: tuple[Budget, ...], price: Price | None, seconds: float
) -> Reservation | ChatFailure:
    """The most that the request can cost; a failure where nothing bounds it and a budget needs a bound."""
    output = request.max_output_tokens
    bounds = [bound for budget in budgets for bound in (budget.max_microusd, budget.max_tokens)]
    if output is None and any(bound is not None for bound in bounds):
        detail = "nothing bounds the answer's length, which a budget needs: set max_tokens"
        return ChatFailure("bad_request", detail)
    fed = input_bound(request)
    most = None if price is None else price.bound_microusd(fed, output or 0)
    return Reservation(budgets, fed, output or 0, most, seconds)


def priced(answer: ChatAnswer, price: Price | None) -> ChatAnswer:
    """The answer with its cost, where there is a price."""
    if price is None:
        return answer
    written = cache_written_tokens(answer.raw)
    cost = price.cost_microusd(answer.input_tokens, answer.output_tokens, answer.cached_tokens, written)
    return replace(answer, cost_microusd=cost)
