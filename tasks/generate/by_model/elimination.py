"""What a task or an answer shows by itself to be unfit, before anybody is asked about it.

Rules after WizardLM (Xu et al. 2023, arXiv 2304.12244, section 3.1) and Self-Instruct (Wang et al. 2022, arXiv
2212.10560, section 2.2). Each gives the reason of a refusal, or none. What a text means is for a judge.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Generator, Iterable, Mapping, Sequence
from typing import Any, NamedTuple

from tasks.generate.by_model.protocol import Desk
from tilth.llm.conversation import Unfit
from tilth.llm.request import ChatRequest
from tilth.similarity.overlap import rouge_l
from tilth.words import words

# Self-Instruct keeps instructions of more than 3 and at most 150 words.
FEWEST_WORDS, MOST_WORDS = 4, 150
# Self-Instruct: an instruction joins the pool when its ROUGE-L with all of those there is below 0.7.
MOST_OVERLAP = 0.7

# WizardLM: "sorry" in an answer of fewer than 80 words is a refusal. Only how it begins counts here, since letters of
# apology are answers too.
_REFUSAL_WORDS, _REFUSAL_HEAD = 80, 160
_REFUSAL = re.compile(
    r"\b(i['’]m sorry,? but|i (?:can ?not|can['’]t|am unable to|am not able to) (?:help|assist|answer|provide|fulfil)"
    r"|as an ai\b|as a (?:large )?language model)",
    re.IGNORECASE,
)


class Asked(NamedTuple):
    """A task to be answered: what is asked, and material that comes with it."""

    instruction: str
    input: str = ""
    facts: Mapping[str, Any] = {}

    @property
    def question(self) -> str:
        """The task as somebody would send it."""
        return "\n\n".join(part for part in (self.instruction, self.input) if part)


def fault_of_task(
    instruction: str, others: Iterable[str], most_overlap: float = MOST_OVERLAP, most_words: int = MOST_WORDS
) -> str:
    """Why an instruction is not taken up beside others; empty when it is.

    >>> fault_of_task("Name three old trees.", ["Name three trees."]), fault_of_task("Do it.", [])
    ('too_near_another', 'instruction_too_short')
    """
    count = len(words(instruction))
    if count < FEWEST_WORDS:
        return "instruction_too_short"
    if count > most_words:
        return "instruction_too_long"
    if any(rouge_l(instruction, other) >= most_overlap for other in others):
        return "too_near_another"
    return ""


def fault_of_answer(question: str, answer: str) -> str:
    """Why an answer is none; empty when it may be one.

    >>> fault_of_answer("Why?", "I'm sorry, but I cannot help."), fault_of_answer("Why?", "...")
    ('answer_refuses', 'answer_says_nothing')
    >>> fault_of_answer("How many?", "3")
    ''
    """
    # WizardLM counts stop words as nothing; but "No." and "One." are answers.
    if not words(answer):
        return "answer_says_nothing"
    if words(answer) == words(question):
        return "answer_repeats_the_task"
    if _REFUSAL.search(answer[:_REFUSAL_HEAD]) and len(words(answer)) < _REFUSAL_WORDS:
        return "answer_refuses"
    return ""


def taken_up(
    proposed: Sequence[Asked],
    others: Collection[str],
    most_overlap: float = MOST_OVERLAP,
    fault: Callable[[Asked], str] = lambda _: "",
) -> list[Asked]:
    """The proposed tasks that no rule refuses, each held against the others and those before it.

    `fault` is a rule of the method's own. Raises `Unfit` with the first reason when none is left.
    """
    kept: list[Asked] = []
    refused: list[Unfit] = []
    for task in proposed:
        beside = [*others, *(one.instruction for one in kept)]
        reason = fault(task) or fault_of_task(task.instruction, beside, most_overlap)
        if reason:
            refused.append(Unfit(reason, task.instruction))
        else:
            kept.append(task)
    if not kept:
        raise refused[0] if refused else Unfit("nothing_proposed")
    return kept


def answers(
    desk: Desk, step: str, tasks: Sequence[Asked], values: Callable[[Asked], Mapping[str, Any]]
) -> Generator[tuple[ChatRequest, ...], tuple[Any, ...], list[tuple[Asked, str]]]:
    """Ask for the answers to all tasks at once, as text; the tasks whose answer no rule refuses, with it.

    Raises `Unfit` with the first reason when none is left.
    """
    replies = yield tuple(desk.ask(step, values(task)) for task in tasks)
    answered = [
        (task, str(reply).strip()) for task, reply in zip(tasks, replies, strict=True) if reply is not None
    ]
    faults = [fault_of_answer(task.question, answer) for task, answer in answered]
    if all(faults):
        raise Unfit(faults[0], answered[0][0].instruction)
    return [pair for pair, fault in zip(answered, faults, strict=True) if not fault]
