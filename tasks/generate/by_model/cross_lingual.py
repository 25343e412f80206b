"""Examples in other languages, checked against the original by a judge or by translating back.

Bactrian-X (arXiv 2305.15011) translates requests; here request and answer go together, so that what one says of the
other stays true. Rules come before the check: the script, English left standing, code, addresses, identifiers, figures.
Names of people and places are left to the judge: which words are names no rule knows in every language.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.kept import agreement, changed_figure, leaked_tag, likeness, lost_part
from tasks.generate.by_model.protocol import Brief, Desk, Item, MethodConfig, Writing, chat
from tasks.generate.by_model.scripts import why_not_in
from tilth.llm.conversation import Unfit

TASK = "follow_instruction"
_LANGUAGE = 221  # what is drawn
# More than half of the runs of three words left as they were is no translation; names and terms make up some.
_MOST_LIKE = 0.5
# Terms that hold in both languages may be the whole of a short text ("Berlin", "42"): a copy is refused from here on.
_FEWEST_WORDS = 8


class CrossLingual(MethodConfig):
    """Seed examples in other languages, checked against the original."""

    method: Literal["cross_lingual"] = "cross_lingual"
    source_language: str = Field(default="English", min_length=2, description="Language of the seeds.")
    languages: tuple[str, ...] = Field(
        default=("German", "French", "Spanish", "Chinese"),
        min_length=1,
        description="Languages to write in, drawn where the cell names no `language`.",
    )
    check: Literal["judge", "back_translation", "none"] = Field(
        default="judge",
        description="What looks at a translation: a judge who sees both, or its translation back, compared by words.",
    )
    min_score: int = Field(
        default=4, ge=1, le=5, description="Least fidelity and fluency that the judge may give, of 5."
    )
    # Content words that a text and its translation there and back share; synonyms cost a careful one about a third.
    min_agreement_ratio: float = Field(
        default=0.5, ge=0, le=1, description="Least share of content words that come back."
    )


def write(brief: Brief, config: CrossLingual, desk: Desk) -> Writing:
    """The brief's seed in another language; a cell's `language` is the one asked for."""
    item = brief.material
    target = str(brief.cell.get("language") or desk.pick(config.languages, _LANGUAGE))
    if target.casefold() == config.source_language.casefold():
        raise Unfit("already_in_language", target)
    if not item.answer.strip():
        raise Unfit("seed_without_answer", item.text)
    asked = {
        "source_language": config.source_language,
        "target_language": target,
        "instruction": _request(item),
        "answer": item.answer.strip(),
    }
    (reply,) = yield (desk.ask("translate", asked),)
    instruction, answer = reply["instruction"].strip(), reply["answer"].strip()
    if not reply["is_possible"] or not instruction or not answer:
        raise Unfit("not_translatable", "; ".join(reply["changes"]))
    for text, original in ((instruction, asked["instruction"]), (answer, asked["answer"])):
        _refuse(text, original, target)
    found: dict[str, Any] = {}
    if config.check != "none":
        found = yield from _checked(instruction, answer, asked, config, desk)
    extra = {
        "source_language": config.source_language,
        "changes": list(reply["changes"]),
        "check": config.check,
        **found,
    }
    oracle = {"judge": "model_check", "back_translation": "back_translation"}.get(config.check, "model")
    return [chat(TASK, instruction, answer, oracle=oracle, language=target, extra=extra)]


def _request(item: Item) -> str:
    return "\n\n".join(part for part in (item.text.strip(), item.input.strip()) if part)


def _refuse(text: str, original: str, target: str) -> None:
    """Raises `Unfit` for what rules can tell without a call."""
    tag = leaked_tag(text, original)
    if tag:
        raise Unfit("prompt_leaked", tag)
    part, figure = lost_part(text, original), changed_figure(text, original)
    if part:
        raise Unfit("fixed_part_lost", part)
    if figure:
        raise Unfit("figure_changed", figure)
    if len(text.split()) >= _FEWEST_WORDS and likeness(text, original) > _MOST_LIKE:
        raise Unfit("not_translated", text[:80])
    against = why_not_in(target, text)
    if against:
        raise Unfit("other_language", f"{target}: {against}")


def _checked(
    instruction: str, answer: str, asked: Mapping[str, str], config: CrossLingual, desk: Desk
) -> Any:
    """What the check found, for `extra`; raises `Unfit` where it does not hold."""
    written = {"translated_instruction": instruction, "translated_answer": answer}
    if config.check == "judge":
        (said,) = yield (desk.ask("check", {**asked, **written}),)
        if not said["is_right"] or min(said["fidelity"], said["fluency"]) < config.min_score:
            raise Unfit("translation_not_faithful", "; ".join(said["faults"]))
        return {"fidelity": said["fidelity"], "fluency": said["fluency"]}
    languages = {name: asked[name] for name in ("source_language", "target_language")}
    (back,) = yield (desk.ask("back", {**languages, **written}),)
    shares = [agreement(back[name], asked[name]) for name in ("instruction", "answer")]
    if min(shares) < config.min_agreement_ratio:
        raise Unfit("lost_on_the_way_back", f"{min(shares):.2f} of the content words came back")
    return {"agreement": [round(share, 3) for share in shares]}
