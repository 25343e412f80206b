"""Memory: free memory is given back to the system, and the garbage collector looks seldom.

Given back, so that what a process holds does not add up over the stages.

Arrow's pool and glibc's arenas keep what was freed for later; a process that has sorted a large artifact once would
stay at that size while its workers need the room. Does nothing where the C library is not glibc.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
from collections.abc import Callable
from functools import cache
from typing import Any

import pyarrow as pa

# Rows are tuples and strings without cycles, and modules are never freed: the default, 700, walks them in vain, for a
# sixth of what importing Great Expectations and Prefect costs. A million objects are some 100 MB.
_OBJECTS_A_WALK, _WALKS_OF_THE_YOUNG, _WALKS_OF_THE_MIDDLE = 50_000, 20, 20


def collect_seldom() -> None:
    """For the rest of this process, let the garbage collector walk after many new objects only."""
    gc.set_threshold(_OBJECTS_A_WALK, _WALKS_OF_THE_YOUNG, _WALKS_OF_THE_MIDDLE)


@cache
def settle(_work: str) -> None:
    """What this process holds after it did some work for the first time is there to stay: modules, grammars, queries.

    The collector passes it over from now on; loky collects after every call and would walk it each time, for 11 to
    20 ms of CPU.
    """
    gc.collect()
    gc.freeze()
    # At the end it is to be taken apart like anything else: DuckDB's binding complains of what outlives it.
    atexit.register(gc.unfreeze)


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
