"""Many Python texts given to one process of Ruff.

The texts are written into a folder of their own and Ruff is called once on it, without any configuration, cache or
variable of the environment. A text on which Ruff dies is found by halving, so that the others are served.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import NamedTuple, TypeVar

from tilth.errors import MissingExtra, RequestError

# Ruff formats about 10 MB of Python a second; ten minutes for one batch means that it hangs.
_TIMEOUT_S = 600
_UNREAD = re.compile(r"Failed to parse \D*?(\d+)\.py")
# Folders called build or dist are passed over by default.
_COMMON = [
    "--isolated",
    "--no-cache",
    "--no-respect-gitignore",
    "--config=exclude=[]",
]

T = TypeVar("T")


class Done(NamedTuple):
    """What Ruff left behind: the files by position, what it printed, and the positions that it could not read."""

    paths: list[Path]
    printed: bytes
    unread: set[int]


def run_ruff(
    verb: str, options: Sequence[str], texts: Sequence[bytes], collect: Callable[[Done], Sequence[T]]
) -> list[T | None]:
    """What `collect` makes of Ruff's work, one a text; None for a text on which Ruff dies.

    Raises `RequestError` for options that Ruff does not take, `MissingExtra` without Ruff.
    """
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        command = [find_ruff_bin(), verb, *_COMMON, *options, "."]
    except (ImportError, FileNotFoundError):
        raise MissingExtra("ruff", "dev", "Reading Python with Ruff") from None
    results: list[T | None] = [None] * len(texts)
    waiting = [list(range(len(texts)))] if texts else []
    while waiting:
        members = waiting.pop()
        outcome = _run(command, [texts[member] for member in members], collect)
        if outcome is not None:
            for member, result in zip(members, outcome, strict=True):
                results[member] = result
        elif len(members) > 1:
            half = len(members) // 2
            waiting += [members[:half], members[half:]]
    return results


def _run(
    command: list[str], texts: list[bytes], collect: Callable[[Done], Sequence[T]]
) -> Sequence[T] | None:
    with tempfile.TemporaryDirectory(prefix="tilth-ruff-") as folder:
        paths = [Path(folder) / f"{number}.py" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text)
        try:
            # The binary of the wheel, no shell, and no word of the corpus among its arguments.
            done = subprocess.run(
                command, cwd=folder, env={}, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        words = done.stderr.decode("utf-8", "replace")
        unread = {int(number) for number in _UNREAD.findall(words)}
        if done.returncode == 2 and not unread:
            raise RequestError(
                f"Ruff does not take what it was asked for: {' '.join(words.split())[-300:]}. Correct the rules."
            )
        # A crash is negative or 101.
        return collect(Done(paths, done.stdout, unread)) if done.returncode in (0, 2) else None
