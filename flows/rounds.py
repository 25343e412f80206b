"""The loop that delivers just what was asked for: plan from the deficit, ask, judge, accept, until every cell is full.

Rounds are a function of the plan, the material and the ledger alone: candidates are numbered beforehand, accepted in
that order, and the earlier row stays; so a run from the ledger gives the same rows. The loop ends when the cells are
full or hopeless, or when the budget does not cover another call.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc

from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.earlier_first import Ordered, fallen_to_earlier
from tasks.generate.by_model.candidates import Candidates
from tasks.generate.by_model.writer import Candidate, Written
from tasks.plan.acceptance import Judged, JudgedDraft, accept
from tasks.plan.config import PlanConfig
from tasks.plan.gaps import avoid_of, difficulty_for
from tasks.plan.outcome import CellSummary, summary
from tasks.plan.progress import Progress, begin, stop
from tasks.plan.rounds import Candidate as Numbered
from tasks.plan.rounds import Round, next_round
from tasks.plan.shares import method_of
from tilth.fingerprint import digest
from tilth.records import EXAMPLES, FAILED_ANSWERS, REJECTS, Columns, rows_of

#: Writes the candidates of one round. What none of it was asked for any more, it gives back with the reason `budget`.
Write = Callable[[Sequence[Candidate]], Written]
#: Reason and detail of each row that is refused, by example_id.
Judge = Callable[[pa.Table], Mapping[str, tuple[str, str | None]]]


@dataclass
class Delivered:
    """What the loop came to: the rows that stay, a reject for all else, and a line for each cell."""

    rows: pa.Table
    rejects: pa.Table
    failed: pa.Table
    cells: tuple[CellSummary, ...]
    rounds: int
    made: int


@dataclass
class _State:
    rows: list[pa.Table] = field(default_factory=list)
    rejects: list[pa.Table] = field(default_factory=list)
    failed: list[pa.Table] = field(default_factory=list)
    taken: list[Ordered] = field(default_factory=list)  # the rows that stay, in their order
    subjects: list[list[str]] = field(default_factory=list)  # of each cell
    turns: dict[tuple[int, int], int] = field(default_factory=dict)  # candidates by cell and method
    made: int = 0


def deliver(
    plan: PlanConfig, candidates: Candidates, dedupe: DedupeConfig, write: Write, judge: Judge
) -> Delivered:
    """Rounds until the plan is met or cannot be. Whatever was asked is in `rows` or in `rejects`."""
    progress = begin(plan)
    state = _State(subjects=[[] for _ in progress.cells])
    while asked := next_round(progress, plan, _drafts_of(candidates)):
        numbered, nothing = _briefed(asked, progress, candidates, state)
        written = write([candidate for _, candidate in numbered])
        state.failed.append(written.failed)
        judged = _judged(numbered, written, _reasons(numbered, written.rows, progress, dedupe, judge, state))
        is_over = any(each.reason == "budget" for each in judged)
        # A candidate that was refused for lack of money says nothing of its cell.
        judged = [each for each in judged if each.reason != "budget"] + nothing
        taken = accept(progress, asked, judged, plan, stopped="budget" if is_over else None)
        progress = taken.progress
        _keep(taken.decisions, numbered, written, progress, state)
        if is_over:
            progress = stop(progress, "budget")
            unpaid = pc.equal(written.rejects["reason"], "budget")
            state.rejects.append(written.rejects.filter(unpaid))
    return Delivered(
        _joined(state.rows, EXAMPLES),
        _joined(state.rejects, REJECTS),
        _joined(state.failed, FAILED_ANSWERS),
        summary(progress, plan),
        progress.rounds,
        state.made,
    )


def _drafts_of(candidates: Candidates) -> float:
    """What a candidate may give before any was asked."""
    expected = [getattr(method, "drafts_expected", 1.0) for method in candidates.config.methods]
    weights = [method.weight for method in candidates.config.methods]
    return sum(one * weight for one, weight in zip(expected, weights, strict=True)) / sum(weights)


def _briefed(
    asked: Round, progress: Progress, candidates: Candidates, state: _State
) -> tuple[list[tuple[Numbered, Candidate]], list[Judged]]:
    """The round's candidates with their briefs, in the order in which to ask; those for which there is no material."""
    cells = progress.cells
    avoid = avoid_of(state.subjects, [cell.cell for cell in cells])
    weights = [method.weight for method in candidates.config.methods]
    found: list[tuple[Numbered, Candidate]] = []
    nothing: list[Judged] = []
    for number in asked.candidates():
        cell = cells[number.cell]
        method = method_of(number.ordinal, weights, number.cell)
        turn = state.turns.get((number.cell, method), 0)
        state.turns[number.cell, method] = turn + 1
        # What the cell leaves open is no target: a method may take it up, and no row is refused for it.
        suggested = {} if "difficulty" in cell.cell else {"difficulty": difficulty_for(cell, number)}
        wanted = {**cell.cell, **suggested}
        brief = candidates.brief(method, wanted, number.ordinal, turn, avoid[number.cell], suggested.keys())
        if brief is None:
            nothing.append(Judged(number.cell, number.ordinal, reason="no_material"))
        else:
            found.append((number, Candidate(key_of(cell.cell, number.ordinal), method, turn, brief)))
    order = {(number.cell, number.ordinal): place for place, number in enumerate(asked.in_turn())}
    found.sort(key=lambda each: order[each[0].cell, each[0].ordinal])
    return found, nothing


