"""What is asked for next: how many further candidates each open cell needs, by what its candidates gave so far.

For a cell that is short of d rows at a yield y (good drafts a candidate), d / y candidates are asked, within two
bounds: no more than twice what it was short of or was asked before, for a yield may be mistaken; and no more than
would, were all in vain, show that the cell is hopeless. What does not fit into a round is shared out, the small
wishes first, and a cell that was asked least has the next turn.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from tasks.plan.config import PlanConfig
from tasks.plan.progress import WINDOW, CellProgress, Progress

# What the other cells gave counts as two candidates of a cell's own, the weight of a uniform prior, Beta(1, 1).
_PRIOR_CANDIDATES = 2
# A round is at most twice what is short or what was asked: doubling takes log2 rounds, and errs by a factor of two.
_GROWTH = 2


class Candidate(NamedTuple):
    """A numbered candidate: cell, number in the cell, place among the `of` that the round asks of the cell."""

    cell: int
    ordinal: int
    position: int
    of: int


class Ask(NamedTuple):
    """`number` further candidates of a cell, from ordinal `first` on."""

    cell: int
    first: int
    number: int


@dataclass(frozen=True, slots=True)
class Round:
    """What is asked at once, in the order of the cells. It is false when there is nothing to ask."""

    number: int
    asks: tuple[Ask, ...]

    def __len__(self) -> int:
        return sum(ask.number for ask in self.asks)

    def candidates(self) -> Iterator[Candidate]:
        """The candidates in the order in which they are taken.

        >>> [tuple(each) for each in Round(1, (Ask(0, 5, 1), Ask(3, 0, 2))).candidates()]
        [(0, 5, 0, 1), (3, 0, 0, 2), (3, 1, 1, 2)]
        """
        for cell, first, number in self.asks:
            for position in range(number):
                yield Candidate(cell, first + position, position, number)

    def in_turn(self) -> list[Candidate]:
        """The candidates in the order to ask them in: all cells side by side, so that none starves when money ends.

        >>> [each.cell for each in Round(1, (Ask(0, 0, 4), Ask(1, 0, 2))).in_turn()]
        [0, 1, 0, 0, 1, 0]
        """
        return sorted(self.candidates(), key=lambda each: ((each.position + 0.5) / each.of, each.cell))


def next_round(progress: Progress, config: PlanConfig, drafts_per_candidate: float = 1.0) -> Round:
    """The next round; an empty one when every cell is full or hopeless, or the plan was stopped.

    `drafts_per_candidate` is what a candidate may give before any was asked (a method that asks for five questions at
    once: 5), so that the first round does not buy five times what is wanted.

    >>> from tasks.plan.progress import begin
    >>> config = PlanConfig(cells={"language": ("python", "go")}, per_cell=50)
    >>> next_round(begin(config), config).asks
    (Ask(cell=0, first=0, number=50), Ask(cell=1, first=0, number=50))
    """
    asking = progress.open_cells(config)
    pooled = _pooled_yield(progress, drafts_per_candidate)
    wishes = [_wish(progress.cells[index], pooled, config.max_attempts) for index in asking]
    asked = [progress.cells[index].asked for index in asking]
    shares = _share_out(wishes, asked, config.max_round)
    return Round(
        progress.rounds + 1,
        tuple(
            Ask(index, progress.cells[index].asked, number)
            for index, number in zip(asking, shares, strict=True)
            if number
        ),
    )


def _pooled_yield(progress: Progress, drafts_per_candidate: float) -> float:
    """Good drafts a candidate over all cells; the expectation counts as one candidate."""
    good = sum(cell.good for cell in progress.cells)
    asked = sum(cell.asked for cell in progress.cells)
    return (good + drafts_per_candidate) / (asked + 1)


def yield_of(cell: CellProgress, pooled: float) -> float:
    """Good drafts a candidate, as the latest candidates say it; a cell of which little is known leans on the others.

    It is the mean of the posterior with a Beta prior (with a gamma prior, where a candidate gives several drafts).

    >>> yield_of(CellProgress({}, 9, asked=8, recent=(1, 0, 1, 0, 0, 1, 0, 0)), pooled=0.5)
    0.4
    """
    return (sum(cell.recent) + pooled * _PRIOR_CANDIDATES) / (len(cell.recent) + _PRIOR_CANDIDATES)


def _wish(cell: CellProgress, pooled: float, max_attempts: int) -> int:
    needed = cell.short / max(yield_of(cell, pooled), 1 / (WINDOW * max_attempts))
    wish = min(math.ceil(needed), _GROWTH * max(cell.short, cell.asked))
    return max(1, _while_it_may_succeed(cell, wish, max_attempts))


def _while_it_may_succeed(cell: CellProgress, wish: int, max_attempts: int) -> int:
    """As much of a wish as it takes to find out, at worst, that the cell is hopeless.

    A cell that does well may go further: until, were all in vain, it had taken `max_attempts` a row from its
    beginning, had it always done as well as of late. So rounds grow with the evidence, and shrink when a topic
    dries up.
    """
    latest = len(cell.recent)
    paid = cell.asked * max_attempts * sum(cell.recent) // latest if latest else 0
    allowed = min(wish, paid - cell.asked)
    if allowed == wish or not cell.is_hopeless(max_attempts, wish - 1):
        return wish
    low, high = 0, wish - 1
    # `high` failures say that it is hopeless, `low` do not: the cell is open.
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (low, middle) if cell.is_hopeless(max_attempts, middle) else (middle, high)
    return max(allowed, high)


def _share_out(wishes: Sequence[int], asked: Sequence[int], total: int) -> list[int]:
    """What each gets of `total`: all, or up to one level; single ones that are left go to who was asked least.

    >>> _share_out([5, 90, 90], [0, 7, 3], 24), _share_out([4, 4, 4], [1, 1, 0], 2)
    ([5, 9, 10], [1, 0, 1])
    """
    if sum(wishes) <= total:
        return list(wishes)
    low, high = 0, max(wishes)
    while high - low > 1:
        middle = (low + high) // 2
        low, high = (middle, high) if sum(min(wish, middle) for wish in wishes) <= total else (low, middle)
    shares = [min(wish, low) for wish in wishes]
    more = [index for index, wish in enumerate(wishes) if wish > low]
    for index in sorted(more, key=lambda index: (asked[index], index))[: total - sum(shares)]:
        shares[index] += 1
    return shares
