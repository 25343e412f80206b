"""A run of calls: conversations through the engine, with progress, spend and an end that is told."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Iterator
from threading import Lock
from typing import TypeVar

from flows.spend import Spend
from tilth.llm.config import ModelConfig
from tilth.llm.conversation import Conversation, Told
from tilth.llm.giving_up import GivingUp
from tilth.llm.shared import SharedEngine

R = TypeVar("R")

# Often enough to look alive, seldom enough to cost nothing.
_EVERY_S = 0.2


class ModelRun:
    """Calls of one command or one build, from any number of threads. `spend` is what they came to so far."""

    def __init__(self, engine: SharedEngine, model: ModelConfig, tell: Callable[[str, str], None]) -> None:
        self._engine, self._tell = engine, tell
        self._giving_up = GivingUp()
        self._told_at = 0.0
        self._lock = Lock()
        self.spend = Spend(budget_usd=model.budget_usd)

    @property
    def is_out_of_budget(self) -> bool:
        """Whether a request was refused because the budget does not cover it."""
        return self._giving_up.is_out_of_budget

    def began(self, total: int | None) -> None:
        """So many items are to come, where that is known."""
        self.spend.total = total
        self._tell("generate", self.spend.said())

    def converse(self, conversations: Iterable[Conversation[R]]) -> Iterator[Told[R]]:
        """What each came to, in their order. Raises `ModelError` when no further call has any hope."""
        for told in self._engine.converse(conversations):
            with self._lock:
                self.spend.add(told.usage)
                self._giving_up.heed(told)
                if time.monotonic() - self._told_at > _EVERY_S:
                    self._told_at = time.monotonic()
                    self._tell("generate", self.spend.said())
            yield told
