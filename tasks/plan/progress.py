"""How far a plan is: what each cell was asked, what came of it, and whether it goes on."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Literal

from tasks.plan.config import PlanConfig, Target
from tasks.plan.hopeless import is_hopeless

#: Why a whole plan ends before its cells do.
Stop = Literal["budget", "cancelled"]
State = Literal["open", "full", "hopeless", "budget", "cancelled"]

# The yield is that of the latest candidates, ten times `max_attempts` of them: what is worth its price gives ten rows
# among so many, so that one that has dried up is told from chance, however much it gave before.
WINDOW = 10


@dataclass(frozen=True, slots=True)
class CellProgress:
    """One cell: `count` rows are wanted of `cell`; `asked` candidates made `made` drafts so far.

    Of the drafts, those in `accepted_ids` stay (in their order, rows there were before the first round among
    them: `held`), `surplus` were good and not needed, the others are counted in `rejects` by reason, together
    with the candidates that gave no draft. `good` are accepted and surplus drafts of candidates. `recent` holds
    the good drafts of each of the latest candidates, in order.
    """

    cell: Mapping[str, str]
    count: int
    held: int = 0
    asked: int = 0
    made: int = 0
    good: int = 0
    surplus: int = 0
    accepted_ids: tuple[str, ...] = ()
    rejects: Mapping[str, int] = field(default_factory=dict)
    cost_microusd: int = 0
    recent: tuple[int, ...] = ()

    @property
    def accepted(self) -> int:
        """Rows that stay."""
        return len(self.accepted_ids)

    @property
    def short(self) -> int:
        """Rows that are still wanted."""
        return self.count - self.accepted

    def is_hopeless(self, max_attempts: int, failures: int = 0) -> bool:
        """Whether a row surely takes too many candidates, by the latest ones and so many failures after them.

        Rows of one candidate come together, so they are one success: where it gives three, a third as many will do.
        """
        window = WINDOW * max_attempts
        trials = min(len(self.recent) + failures, window)
        latest = self.recent[max(len(self.recent) + failures - window, 0) :]
        fruitful, rows = sum(map(bool, latest)), sum(latest)
        share = fruitful / (rows * max_attempts) if rows else 1 / max_attempts
        return is_hopeless(fruitful, trials, share)


@dataclass(frozen=True, slots=True)
class Progress:
    """The cells in the order of the plan, the rounds taken in, and what ended the plan from outside, if anything."""

    cells: tuple[CellProgress, ...]
    rounds: int = 0
    stopped: Stop | None = None

    def state(self, index: int, config: PlanConfig) -> State:
        """Whether a cell goes on, or why not."""
        cell = self.cells[index]
        if cell.short <= 0:
            return "full"
        if cell.is_hopeless(config.max_attempts):
            return "hopeless"
        return self.stopped or "open"

    def open_cells(self, config: PlanConfig) -> list[int]:
        """Numbers of the cells that are asked for more."""
        return [index for index in range(len(self.cells)) if self.state(index, config) == "open"]


def begin(config: PlanConfig, held: Iterable[tuple[Mapping[str, Any], str]] = ()) -> Progress:
    """A plan before its first round. `held` are rows that there are already, each with its id, the best first.

    A held row counts for the cell that it belongs to, as long as that is short; one that is not needed appears in
    no cell's `accepted_ids`.

    >>> plan = PlanConfig(cells={"language": ("python", "go")}, per_cell=2)
    >>> [cell.short for cell in begin(plan, [({"language": "go"}, "r1"), ({"language": "ada"}, "r2")]).cells]
    [2, 1]
    """
    targets = config.all_cells
    kept: list[dict[str, None]] = [{} for _ in targets]
    find = _Finder(targets)
    for row, row_id in held:
        index = find(row)
        if index is not None and len(kept[index]) < targets[index].count:
            kept[index][row_id] = None
    return Progress(
        tuple(
            CellProgress(target.cell, target.count, held=len(ids), accepted_ids=tuple(ids))
            for target, ids in zip(targets, kept, strict=True)
        )
    )


def stop(progress: Progress, why: Stop) -> Progress:
    """The plan, ended between two rounds: the cells that are open stay as they are."""
    return replace(progress, stopped=why)


def cell_of(row: Mapping[str, Any], progress: Progress) -> int | None:
    """Number of the cell that a row with these columns belongs to; no cell: None.

    >>> plan = begin(PlanConfig(cells={"language": ("python", "go")}, per_cell=2))
    >>> cell_of({"language": "go", "category": "web"}, plan), cell_of({"language": None}, plan)
    (1, None)
    """
    return _Finder(progress.cells)(row)


class _Finder:
    """Finds the one cell whose columns' values a row has."""

    def __init__(self, cells: Iterable[Target | CellProgress]) -> None:
        self._shapes: dict[tuple[str, ...], dict[tuple[str, ...], int]] = {}
        for index, target in enumerate(cells):
            shape = self._shapes.setdefault(tuple(target.cell), {})
            shape[tuple(target.cell.values())] = index

    def __call__(self, row: Mapping[str, Any]) -> int | None:
        for columns, known in self._shapes.items():
            values = [row.get(column) for column in columns]
            # A list is no value of a cell, and cannot be looked up either.
            index = known.get(tuple(value for value in values if isinstance(value, str)))
            if index is not None:
                return index
        return None
