"""Many Python texts formatted, or mended, by one process of Ruff.

The texts are written into a folder of their own and Ruff is called once on it, without any configuration, cache or
variable of the environment. A text on which Ruff dies is found by halving, so that the others are served.
"""

from __future__ import annotations

import re
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tilth.errors import MissingExtra, RequestError

# Ruff formats about 10 MB of Python a second; ten minutes for one batch means that it hangs.
TIMEOUT_S = 600
_UNREAD = re.compile(r"Failed to parse \D*?(\d+)\.py")
# The newest syntax that Ruff knows; folders called build or dist are passed over by default.
COMMON = [
    "--isolated",
    "--no-cache",
    "--no-respect-gitignore",
    "--target-version=py314",
    "--config=exclude=[]",
]


def reformat(texts: Sequence[bytes], line_length: int = 88) -> list[bytes | None]:
    """Each Python text as `ruff format` lays it out; None for one that it cannot read. Raises `MissingExtra`."""
    return _run_all(["format", *COMMON, f"--line-length={line_length}", "."], texts)


def fix_lint(texts: Sequence[bytes], rules: Sequence[str]) -> list[bytes | None]:
    """Each Python text with the safe fixes of these rules; None for one that Ruff dies on.

    Raises `RequestError` for a rule that Ruff does not know, `MissingExtra`.
    """
    command = ["check", *COMMON, "--fix", "--exit-zero", "--quiet", f"--select={','.join(rules)}", "."]
    return _run_all(command, texts)


def ruff_binary() -> str:
    """Where the binary of Ruff's wheel lies. Raises `MissingExtra`."""
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        return str(find_ruff_bin())
    except (ImportError, FileNotFoundError):
        raise MissingExtra("ruff", "dev", "Formatting Python") from None


def _run_all(arguments: list[str], texts: Sequence[bytes]) -> list[bytes | None]:
    command = [ruff_binary(), *arguments]
    results: list[bytes | None] = [None] * len(texts)
    waiting = [list(range(len(texts)))]
    while waiting:
        members = waiting.pop()
        outcome = _run(command, [texts[member] for member in members])
        if outcome is not None:
            for member, text in zip(members, outcome, strict=True):
                results[member] = text
        elif len(members) > 1:
            half = len(members) // 2
            waiting += [members[:half], members[half:]]
    return results


def _run(command: list[str], texts: list[bytes]) -> list[bytes | None] | None:
    """The texts as Ruff left them, None for each that it cannot read; None when it died."""
    if not texts:
        return []
    with tempfile.TemporaryDirectory(prefix="tilth-ruff-") as folder:
        paths = [Path(folder) / f"{number}.py" for number in range(len(texts))]
        for path, text in zip(paths, texts, strict=True):
            path.write_bytes(text)
        try:
            # The binary of the wheel, no shell, and no word of the corpus among its arguments.
            done = subprocess.run(
                command, cwd=folder, env={}, capture_output=True, timeout=TIMEOUT_S, check=False
            )
        except subprocess.TimeoutExpired:
            return None
        words = done.stderr.decode("utf-8", "replace")
        if done.returncode == 2 and "Failed to parse" not in words:
            raise RequestError(
                f"Ruff does not take its arguments: {' '.join(words.split())[-300:]}. Correct the rules."
            )
        if done.returncode not in (0, 2):
            return None
        # Ruff leaves what it cannot read as it is, and says so.
        unread = {int(number) for number in _UNREAD.findall(words)}
        return [None if number in unread else path.read_bytes() for number, path in enumerate(paths)]
