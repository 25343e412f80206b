"""Memory that is free is given back to the system, so that what a process holds does not add up over the stages.

Arrow's pool and glibc's arenas keep what was freed for later; a process that has sorted a large artifact once would
stay at that size while its workers need the room. Does nothing where the C library is not glibc.
"""

from __future__ import annotations

import ctypes
from collections.abc import Callable
from functools import cache
from typing import Any

import pyarrow as pa


@cache
def _trim() -> Callable[[int], Any] | None:
    try:
        found: Callable[[int], Any] = ctypes.CDLL(None).malloc_trim
    except (AttributeError, OSError):
        return None
    return found


def give_back() -> None:
    """Give back what this process holds and does not use; some milliseconds."""
    pa.default_memory_pool().release_unused()
    trim = _trim()
    if trim is not None:
        trim(0)
