"""Simulated worlds for plans: what a candidate gives is drawn by its number, as a ledger would replay it."""

from __future__ import annotations

from dataclasses import dataclass

from tasks.plan.acceptance import Decision, Judged, JudgedDraft, accept
from tasks.plan.progress import begin
from tasks.plan.rounds import Round, next_round
from tilth.fingerprint import digest, draw


@dataclass(frozen=True)
class World:
    """Yields of the cells, up to how many drafts a candidate gives, and how many topics there are at all."""

    yields: tuple[float, ...]
    drafts: int = 1
    topics: int | None = None  # drafts of one topic are alike; None: none are
    seed: int = 0

    def judged(self, cell, ordinal):
        """What becomes of one candidate, without what it is alike to."""
        name = digest(str(cell), str(ordinal))
        drafts = 1 + draw(name, 0, self.seed) % self.drafts
        if draw(name, 1, self.seed) / 2**64 >= self.yields[cell]:
            if draw(name, 2, self.seed) % 2:
                return Judged(cell, ordinal, reason="unparseable", cost_microusd=10)
            refused = tuple(JudgedDraft(f"{name}/{number}", "too_short") for number in range(drafts))
            return Judged(cell, ordinal, refused, cost_microusd=10)
        made = tuple(JudgedDraft(f"{name}/{number}") for number in range(drafts))
        return Judged(cell, ordinal, made, cost_microusd=10)

    def topic(self, draft_id):
        name, number = draft_id.split("/")
        return None if self.topics is None else draw(name, 3 + int(number), self.seed) % self.topics


def answer(world, asked, kept):
    """The judged candidates of a round; drafts of one topic name each other, and the rows that were kept."""
    judged = [world.judged(each.cell, each.ordinal) for each in asked.candidates()]
    if world.topics is None:
        return judged
    by_topic: dict[int | None, list[str]] = {}
    for row_id in [*kept, *(draft.draft_id for each in judged for draft in each.drafts)]:
        by_topic.setdefault(world.topic(row_id), []).append(row_id)
    return [
        each._replace(
            drafts=tuple(
                draft._replace(
                    alike=tuple(
                        other for other in by_topic[world.topic(draft.draft_id)] if other != draft.draft_id
                    )
                )
                for draft in each.drafts
            )
        )
        for each in judged
    ]


def run(config, world, shuffle=list, held=(), drafts_per_candidate=1.0, most_rounds=10_000):
    """Plan, answer and take in until nothing is asked any more: the progress, all decisions, and the rounds."""
    progress = begin(config, held)
    decisions: list[Decision] = []
    rounds: list[Round] = []
    while asked := next_round(progress, config, drafts_per_candidate):
        rounds.append(asked)
        assert len(rounds) <= most_rounds, "the plan does not end"
        kept = [row_id for cell in progress.cells for row_id in cell.accepted_ids]
        progress, decided = accept(progress, asked, shuffle(answer(world, asked, kept)), config)
        decisions += decided
    return progress, decisions, rounds
