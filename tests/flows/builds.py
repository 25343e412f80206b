"""How the tests of flows run a build: in this process, against the session's Prefect server."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from flows.build import MAY_READ_FILES, build
from flows.run import WATCHER
from tilth.lake import Lake
from tilth.query import connect
from tilth.versions import create_views, find_version

LIBRARY = '''"""Numbers for people."""

import math


def mean(values):
    """Arithmetic mean of a list of numbers, 0 for an empty one."""
    total = 0
    for value in values:
        total += value
    return total / len(values) if values else 0


class Scale:
    """A scale from low to high."""

    def __init__(self, low, high):
        self.low, self.high = low, high

    def place(self, value):
        """Where the value lies on the scale, from 0 to 1."""
        if value <= self.low:
            return 0.0
        if value >= self.high:
            return 1.0
        return (value - self.low) / (self.high - self.low)
'''
GUIDE = """# Guide to the scale

## Reading a scale

A *scale* is a mapping from the numbers of an instrument to the interval from nought to one. Reading it takes some
practice, for the marks of old instruments are seldom evenly spaced, and the light of a cellar is seldom good.

## Keeping a scale

Keep the scale dry and out of the sun. Wood shrinks and swells with the weather, so a wooden scale is compared with
one of steel every spring, and the difference is written into the book that hangs beside it on the wall.
"""


def write_project(folder: Path, name: str = "scales") -> Path:
    """A small project of one Python module and one guide."""
    project = folder / name
    (project / "src").mkdir(parents=True)
    (project / "pyproject.toml").write_text('[project]\nname = "scales"\nlicense = "MIT"\n')
    (project / "src" / "numbers.py").write_text(LIBRARY)
    (project / "guide.md").write_text(GUIDE)
    return project


def run_build(lake: Path, *sources: Path, **more: Any) -> dict[str, Any]:
    """Build and return the report; recipes may be files, as from the command line."""
    token = MAY_READ_FILES.set(True)
    try:
        report: dict[str, Any] = build(sources=[str(source) for source in sources], lake=str(lake), **more)
    finally:
        MAY_READ_FILES.reset(token)
    return report


class Computed:
    """A watcher that counts the shards that were computed, by stage."""

    def __init__(self) -> None:
        self.shards: dict[str, int] = {}

    def began(self, stage: str, shards: int) -> None:
        """Note the stage."""
        self.shards[stage] = shards

    def advanced(self, stage: str) -> None:
        """Nothing to note."""

    def at(self, stage: str, words: str) -> None:
        """Nothing to note."""

    def ended(self, stage: str, summary: object) -> None:
        """Nothing to note."""

    def __enter__(self) -> Computed:
        self._token = WATCHER.set(self)
        return self

    def __exit__(self, *error: object) -> None:
        WATCHER.reset(self._token)


def ask(lake: Path, sql: str, version: str = "") -> list[tuple[Any, ...]]:
    """Rows of a query over the artifacts of a version, the newest without a name."""
    opened = Lake.open(lake)
    with connect(opened.spill) as connection:
        create_views(connection, opened, find_version(opened, version))
        return connection.execute(sql).fetchall()
