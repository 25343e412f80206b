"""Examples from templates of one's own, over sampled variables: numbers, dates, people, columns.

The prompt is a Jinja template of the recipe (`tilth.llm.template`: sandboxed, strict about names). Unless told
otherwise, what it says is the question and what the model says is the answer; with an answer schema, two further
templates lay both out. There is no prompt file: the recipe's text is the prompt.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from typing import Any, Literal, Self

from pydantic import Field, model_validator
from pydantic_core import PydanticCustomError

from tasks.generate.by_model.elimination import fault_of_answer
from tasks.generate.by_model.protocol import Brief, Desk, MethodConfig, Writing, chat
from tasks.generate.by_model.samplers import Sampler, check_order, draw_values, names_behind
from tilth.errors import RequestError
from tilth.fingerprint import digest, digest_json
from tilth.llm.conversation import Unfit
from tilth.llm.schemas import AnswerSchema
from tilth.llm.template import Template
from tilth.llm.template_language import PromptError, text_of

_PROMPT = 180  # what is drawn
# What every template may use beside the variables; empty where the cell does not name it.
OF_THE_CELL = ("avoid", "category", "difficulty", "language")
_OF_THE_REPLY = ("prompt", "reply")
_OF_THE_DRAFT = ("category", "difficulty", "language")


class FromTemplate(MethodConfig):
    """Prompts from templates over sampled variables."""

    method: Literal["template"] = "template"
    prompts: tuple[str, ...] = Field(
        min_length=1,
        description="Jinja templates over the variables, of which each candidate draws one; "
        "`category`, `difficulty`, `language` and `avoid` of the cell are there too.",
    )
    variables: dict[str, Sampler] = Field(
        default={}, description="Variables by name, and how they are drawn."
    )
    system: str = Field(default="", description="System message, the same for all; not part of the example.")
    answer_schema: dict[str, Any] | None = Field(
        default=None, description="JSON schema of the reply, an object; without one it is text."
    )
    question: str = Field(
        default="{{ prompt }}",
        min_length=1,
        description="Template of the example's question, over the variables, `prompt` and `reply`.",
    )
    answer: str = Field(
        default="{{ reply }}", min_length=1, description="Template of the example's answer, likewise."
    )
    task: str = Field(
        default="follow_instruction",
        pattern=r"^[a-z][a-z0-9_]*$",
        description="Name of the task in the dataset.",
    )

    @model_validator(mode="after")
    def _templates_can_be_rendered(self) -> Self:
        check_order(self.variables)
        try:
            for name, source in (("question", self.question), ("answer", self.answer)):
                compiled(source, name).check_names((*self.variables, *OF_THE_CELL, *_OF_THE_REPLY))
            for number, source in enumerate(self.prompts, 1):
                compiled(source, f"prompt {number}").check_names((*self.variables, *OF_THE_CELL))
            if self.answer_schema is not None:
                AnswerSchema(self.answer_schema)
        except RequestError as error:
            raise PydanticCustomError("template", "{fact}", {"fact": str(error)}) from None
        return self


# As many texts as recipes hold; compiling one takes a millisecond, and every candidate uses it.
@lru_cache(maxsize=512)
def compiled(source: str, name: str) -> Template:
    """A template, compiled once. Raises `RequestError` for what is none."""
    return Template(source, name)


def write(brief: Brief, config: FromTemplate, desk: Desk) -> Writing:
    """The draft of one prompt; a column of the cell must be a variable or be used by the prompt."""
    number = config.prompts.index(desk.pick(config.prompts, _PROMPT))
    template = compiled(config.prompts[number], f"prompt {number + 1}")
    _check_cell(brief, config, template)
    drawn = draw_values(config.variables, brief, desk)
    cell = {name: brief.cell.get(name) for name in OF_THE_CELL if name != "avoid"}
    values = {**cell, "avoid": list(brief.avoid), **drawn}
    prompt = _rendered(template, values)
    if not prompt:
        raise Unfit("prompt_is_empty", template.name)
    template_id = f"template/{number + 1}-{_edition(config, number)}"
    # Candidates without a row may draw the same values; each asks for an answer of its own.
    sample = 0 if brief.item is not None else brief.turn
    (reply,) = yield (desk.ask_text(template_id, config.system, prompt, config.answer_schema, sample),)
    whole = {**values, "prompt": prompt, "reply": reply}
    question = _rendered(compiled(config.question, "question"), whole)
    answer = _rendered(compiled(config.answer, "answer"), whole)
    reason = "question_is_empty" if not question else fault_of_answer(question, answer)
    if reason:
        raise Unfit(reason, text_of(reply)[:200])
    used = names_behind(template.variables, config.variables)
    asked = {name: text for name, text in brief.cell.items() if name in brief.suggested & used}
    said = {name: text_of({**asked, **drawn}[name]) for name in _OF_THE_DRAFT if name in {**asked, **drawn}}
    return [chat(config.task, question, answer, extra={"variables": drawn}, **said)]


def _check_cell(brief: Brief, config: FromTemplate, template: Template) -> None:
    """Raises `Unfit` where the cell asks for what neither prompt nor material has: it would be claimed, not met.

    What is only suggested a template may leave aside.
    """
    used = names_behind(template.variables, config.variables)
    for column in sorted(brief.targets.keys() - used):
        if brief.item is None or getattr(brief.item, column, None) != brief.cell[column]:
            raise Unfit(
                "cell_not_in_template", f"{column}; {template.name} uses {', '.join(sorted(used)) or 'none'}"
            )


def _rendered(template: Template, values: Mapping[str, Any]) -> str:
    try:
        return template.render(values).strip()
    except PromptError as error:
        raise Unfit("template_cannot_be_rendered", str(error)) from None


def _edition(config: FromTemplate, number: int) -> str:
    """Eight characters that tell the editions of a prompt apart."""
    return digest(config.system, config.prompts[number], digest_json(config.answer_schema))[:8]
