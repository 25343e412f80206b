"""Questions and answers from passages: of one passage, or such as only several together answer (multi-hop).

Roundtrip consistency after Alberti et al. 2019 (arXiv 1906.05416): a second call says whether the passage supports
the answer; before it the quoted evidence must stand in the passage, which needs no call. Questions across passages are
HotpotQA's (arXiv 1809.09600): at least two passages each give a part.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.protocol import Brief, Desk, Draft, MethodConfig, Writing, chat
from tilth.llm.conversation import Unfit

Form = Literal["fact", "procedure", "reason", "comparison", "definition", "consequence"]
TASK, TASK_ACROSS = "answer_question", "answer_across_passages"
_FORM, _ACROSS = 101, 102  # what is drawn
# Neighbours that are looked through for some of the passage's own group.
_NEAR = 50


class QuestionAnswer(MethodConfig):
    """Questions that a passage answers, or several passages together, checked against them."""

    method: Literal["question_answer"] = "question_answer"
    language: str = Field(default="English", min_length=2, description="Language of question and answer.")
    questions_per_passage: int = Field(
        default=3, ge=1, le=20, description="Questions of one passage at most."
    )
    forms: tuple[Form, ...] = Field(
        default=("fact", "procedure", "reason", "comparison", "definition", "consequence"),
        min_length=1,
        description="Kinds of question, drawn where the cell names none.",
    )
    across_ratio: float = Field(
        default=0.25, ge=0, le=1, description="Share of passages asked together with others."
    )
    passages_together: int = Field(
        default=3, ge=2, le=10, description="Passages that a question across them sees."
    )
    is_checked: bool = Field(
        default=True, description="Ask a second time whether the passage supports the answer."
    )


def write(brief: Brief, config: QuestionAnswer, desk: Desk) -> Writing:
    """Drafts of the questions of the brief's passage; a cell's `form` and `difficulty` are asked for."""
    if desk.fraction(_ACROSS) < config.across_ratio:
        return (yield from _across(brief, config, desk))
    passage = brief.material
    values = {
        "language": config.language,
        "count": config.questions_per_passage,
        "form": _form(brief, config, desk),
        "difficulty": brief.cell.get("difficulty", "medium"),
        "heading": passage.title,
        "passage": passage.text,
    }
    (reply,) = yield (desk.ask("ask", values),)
    pairs = [pair for pair in reply["pairs"] if _stands_in(pair["evidence"], passage.text)]
    if not reply["pairs"]:
        raise Unfit("nothing_worth_asking", passage.title)
    if not pairs:
        raise Unfit("evidence_not_in_passage", reply["pairs"][0]["evidence"])
    if config.is_checked:
        checks = yield tuple(_check(desk, passage.text, pair) for pair in pairs)
        pairs = [pair for pair, check in zip(pairs, checks, strict=True) if check and _holds(check)]
        if not pairs:
            raise Unfit("answer_not_supported")
    level = brief.cell.get("difficulty")
    return [
        _draft(TASK, pair, config, level, evidence=pair["evidence"], form=values["form"]) for pair in pairs
    ]


def _across(brief: Brief, config: QuestionAnswer, desk: Desk) -> Writing:
    passage = brief.material
    near = [
        item
        for item, _ in desk.corpus.similar(passage.text, _NEAR, passage)
        # An example lies on one side of the partition, and so must all that it was made from.
        if item.group_id == passage.group_id
    ][: config.passages_together - 1]
    if not near:
        raise Unfit("no_passage_beside")
    together = {str(number): item for number, item in enumerate((passage, *near), 1)}
    form, level = _form(brief, config, desk), brief.cell.get("difficulty")
    asked = {
        "language": config.language,
        "form": form,
        "difficulty": level or "medium",
        "passages": [{"id": number, "text": item.text} for number, item in together.items()],
    }
    (reply,) = yield (desk.ask("ask_across", asked),)
    used = [number for number in dict.fromkeys(part["id"] for part in reply["parts"]) if number in together]
    if not reply["is_possible"] or not reply["question"].strip() or not reply["answer"].strip():
        raise Unfit("passages_do_not_belong_together")
    if len(used) < 2:
        raise Unfit("one_passage_is_enough", reply["question"])
    if config.is_checked:
        (check,) = yield (_check(desk, "\n\n".join(together[number].text for number in used), reply),)
        if not _holds(check):
            raise Unfit("answer_not_supported", reply["question"])
    pieces = [together[number] for number in used]
    ids = [piece.item_id for piece in pieces]
    draft = _draft(TASK_ACROSS, reply, config, level, form=form, passages=ids)
    return [replace(draft, beside=tuple(piece for piece in pieces if piece.item_id != passage.item_id))]


def _form(brief: Brief, config: QuestionAnswer, desk: Desk) -> str:
    return str(brief.cell.get("form") or desk.pick(config.forms, _FORM))


def _check(desk: Desk, passage: str, pair: Mapping[str, Any]) -> Any:
    return desk.ask("check", {"passage": passage, "question": pair["question"], "answer": pair["answer"]})


def _holds(check: Mapping[str, Any]) -> bool:
    return bool(check["is_supported"] and check["is_complete"] and check["is_self_contained"])


def _draft(
    task: str, pair: Mapping[str, Any], config: QuestionAnswer, level: str | None, **extra: Any
) -> Draft:
    oracle = "model_check" if config.is_checked else "model"
    question, answer = pair["question"].strip(), pair["answer"].strip()
    return chat(task, question, answer, oracle=oracle, difficulty=level, extra=extra)


def _stands_in(evidence: str, passage: str) -> bool:
    """Whether a quotation stands in the passage, line breaks and quotation marks around it aside."""
    said = " ".join(evidence.split()).strip("\"'“”„«» ")
    return bool(said) and said.casefold() in " ".join(passage.split()).casefold()
