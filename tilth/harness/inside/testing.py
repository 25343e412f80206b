"""Runs a program and its tests once, and says in a few lines what failed: no path, no address, no line of ours."""

import __future__

import ast
import doctest
import linecache
import re
import sys
import types
import unittest
from collections.abc import Iterator, Mapping
from typing import Any

CODE, TESTS = "<code>", "<tests>"
_LAZY = __future__.annotations.compiler_flag
_ADDRESS = re.compile(r"0x[0-9a-fA-F]{6,}")
_PATH = re.compile(r"(?:/[\w.+-]+){2,}")
# A message is read by people: what is longer is a table of values.
_MAX_VALUE, _MAX_MESSAGE = 300, 1200


def load(code: str) -> types.ModuleType:
    """A module called `__main__` in which the code has run."""
    main = types.ModuleType("__main__")
    sys.modules["__main__"] = main
    run_in(main, code, CODE)
    return main


def run_in(main: types.ModuleType, code: str, name: str) -> None:
    """Run code in a module; tracebacks and `inspect` find its lines."""
    linecache.cache[name] = (len(code), None, code.splitlines(keepends=True), name)
    # The tests are the second half of one program: what its first line says of annotations holds for them.
    flags = 0 if main.__dict__.get("annotations") is not __future__.annotations else _LAZY
    exec(compile(code, name, "exec", flags, dont_inherit=True), main.__dict__)  # noqa: S102 - what a sandbox is for


def run_tests(task: Mapping[str, Any]) -> dict[str, Any]:
    """Run `code`, then `tests`: passed, or the message, the kind of error and whether the code itself ran."""
    is_loaded = False
    try:
        main = load(task["code"])
        is_loaded = True
        run_in(main, task["tests"], TESTS)
    except unittest.SkipTest:
        return {"passed": False, "message": "", "error": "SkipTest", "loaded": True}
    except BaseException as error:  # noqa: BLE001 - whatever the code does is what is asked
        return {"passed": False, "message": told(error), "error": type(error).__name__, "loaded": is_loaded}
    return {"passed": True}


def told(error: BaseException) -> str:
    """What was raised and where, as a person would report it."""
    if isinstance(error, doctest.DocTestFailure):
        example = error.example
        lines = [
            f"Failed example:\n    {_inset(example.source)}",
            f"Expected:\n    {_inset(example.want)}" if example.want else "Expected nothing",
            f"Got:\n    {_inset(error.got)}" if error.got else "Got nothing",
        ]
        return scrubbed("\n".join(lines))
    inner = error.exc_info[1] if isinstance(error, doctest.UnexpectedException) else error
    lines = []
    if isinstance(error, doctest.UnexpectedException):
        lines.append(f"Failed example:\n    {_inset(error.example.source)}")
    lines += list(_frames(inner))
    words = f"{type(inner).__name__}: {inner}" if str(inner) else type(inner).__name__
    return scrubbed("\n".join([*lines, words]))


def _inset(text: str) -> str:
    return text.rstrip("\n").replace("\n", "\n    ")


def _frames(error: BaseException) -> Iterator[str]:
    """The innermost line of the tests, and the innermost of the code."""
    last: dict[str, tuple[types.FrameType, int]] = {}
    trace = error.__traceback__
    while trace is not None:
        last[trace.tb_frame.f_code.co_filename] = (trace.tb_frame, trace.tb_lineno)
        trace = trace.tb_next
    for name in (TESTS, CODE):
        if name in last:
            frame, line = last[name]
            where = frame.f_code.co_name
            words = linecache.getline(name, line).strip()
            yield f"in {where}: {words}" if where != "<module>" else f"in: {words}"
            if name == TESTS and isinstance(error, AssertionError) and not str(error):
                yield from _sides(frame, line)


def _sides(frame: types.FrameType, line: int) -> Iterator[str]:
    """Both sides of the comparison that an assertion on that line makes, worked out again."""
    tree = ast.parse("".join(linecache.getlines(TESTS)))
    for node in ast.walk(tree):
        is_there = isinstance(node, ast.Assert) and node.lineno <= line <= (node.end_lineno or line)
        if is_there and isinstance(node.test, ast.Compare) and len(node.test.ops) == 1:  # type: ignore[attr-defined]
            comparison = node.test  # type: ignore[attr-defined]
            for word, side in (("left", comparison.left), ("right", comparison.comparators[0])):
                try:
                    value = eval(  # noqa: S307 - what a sandbox is for
                        compile(ast.Expression(side), TESTS, "eval"), frame.f_globals, frame.f_locals
                    )
                    yield f"{word}: {repr(value)[:_MAX_VALUE]}"
                except Exception:  # noqa: BLE001 - then nothing is said of it
                    return


def scrubbed(message: str) -> str:
    """A message without addresses and paths, of bounded length."""
    return _PATH.sub("…", _ADDRESS.sub("0x…", message))[:_MAX_MESSAGE]
