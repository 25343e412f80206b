"""New tasks after the pattern of seed examples, and an answer to each (Self-Instruct, arXiv 2212.10560).

A call shows a few seeds, drawn anew for each candidate, and asks for several tasks. Those too near a seed, another of
the call or what there is enough of are dropped by ROUGE-L, as in the paper. A closed task names its options, and its
answer must be one of them; an open one is answered as text. It does not look at what other candidates propose: that
is for dedupe.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.domains import InDomain, about
from tasks.generate.by_model.elimination import MOST_OVERLAP, Asked, fault_of_answer, taken_up
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, Writing, chat
from tilth.llm.conversation import Unfit
from tilth.words import words

TASK, TASK_CLOSED = "follow_instruction", "choose_option"


class SelfInstruct(InDomain):
    """New tasks after the pattern of seed examples."""

    method: Literal["self_instruct"] = "self_instruct"
    domain: str = Field(
        default="the matters of the examples",
        min_length=2,
        description="What the tasks are about: a domain pack (education, finance, legal, medical, software) "
        "or words of your own.",
    )
    language: str = Field(default="English", min_length=2, description="Language of task and answer.")
    # The paper shows eight: six seeds and two that were generated before.
    seeds_per_prompt: int = Field(default=8, ge=1, le=50, description="Seed examples that one call shows.")
    tasks_per_call: int = Field(default=4, ge=1, le=20, description="Tasks that one call proposes.")
    form: Literal["any", "open", "closed"] = Field(
        default="any", description="Whether answers are free, one of given options, or either."
    )
    most_overlap: float = Field(
        default=MOST_OVERLAP, gt=0, le=1, description="ROUGE-L with a seed from which a task is dropped."
    )


def write(brief: Brief, config: SelfInstruct, desk: Desk) -> Writing:
    """Drafts of the tasks of one call that no rule refuses; what the cell asks for is asked for."""
    first = brief.material
    seeds = (first, *desk.corpus.drawn(config.seeds_per_prompt - 1, brief.candidate_id, first))
    is_named = brief.cell.get("form") in ("open", "closed")
    form = brief.cell["form"] if is_named else config.form
    values = {
        **about(config.domain),
        "language": config.language,
        "count": config.tasks_per_call,
        "form": "" if form == "any" else form,
        "wanted": brief.wanted("form") if is_named else brief.wanted(),
        "avoid": brief.avoid,
        "seeds": [{"instruction": seed.text, "input": seed.input} for seed in seeds],
    }
    (reply,) = yield (desk.ask("propose", values),)
    proposed = [_asked(task) for task in reply["tasks"]]
    beside = [*(seed.text for seed in seeds), *brief.avoid]
    tasks = taken_up(proposed, beside, config.most_overlap, lambda task: _fault(task, seeds, form))
    replies = yield tuple(_ask(desk, config, task) for task in tasks)
    drafts: list[Draft] = []
    refused: list[Unfit] = []
    for task, said in zip(tasks, replies, strict=True):
        if said is None:
            continue
        try:
            draft = _closed(task, said) if task.facts["options"] else _open(task, said)
            # How hard a task is, the model that wrote it says; a cell that asks for one takes no other.
            level = brief.targets.get("difficulty", task.facts["difficulty"])
            drafts.append(replace(draft, difficulty=level))
        except Unfit as reason:
            refused.append(reason)
    if not drafts:
        raise refused[0]
    return drafts


def _asked(task: Mapping[str, Any]) -> Asked:
    options = [option.strip() for option in task["options"] if option.strip()]
    return Asked(
        task["instruction"].strip(),
        task["input"].strip(),
        {"options": options, "difficulty": task["difficulty"]},
    )


def _fault(task: Asked, seeds: Sequence[Item], form: str) -> str:
    options = task.facts["options"]
    if form not in ("any", "closed" if options else "open"):
        return "other_form"
    shown = _spaced(task.question)
    if options and (
        len({_spaced(option) for option in options}) < 2 or any(_spaced(o) not in shown for o in options)
    ):
        return "options_not_in_task"
    if task.input and any(_spaced(task.input) == _spaced(seed.input) for seed in seeds):
        return "input_of_a_seed"
    return ""


def _spaced(text: str) -> str:
    """The words of a text between blanks, so that a word is found as a whole."""
    return f" {' '.join(words(text))} "


def _ask(desk: Desk, config: SelfInstruct, task: Asked) -> Any:
    values = {
        **about(config.domain),
        "language": config.language,
        "instruction": task.instruction,
        "input": task.input,
    }
    if task.facts["options"]:
        return desk.ask("choose", {**values, "options": task.facts["options"]})
    return desk.ask("answer", values)


def _open(task: Asked, answer: str) -> Draft:
    reason = fault_of_answer(task.question, answer)
    if reason:
        raise Unfit(reason, task.instruction)
    return chat(TASK, task.question, answer.strip())


def _closed(task: Asked, said: Mapping[str, Any]) -> Draft:
    options = task.facts["options"]
    if not said["is_decidable"]:
        raise Unfit("no_one_option_is_right", task.instruction)
    chosen = [option for option in options if _spaced(option) == _spaced(said["option"])]
    if not chosen:
        raise Unfit("answer_is_no_option", said["option"])
    facts = {"options": options, "reasoning": said["reasoning"]}
    return chat(TASK_CLOSED, task.question, chosen[0], extra=facts)
