"""Pairs of a better and a worse answer to a request: what DPO and its kin learn from.

Several answers are drawn as samples of one prompt (UltraFeedback, arXiv 2310.01377) and compared two by two, each pair
twice with the answers swapped: a verdict that follows the place is position bias (Zheng et al. 2023, arXiv 2306.05685)
and counts as a tie; ties make no pair. Or a good answer gets one known flaw (RLCD, arXiv 2307.12950), and must lose
both times. Judges like length: how long both are stands in `extra`, and a pair is refused where it may have decided.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import combinations
from typing import Any, Literal, NamedTuple

from pydantic import Field

from tasks.generate.by_model.domains import InDomain, about
from tasks.generate.by_model.kept import leaked_tag, likeness
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, Turn, Writing
from tilth.llm.conversation import Unfit
from tilth.words import count_words

Flaw = Literal["wrong_fact", "incomplete", "ignores_constraint", "vague", "overlong", "overconfident", "bug"]
TASK = "prefer_answer"
_WAY, _FLAW = 251, 252  # what is drawn
# Nine of ten runs of three words in common: one draw with a word changed teaches no preference.
_SAME = 0.9


class Preference(InDomain):
    """Pairs of a better and a worse answer to the requests of seed examples."""

    method: Literal["preference"] = "preference"
    # Each pair of answers costs two comparisons: 2 for two answers, 6 for three, 12 for four.
    answers: int = Field(
        default=3, ge=2, le=6, description="Answers drawn for a request; every two are compared twice."
    )
    criteria: tuple[str, ...] = Field(
        default=(
            "is it true",
            "does it do all that was asked and keep to every constraint",
            "can the person act on it",
            "is it as short as that allows",
        ),
        min_length=1,
        description="The rubric: what counts in a comparison, the weightiest first.",
    )
    worsened_ratio: float = Field(
        default=0.25,
        ge=0,
        le=1,
        description="Share of seeds with an answer whose worse half is that answer with one flaw put in.",
    )
    flaws: tuple[Flaw, ...] = Field(
        default=("wrong_fact", "incomplete", "ignores_constraint", "vague", "overlong", "overconfident"),
        min_length=1,
        description="Flaws to put in, drawn where the cell names no `flaw`.",
    )
    max_length_ratio: float = Field(
        default=3.0,
        ge=1,
        description="How many times as long as the worse answer the better one may be, in words.",
    )


class _Win(NamedTuple):
    """The answers' places, better first; what the judge held against the worse one; how clearly it lost."""

    better: int
    worse: int
    flaws: str
    margin: str


def write(brief: Brief, config: Preference, desk: Desk) -> Writing:
    """One pair for the brief's seed; a cell's `flaw` asks for one with that flaw."""
    seed = brief.material
    request = "\n\n".join(part for part in (seed.text.strip(), seed.input.strip()) if part)
    is_worsened = "flaw" in brief.cell or desk.fraction(_WAY) < config.worsened_ratio
    if is_worsened and seed.answer.strip():
        return (yield from _worsened(request, seed, brief, config, desk))
    answers = yield from _answers(request, config, desk)
    wins, flips = yield from _compare(request, answers, config, desk)
    if not wins:
        raise Unfit("all_ties", f"{len(answers)} answers, {flips} verdicts followed the place")
    return [
        _draft(request, answers, _widest(wins), config, {"answers": len(answers), "position_flips": flips})
    ]


def _answers(request: str, config: Preference, desk: Desk) -> Any:
    """Different answers to a request, in the order of their draws."""
    values = {**about(config.domain), "instruction": request}
    drawn = yield tuple(desk.ask("answer", values, sample) for sample in range(config.answers))
    kept: list[str] = []
    for answer in drawn:
        text = (answer or "").strip()
        is_new = all(min(likeness(text, other), likeness(other, text)) < _SAME for other in kept)
        if text and is_new and not leaked_tag(text, request):
            kept.append(text)
    if len(kept) < 2:
        raise Unfit("answers_alike", f"{len(kept)} of {config.answers} draws differ")
    return kept


