"""Ruff's findings on many texts, one process for all of them.

The texts are written into a folder of their own, in memory where the system has that, and Ruff is called once on it,
without any configuration, cache or variable of the environment. A text on which Ruff dies (deep nesting overflows its
stack) would take the findings of all the others with it: then the halves are tried, until the text stands alone.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tasks.validate.config import ValidateConfig
from tilth.errors import MissingExtra, RequestError

# Ruff checks about 40 MB of Python a second; ten minutes for one shard means that it hangs.
_TIMEOUT_S = 600
# Making a file on a disk costs 0.3 ms of CPU, here a tenth (measured); a container has 64 MB of it, a batch at most 6.
_IN_MEMORY = "/dev/shm"  # noqa: S108  # a folder of a random name is made in it, as in any other
# Of four workers each may need as much.
_AMPLE = 8


class Finding(NamedTuple):
    """A rule of Ruff, and the line on which it was broken, from 0."""

    line: int
    code: str


def find_with_ruff(
    texts: Sequence[bytes], suffixes: Sequence[str], config: ValidateConfig
) -> list[list[Finding] | None]:
    """Findings of each text by line; None for a text on which Ruff dies.

    Raises `RequestError` for a rule that Ruff does not know, `MissingExtra` without Ruff.
    """
    command = _command(config)
    found: list[list[Finding] | None] = [None] * len(texts)
    waiting = [list(range(len(texts)))]
    while waiting:
        members = waiting.pop()
        lines = _run(command, [(texts[member], suffixes[member]) for member in members])
        if lines is None:
            half = len(members) // 2
            waiting += [part for part in (members[:half], members[half:]) if half]
            continue
        for position, findings in _read(lines, len(members)).items():
            found[members[position]] = sorted(findings)
    return found


def _command(config: ValidateConfig) -> list[str]:
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        binary = find_ruff_bin()
    except (ImportError, FileNotFoundError):
        raise MissingExtra("ruff", "dev", "The check lint") from None
    return [
        binary,
        "check",
        "--isolated",
        "--no-cache",
        "--exit-zero",
        "--no-respect-gitignore",
        "--output-format=json-lines",
        # The newest syntax Ruff knows: what it calls an error then is one in every Python.
        "--target-version=py314",
        # By default folders called build, dist or venv are passed over, wherever the temporary one lies.
        "--config=exclude=[]",
        f"--select={','.join(config.ruff_rules)}",
        f"--ignore={','.join(config.ruff_ignored_rules)}",
        ".",
    ]


def _size(text: tuple[bytes, str]) -> int:
    return len(text[0])


def _folder(size: int) -> str | None:
    """Where files of so many bytes in all are put: in memory where there is ample room, else where others are."""
    try:
        found = os.statvfs(_IN_MEMORY)
    except OSError:
        return None
    has_room = os.access(_IN_MEMORY, os.W_OK) and found.f_bavail * found.f_frsize > _AMPLE * size
    return _IN_MEMORY if has_room else None


def _run(command: list[str], texts: list[tuple[bytes, str]]) -> list[bytes] | None:
    """Ruff's findings as lines of JSON, files named by position; None when Ruff died."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="tilth-ruff-", dir=_folder(sum(map(_size, texts)))) as folder:
        for position, (data, suffix) in enumerate(texts):
            name = f"{position}.pyi" if suffix == ".pyi" else f"{position}.py"
            (Path(folder) / name).write_bytes(data)
        try:
            # The binary of the wheel, no shell, and no word of the corpus among its arguments.
            done = subprocess.run(
                command, cwd=folder, env={}, capture_output=True, timeout=_TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None
    # Exit code 2 is Ruff's for a request it does not understand; a crash is negative or 101.
    if done.returncode == 2:
        words = done.stderr.decode("utf-8", "replace").strip().splitlines()
        raise RequestError(
            f"Ruff does not take the rules of validate: {' '.join(words[-3:])}. "
            "Correct ruff_rules in the recipe."
        )
    return done.stdout.splitlines() if done.returncode == 0 else None


def _read(lines: list[bytes], size: int) -> dict[int, list[Finding]]:
    found: dict[int, list[Finding]] = {position: [] for position in range(size)}
    for line in lines:
        entry = json.loads(line)
        position = int(Path(entry["filename"]).stem)
        found[position].append(Finding(entry["location"]["row"] - 1, entry["code"] or "invalid-syntax"))
    return found