def key_of(cell: Mapping[str, str], ordinal: int) -> str:
    """The key of a candidate: the same in every run, and of one length whatever the cell."""
    return f"{digest(json.dumps(dict(cell), sort_keys=True))[:12]}-{ordinal:06d}"


def _reasons(
    numbered: Sequence[tuple[Numbered, Candidate]],
    rows: pa.Table,
    progress: Progress,
    dedupe: DedupeConfig,
    judge: Judge,
    state: _State,
) -> dict[str, tuple[str, str | None]]:
    """Why rows of a round are refused: by their judges, or because they are like an earlier one."""
    refused = {**judge(rows), **_outside(numbered, rows, progress)} if rows.num_rows else {}
    place = {candidate.key: (number.cell, number.ordinal) for number, candidate in numbered}
    # Stable: drafts of one candidate stay in their order.
    ordered = sorted(rows_of(rows, "key", "example_id", "task", "subject"), key=lambda row: place[row[0]])
    fresh = [Ordered(*row[1:]) for row in ordered if row[1] not in refused]
    fallen = fallen_to_earlier([*state.taken, *fresh], dedupe)
    return {**refused, **{row_id: why for row_id, why in fallen.items() if row_id not in refused}}


def _outside(
    numbered: Sequence[tuple[Numbered, Candidate]], rows: pa.Table, progress: Progress
) -> dict[str, tuple[str, str | None]]:
    """Rows that came out with other values than their cell has: a method may know better what it wrote."""
    cells = {candidate.key: progress.cells[number.cell].cell for number, candidate in numbered}
    columns = sorted({name for cell in cells.values() for name in cell} & set(rows.column_names))
    found: dict[str, tuple[str, str | None]] = {}
    for key, example_id, *values in rows_of(rows, "key", "example_id", *columns):
        cell = cells[key]
        wrong = [f"{name} is {value}" for name, value in zip(columns, values, strict=True)
                 if name in cell and cell[name] != value]  # fmt: skip
        if wrong:
            found[example_id] = ("outside_cell", ", ".join(wrong))
    return found


def _judged(
    numbered: Sequence[tuple[Numbered, Candidate]],
    written: Written,
    refused: Mapping[str, tuple[str, str | None]],
) -> list[Judged]:
    drafts: dict[str, list[JudgedDraft]] = {}
    for key, example_id in rows_of(written.rows, "key", "example_id"):
        reason, detail = refused.get(example_id, (None, None))
        drafts.setdefault(key, []).append(JudgedDraft(example_id, reason, detail))
    why = {
        key: (reason, detail) for key, reason, detail in rows_of(written.rejects, "key", "reason", "detail")
    }
    return [
        Judged(
            number.cell,
            number.ordinal,
            tuple(drafts.get(candidate.key, ())),
            *why.get(candidate.key, (None, None)),
            cost_microusd=usage.cost_microusd,
        )
        for (number, candidate), usage in zip(numbered, written.usage, strict=True)
    ]


def _keep(
    decisions: Sequence[Any],
    numbered: Sequence[tuple[Numbered, Candidate]],
    written: Written,
    progress: Progress,
    state: _State,
) -> None:
    """Put the round's rows where they were decided to go."""
    place_of = {example_id: place for place, example_id in enumerate(written.rows["example_id"].to_pylist())}
    keys = {(number.cell, number.ordinal): candidate.key for number, candidate in numbered}
    items = {candidate.key: candidate.brief.item for _, candidate in numbered}
    stays: list[int] = []
    rejects = Columns(REJECTS)
    tasks, subjects = written.rows["task"], written.rows["subject"]
    for decision in decisions:
        state.made += decision.draft_id is not None
        if decision.reason is None:
            place = place_of[decision.draft_id]
            stays.append(place)
            subject = subjects[place].as_py() or ""
            state.taken.append(Ordered(decision.draft_id, tasks[place].as_py(), subject))
            state.subjects[decision.cell].append(subject)
        else:
            key = keys.get((decision.cell, decision.ordinal)) or key_of(
                progress.cells[decision.cell].cell, decision.ordinal
            )
            item = items.get(key)
            rejects.add(
                key=key,
                item_id=decision.draft_id or (item.item_id if item else key),
                path=item.path if item else None,
                line=None,
                reason=decision.reason,
                detail=decision.detail,
            )
    state.rows.append(written.rows.take(pa.array(stays, pa.int64())))
    state.rejects.append(rejects.table())


def _joined(tables: Sequence[pa.Table], schema: pa.Schema) -> pa.Table:
    return pa.concat_tables([schema.empty_table(), *tables])


def cells_told(cells: Sequence[CellSummary]) -> list[dict[str, Any]]:
    """The lines as JSON values."""
    return [{**cell._asdict(), "cost_usd": cell.cost_microusd / 1e6} for cell in cells]
