"""Texts to order: field, keywords, style, tone, complexity and length are asked for, obeyed, and then checked.

AttrPrompt (arXiv 2306.15895): naming attributes makes texts differ where one prompt makes them alike. Keywords, length
and reading difficulty are checked by rules; field, style and tone by a call that does not know the order and chooses
from all that could have been ordered. A text that misses something is mended with what it missed, then refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Literal, NamedTuple

from pydantic import Field, model_validator

from tasks.generate.by_model.domains import InDomain, about, pack_of
from tasks.generate.by_model.kept import leaked_tag
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Writing, chat
from tasks.generate.by_model.scripts import why_not_in
from tilth.llm.conversation import Unfit
from tilth.readability import lix
from tilth.words import count_words

Level = Literal["easy", "medium", "hard"]
TASK = "write_text"
_STYLE, _TONE, _LEVEL, _LENGTH, _TOPIC, _SUBTOPIC, _WORDING, _PERSONA, _KEYWORD = range(
    261, 270
)  # what is drawn
# Björnsson's bands (1968): below 40 fiction and plain texts, from 55 on specialist literature.
_BANDS: Mapping[Level, tuple[float, float]] = {"easy": (0, 40), "medium": (40, 55), "hard": (55, 1000)}
# The share of long words in 120 words has a standard deviation of 100 * sqrt(0.25 * 0.75 / 120) = 4 points by chance.
_SLACK = 5
_LEVELS: Mapping[Level, str] = {
    "easy": "easy: short sentences, everyday words",
    "medium": "medium: as in a newspaper",
    "hard": "hard: long sentences and technical words, as in specialist literature",
}
_FOR: Mapping[Level, str] = {
    "easy": "easy to read",
    "medium": "for general readers",
    "hard": "for specialists",
}
# How such a text is asked for.
_WORDINGS = (
    "Write {form} about {matter}. Style: {style}. Tone: {tone}. It should be {level} and about {words} words long.",
    "I need {form} on {matter}, {level}, of about {words} words, {tone} in tone and {style} in style.",
    "Please write {form}. Subject: {matter}. Keep it {level}, around {words} words, {tone} in tone, style: {style}.",
)
# Columns of a cell that have a place of their own in the order.
_COLUMNS = ("domain", "topic", "style", "tone", "difficulty", "words", "keywords", "persona", "language")
_NO_SPACES = re.compile("[\u3040-\u30ff\u3400-\u4dbf\u4e00-\u9fff\u0e00-\u0e7f]")


class Controlled(InDomain):
    """Texts by field, keywords, style, tone, complexity and length, each of them checked."""

    method: Literal["controlled"] = "controlled"
    form: str = Field(default="a short article", min_length=2, description="What to write.")
    language: str = Field(default="English", min_length=2, description="The language to write in.")
    styles: tuple[str, ...] = Field(
        default=("matter-of-fact", "narrative", "instructive", "argumentative"),
        min_length=1,
        description="Styles, drawn where the cell names none.",
    )
    tones: tuple[str, ...] = Field(
        default=("calm", "enthusiastic", "worried", "sceptical"),
        min_length=1,
        description="Tones, drawn where the cell names none.",
    )
    levels: tuple[Level, ...] = Field(
        default=("easy", "medium", "hard"),
        min_length=1,
        description="Reading difficulties, drawn where the cell names no `difficulty`.",
    )
    min_words: int = Field(default=80, ge=20, le=5000, description="Fewest words that are ordered.")
    max_words: int = Field(default=250, ge=20, le=5000, description="Most words that are ordered.")
    length_tolerance_ratio: float = Field(
        default=0.25, gt=0, le=1, description="How far a text may be from the ordered length."
    )
    keywords: tuple[str, ...] = Field(
        default=(),
        description="Words to draw keywords from; none: the terms of the domain pack, if one is named.",
    )
    keywords_per_text: int = Field(default=2, ge=0, le=10, description="Keywords of one text.")
    personas: tuple[str, ...] = Field(default=(), description="Who may have written it, drawn.")
    max_revisions: int = Field(
        default=1, ge=0, le=3, description="How often a text that misses something is mended."
    )
    is_checked: bool = Field(default=True, description="Let a second call tell field, style and tone.")

    @model_validator(mode="after")
    def _has_room(self) -> Controlled:
        if self.min_words > self.max_words:
            raise ValueError("min_words must not be above max_words")
        return self


@dataclass(frozen=True, slots=True)
class _Order:
    domain: str
    guidance: str
    topic: str
    style: str
    tone: str
    level: Level
    words: int
    keywords: tuple[str, ...]
    persona: str

    @property
    def asked(self) -> dict[str, Any]:
        """What both the writing and the mending prompt are told."""
        return {"domain": self.domain, "style": self.style, "tone": self.tone, "complexity": _LEVELS[self.level],
                "words": self.words, "keywords": list(self.keywords)}  # fmt: skip


class _Fault(NamedTuple):
    reason: str
    said: str


def write(brief: Brief, config: Controlled, desk: Desk) -> Writing:
    """One text; a cell's `domain`, `topic`, `style`, `tone`, `difficulty`, `words` … are asked for."""
    order = _order(brief, config, desk)
    language = str(brief.cell.get("language") or config.language)
    given = {"form": config.form, "language": language, **order.asked}
    more = {
        "guidance": order.guidance,
        "topic": order.topic,
        "persona": order.persona,
        "avoid": list(brief.avoid),
        "wanted": brief.wanted(*_COLUMNS),
    }
    # There is no material: nothing but the number tells one text of an order from the next.
    (reply,) = yield (desk.ask("write", {**given, **more}, brief.ordinal),)
    revisions = 0
    while True:
        text = reply["text"].strip()
        faults = list(_by_rule(text, order, language, config))
        if not faults and config.is_checked:
            faults = yield from _by_model(text, order, config, desk)
        if not faults:
            return [_draft(text, order, config, revisions, desk)]
        if revisions == config.max_revisions:
            raise Unfit(faults[0].reason, faults[0].said)
        revisions += 1
        said = {"text": text, "faults": [fault.said for fault in faults]}
        (reply,) = yield (desk.ask("revise", {**given, **said}),)


