"""Who is told how the work goes on."""

from __future__ import annotations

from typing import Protocol


class Tell(Protocol):
    """The command line's progress, as far as a stage alone speaks to it."""

    def began(self, stage: str, shards: int) -> None:
        """The stage begins, with so many batches; 0 when their number is not known."""

    def advanced(self, stage: str) -> None:
        """A batch is done."""

    def at(self, stage: str, words: str) -> None:
        """How far the stage is, in words; may be said as often as one likes."""
