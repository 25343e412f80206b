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
    chat_row,
    of_each_passage,
    prose_difficulty,
    row_of,
    why_not_prose,
)
from tasks.generate.templates import Template, word
from tilth.records import Columns, Outcome
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
    return of_each_passage(
        chunks, documents, lambda rows, passage: _add(rows, passage, templates[TASK], config)
    )


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
    wording = word(usable, passage.chunk_id, config.seed, variables, difficulty)
    row = row_of(passage, TASK, VERSION, start, len(passage.text), (wording.text, answer, wording.held_out))
    rows.add(**chat_row(row, wording.text, answer, wording, difficulty))
    return None
