"""What Ruff finds in many Python texts and how it would mend it: the rule, its message, and the edits of its fix.

Only fixes that Ruff itself calls safe, which it gives where a fix keeps what the code does. Nothing is applied, so that
who asks may mend one function and leave the rest of the file as it is.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from typing import Any, NamedTuple

from tilth.edits.edit import Edit
from tilth.edits.ruff_batch import Done, run_ruff

# A fix is written in the syntax of this Python: the oldest that Tilth runs on.
_TARGET = "--target-version=py311"


class Fix(NamedTuple):
    """A finding and how to mend it; `line` counts from 1."""

    rule: str
    message: str
    line: int
    edits: tuple[Edit, ...]


class Finding(NamedTuple):
    """One diagnostic: its rule, its words, its line counted from 1."""

    rule: str
    message: str
    line: int


def lint(texts: Sequence[bytes], rules: Sequence[str]) -> list[list[Finding]]:
    """The findings of these rules in each text, by line; none for a text that Ruff cannot read.

    Raises `RequestError` for a rule that Ruff does not know, `MissingExtra`.
    """
    return [
        sorted(
            (Finding(str(found["code"]), found["message"], found["location"]["row"]) for found in findings),
            key=lambda finding: (finding.line, finding),
        )
        for findings in _reported(texts, rules)
    ]


def find_fixes(texts: Sequence[bytes], rules: Sequence[str]) -> list[list[Fix]]:
    """The safe fixes of these rules in each text, in order of place; none for a text that Ruff cannot read.

    Raises `RequestError` for a rule that Ruff does not know, `MissingExtra`.
    """
    return [_fixes(text, findings) for text, findings in zip(texts, _reported(texts, rules), strict=True)]


def _reported(texts: Sequence[bytes], rules: Sequence[str]) -> list[list[dict[str, Any]]]:
    options = [_TARGET, "--exit-zero", "--output-format=json", f"--select={','.join(rules)}"]
    found: list[list[dict[str, Any]] | None] = run_ruff("check", options, texts, _findings)
    return [findings or [] for findings in found]


def _findings(done: Done) -> list[list[dict[str, Any]]]:
    """What Ruff printed, file by file."""
    found: dict[str, list[dict[str, Any]]] = {path.name: [] for path in done.paths}
    for finding in json.loads(done.printed):
        found[finding["filename"].rpartition("/")[2]].append(finding)
    return [found[path.name] for path in done.paths]


def _fixes(text: bytes, findings: Sequence[dict[str, Any]]) -> list[Fix]:
    """The findings that have a safe fix. A syntax error has no code of a rule."""
    fixes = [
        Fix(
            finding["code"],
            finding["message"],
            finding["location"]["row"],
            _edits(text, finding["fix"]["edits"]),
        )
        for finding in findings
        if finding["fix"] and finding["fix"]["applicability"] == "safe" and finding["code"]
    ]
    return sorted(fixes, key=lambda fix: (fix.edits, fix.rule))


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
