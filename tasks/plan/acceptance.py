"""Which drafts of a round stay: in the order of their numbers, as long as their cell is short.

What decides is (cell, ordinal, number of the draft), never which answer came first. A draft that its judges
refused keeps their reason; one that is alike to a row that stays is refused for it (the earlier row stays); one
that is good and not needed is `surplus`. Rows in = rows out + rejects: every draft, and every candidate without
one, has a decision.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from dataclasses import replace
from typing import NamedTuple

from tasks.plan.config import PlanConfig
from tasks.plan.progress import WINDOW, CellProgress, Progress, Stop
from tasks.plan.rounds import Round
from tilth.errors import TilthError

# As dedupe calls them.
DUPLICATE, NEAR_DUPLICATE, SURPLUS = "duplicate", "near_duplicate", "surplus"


class JudgedDraft(NamedTuple):
    """A draft after all checks. `reason` says why it was refused; `alike` are ids that it may not stand beside.

    `alike` may name rows that were accepted before and drafts of the same round, in either direction; a draft
    that was not taken itself stands in nobody's way.
    """

    draft_id: str
    reason: str | None = None
    detail: str | None = None
    alike: tuple[str, ...] = ()


class Judged(NamedTuple):
    """What came of a candidate: its drafts in their order, or the reason why there is none, and what it cost."""

    cell: int
    ordinal: int
    drafts: tuple[JudgedDraft, ...] = ()
    reason: str | None = None
    detail: str | None = None
    cost_microusd: int = 0


class Decision(NamedTuple):
    """What became of a draft, or of a candidate without one (`draft` and `draft_id` are None): no reason, it stays."""

    cell: int
    ordinal: int
    draft: int | None
    draft_id: str | None
    reason: str | None
    detail: str | None


class Acceptance(NamedTuple):
    """The plan after a round, and a decision for all that it gave, in order of cell, ordinal and draft."""

    progress: Progress
    decisions: tuple[Decision, ...]


def accept(
    progress: Progress,
    asked: Round,
    judged: Iterable[Judged],
    config: PlanConfig,
    stopped: Stop | None = None,
) -> Acceptance:
    """Take a round in. Every candidate of the round is judged once, in any order; with `stopped` some may be missing.

    A plan that was stopped goes on only by being replayed from its beginning: its last round was not whole. Raises
    `TilthError` for candidates that the round does not have, has twice or lacks.

    >>> from tasks.plan.config import Target
    >>> from tasks.plan.progress import begin
    >>> from tasks.plan.rounds import next_round
    >>> config = PlanConfig(targets=(Target(count=2),))
    >>> start = begin(config)
    >>> late, early = Judged(0, 1, (JudgedDraft("c"),)), Judged(0, 0, (JudgedDraft("a"), JudgedDraft("b")))
    >>> taken = accept(start, next_round(start, config), [late, early], config)
    >>> [(each.draft_id, each.reason) for each in taken.decisions]
    [('a', None), ('b', None), ('c', 'surplus')]
    """
    ordered = sorted(judged, key=lambda each: (each.cell, each.ordinal))
    _check_numbers(asked, ordered, is_partial=stopped is not None)
    walk = _Walk(progress, ordered)
    by_cell: dict[int, list[Judged]] = {}
    for candidate in ordered:
        by_cell.setdefault(candidate.cell, []).append(candidate)
    cells = list(progress.cells)
    for index, candidates in by_cell.items():
        cells[index] = walk.take(cells[index], candidates, WINDOW * config.max_attempts)
    after = Progress(tuple(cells), asked.number, stopped or progress.stopped)
    return Acceptance(after, tuple(walk.decisions))


def _check_numbers(asked: Round, ordered: Sequence[Judged], *, is_partial: bool) -> None:
    wanted = {(cell, ordinal) for cell, ordinal, _, _ in asked.candidates()}
    counts = Counter((each.cell, each.ordinal) for each in ordered)
    wrong = [number for number, times in counts.items() if times > 1 or number not in wanted]
    missing = [] if is_partial else sorted(wanted - counts.keys())
    for numbers, fact in ((wrong, "is judged twice or was not asked for"), (missing, "is not judged")):
        if numbers:
            cell, ordinal = numbers[0]
            raise TilthError(
                f"round {asked.number}: candidate {ordinal} of cell {cell} {fact}. "
                "Judge each candidate of the round once."
            )


class _Walk:
    """The walk through a round; it knows who stays, and who is alike to whom."""

    def __init__(self, progress: Progress, ordered: Sequence[Judged]) -> None:
        self.decisions: list[Decision] = []
        self._kept = {row_id for cell in progress.cells for row_id in cell.accepted_ids}
        self._alike: dict[str, list[str]] = {}
        for candidate in ordered:
            for draft in candidate.drafts:
                for other in draft.alike:
                    self._alike.setdefault(draft.draft_id, []).append(other)
                    self._alike.setdefault(other, []).append(draft.draft_id)

    def take(self, cell: CellProgress, candidates: Sequence[Judged], window: int) -> CellProgress:
        """A cell after its candidates of the round."""
        accepted, rejects = list(cell.accepted_ids), Counter(cell.rejects)
        recent: list[int] = []
        surplus = made = cost = 0
        for candidate in candidates:
            good = 0
            for number, draft in enumerate(candidate.drafts):
                reason, detail = self._judge(draft, is_short=len(accepted) < cell.count)
                if reason is None:
                    accepted.append(draft.draft_id)
                    self._kept.add(draft.draft_id)
                good += reason is None or reason == SURPLUS
                surplus += reason == SURPLUS
                self._decide(candidate, number, draft.draft_id, reason, detail, rejects)
            if not candidate.drafts:
                self._decide(candidate, None, None, candidate.reason or "no_draft", candidate.detail, rejects)
            recent.append(good)
            made += len(candidate.drafts)
            cost += candidate.cost_microusd
        return replace(
            cell,
            asked=cell.asked + len(candidates),
            made=cell.made + made,
            good=cell.good + sum(recent),
            surplus=cell.surplus + surplus,
            accepted_ids=tuple(accepted),
            rejects=dict(sorted(rejects.items())),
            cost_microusd=cell.cost_microusd + cost,
            recent=(*cell.recent, *recent)[-window:],
        )

    def _judge(self, draft: JudgedDraft, *, is_short: bool) -> tuple[str | None, str | None]:
        if draft.reason is not None:
            return draft.reason, draft.detail
        if draft.draft_id in self._kept:
            return DUPLICATE, draft.draft_id
        keeper = min(
            (other for other in self._alike.get(draft.draft_id, ()) if other in self._kept), default=None
        )
        if keeper is not None:
            return NEAR_DUPLICATE, keeper
        return (None, None) if is_short else (SURPLUS, None)

    def _decide(
        self,
        candidate: Judged,
        number: int | None,
        draft_id: str | None,
        reason: str | None,
        detail: str | None,
        rejects: Counter[str],
    ) -> None:
        self.decisions.append(Decision(candidate.cell, candidate.ordinal, number, draft_id, reason, detail))
        if reason is not None and reason != SURPLUS:
            rejects[reason] += 1
