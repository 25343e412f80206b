"""Heading to passage: a question asks for what a heading names, and the passage under it answers.

Only the first passage of a section takes part, and only if it reads as prose and its heading names something.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.headings import needs_topic, variables_of
from tasks.generate.passages import (
    Passage,
    body_start,
    chat,
    passages_of,
    prose_difficulty,
    row_of,
    why_not_prose,
)
from tasks.generate.templates import Template, word
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome
from tilth.tokens import estimate_tokens

TASK = "heading_to_passage"
VERSION = "1"


def generate_from_chunks(
    chunks: pa.Table,
    documents: pa.Table,
    templates: Mapping[str, tuple[Template, ...]],
    config: GenerateConfig,
) -> Outcome:
    """One chat a passage that answers its heading; every other passage is a reject with its reason.

    `documents` needs document_id, licence, category and repository, no text.
    """
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    for passage in passages_of(chunks, documents, rejects):
        reason = _add(rows, passage, templates[TASK], config)
        if reason:
            heading = passage.headings[-1] if passage.headings else None
            rejects.add(
                key=passage.document_id,
                item_id=passage.chunk_id,
                path=passage.path,
                reason=reason,
                detail=heading,
            )
    return Outcome(rows.table(), rejects.table())


def _add(
    rows: Columns, passage: Passage, templates: tuple[Template, ...], config: GenerateConfig
) -> str | None:
    """Add the passage's example; the reason when there is none."""
    if not passage.headings:
        return "no_heading"
    if not passage.opens_section:
        return "continues_section"
    variables = variables_of(passage.headings)
    if variables is None:
        return "heading_uninformative"
    start = body_start(passage.text)
    body = passage.text[start:]
    reason = why_not_prose(body)
    if reason:
        return reason
    if estimate_tokens(len(body)) > config.max_answer_tokens:
        return "answer_too_long"
    # A shared heading ("Installation") is only a question together with what it stands under.
    usable = tuple(t for t in templates if "topic" in t.variables) if needs_topic(variables) else templates
    answer = body.decode("utf-8")
    difficulty = prose_difficulty(answer)
    question, template_id, held_out = word(usable, passage.chunk_id, config.seed, variables, difficulty)
    rows.add(
        **row_of(passage, TASK, VERSION, start, len(passage.text), (question, answer, held_out)),
        kind="chat",
        messages=chat(question, answer),
        subject=answer,
        difficulty=difficulty,
        template_id=template_id,
        held_out_wording=held_out or None,
    )
    return None
