"""Proves rows again: `code` and `tests` of exported Parquet, run in a sandbox by a process that knows nothing else.

    python -m benchmarks.prove PARQUET… [--sample 200] [--environment FOLDER] [--json]

A row that has tests is proved when its program, code and then tests, ends well in a fresh job. The sample is drawn by
the rows' digests, the same in every run. Rows without tests are counted, not run. Exit code 1 when a row is not proved.
"""

from __future__ import annotations

import argparse
import json
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import NamedTuple

import pyarrow as pa
import pyarrow.parquet as pq

from tilth.fingerprint import digest
from tilth.sandbox.job import Job, Limits, Verdict
from tilth.sandbox.sandbox import Sandbox

COLUMNS = ["task", "code", "tests"]


class Tally(NamedTuple):
    """Of one task: how many of the sampled rows were proved, and what was said of the first that was not."""

    rows: int
    proved: int
    complaint: str


def sample_of(tables: Sequence[pa.Table], size: int) -> tuple[list[tuple[str, str]], int]:
    """Task and program of so many rows with tests, drawn by digest; and how many rows have none."""
    rows = [
        (task, f"{code or ''}\n\n{tests}") if tests else None
        for table in tables
        for task, code, tests in zip(*(table[name].to_pylist() for name in COLUMNS), strict=True)
    ]
    programs = [row for row in rows if row is not None]
    return sorted(programs, key=lambda row: digest(*row))[:size], len(rows) - len(programs)


def prove(programs: Sequence[tuple[str, str]], sandbox: Sandbox) -> dict[str, Tally]:
    """Run each program in a job of its own; the tally of each task, by its name."""
    found: dict[str, Tally] = {}
    verdicts = sandbox.run_many(Job(program) for _, program in programs)
    for (task, _), verdict in zip(programs, verdicts, strict=True):
        rows, proved, complaint = found.get(task, Tally(0, 0, ""))
        is_proved = verdict.outcome == "ok"
        found[task] = Tally(
            rows + 1, proved + is_proved, complaint or ("" if is_proved else _complaint(verdict))
        )
    return dict(sorted(found.items()))


def _complaint(verdict: Verdict) -> str:
    last = verdict.stderr.decode("utf-8", "replace").strip().rpartition("\n")[2]
    return f"{verdict.outcome}: {last or verdict.detail}"[:200]


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the arguments, prove, print."""
    parser = argparse.ArgumentParser(prog="python -m benchmarks.prove", description=__doc__.split("\n", 1)[0])
    parser.add_argument("parquet", nargs="+", type=Path, help="files, or folders of them")
    parser.add_argument("--sample", type=int, default=200, help="rows at most (default: 200)")
    parser.add_argument("--environment", type=Path, help="a Python environment that the rows were made with")
    parser.add_argument("--json", action="store_true", help="print one JSON object")
    options = parser.parse_args(arguments)
    paths = [
        path
        for given in options.parquet
        for path in (sorted(given.rglob("*.parquet")) if given.is_dir() else [given])
    ]
    readable = [path for path in paths if path.exists() and set(COLUMNS) <= set(pq.read_schema(path).names)]
    if not readable:
        print(
            f"No Parquet file with the columns {', '.join(COLUMNS)} among {len(paths)} files.",
            file=sys.stderr,
        )
        return 2
    programs, without = sample_of([pq.read_table(path, columns=COLUMNS) for path in readable], options.sample)
    # Twice what the methods that make such rows allow, for a machine that is busy.
    with Sandbox(Limits(cpu_s=20, wall_s=120), options.environment) as sandbox:
        found = prove(programs, sandbox)
    if options.json:
        print(
            json.dumps(
                {"without_tests": without, "tasks": {task: one._asdict() for task, one in found.items()}}
            )
        )
    else:
        for task, one in found.items():
            print(f"{task:24} {one.proved:5} proved {one.rows - one.proved:5} not proved  {one.complaint}")
        print(f"{'':24} {without:5} rows have no tests")
    return int(any(one.proved < one.rows for one in found.values()))


if __name__ == "__main__":
    sys.exit(main())