def _worsened(request: str, seed: Item, brief: Brief, config: Preference, desk: Desk) -> Writing:
    """The seed's answer, and it with a flaw."""
    flaw = str(brief.cell.get("flaw") or desk.pick(config.flaws, _FLAW))
    good = seed.answer.strip()
    (reply,) = yield (desk.ask("worsen", {"flaw": flaw, "instruction": request, "answer": good}),)
    bad = reply["answer"].strip()
    if not bad or " ".join(bad.split()) == " ".join(good.split()):
        raise Unfit("answers_alike", flaw)
    if leaked_tag(bad, request + good):
        raise Unfit("prompt_leaked", leaked_tag(bad, request + good))
    wins, flips = yield from _compare(request, [good, bad], config, desk)
    if not wins or wins[0].better != 0:
        raise Unfit("flaw_not_seen" if not wins else "flawed_answer_won", reply["flaw"])
    extra = {"flaw": flaw, "flaw_put_in": reply["flaw"], "position_flips": flips}
    return [_draft(request, [good, bad], wins[0], config, extra)]


def _compare(request: str, answers: Sequence[str], config: Preference, desk: Desk) -> Any:
    """The wins that hold in both orders, and how many verdicts followed the place of an answer."""
    pairs = list(combinations(range(len(answers)), 2))
    asked = {"criteria": list(config.criteria), "instruction": request}
    verdicts = yield tuple(
        desk.ask("compare", {**asked, "first": answers[first], "second": answers[second]})
        for one, other in pairs
        for first, second in ((one, other), (other, one))
    )
    wins: list[_Win] = []
    flips = 0
    for (one, other), there, back in zip(pairs, verdicts[::2], verdicts[1::2], strict=True):
        if there is None or back is None:
            continue
        win = _win(one, other, there, back)
        if win is not None:
            wins.append(win)
        elif there["winner"] == back["winner"] != "tie":
            flips += 1
    return wins, flips


def _win(one: int, other: int, there: Mapping[str, Any], back: Mapping[str, Any]) -> _Win | None:
    """Who won in both orders; None for a tie, in either order or because the verdict followed the place."""
    if (there["winner"], back["winner"]) == ("a", "b"):
        better, worse, flaws = one, other, there["flaws_b"]
    elif (there["winner"], back["winner"]) == ("b", "a"):
        better, worse, flaws = other, one, there["flaws_a"]
    else:
        return None
    is_clear = there["margin"] == back["margin"] == "clear"
    return _Win(better, worse, flaws, "clear" if is_clear else "slight")


def _widest(wins: Sequence[_Win]) -> _Win:
    """The win between the answers that lie farthest apart by wins and losses; then a clear one, then the first."""
    standing: dict[int, int] = {}
    for win in wins:
        standing[win.better] = standing.get(win.better, 0) + 1
        standing[win.worse] = standing.get(win.worse, 0) - 1
    return max(
        wins,
        key=lambda win: (
            standing[win.better] - standing[win.worse],
            win.margin == "clear",
            -win.better,
            -win.worse,
        ),
    )


def _draft(
    request: str, answers: Sequence[str], win: _Win, config: Preference, extra: Mapping[str, Any]
) -> Draft:
    chosen, rejected = answers[win.better], answers[win.worse]
    words = count_words(chosen), count_words(rejected)
    if words[0] > config.max_length_ratio * max(1, words[1]):
        raise Unfit("length_may_have_decided", f"{words[0]} words against {words[1]}")
    return Draft(
        TASK,
        "preference",
        subject=request,
        turns=(Turn("user", request),),
        chosen=(Turn("assistant", chosen, is_trained=True),),
        rejected=(Turn("assistant", rejected),),
        oracle="model_check",
        extra={
            **extra,
            "margin": win.margin,
            "rejected_for": win.flaws,
            "chosen_words": words[0],
            "rejected_words": words[1],
        },
    )
