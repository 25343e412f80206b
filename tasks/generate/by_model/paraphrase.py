"""The same content in other words, in another style, or carried over into another field.

Of a passage it makes the request for the new version, and the version (after WRAP, arXiv 2401.16380); of a seed example
the request in other words over its own answer, or, in another field, with a new one. Rules refuse what is a copy and
what lost a figure, code or a name of code; whether the meaning stayed, a second call says.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Literal

from pydantic import Field

from tasks.generate.by_model.domains import about
from tasks.generate.by_model.kept import changed_figure, leaked_tag, likeness, lost_part
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, MethodConfig, Writing, chat
from tilth.llm.conversation import Unfit

Way = Literal["paraphrase", "restyle", "transfer"]
TASK_SEED, TASK_TEXT = "follow_instruction", "rewrite_text"
_WAY, _STYLE, _DOMAIN, _WORDING = 211, 212, 213, 214  # what is drawn

# How the new version of a passage is asked for; `{0}` is the style or the field.
_WORDINGS: dict[Way, Sequence[str]] = {
    "paraphrase": (
        "Say this in other words, without changing what it says:",
        "Paraphrase the following text. Keep every statement.",
        "Write the text below anew; the content stays as it is.",
    ),
    "restyle": (
        "Rewrite the following text in this style: {0}",
        "Say the same in another style ({0}):",
        "Here is a text. Write it anew, {0}, without losing anything that it says.",
    ),
    "transfer": (
        "Carry the argument of this text over into another field: {0}",
        "Write a text of the same structure about {0}:",
        "What would the following say if it were about {0}?",
    ),
}


class Paraphrase(MethodConfig):
    """Seed examples and passages in other words, in another style or in another field."""

    method: Literal["paraphrase"] = "paraphrase"
    ways: tuple[Way, ...] = Field(
        default=("paraphrase", "restyle", "transfer"),
        min_length=1,
        description="What is done to a text, drawn where the cell names no `way`.",
    )
    styles: tuple[str, ...] = Field(
        default=(
            "plain, for readers who are new to it",
            "formal, as in a report",
            "casual, as in a chat between colleagues",
            "terse, as in notes",
        ),
        min_length=1,
        description="Styles, drawn where the cell names none.",
    )
    domains: tuple[str, ...] = Field(
        default=("education", "finance", "legal", "medical", "software"),
        min_length=1,
        description="Fields to carry texts over to: domain packs or words, drawn where the cell names none.",
    )
    # With one word in five changed for a synonym, 0.8**3 = 0.51 of the trigrams stay: no sentence was built anew.
    max_likeness_ratio: float = Field(
        default=0.5,
        gt=0,
        le=1,
        description="Share of the new text's runs of three words that the original may have too.",
    )
    is_checked: bool = Field(default=True, description="Ask a second time whether the meaning stayed.")


def write(brief: Brief, config: Paraphrase, desk: Desk) -> Writing:
    """A new version of the brief's seed or passage; a cell's `way`, `style` and `domain` are asked for."""
    item = brief.material
    way: Way = _way(brief, config, desk)
    if way == "transfer":
        return (yield from _transfer(item, brief, config, desk))
    style = str(brief.cell.get("style") or desk.pick(config.styles, _STYLE)) if way == "restyle" else ""
    (reply,) = yield (desk.ask(way, {"text": _text(item), **({"style": style} if style else {})}),)
    text = _fresh(reply["text"], item, config)
    _refuse_losses(text, item)
    seen = {}
    if config.is_checked:
        (check,) = yield (desk.ask("check", {"text": _text(item), "new_text": text}),)
        if not check["is_same"]:
            raise Unfit("meaning_changed", "; ".join((*check["lost"], *check["added"])))
        seen = {"style_seen": check["style"]}
    extra = {
        "way": way,
        "likeness": round(likeness(text, _text(item)), 3),
        **({"style": style} if style else {}),
        **seen,
    }
    if item.kind != "passage":
        return [
            chat(
                TASK_SEED,
                text,
                item.answer.strip(),
                oracle="model_check" if config.is_checked else "model",
                extra=extra,
            )
        ]
    return [_rewriting(item, text, way, style, config, desk, extra)]


def _way(brief: Brief, config: Paraphrase, desk: Desk) -> Way:
    asked = brief.cell.get("way")
    found: Way = asked if asked in _WORDINGS else desk.pick(config.ways, _WAY)
    # A seed's own answer is what its new wording is put over: without one there is nothing to learn.
    if found != "transfer" and brief.material.kind != "passage" and not brief.material.answer.strip():
        raise Unfit("seed_without_answer", brief.material.text)
    return found


def _transfer(item: Item, brief: Brief, config: Paraphrase, desk: Desk) -> Writing:
    """The text's counterpart in another field; a request is answered anew, as its old answer is of the old field."""
    field = about(str(brief.cell.get("domain") or desk.pick(config.domains, _DOMAIN)))
    named = {"target_domain": field["domain"], "text": _text(item)}
    noted = {"guidance": field["guidance"]} if "guidance" in field else {}
    (reply,) = yield (desk.ask("transfer", {**named, **noted}),)
    if not reply["is_possible"] or not reply["text"].strip():
        raise Unfit("no_counterpart", field["domain"])
    text = _fresh(reply["text"], item, config)
    is_request = item.kind != "passage"
    further = []
    if config.is_checked:
        further.append(desk.ask("check_transfer", {**named, "new_text": text}))
    if is_request:
        further.append(desk.ask("answer", {"instruction": text}))
    replies = (yield tuple(further)) if further else ()
    check = replies[0] if config.is_checked else None
    if config.is_checked and (check is None or not (check["is_true"] and check["is_parallel"])):
        raise Unfit("not_natural_in_field", "; ".join(check["faults"]) if check else "not checked")
    extra = {"way": "transfer", "domain": field["domain"], "counterparts": list(reply["counterparts"])}
    if not is_request:
        return [_rewriting(item, text, "transfer", field["domain"], config, desk, extra)]
    if not (replies[-1] or "").strip():
        raise Unfit("not_answered", text)
    # The check looked at the request; the answer has nobody to vouch for it.
    return [chat(TASK_SEED, text, replies[-1].strip(), extra=extra)]


def _text(item: Item) -> str:
    return "\n\n".join(part for part in (item.text.strip(), item.input.strip()) if part)


def _fresh(text: str, item: Item, config: Paraphrase) -> str:
    """The new text; refused when it is a copy or holds a tag of the prompt."""
    text = text.strip()
    near = likeness(text, _text(item))
    if near > config.max_likeness_ratio:
        raise Unfit("too_near_original", f"{near:.2f} of its words in a row stand in the original")
    tag = leaked_tag(text, _text(item))
    if tag:
        raise Unfit("prompt_leaked", tag)
    return text


def _refuse_losses(text: str, item: Item) -> None:
    part, figure = lost_part(text, _text(item)), changed_figure(text, _text(item))
    if part:
        raise Unfit("fixed_part_lost", part)
    if figure:
        raise Unfit("figure_changed", figure)


def _rewriting(
    item: Item, text: str, way: Way, of: str, config: Paraphrase, desk: Desk, extra: dict[str, Any]
) -> Draft:
    """A passage and its new version as a request and its answer."""
    asked = desk.pick(_WORDINGS[way], _WORDING).format(of)
    return chat(
        TASK_TEXT,
        f"{asked}\n\n{item.text.strip()}",
        text,
        subject=text,
        oracle="model_check" if config.is_checked else "model",
        extra=extra,
    )