def _order(brief: Brief, config: Controlled, desk: Desk) -> _Order:
    """What the cell names, the rest drawn."""
    cell = brief.cell
    named = str(cell.get("domain") or config.domain)
    pack, field = pack_of(named), about(named)
    topic = cell.get("topic", "")
    if pack is not None and not topic:
        drawn = desk.pick(pack.topics, _TOPIC)
        topic = f"{drawn.name}: {desk.pick(drawn.subtopics, _SUBTOPIC)}"
    words = cell.get("words", "")
    lengths = range(config.min_words, config.max_words + 1, 10)
    level = cell.get("difficulty")
    # A suggestion stays within the recipe's own levels.
    is_open = level not in (config.levels if "difficulty" in brief.suggested else _BANDS)
    return _Order(
        domain=field["domain"],
        guidance=field.get("guidance", ""),
        topic=topic,
        style=str(cell.get("style") or desk.pick(config.styles, _STYLE)),
        tone=str(cell.get("tone") or desk.pick(config.tones, _TONE)),
        level=desk.pick(config.levels, _LEVEL) if is_open else level,  # type: ignore[arg-type]
        words=int(words) if words.isdecimal() else desk.pick(lengths, _LENGTH),
        keywords=_keywords(
            cell.get("keywords", ""), config.keywords or (pack.terms if pack else ()), config, desk
        ),
        persona=str(cell.get("persona") or (desk.pick(config.personas, _PERSONA) if config.personas else "")),
    )


def _keywords(named: str, known: Sequence[str], config: Controlled, desk: Desk) -> tuple[str, ...]:
    """Those that the cell names, parted by commas; else so many different ones drawn."""
    asked = tuple(word.strip() for word in named.split(",") if word.strip())
    left = list(dict.fromkeys(known))
    drawn: list[str] = []
    while left and not asked and len(drawn) < config.keywords_per_text:
        drawn.append(left.pop(left.index(desk.pick(left, _KEYWORD + len(drawn)))))
    return asked or tuple(drawn)


def _by_rule(text: str, order: _Order, language: str, config: Controlled) -> Iterator[_Fault]:
    """What can be counted and is not as ordered."""
    tag = leaked_tag(text)
    if tag:
        yield _Fault("prompt_leaked", f"It holds the tag {tag}.")
    against = why_not_in(language, text)
    if against:
        yield _Fault("other_language", f"It is to be in {language}, and {against}.")
    for word in order.keywords:
        if not re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text, re.IGNORECASE):
            yield _Fault("keyword_missing", f"The keyword {word} is missing.")
    count = count_words(text)
    if abs(count - order.words) > config.length_tolerance_ratio * order.words:
        yield _Fault("length_missed", f"It has {count} words; about {order.words} are wanted.")
    low, high = _BANDS[order.level]
    level = lix(text.encode("utf-8", "replace"))
    # Without spaces there are no words whose length could be told: there the model says how hard it is.
    if not _NO_SPACES.search(text) and not low - _SLACK <= level < high + _SLACK:
        way = "easier: shorter sentences and words" if level >= high else "harder: longer sentences and words"
        yield _Fault(
            "reading_level_missed", f"It should be {way} (LIX {level:.0f}, wanted {low:.0f} to {high:.0f})."
        )


def _by_model(text: str, order: _Order, config: Controlled, desk: Desk) -> Any:
    """What a reader who does not know the order takes the text for, where it is not what was ordered."""
    lists = {
        "domains": _choices((about(config.domain)["domain"],), order.domain),
        "styles": _choices(config.styles, order.style),
        "tones": _choices(config.tones, order.tone),
    }
    (read,) = yield (desk.ask("check", {"text": text, **lists}),)
    faults = [
        _Fault(f"{name}_missed", f"Its {said} reads as {read[name]}; wanted is {wanted}.")
        for name, said, wanted in (
            ("domain", "field", order.domain),
            ("style", "style", order.style),
            ("tone", "tone", order.tone),
        )
        if read[name].strip().strip(".\"'").casefold() != wanted.casefold()
    ]
    if _NO_SPACES.search(text) and read["complexity"] != order.level:
        faults.append(
            _Fault("reading_level_missed", f"It reads as {read['complexity']}; wanted is {order.level}.")
        )
    if not read["is_specific"]:
        faults.append(_Fault("unspecific", "It holds no detail that would not fit any text of the kind."))
    return faults


def _choices(listed: Sequence[str], wanted: str) -> list[str]:
    """What can be chosen, sorted, so that the place tells nothing of what was ordered."""
    return sorted({*listed, wanted})


def _draft(text: str, order: _Order, config: Controlled, revisions: int, desk: Desk) -> Draft:
    matter = f"{order.topic} ({order.domain})" if order.topic else order.domain
    asked = desk.pick(_WORDINGS, _WORDING).format(
        form=config.form,
        matter=matter,
        style=order.style,
        tone=order.tone,
        level=_FOR[order.level],
        words=order.words,
    )
    if order.keywords:
        asked += f" Use these words: {', '.join(order.keywords)}."
    extra = {**order.asked, "topic": order.topic, "revisions": revisions, "complexity": order.level}
    oracle = "model_check" if config.is_checked else "rule"
    return chat(TASK, asked, text, subject=text, oracle=oracle, difficulty=order.level, extra=extra)
