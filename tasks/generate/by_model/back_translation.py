"""Instructions for texts that people wrote: the text is the answer, the model writes what it answers, and curates.

Instruction back-translation (Li et al. 2023, arXiv 2308.06259): the model rates each pair from 1 to 5 and only the best
are kept. Before that the instruction must neither quote its text nor speak of it. Passages give chats of prose, units
of code a request and its code. The answer is the source's to the letter, code without the indentation of its place;
it is not made more helpful.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.code_units import dedented, is_program
from tasks.generate.by_model.elimination import fault_of_task
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, MethodConfig, Writing, chat
from tilth.llm.conversation import Unfit
from tilth.similarity.overlap import has_common_run
from tilth.syntax.grammars import ParseTimeout
from tilth.words import count_words

TASK, TASK_CODE = "follow_instruction", "write_code"
# Words in a row that are more than a name or a set phrase. What somebody asks for is often said like the first
# sentence of a docstring, so code may be quoted for longer.
_QUOTED_WORDS, _QUOTED_OF_CODE = 8, 16
_OF_THE_TEXT = re.compile(
    r"\b(?:(?:this|the (?:following|given|provided|above|attached)) (?:text|passage|code|snippet|section|excerpt)"
    r"|the (?:passage|snippet|excerpt)|according to the (?:text|author)|as (?:described|shown) above)\b",
    re.IGNORECASE,
)


class BackTranslation(MethodConfig):
    """Instructions for passages and units of code, which are the answers."""

    method: Literal["back_translation"] = "back_translation"
    language: str = Field(default="English", min_length=2, description="Language of the instructions.")
    # A function of four short lines has about a dozen, as a sentence of prose has.
    fewest_words: int = Field(
        default=12,
        ge=1,
        le=10_000,
        description="Words below which a text is no answer and is not asked about.",
    )
    is_curated: bool = Field(default=True, description="Rate each pair by a second call.")
    # The paper keeps pairs of at least 4 in its first round of curation, and of 5 in its second.
    least_score: int = Field(
        default=4, ge=1, le=5, description="Rating that a pair needs, where it is curated."
    )


def write(brief: Brief, config: BackTranslation, desk: Desk) -> Writing:
    """The draft of the brief's passage or unit; category and language choose it."""
    item = brief.material
    if item.kind == "unit":
        item = item._replace(text=dedented(item.text))
    if count_words(item.text) < config.fewest_words:
        raise Unfit("text_too_short", item.title)
    about = {"kind": _kind(item), "text": item.text}
    asked = {**about, "language": config.language, "heading": item.title}
    (reply,) = yield (desk.ask("instruct", asked),)
    instruction = reply["instruction"].strip()
    if not reply["is_usable"] or not instruction:
        raise Unfit("text_answers_nothing", item.title)
    _eliminate(instruction, item)
    if not config.is_curated:
        return [_draft(item, instruction, {})]
    (rating,) = yield (desk.ask("rate", {**about, "instruction": instruction}),)
    if rating["score"] < config.least_score:
        raise Unfit("rated_too_low", f"{rating['score']}: {rating['flaws']}")
    return [_draft(item, instruction, rating)]


def _kind(item: Item) -> str:
    if item.kind == "unit":
        return f"piece of {item.language or 'program'} code"
    return "section of a document" if item.title else "passage"


def _eliminate(instruction: str, item: Item) -> None:
    """Raises `Unfit` for an instruction that gives itself or its text away."""
    reason = fault_of_task(instruction, ())
    if reason:
        raise Unfit(reason, instruction)
    if has_common_run(instruction, item.text, _QUOTED_OF_CODE if item.kind == "unit" else _QUOTED_WORDS):
        raise Unfit("instruction_quotes_its_text", instruction)
    spoken = _OF_THE_TEXT.search(instruction)
    if spoken and spoken[0].lower() not in item.text.lower():
        raise Unfit("instruction_speaks_of_its_text", spoken[0])


def _is_program(item: Item) -> bool:
    try:
        return is_program(item.text, item.language, item.path)
    except ParseTimeout:
        return False


def _draft(item: Item, instruction: str, rating: Mapping[str, Any]) -> Draft:
    is_code = item.kind == "unit"
    answer = f"```{item.language}\n{item.text.strip()}\n```" if is_code else item.text.strip()
    return chat(
        TASK_CODE if is_code else TASK,
        instruction,
        answer,
        oracle="source",
        # Validation parses `code` as a file, which a method of a class is not.
        code=item.text if is_code and _is_program(item) else None,
        language=item.language or None,
        # The answer is as hard as it is, whatever was asked for.
        difficulty=item.difficulty or None,
        extra=dict(rating),
    )
