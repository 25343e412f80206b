"""Engines run in processes of their own: side by side on all cores, and a crash there is an error here, not the end.

One pool a process, made at the first shard that needs it. `loky` because its workers do not import the main
module again (under a Prefect worker that alone costs two CPU seconds each) and because a worker that dies raises
instead of hanging.
"""

from __future__ import annotations

import sys
from collections import deque
from collections.abc import Callable, Iterable, Iterator, Sequence
from importlib.abc import MetaPathFinder
from itertools import chain, islice
from threading import Lock
from types import ModuleType
from typing import Any, ParamSpec, TypeVar

from tilth.errors import TransientError
from tilth.settings import settings

P = ParamSpec("P")
R = TypeVar("R")
T = TypeVar("T")

# Of items under way for each worker: one that it works on and one that waits, so that it never does.
_UNDER_WAY = 2


def run_in_pool(function: Callable[P, R], *args: P.args, **kwargs: P.kwargs) -> R:
    """Call a module-level function in a worker process, or here when one worker is all there is.

    Raises what the function raises; `TransientError` when the worker was killed.
    """
    if settings().workers == 1:
        return function(*args, **kwargs)
    from loky.process_executor import ShutdownExecutorError, TerminatedWorkerError

    executor = _POOL.executor()
    try:
        result: R = executor.submit(function, *args, **kwargs).result()
    except TerminatedWorkerError as error:
        _POOL.forget(executor)
        raise TransientError(f"A worker process was killed ({error}): out of memory, or by hand.") from None
    except ShutdownExecutorError:
        raise TransientError("The workers were let go just before the work was handed to them.") from None
    return result


def dismiss_workers() -> None:
    """Let the workers go, and with them what they hold; the next call makes new ones, for a second of CPU each.

    For who is about to need the memory. Work that is under way is finished.
    """
    _POOL.dismiss()


class _NoPandas(MetaPathFinder):
    """Keeps pandas out of a worker: pyarrow imports it where it can, for a second of CPU, and no engine uses it."""

    def find_spec(self, fullname: str, path: Sequence[str] | None, target: ModuleType | None = None) -> None:
        if fullname == "pandas":
            raise ModuleNotFoundError(fullname, name=fullname)


def do_without_pandas() -> None:
    """For the rest of this process pandas counts as not installed."""
    sys.meta_path.insert(0, _NoPandas())


def _begin() -> None:
    """What a worker process does first."""
    do_without_pandas()
    # Arrow must not be imported before.
    from tilth.memory import collect_seldom

    collect_seldom()


def map_in_pool(function: Callable[[T], R], items: Iterable[T]) -> Iterator[R]:
    """What a module-level function makes of each item, in the order of the items.

    Items are taken as they are needed, so that what is held at once does not grow with their number. A single item is
    worked on here: starting a worker costs half a second. Raises what the function raises; `TransientError` when a
    worker was killed.
    """
    waiting_items = iter(items)
    first = list(islice(waiting_items, 2))
    if len(first) < 2 or settings().workers == 1:
        yield from map(function, chain(first, waiting_items))
        return
    from loky.process_executor import TerminatedWorkerError

    executor = _POOL.executor()
    futures: deque[Any] = deque()
    try:
        for item in chain(first, waiting_items):
            if len(futures) >= _UNDER_WAY * settings().workers:
                yield futures.popleft().result()
            futures.append(executor.submit(function, item))
        while futures:
            yield futures.popleft().result()
    except TerminatedWorkerError as error:
        _POOL.forget(executor)
        raise TransientError(f"A worker process was killed ({error}): out of memory, or by hand.") from None
    finally:
        for future in futures:
            future.cancel()


class _Pool:
    """The executor that all threads share; loky's reusable one is one a thread, and Prefect runs a thread a shard."""

    def __init__(self) -> None:
        self._lock = Lock()
        self._executor: Any = None

    def executor(self) -> Any:
        """The executor, made when there is none."""
        from loky import ProcessPoolExecutor

        with self._lock:
            if self._executor is None:
                # Idle workers go after a minute, and with them what the allocator kept.
                self._executor = ProcessPoolExecutor(
                    max_workers=settings().workers, timeout=60, initializer=_begin
                )
            return self._executor

    def dismiss(self) -> None:
        """Shut the executor down once its work is done, if there is one."""
        with self._lock:
            executor, self._executor = self._executor, None
        if executor is not None:
            executor.shutdown(wait=True)

    def forget(self, executor: Any) -> None:
        """Let the next call make a new executor: one whose worker was killed takes no more work."""
        with self._lock:
            if self._executor is executor:
                self._executor = None


_POOL = _Pool()
