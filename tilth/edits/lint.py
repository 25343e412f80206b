"""What Ruff would mend in many Python texts, finding by finding: the rule, its message, and the edits of its fix.

Only fixes that Ruff itself calls safe, which it gives where a fix keeps what the code does. Nothing is applied, so that
who asks may mend one function and leave the rest of the file as it is.
"""

from __future__ import annotations

import json
import subprocess
import tempfile
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NamedTuple

from tilth.edits.edit import Edit
from tilth.edits.reformat import COMMON, TIMEOUT_S, ruff_binary
from tilth.errors import RequestError


class Fix(NamedTuple):
    """A finding and how to mend it; `line` counts from 1."""

    rule: str
    message: str
    line: int
    edits: tuple[Edit, ...]


def find_fixes(texts: Sequence[bytes], rules: Sequence[str]) -> list[list[Fix]]:
    """The safe fixes of these rules in each text, in order of place; none for a text that Ruff cannot read.

    Raises `RequestError` for a rule that Ruff does not know or a batch on which it dies, `MissingExtra`.
    """
    found: list[list[Fix]] = [[] for _ in texts]
    for finding in _findings(texts, rules) if texts else []:
        fix = finding["fix"]
        if not fix or fix["applicability"] != "safe" or not finding["code"]:
            continue
        number = int(Path(finding["filename"]).stem)
        found[number].append(
            Fix(
                finding["code"],
                finding["message"],
                finding["location"]["row"],
                _edits(texts[number], fix["edits"]),
            )
        )
    return [sorted(fixes, key=lambda fix: (fix.edits, fix.rule)) for fixes in found]


def _findings(texts: Sequence[bytes], rules: Sequence[str]) -> list[dict[str, Any]]:
    arguments = ["check", *COMMON, "--exit-zero", "--output-format=json", f"--select={','.join(rules)}", "."]
    with tempfile.TemporaryDirectory(prefix="tilth-ruff-") as folder:
        for number, text in enumerate(texts):
            Path(folder, f"{number}.py").write_bytes(text)
        try:
            # The binary of the wheel, no shell, and no word of the corpus among its arguments.
            done = subprocess.run(
                [ruff_binary(), *arguments],
                cwd=folder,
                env={},
                capture_output=True,
                timeout=TIMEOUT_S,
                check=False,
            )
            findings: list[dict[str, Any]] = json.loads(done.stdout)
        except (subprocess.TimeoutExpired, ValueError):
            raise RequestError(
                f"Ruff gave no findings for {len(texts)} texts with the rules {','.join(rules)}. Correct the rules."
            ) from None
    return findings


def _edits(text: bytes, edits: Sequence[dict[str, Any]]) -> tuple[Edit, ...]:
    """Ruff's edits, which count lines and characters, as bytes."""
    lines = text.split(b"\n")
    starts = [0]
    for line in lines:
        starts.append(starts[-1] + len(line) + 1)

    def offset(place: dict[str, int]) -> int:
        row, column = place["row"] - 1, place["column"] - 1
        if row >= len(lines):
            return len(text)
        line = lines[row]
        return starts[row] + (
            column if line.isascii() else len(line.decode("utf-8", "replace")[:column].encode())
        )

    return tuple(
        Edit(offset(edit["location"]), offset(edit["end_location"]), (edit["content"] or "").encode())
        for edit in edits
    )
