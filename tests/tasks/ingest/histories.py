"""Repositories with a history of their own, for tests: commits by Ada, whatever this machine's git is told."""

from __future__ import annotations

import os
import subprocess
from collections.abc import Mapping
from pathlib import Path

_ISOLATED = {"GIT_CONFIG_GLOBAL": "/dev/null", "GIT_CONFIG_NOSYSTEM": "1"}


def git(folder: Path, *arguments: str, author: str = "Ada") -> str:
    """Run git in a folder; what it prints."""
    who = {
        f"GIT_{role}_{what}": value
        for role in ("AUTHOR", "COMMITTER")
        for what, value in (
            ("NAME", author),
            ("EMAIL", "ada@lovelace.org"),
            ("DATE", "2026-01-01T00:00:00Z"),
        )
    }
    done = subprocess.run(
        ["git", "-C", str(folder), *arguments],
        check=True,
        capture_output=True,
        text=True,
        env=os.environ | _ISOLATED | who,
    )
    return done.stdout.strip()


def commit(folder: Path, message: str, files: Mapping[str, str | bytes], author: str = "Ada") -> str:
    """Write files and commit all there is; the commit's id."""
    for path, content in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_bytes(content.encode() if isinstance(content, str) else content)
    git(folder, "add", "--all")
    git(folder, "commit", "--quiet", "--allow-empty", "-m", message, author=author)
    return git(folder, "rev-parse", "HEAD")


def start(folder: Path) -> Path:
    """An empty repository on `main`."""
    folder.mkdir(parents=True)
    git(folder, "init", "--quiet", "--initial-branch=main")
    return folder


PROJECT = '[project]\nname = "scale"\nlicense = "MIT"\n'
SCALE = '''"""A scale."""


class Scale:
    """From low to high."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def place(self, value):
        """Where the value lies, from 0 to 1."""
        if value < self.low:
            return 0.0
        return (value - self.low) / (self.high - self.low)


def mean(values):
    """Arithmetic mean, 0 of nothing."""
    return sum(values) / len(values)
'''
CLAMPED = SCALE.replace(
    "            return 0.0\n",
    "            return 0.0\n        if value > self.high:\n            return 1.0\n",
)
MEANT = CLAMPED.replace("/ len(values)", "/ len(values) if values else 0.0")
TEST = "from scale import Scale\n\n\ndef test_place():\n    assert Scale(0, 2).place(1) == 0.5\n"
CLAMPED_TEST = TEST + "    assert Scale(0, 2).place(3) == 1.0\n"


def scale_history(folder: Path) -> Path:
    """Eleven commits: a fix with its test, changes, and what is no example: merge, bot, revert, sweep, binary."""
    start(folder)
    commit(
        folder,
        "Begin the scale",
        {"scale.py": SCALE, "tests/test_scale.py": TEST, "pyproject.toml": PROJECT},
    )
    fix = {"scale.py": CLAMPED, "tests/test_scale.py": CLAMPED_TEST}
    commit(
        folder,
        "Fix values above the scale (#7)\n\nThey gave more than one.\n\nSigned-off-by: A <a@b.org>",
        fix,
    )
    commit(folder, "Give 0 as the mean of no values", {"scale.py": MEANT})
    commit(folder, "Bump pytest from 7 to 8", {"requirements.txt": "pytest==8\n"})
    commit(folder, "Pin what the tests need today", {"requirements.txt": "pytest==8.1\n"}, "dependabot[bot]")
    commit(folder, "wip", {"notes.md": "x\n"})
    commit(folder, 'Revert "Give 0 as the mean of no values"', {"scale.py": CLAMPED})
    commit(folder, "Add a picture of the scale", {"scale.png": b"\x89PNG\0\0\0"})
    commit(
        folder, "Write a table of many weights", {"weights.txt": "".join(f"{n} kg\n" for n in range(20_000))}
    )
    git(folder, "checkout", "--quiet", "-b", "side", "HEAD~2")
    commit(folder, "Say more about the notes", {"notes.md": "Scales are weighed.\n"})
    git(folder, "checkout", "--quiet", "main")
    git(folder, "merge", "--quiet", "--no-ff", "-m", "Bring the notes over here", "side")
    return folder
