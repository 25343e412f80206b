"""The job's program: Python source as `__main__`, in a child of the warm server.

*Covered*: what `python -I FILE` would do, in the job's folder, which is first on `sys.path`: arguments, standard
streams, traceback, exit code, `atexit`, threads that are waited for. *Not covered*: modules of the standard library
that the server had imported are in `sys.modules` from the start; objects in cycles are not finalised at the end.
"""

from __future__ import annotations

import atexit
import builtins
import errno
import os
import shutil
import signal
import sys
import threading
from types import ModuleType
from typing import NoReturn

FILE = "__job__.py"


def run(arguments: list[str]) -> NoReturn:
    """Run the file in the working folder, and end the process with its exit code."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    folder = os.getcwd()  # noqa: PTH109 - pathlib's classes are the job's to patch
    path = os.path.join(folder, FILE)  # noqa: PTH118 - as above
    main = ModuleType("__main__")
    main.__file__ = path
    main.__builtins__ = builtins  # type: ignore[attr-defined]  # as the interpreter's own main module has it
    sys.modules["__main__"] = main
    sys.argv = [path, *arguments]
    sys.path.insert(0, folder)
    with open(path, "rb") as file:  # noqa: PTH123 - as above
        source = file.read()
    try:
        exec(compile(source, path, "exec", dont_inherit=True), main.__dict__)  # noqa: S102 - what a sandbox is for
        code = 0
    except SystemExit as error:
        code = _exit_code(error)
    except BaseException as error:  # noqa: BLE001 - the job's own, told as the interpreter tells it
        # The first frame is this one.
        trace = error.__traceback__.tb_next if error.__traceback__ else None
        sys.excepthook(type(error), error.with_traceback(trace), trace)
        code = 1
    _finish(code)


def _exit_code(error: SystemExit) -> int:
    if error.code is None:
        return 0
    if isinstance(error.code, int):
        return error.code & 0xFF
    sys.stderr.write(f"{error.code}\n")
    return 1


def _finish(code: int) -> NoReturn:
    """End as the interpreter does, but for taking down its modules, which takes longer than most jobs."""
    try:
        threading._shutdown()  # type: ignore[attr-defined]  # noqa: SLF001 - waits for threads, as at any exit
        atexit._run_exitfuncs()  # noqa: SLF001 - there is no public name
        # Its values end before it does; but a thread that still runs would stumble over what is gone.
        if threading.active_count() == 1:
            sys.modules["__main__"].__dict__.clear()
        for stream in (sys.stdout, sys.stderr):
            stream.flush()
    except BaseException:  # noqa: BLE001 - whatever the job put there; the code is the interpreter's for a failed flush
        code = code or 120
    os._exit(code)


def copy_tree(source: str, target: str) -> None:
    """Copy what can be read of a folder, links as links, into a folder that is there. `OSError` when it is full."""
    try:
        shutil.copytree(source, target, symlinks=True, dirs_exist_ok=True, copy_function=shutil.copy)
    except shutil.Error as failures:
        # Each is (from, to, why): a pipe or what only its owner reads is left out.
        if any(os.strerror(errno.ENOSPC) in str(why) for _, _, why in failures.args[0]):
            raise OSError(errno.ENOSPC, f"the source tree: {os.strerror(errno.ENOSPC)}") from None
