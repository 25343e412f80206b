"""Calls a function with arguments given as text, watches its lines, and says what came out and whether it seems pure.

*Covered*: what Python's audit events tell (files, processes, network), words printed, plain globals and arguments that
changed, a second call that gives another result. *Not covered*: time and randomness, which only another run shows.
"""

import ast
import copy
import io
import itertools
import linecache
import sys
import types
from collections.abc import Callable, Mapping
from typing import Any

from tilth.harness.inside import testing

# What a person can work out in the head, and say in an answer.
_MAX_ITEMS, _MAX_TEXT, _MAX_EVENTS = 50, 240, 120
_ERRANT = (
    "open",
    "os.",
    "socket.",
    "subprocess.",
    "shutil.",
    "tempfile.",
    "ctypes.",
    "glob.",
    "sqlite3.",
    "signal.",
)

_SCALARS, _HOLDERS = (int, str, bytes, float, bool, complex, type(None)), (list, tuple, dict, set)

_watch: dict[str, Any] = {"is_on": False, "seen": ""}


def _audit(event: str, _: object) -> None:
    if _watch["is_on"] and event.startswith(_ERRANT):
        _watch["seen"] = event


def call_all(task: Mapping[str, Any]) -> dict[str, Any]:
    """Of each of `calls` ({args, kwargs} as texts; of a method `on` too) what it gave: see `_called`.

    `function` is the name of a function, or `Class.method`; of a property the one that gets it.
    """
    sys.addaudithook(_audit)
    try:
        main = testing.load(task["code"])
        function = _value(main, task["function"])
    except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
        return {"error": testing.told(error)}
    return {"calls": [_called(main, function, call, bool(task.get("traced"))) for call in task["calls"]]}


def _called(
    main: types.ModuleType, function: Callable[..., Any], call: Mapping[str, Any], is_traced: bool
) -> dict[str, Any]:
    """The value's text, or the error's kind and message; `impure` when it did more; the lines that it went through."""
    first = _once(main, function, call, trace=None)
    before = _plain_globals(main)
    _watch.update(is_on=True, seen="")
    second = _once(main, function, call, trace=None)
    _watch["is_on"] = False
    if first != second:
        return {"impure": "differs"}
    if _watch["seen"]:
        return {"impure": _watch["seen"]}
    if before != _plain_globals(main):
        return {"impure": "globals"}
    if is_traced and "impure" not in first:
        trace = _Trace(function)
        if _once(main, function, call, trace) == first:
            first["events"] = trace.events
    return first


def _once(
    main: types.ModuleType, function: Callable[..., Any], call: Mapping[str, Any], trace: "_Trace | None"
) -> dict[str, Any]:
    printed = io.StringIO()
    previous, sys.stdout = sys.stdout, printed
    try:
        function = _target(main, function, call)
        arguments = [_value(main, text) for text in call["args"]]
        named = {name: _value(main, text) for name, text in call["kwargs"].items()}
    except Exception as error:  # noqa: BLE001 - whatever the code does is what is asked
        sys.stdout = previous
        return {"impure": f"argument: {type(error).__name__}"}
    kept, is_iterator = _texts([*arguments, *named.values()]), False
    try:
        if trace is not None:
            sys.settrace(trace.follow)
        value = function(*arguments, **named)
        is_iterator = hasattr(value, "__next__")
        value = list(itertools.islice(value, _MAX_ITEMS + 1)) if is_iterator else value
    except Exception as error:  # noqa: BLE001 - whatever the code does is what is asked
        sys.settrace(None)
        inner = error.__traceback__
        while inner is not None and inner.tb_next is not None:
            inner = inner.tb_next
        is_own = inner is not None and inner.tb_frame.f_code.co_filename == testing.CODE
        line = (
            linecache.getline(testing.CODE, inner.tb_lineno).strip() if is_own and inner is not None else ""
        )
        return {
            "error": [type(error).__name__, testing.scrubbed(str(error))],
            "raised_at": line,
            "own": is_own,
            "is_iterator": is_iterator,
        }
    finally:
        sys.settrace(None)
        sys.stdout = previous
    if printed.getvalue():
        return {"impure": "prints"}
    if kept != _texts([*arguments, *named.values()]):
        return {"impure": "arguments"}
    text = plain(value)
    if text is None or (is_iterator and len(value) > _MAX_ITEMS):
        return {"impure": "value"}
    return {"value": text, "is_iterator": is_iterator}


def _target(
    main: types.ModuleType, function: Callable[..., Any], call: Mapping[str, Any]
) -> Callable[..., Any]:
    """What is to be called: the function, or the method of an object that is made now."""
    if "on" not in call:
        return function
    made, name = _value(main, call["on"]), function.__name__
    return (lambda: getattr(made, name)) if call.get("is_property") else getattr(made, name)


def _value(main: types.ModuleType, text: str) -> Any:
    return eval(compile(text, "<argument>", "eval", dont_inherit=True), main.__dict__)  # noqa: S307 - in a sandbox


def _texts(values: list[Any]) -> list[str | None]:
    return [plain(value) for value in values]


def _plain_globals(main: types.ModuleType) -> dict[str, str | None]:
    return {name: plain(value, 10_000) for name, value in vars(main).items() if not name.startswith("__")}


def plain(value: Any, bound: int = _MAX_TEXT) -> str | None:
    """The text of a value that can be read back from it, of bounded length; None for any other."""
    if not _is_plain(value, 4):
        return None
    text = repr(value)
    try:
        return text if len(text) <= bound and ast.literal_eval(text) == value else None
    except (ValueError, SyntaxError, RecursionError):
        return None


def _is_plain(value: Any, depth: int) -> bool:
    kind = type(value)
    if kind in _SCALARS:
        return True
    if not depth or kind not in _HOLDERS or len(value) > 1000:
        return False
    items = [*value.keys(), *value.values()] if kind is dict else value
    return all(_is_plain(item, depth - 1) for item in items)


class _Trace:
    """Lines of one function in the order in which they run, with the plain locals before each; bounded."""

    def __init__(self, function: Callable[..., Any]) -> None:
        code = getattr(function, "__code__", None)
        # A decorator's wrapper is another function, whose lines are not the ones that are shown.
        self.code = code if code is not None and code.co_name == function.__name__ else None
        self.events: list[list[Any]] = []

    def follow(self, frame: types.FrameType, event: str, argument: object) -> Any:
        """What `sys.settrace` calls."""
        return self._line if frame.f_code is self.code else None

    def _line(self, frame: types.FrameType, event: str, argument: object) -> Any:
        if event in ("line", "return") and len(self.events) <= _MAX_EVENTS:
            names = {
                name: plain(copy.copy(value)) for name, value in frame.f_locals.items() if _is_plain(value, 4)
            }
            line = frame.f_lineno - frame.f_code.co_firstlineno
            self.events.append([event, line, names])
        return self._line
