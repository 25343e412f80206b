"""Where and how a build runs on this machine. None of it ever counts for what is built."""

from __future__ import annotations

import os
from functools import cache
from typing import NamedTuple

from tilth.errors import RequestError


class Settings(NamedTuple):
    """Read once from the environment: `TILTH_LAKE`, `TILTH_WORKERS`, `TILTH_MEMORY_MB`, `TILTH_LEDGER`."""

    lake: str
    workers: int  # processes that run engines; 1 runs them in the main process
    memory_mb: int  # bound of one DuckDB connection
    ledger: str = ""  # of paid answers: a file or a PostgreSQL URL; empty: the one in the lake


def _positive(name: str, default: int) -> int:
    text = os.environ.get(name, "")
    if not text:
        return default
    if not text.isdigit() or int(text) < 1:
        raise RequestError(f"{name} is {text!r}; it must be a whole number from 1. Unset it for {default}.")
    return int(text)


@cache
def settings() -> Settings:
    """The settings of this process."""
    # More than four engines at once gain little before the disk is the limit, and each holds a batch in memory.
    cores = min(4, len(os.sched_getaffinity(0)))
    return Settings(
        lake=os.environ.get("TILTH_LAKE", "data/lake"),
        workers=_positive("TILTH_WORKERS", cores),
        memory_mb=_positive("TILTH_MEMORY_MB", 384),
        ledger=os.environ.get("TILTH_LEDGER", ""),
    )
