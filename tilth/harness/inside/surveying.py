"""Runs the tests of one module of a repository, each once, and writes down which functions each of them calls.

What functions are called with is written down too, where it can be said as text.
"""

import importlib
import importlib.util
import sys
import types
import unittest
from collections.abc import Mapping
from typing import Any

from tilth.harness.inside import calling, testing

# Eight different calls show what a function does; more make the answer long.
_MAX_CALLS = 8
_JOB = "/job/"


def survey(task: Mapping[str, Any]) -> dict[str, Any]:
    """Outcome and calls of each of `tests` ({id, run}) of the module called `module`, or found at `path`."""
    try:
        module = _imported(task["module"], task["path"])
    except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
        return {"error": testing.told(error)}
    seen: dict[str, list[dict[str, Any]]] = {}
    found = []
    for test in task["tests"]:
        watch = _Watch(seen)
        try:
            program = compile(test["run"], testing.TESTS, "exec", dont_inherit=True)
            sys.setprofile(watch.note)
            try:
                exec(program, module.__dict__)  # noqa: S102 - what a sandbox is for
            finally:
                sys.setprofile(None)
            outcome = "passed"
        except unittest.SkipTest:
            outcome = "skipped"
        except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
            outcome = f"failed {type(error).__name__}"
        found.append([test["id"], outcome, sorted(watch.called), sorted(watch.directly)])
    return {"tests": found, "seen": seen}


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


class _Watch:
    """Which functions of the repository are entered, and which of them by the test itself."""

    def __init__(self, seen: dict[str, list[dict[str, Any]]]) -> None:
        self.called: set[str] = set()
        self.directly: set[str] = set()
        self.seen = seen

    def note(self, frame: types.FrameType, event: str, argument: object) -> None:
        """What `sys.setprofile` calls."""
        code = frame.f_code
        if event != "call" or not code.co_filename.startswith(_JOB) or code.co_name == "<module>":
            return
        place = f"{code.co_filename[len(_JOB):]}:{code.co_firstlineno}"
        self.called.add(place)
        caller = frame.f_back
        if caller is not None:
            name = caller.f_code.co_filename
            if name == testing.TESTS or name.startswith("<doctest") or caller.f_code.co_name.startswith("test"):
                self.directly.add(place)
        calls = self.seen.setdefault(place, [])
        if len(calls) < _MAX_CALLS and not code.co_flags & 0x20C:  # neither *args nor **kwargs, nor async
            call = _arguments(frame)
            if call is not None and call not in calls:
                calls.append(call)


def _arguments(frame: types.FrameType) -> dict[str, Any] | None:
    """What a function was called with, as texts; None when that cannot be said."""
    code = frame.f_code
    count = code.co_argcount
    texts = [calling.plain(frame.f_locals.get(name)) for name in code.co_varnames[:count]]
    named = {
        name: calling.plain(frame.f_locals.get(name))
        for name in code.co_varnames[count : count + code.co_kwonlyargcount]
    }
    if None in texts or None in named.values():
        return None
    return {"args": texts, "kwargs": named}
