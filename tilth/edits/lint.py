"""What Ruff says of many Python texts, by one process.

Like `reformat`, without any configuration, cache or variable of the environment.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

from tilth.errors import MissingExtra, RequestError

# Ruff reads about 50 MB of Python a second; ten minutes for one batch means that it hangs.
_TIMEOUT_S = 600


class Finding(NamedTuple):
    """One diagnostic: its rule, its words, its line counted from 1."""

    rule: str
    message: str
    line: int


def lint(texts: Sequence[bytes], rules: Sequence[str]) -> list[list[Finding]]:
    """The findings of these rules in each text, by line; of a text that Ruff cannot read none.

    Raises `MissingExtra` without Ruff, `RequestError` for a rule that it does not know or when it dies.
    """
    try:
        from ruff import find_ruff_bin  # type: ignore[import-untyped]

        program = find_ruff_bin()
    except (ImportError, FileNotFoundError):
        raise MissingExtra("ruff", "dev", "Linting Python") from None
    found: list[list[Finding]] = [[] for _ in texts]
    if not texts:
        return found
    arguments = ["check", "--isolated", "--no-cache", "--no-respect-gitignore", "--target-version=py314"]
    arguments += [
        "--config=exclude=[]",
        "--exit-zero",
        "--output-format=json",
        f"--select={','.join(rules)}",
        ".",
    ]
    with tempfile.TemporaryDirectory(prefix="tilth-ruff-") as folder:
        for number, text in enumerate(texts):
            (Path(folder) / f"{number}.py").write_bytes(text)
        try:
            # The binary of the wheel, no shell, and no word of the corpus among its arguments.
            done = subprocess.run(
                [program, *arguments],
                cwd=folder,
                env={},
                capture_output=True,
                timeout=_TIMEOUT_S,
                check=False,
            )
            reported = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError) as error:
            raise RequestError(f"Ruff gave no answer: {error}. Run it by hand: ruff check .") from None
    for entry in reported:
        number = int(Path(entry["filename"]).stem)
        found[number].append(Finding(str(entry["code"]), entry["message"], entry["location"]["row"]))
    return [sorted(findings, key=lambda finding: (finding.line, finding)) for findings in found]
