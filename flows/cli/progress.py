"""What a person sees while a build runs: one line a stage on stderr, live on a terminal, plain elsewhere."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import TYPE_CHECKING, Self

import click

if TYPE_CHECKING:
    from flows.run import StageSummary

# A log that is read later wants to know how it went, not every step.
_PLAIN_EVERY_S = 10.0


class Progress:
    """A watcher of builds that writes to stderr; a quiet one writes nothing."""

    def __init__(self, *, is_quiet: bool) -> None:
        self._is_quiet = is_quiet
        self._is_live = sys.stderr.isatty() and not is_quiet
        self._shards = self._done = 0
        self._said_at = 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._clear()

    def say(self, message: str) -> None:
        """Say what is going on, until something else is."""
        if self._is_live:
            self._clear()
            click.echo(message, err=True, nl=False)
        elif not self._is_quiet:
            click.echo(message, err=True)

    def began(self, stage: str, shards: int) -> None:
        """A stage begins."""
        self._shards, self._done = shards, 0
        if self._is_live:
            self.say(f"{stage:<20}" + (f" 0 of {shards} shards" if shards else " …"))

    def advanced(self, stage: str) -> None:
        """A shard of the stage is done."""
        self._done += 1
        if self._is_live:
            self.say(f"{stage:<20} {self._done} of {self._shards} shards")

    def at(self, stage: str, words: str) -> None:
        """How far a stage is, in words: always the latest on a terminal, elsewhere a line now and then."""
        now = time.monotonic()
        if self._is_live or now - self._said_at >= _PLAIN_EVERY_S:
            self._said_at = now
            self.say(f"{stage:<20} {words}")

    def ended(self, stage: str, summary: StageSummary) -> None:
        """A stage is sealed."""
        if self._is_quiet:
            return
        self._clear()
        how = "cached" if summary.cached else f"{summary.seconds:.1f} s"
        click.echo(f"{stage:<20} {summary.rows_in:>9,} in {summary.rows_out:>9,} out   {how}", err=True)

    def _clear(self) -> None:
        if self._is_live:
            click.echo("\r\x1b[2K", err=True, nl=False)
