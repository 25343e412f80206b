"""What a plan came to, cell by cell, for people and for `tilth show`."""

from __future__ import annotations

from typing import NamedTuple

from tasks.plan.config import PlanConfig, label
from tasks.plan.hopeless import upper_bound
from tasks.plan.progress import CellProgress, Progress, State

# More reasons than these are a table: `tilth show --rejects` has it.
_NAMED_REASONS = 3


class CellSummary(NamedTuple):
    """A line of the summary. `yield_ratio` is good drafts a candidate; None before the first."""

    cell: dict[str, str]
    wanted: int
    held: int
    asked: int
    made: int
    accepted: int
    surplus: int
    rejects: dict[str, int]
    yield_ratio: float | None
    cost_microusd: int
    state: State
    sentence: str


def summary(progress: Progress, config: PlanConfig) -> tuple[CellSummary, ...]:
    """A line for each cell, in the order of the plan.

    >>> from tasks.plan.config import Target
    >>> from tasks.plan.progress import begin
    >>> config = PlanConfig(targets=(Target(cell={"language": "go"}, count=1),))
    >>> [line.sentence for line in summary(begin(config, [({"language": "go"}, "r1")]), config)]
    ['language=go: full with 1 row.']
    """
    return tuple(
        CellSummary(
            dict(cell.cell),
            cell.count,
            cell.held,
            cell.asked,
            cell.made,
            cell.accepted,
            cell.surplus,
            dict(cell.rejects),
            cell.good / cell.asked if cell.asked else None,
            cell.cost_microusd,
            progress.state(index, config),
            why(cell, progress.state(index, config), config.max_attempts),
        )
        for index, cell in enumerate(progress.cells)
    )


def why(cell: CellProgress, state: State, max_attempts: int) -> str:
    """A sentence on where a cell stands, and what can be done about it."""
    name = label(cell.cell)
    if state == "full":
        return f"{name}: full with {_counted(cell.accepted, 'row')}."
    stands = f"{name}: {cell.accepted:,} of {_counted(cell.count, 'row')}"
    if state == "hopeless":
        return f"{stands}, given up: {_evidence(cell, max_attempts)}{_reasons(cell)}"
    if state == "budget":
        return f"{stands}, stopped when the budget was spent; raise it and run again."
    if state == "cancelled":
        return f"{stands}, stopped by request; run again to go on."
    return f"{stands}, not finished."


def _evidence(cell: CellProgress, max_attempts: int) -> str:
    fruitful, latest = sum(map(bool, cell.recent)), len(cell.recent)
    which = "candidates" if latest == cell.asked else "latest candidates"
    # A row may be one of several of its candidate; the bound is on rows, as `max_attempts` is.
    rows = upper_bound(fruitful, latest) * (sum(cell.recent) / fruitful if fruitful else 1)
    return (
        f"of its {latest:,} {which} {fruitful:,} gave a good row, at best one row in {1 / rows:,.0f} "
        f"(95 % sure), and max_attempts is {max_attempts:,}."
    )


def _reasons(cell: CellProgress) -> str:
    most = sorted(cell.rejects.items(), key=lambda item: (-item[1], item[0]))[:_NAMED_REASONS]
    named = ", ".join(f"{reason} ({times:,})" for reason, times in most)
    return f" Most often left out for {named}." if named else ""


def _counted(number: int, thing: str) -> str:
    return f"{number:,} {thing}" if number == 1 else f"{number:,} {thing}s"
