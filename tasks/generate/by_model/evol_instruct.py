"""Seed tasks made harder (in depth) or rarer (in breadth), over generations, and answered (Evol-Instruct).

After WizardLM (arXiv 2304.12244) and WizardCoder (arXiv 2306.08568): an evolution that failed is eliminated, by rule
before any call (nothing changed, words of the prompt in it, grown past its step, the broadened task near the old one)
and by a judge; the next generation then starts again from the last task that stood. Material that comes with a task is
kept by us rather than copied by the model, except where changing it is the step.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal, get_args

from pydantic import Field

from tasks.generate.by_model.elimination import MOST_OVERLAP, Asked, answers
from tasks.generate.by_model.protocol import Brief, Desk, Draft, MethodConfig, Writing, chat
from tilth.llm.conversation import NoAnswer, Unfit
from tilth.similarity.overlap import rouge_l
from tilth.words import words

Operation = Literal["constrain", "deepen", "concretise", "reason", "complicate_input"]
TASK = "follow_instruction"
# What is drawn; a generation's number is added.
_IS_BROADER, _OPERATION = 120, 140

# Traces of the request that made a task (WizardLM's fourth rule, for the words of our prompts).
_TRACES = re.compile(
    r"</?(?:task|new_task|material)>|\b(?:(?:given|original|previous|evolved|rewritten|harder) (?:task|prompt)"
    r"|complicate[_ ]input)\b|#+ ?rewritten",
    re.IGNORECASE,
)
_BLOCK = re.compile(r"```.*?```", re.DOTALL)
# The judge's scale of WizardLM, 1 to 10, in the three bands of the records: up to 3 and up to 7.
_EASY, _MEDIUM = 3, 7


class EvolInstruct(MethodConfig):
    """Seed tasks made harder or rarer, and answered."""

    method: Literal["evol_instruct"] = "evol_instruct"
    language: str = Field(
        default="the language of the task", min_length=2, description="Language of tasks and answers."
    )
    # WizardLM evolves four times; one generation is what a single call and its judge cost.
    generations: int = Field(default=1, ge=1, le=8, description="Evolutions one after another.")
    keeps_every_generation: bool = Field(
        default=True, description="Answer the tasks of all generations, not only of the last that stood."
    )
    operations: tuple[Operation, ...] = Field(
        default=("constrain", "deepen", "concretise", "reason", "complicate_input"),
        min_length=1,
        description="Steps in depth, drawn where the cell names no `operation`.",
    )
    # WizardLM draws one of six operations, of which one is breadth.
    breadth_ratio: float = Field(default=1 / 6, ge=0, le=1, description="Share of evolutions in breadth.")
    # The prompt allows twenty words; four times that is no step but another task.
    most_added_words: int = Field(
        default=80, ge=10, le=1000, description="Words that a step in depth may add to a task."
    )
    is_checked: bool = Field(default=True, description="Have each evolution judged before it is answered.")


def write(brief: Brief, config: EvolInstruct, desk: Desk) -> Writing:
    """Drafts of the evolved tasks that stood; the cell is asked of each evolution; its `operation` fixes the step."""
    seed = brief.material
    task = Asked(seed.text, seed.input)
    stood: list[Asked] = []
    failed: list[Unfit] = []
    for generation in range(config.generations):
        try:
            task = yield from _evolved(task, generation, brief, config, desk)
            stood.append(task)
        except Unfit as reason:
            failed.append(reason)
        except NoAnswer:
            # What was paid for before is answered all the same.
            if not stood:
                raise
            break
    if not stood:
        raise failed[-1]
    kept = stood if config.keeps_every_generation else stood[-1:]
    answered = yield from answers(desk, "answer", kept, lambda one: _values(one, config))
    level = brief.cell.get("difficulty")
    return [_draft(one, answer, seed.item_id, level) for one, answer in answered]


def _values(task: Asked, config: EvolInstruct) -> Mapping[str, Any]:
    return {"language": config.language, "instruction": task.instruction, "input": task.input}


def _evolved(task: Asked, generation: int, brief: Brief, config: EvolInstruct, desk: Desk) -> Any:
    """The task one evolution further. Raises `Unfit` for one that failed."""
    operation = _operation(task, generation, brief, config, desk)
    values = {**_values(task, config), "wanted": brief.wanted("operation")}
    if operation == "broaden":
        (reply,) = yield (desk.ask("broaden", {**values, "avoid": brief.avoid}),)
    else:
        (reply,) = yield (desk.ask("deepen", {**values, "operation": operation}),)
    changes_input = operation in ("broaden", "complicate_input")
    material = reply["input"].strip() if changes_input else task.input
    facts = {"operation": operation, "change": reply["change"], "generation": generation + 1}
    evolved = Asked(reply["instruction"].strip(), material, facts)
    _eliminate(task, evolved, config)
    if not config.is_checked:
        return evolved
    (judged,) = yield (desk.ask("judge", {"before": task.question, "evolved": evolved.question}),)
    for quality in ("is_different", "is_answerable", "is_self_contained"):
        if not judged[quality]:
            raise Unfit(quality.replace("is_", "evolution_not_"), judged["reason"])
    return evolved._replace(facts={**facts, "difficulty": judged["difficulty"]})


def _operation(task: Asked, generation: int, brief: Brief, config: EvolInstruct, desk: Desk) -> str:
    if "operation" in brief.cell:
        named = brief.cell["operation"]
        if named not in (*get_args(Operation), "broaden"):
            raise Unfit("unknown_operation", named)
        return named
    # A task without material has none to complicate.
    offered = [
        one
        for one in config.operations
        if one != "complicate_input" or task.input or "```" in task.instruction
    ]
    if not offered or desk.fraction(_IS_BROADER + generation) < config.breadth_ratio:
        return "broaden"
    return str(desk.pick(offered, _OPERATION + generation))


def _eliminate(before: Asked, after: Asked, config: EvolInstruct) -> None:
    """Raises `Unfit` for an evolution that failed as a rule can tell."""
    if words(before.question) == words(after.question):
        raise Unfit("evolution_changed_nothing", after.instruction)
    traces = {trace.lower() for trace in _TRACES.findall(after.question)}
    new = traces - {trace.lower() for trace in _TRACES.findall(before.question)}
    if new:
        raise Unfit("words_of_the_prompt", sorted(new)[0])
    if after.facts["operation"] == "broaden":
        if rouge_l(before.instruction, after.instruction) >= MOST_OVERLAP:
            raise Unfit("too_near_its_seed", after.instruction)
    elif len(words(after.instruction)) > len(words(before.instruction)) + config.most_added_words:
        raise Unfit("evolution_too_long", after.instruction)
    if after.facts["operation"] not in ("broaden", "complicate_input"):
        for block in _BLOCK.findall(before.instruction):
            if " ".join(block.split()) not in " ".join(after.instruction.split()):
                raise Unfit("material_lost", block)


def _draft(task: Asked, answer: str, seed_id: str, asked: str | None) -> Draft:
    """A draft that the model alone vouches for: what the judge sees is the task, not its answer.

    Without a judge it is as hard as was asked for.
    """
    level = task.facts.get("difficulty")
    band = asked if level is None else "easy" if level <= _EASY else "medium" if level <= _MEDIUM else "hard"
    facts = {**task.facts, "evolved_from": seed_id}
    return chat(TASK, task.question, answer, difficulty=band, extra=facts)
