"""Whether a linter tells a bug from what was there before: the oracle of bugs that no test reaches.

A rule that Ruff finds broken more often in the mutated text than in the original is evidence of a kind: the name
that is nowhere defined, the argument that nobody reads any more, the comparison with itself. It is weaker than a test
that fails, and what rests on it is labelled so. Python only.
"""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tilth.edits.ruff_batch import Done, run_ruff

# Rules about what a program does, none about its looks: undefined and unused names (F), likely bugs (B), errors and
# warnings of Pylint (PLE, PLW), arguments that nobody reads (ARG), functions that return something only sometimes.
RULES = ("F", "B", "PLE", "PLW", "PLR0124", "ARG", "RET503", "E711", "E712", "E721")


def newly_flagged(
    before: Sequence[bytes], after: Sequence[bytes], rules: Sequence[str] = RULES
) -> list[tuple[str, ...]]:
    """For each pair of Python texts the rules that the second breaks more often than the first; empty for none.

    Equal originals are checked once. Raises `RequestError` for a rule that Ruff does not know, `MissingExtra`.
    """
    texts = list(dict.fromkeys((*before, *after)))
    # The newest syntax that Ruff knows: what is an error then is one in every Python.
    options = [
        "--target-version=py314",
        "--exit-zero",
        "--output-format=json-lines",
        f"--select={','.join(rules)}",
    ]
    found: list[Counter[str] | None] = run_ruff("check", options, texts, _count)
    counts = dict(zip(texts, found, strict=True))
    return [_more(counts[old], counts[new]) for old, new in zip(before, after, strict=True)]


def _count(done: Done) -> list[Counter[str]]:
    counts: list[Counter[str]] = [Counter() for _ in done.paths]
    for line in done.printed.splitlines():
        entry = json.loads(line)
        counts[int(Path(entry["filename"]).stem)][entry["code"] or "invalid-syntax"] += 1
    return counts


def _more(old: Counter[str] | None, new: Counter[str] | None) -> tuple[str, ...]:
    """Rules broken more often; none for a text that Ruff cannot read, which proves nothing."""
    if old is None or new is None or "invalid-syntax" in new:
        return ()
    return tuple(sorted(rule for rule, times in new.items() if times > old[rule]))
