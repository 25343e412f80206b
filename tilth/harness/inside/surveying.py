"""Runs the tests of one module of a repository, each once, and writes down which functions each of them calls.

What functions are called with is written down too, where it can be said as text.
"""

import importlib
import importlib.util
import inspect
import signal
import sys
import types
import unittest
from collections.abc import Mapping
from typing import Any

from tilth.harness.inside import receivers, testing

# Eight different calls show what a function does; more make the answer long.
_MAX_CALLS = 8
_JOB = "/job/"
# A test that makes more calls takes seconds while it is watched. They are counted, because a count is the same on every
# machine; what makes no call and does not end is ended by a timer, an order of magnitude later.
_MAX_EVENTS, _MAX_CPU_S = 200_000, 5.0
# Coroutines and asynchronous generators.
_ASYNC = inspect.CO_COROUTINE | inspect.CO_ASYNC_GENERATOR


class _TooMuch(BaseException):
    """The test takes too long to be run for each of many mutants."""


def survey(task: Mapping[str, Any]) -> dict[str, Any]:
    """Outcome and calls of each of `tests` ({id, run}) of the module called `module`, or found at `path`."""
    try:
        module = _imported(task["module"], task["path"])
    except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
        return {"error": testing.told(error)}
    seen: dict[str, list[dict[str, Any]]] = {}
    found = []
    signal.signal(signal.SIGPROF, _interrupt)
    for test in task["tests"]:
        watch = _Watch(seen)
        try:
            program = compile(test["run"], testing.TESTS, "exec", dont_inherit=True)
            signal.setitimer(signal.ITIMER_PROF, _MAX_CPU_S)
            sys.setprofile(watch.note)
            try:
                exec(program, module.__dict__)  # noqa: S102 - what a sandbox is for
            finally:
                sys.setprofile(None)
                signal.setitimer(signal.ITIMER_PROF, 0)
            outcome = "passed"
        except unittest.SkipTest:
            outcome = "skipped"
        except _TooMuch:
            outcome = "too_long"
        except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
            outcome = f"failed {type(error).__name__}"
        found.append([test["id"], outcome, sorted(watch.called), sorted(watch.directly)])
    return {"tests": found, "seen": seen}


def _interrupt(_: int, __: types.FrameType | None) -> None:
    raise _TooMuch


def _imported(name: str, path: str) -> types.ModuleType:
    try:
        return importlib.import_module(name)
    except ImportError:
        spec = importlib.util.spec_from_file_location(name.rpartition(".")[2], path)
        if spec is None or spec.loader is None:
            raise
        module = importlib.util.module_from_spec(spec)
        sys.modules[spec.name] = module
        spec.loader.exec_module(module)
        return module


def _is_theirs(path: str) -> bool:
    return path.startswith(_JOB) and not path.startswith((f"{_JOB}tilth/harness/", f"{_JOB}pytest.py"))


class _Watch:
    """Which functions of the repository are entered, and which of them by the test itself."""

    def __init__(self, seen: dict[str, list[dict[str, Any]]]) -> None:
        self.called: set[str] = set()
        self.directly: set[str] = set()
        self.seen = seen
        self.receivers = receivers.Receivers()
        self.events = 0

    def note(self, frame: types.FrameType, event: str, argument: object) -> None:
        """What `sys.setprofile` calls."""
        self.events += 1
        if self.events > _MAX_EVENTS:
            raise _TooMuch
        code = frame.f_code
        if event != "call" or code.co_name.startswith("<") or not _is_theirs(code.co_filename):
            return
        place = f"{code.co_filename[len(_JOB) :]}:{code.co_firstlineno}"
        self.called.add(place)
        caller = frame.f_back
        # Before Python 3.12 a comprehension is a function of its own.
        while (
            caller is not None
            and caller.f_code.co_name.startswith("<")
            and caller.f_code.co_name != "<module>"
        ):
            caller = caller.f_back
        if caller is not None:
            name = caller.f_code.co_filename
            if (
                name == testing.TESTS
                or name.startswith("<doctest")
                or caller.f_code.co_name.startswith("test")
            ):
                self.directly.add(place)
        calls = self.seen.setdefault(place, [])
        if code.co_flags & _ASYNC:
            return
        # How objects are made is always of interest: some other method of theirs will be called.
        if len(calls) < _MAX_CALLS or code.co_name == "__init__":
            call = self.receivers.call(frame)
            if call is not None and call not in calls and len(calls) < _MAX_CALLS:
                calls.append(call)
