"""What a build tells when it is done: one JSON object, the same for `--json` and for the flow run's result."""

from __future__ import annotations

from collections import Counter
from dataclasses import asdict
from pathlib import Path
from typing import Any

from flows.roles import STAGE_OF
from flows.run import Run
from tilth import markdown
from tilth.artifact import Artifact
from tilth.errors import CheckError


def report(run: Run, version: Artifact, path: Path, seconds: float) -> dict[str, Any]:
    """Version, path, counts, rejects (`stage.reason` → count), seconds, and each stage's part in them."""
    return {
        "version": version.name,
        "digest": version.digest,
        "path": str(path),
        "counts": {
            "documents": run.rows_of("documents"),
            "chunks": run.rows_of("chunks"),
            "units": run.rows_of("units"),
            "examples": run.rows_of("examples"),
            "accepted": run.rows_of("examples") - run.artifacts["verdicts"].rejects,
            "rejected": run.artifacts["verdicts"].rejects,
            "survivors": run.rows_of("surviving_examples"),
            "exported": version.rows,
        },
        "rejects": rejects_of(run),
        "warnings": [
            f"{role}: {text}" for role, artifact in run.artifacts.items() for text in artifact.warnings
        ],
        "seconds": round(seconds, 3),
        **({"model": asdict(run.spent)} if run.spent else {}),
        "stages": {name: asdict(summary) for name, summary in run.stages.items()},
    }


def rejects_of(run: Run) -> dict[str, int]:
    """How many rows each stage left out, by `stage.reason`."""
    counts: Counter[str] = Counter()
    for role, artifact in (*run.artifacts.items(), *run.replaced):
        counts.update({f"{STAGE_OF[role]}.{reason}": count for reason, count in artifact.reasons.items()})
    return dict(counts)


def page(summary: dict[str, Any]) -> str:
    """The report as the flow run's page shows it; the only artifact there when nothing had to be done."""
    stages = [
        (
            name,
            f"{stage['rows_in']:,}",
            f"{stage['rows_out']:,}",
            f"{stage['seconds']:.1f}",
            "cached" * stage["cached"],
        )
        for name, stage in summary["stages"].items()
    ]
    rejects = summary["rejects"].items()
    parts = [
        f"# {summary['version']}",
        f"{summary['counts']['exported']:,} examples, in {markdown.escaped(summary['path'])}",
        *[f"**Warning:** {markdown.escaped(text)}" for text in summary["warnings"]],
        markdown.table(["stage", "rows in", "rows out", "seconds", ""], stages),
        *([markdown.table(["left out because", "rows"], rejects)] if rejects else []),
    ]
    return "\n\n".join(parts)


def require_rows(run: Run) -> None:
    """Raise `CheckError` when nothing is left to export; without a version nobody could ask why, so it tells."""
    if not run.rows_of("mixture"):
        reasons = ", ".join(f"{count} {reason}" for reason, count in rejects_of(run).items())
        is_spent = run.spent is not None and run.spent.is_out_of_budget
        advice = (
            "The model's budget covers no more: raise it and build again; nothing is paid twice."
            if is_spent
            else "Name other sources."
        )
        raise CheckError(f"Nothing is left to export. What was left out: {reasons or 'nothing'}. {advice}")
