"""Triplets for retrieval: a model's query for a passage, and passages of the corpus that look right and are not.

Candidates are mined by BM25 (Karpukhin et al. 2020, arXiv 2004.04906). The model picks among them with a reason for
each, and a second look at each by itself drops those that do answer the query after all (RocketQA, arXiv 2010.08191: of
the best candidates most are unlabelled positives). Where the model brings nothing, the rule of `mine_triplets` picks:
words in common, and a score well below the positive's. It mines by words alone, not by embeddings.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Literal, NamedTuple

from pydantic import Field

from tasks.generate import hard_negatives as rule
from tasks.generate.by_model.protocol import Brief, Desk, Draft, Item, MethodConfig, Negative, Writing
from tilth.llm.conversation import NoAnswer, Unfit
from tilth.words import surfaces, terms

Form = Literal["question", "keywords", "problem", "error_message"]
TASK = "retrieve_passage"
_FORM = 201  # what is drawn
# So many words in a row are a quotation: a query with them is found by any search, and teaches nothing.
_QUOTED_WORDS = 8


class HardNegatives(MethodConfig):
    """Queries for passages, each with passages of the corpus that look like an answer and are none."""

    method: Literal["hard_negatives"] = "hard_negatives"
    negatives: int = Field(default=3, ge=1, le=20, description="Negatives of one query at most.")
    # RocketQA draws from the top 50; 20 passages of 400 tokens still leave a small model room to read.
    candidates: int = Field(default=20, ge=2, le=100, description="Mined passages that the model picks from.")
    forms: tuple[Form, ...] = Field(
        default=("question", "keywords", "problem"),
        min_length=1,
        description="Kinds of query, drawn where the cell names none.",
    )
    is_checked: bool = Field(
        default=True, description="Look at each passage by itself: whether it answers the query."
    )
    # NV-Retriever, arXiv 2407.15831: above 95 % of the positive's score unlabelled positives abound.
    margin_ratio: float = Field(
        default=0.05,
        ge=0,
        lt=1,
        description="Where the rule picks: how far below the positive's score a negative must lie.",
    )


class _Mined(NamedTuple):
    """The query with its passage, and what was mined for it, nearest first, by the ids that the model sees."""

    query: str
    passage: Item
    candidates: Mapping[str, tuple[Item, float]]
    positive_score: float


class _Picked(NamedTuple):
    id: str
    reason: str
    hardness: int | None


def write(brief: Brief, config: HardNegatives, desk: Desk) -> Writing:
    """One triplet of the brief's passage; a cell's `form` of query, and what else it names, is asked for."""
    passage = brief.material
    form = str(brief.cell.get("form") or desk.pick(config.forms, _FORM))
    wanted = brief.wanted("form", "category")
    query, asked_by = yield from _query(passage, {"form": form, "wanted": wanted}, desk)
    mined = _mine(query, passage, config, desk)
    picked_by = "model"
    try:
        picked = yield from _pick(mined, config, desk)
    except NoAnswer:
        picked, picked_by = _by_rule(mined, config), "rule"
    taken = [mined.candidates[one.id] for one in picked]
    is_vouched = config.is_checked and picked_by == "model"
    return [
        Draft(
            TASK,
            "triplet",
            subject=f"{query}\n{passage.text}",
            query=query,
            positive=passage.text,
            negatives=tuple(
                # Four digits are beyond what float32 sums differ by between machines.
                Negative(item.text, one.reason, round(score, 4))
                for one, (item, score) in zip(picked, taken, strict=True)
            ),
            oracle="model_check" if is_vouched else picked_by.replace("rule", "mined"),
            beside=tuple(item for item, _ in taken),
            difficulty=brief.cell.get("difficulty") if asked_by == "model" else None,
            extra={
                "form": form,
                "query_by": asked_by,
                "picked_by": picked_by,
                "hardness": [one.hardness for one in picked],
                "candidates": len(mined.candidates),
                "positive_score": round(mined.positive_score, 4),
                "positive_rank": 1
                + sum(score > mined.positive_score for _, score in mined.candidates.values()),
            },
        )
    ]


def _query(passage: Item, asked: Mapping[str, Any], desk: Desk) -> Any:
    """The query and who wrote it; where the model brings none, the headings over the passage are one."""
    try:
        (reply,) = yield (desk.ask("query", {**asked, "passage": passage.text}),)
    except NoAnswer:
        # One word alone ("Caching") asks for too much.
        if len(terms(passage.title)) < 2:
            raise
        return passage.title, "headings"
    query = " ".join(reply["query"].split()).strip("\"'“”„«» ")
    if not terms(query):
        raise Unfit("query_without_words", query)
    if _quotes(query, passage.text):
        raise Unfit("query_quotes_passage", query)
    return query, "model"


def _quotes(query: str, passage: str) -> bool:
    """Whether a query repeats so many words in a row of the passage."""
    said, there = (re.findall(r"\w+", text.casefold()) for text in (query, passage))
    joined = f" {' '.join(there)} "
    runs = (said[at : at + _QUOTED_WORDS] for at in range(len(said) - _QUOTED_WORDS + 1))
    return any(f" {' '.join(run)} " in joined for run in runs)


def _mine(query: str, passage: Item, config: HardNegatives, desk: Desk) -> _Mined:
    """The nearest passages that are no copy of the positive or of each other, nor of one section."""
    taken = [frozenset(terms(passage.text))]
    found: dict[str, tuple[Item, float]] = {}
    # Copies of one text fill half of the places in corpora with many editions.
    for item, score in desk.corpus.similar(query, 2 * config.candidates, passage):
        words = frozenset(terms(item.text))
        is_copy = any(rule.jaccard(words, known) >= rule.NEAR_DUPLICATE_JACCARD for known in taken)
        is_same_section = bool(item.title) and item.title == passage.title
        if not is_copy and not is_same_section and len(found) < config.candidates:
            found[f"c{len(found) + 1}"] = (item, score)
            taken.append(words)
    if not found:
        raise Unfit("no_candidate", query)
    return _Mined(query, passage, found, desk.corpus.score(query, passage))


def _pick(mined: _Mined, config: HardNegatives, desk: Desk) -> Any:
    """What the model picks and a second look leaves, hardest first."""
    shown = [{"id": name, "text": item.text} for name, (item, _) in mined.candidates.items()]
    values = {
        "count": config.negatives,
        "query": mined.query,
        "passage": mined.passage.text,
        "candidates": shown,
    }
    (reply,) = yield (desk.ask("pick", values),)
    answering = {name.strip() for name in reply["answering"]}
    named: dict[str, Any] = {}
    for one in reply["negatives"]:
        named.setdefault(one["id"].strip(), one)
    known = [one for name, one in named.items() if name in mined.candidates and name not in answering]
    ordered = sorted(known, key=lambda one: -int(one["hardness"]))[: config.negatives]
    picked = [_Picked(one["id"].strip(), one["reason"].strip(), one["hardness"]) for one in ordered]
    if not picked:
        raise Unfit("no_hard_negative" if not named else "ids_not_among_candidates", mined.query)
    return (yield from _without_answers(mined, picked, desk)) if config.is_checked else picked


def _without_answers(mined: _Mined, picked: Sequence[_Picked], desk: Desk) -> Any:
    """Those of the picked that do not answer the query; one whose look failed is not kept."""
    texts = [mined.passage.text, *(mined.candidates[one.id][0].text for one in picked)]
    positive, *looks = yield tuple(
        desk.ask("verify", {"query": mined.query, "candidate": text}) for text in texts
    )
    if positive is not None and not positive["answers"]:
        raise Unfit("positive_does_not_answer", positive["reason"])
    kept = [one for one, look in zip(picked, looks, strict=True) if look is not None and not look["answers"]]
    if positive is None or not kept:
        raise Unfit("positive_not_checked" if positive is None else "false_negatives", mined.query)
    return kept


def _by_rule(mined: _Mined, config: HardNegatives) -> list[_Picked]:
    """What the rule engine picks among the candidates, each with the words that it shares with the query."""
    limit = rule.score_limit(mined.positive_score, config.margin_ratio)
    names = [name for name, (_, score) in mined.candidates.items() if score <= limit]
    words = terms(mined.query)
    index = rule.Index(
        [terms(mined.passage.text), *(terms(mined.candidates[name][0].text) for name in names)]
    )
    candidates = [rule.Negative(place, mined.candidates[name][1], ()) for place, name in enumerate(names, 1)]
    found, _ = rule.choose(index, 0, candidates, words, config.negatives, lambda _place: False)
    if not found:
        raise Unfit(
            "no_negative", f"of {len(mined.candidates)} candidates {len(names)} score at most {limit:.2f}"
        )
    spelling = surfaces(mined.query)
    return [_Picked(names[one.place - 1], rule.said_shared(one, spelling), None) for one in found]
