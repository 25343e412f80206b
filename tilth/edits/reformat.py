"""Python laid out anew, or mended, by Ruff: many texts at once.

`same_syntax` tells that both versions are one program; a lint fix may change a program on purpose, and is judged by
its rule.
"""

from __future__ import annotations

from collections.abc import Sequence

from tilth.edits.ruff_batch import Done, run_ruff

# Ruff writes in the syntax of the Python that it is told of; what it reads may be newer. The oldest that Tilth runs on.
_TARGET = "--target-version=py311"


def reformat(texts: Sequence[bytes], line_length: int = 88) -> list[bytes | None]:
    """Each Python text as `ruff format` lays it out; None for one that it cannot read. Raises `MissingExtra`."""
    return run_ruff("format", [_TARGET, f"--line-length={line_length}"], texts, _read)


def fix_lint(texts: Sequence[bytes], rules: Sequence[str]) -> list[bytes | None]:
    """Each Python text with Ruff's safe fixes of these rules; one that Ruff cannot read stays, None where it dies.

    Raises `RequestError` for a rule that Ruff does not know, `MissingExtra`.
    """
    options = [_TARGET, "--fix", "--exit-zero", "--quiet", f"--select={','.join(rules)}"]
    return run_ruff("check", options, texts, _read)


def _read(done: Done) -> list[bytes | None]:
    """The files as they are now. Ruff leaves one that it cannot read, and says so."""
    return [None if number in done.unread else path.read_bytes() for number, path in enumerate(done.paths)]
