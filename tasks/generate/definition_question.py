"""Definition questions: "What is X?", answered by the sentence or glossary entry that defines X.

The answer is the source's own words, its runs of white space folded; the span names the bytes they stand in.
"""

from __future__ import annotations

from collections.abc import Mapping

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.definitions import Definition
from tasks.generate.headings import plain, variables_of
from tasks.generate.passages import Passage, chat_row, passages_of, prose_difficulty, row_of
from tasks.generate.queries import new_definitions
from tasks.generate.templates import Template, word
from tilth.fingerprint import digest
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome

TASK = "definition_question"
VERSION = "1"


def generate_from_chunks(
    chunks: pa.Table,
    documents: pa.Table,
    templates: Mapping[str, tuple[Template, ...]],
    config: GenerateConfig,
) -> Outcome:
    """A chat for each definition of a passage; a passage that gives none is a reject (`no_definition`).

    What a passage repeats of the one before is left out: that one has asked for it already.
    """
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    for passage in passages_of(chunks, documents, rejects):
        found = new_definitions(passage)
        for definition in found:
            _add(rows, passage, definition, templates[TASK], config)
        if not found:
            rejects.add(
                key=passage.document_id,
                item_id=passage.chunk_id,
                path=passage.path,
                reason="no_definition",
                detail=passage.headings[-1] if passage.headings else None,
            )
    return Outcome(rows.table(), rejects.table())


def _topic(passage: Passage) -> str:
    """The outermost heading, where it names something."""
    outermost = passage.headings[:1]
    return plain(outermost[0]) if variables_of(outermost) else ""


def _add(
    rows: Columns,
    passage: Passage,
    found: Definition,
    templates: tuple[Template, ...],
    config: GenerateConfig,
) -> None:
    topic = _topic(passage)
    # "In the context of Tilth, what is Tilth?" says nothing.
    variables = {"term": found.term, "topic": "" if topic.lower() == found.term.lower() else topic}
    answer = " ".join(passage.text[found.start : found.end].decode("utf-8").split())
    difficulty = prose_difficulty(answer)
    wording = word(templates, digest(passage.chunk_id, str(found.start)), config.seed, variables, difficulty)
    row = row_of(passage, TASK, VERSION, found.start, found.end, (wording.text, answer, wording.held_out))
    rows.add(**chat_row(row, wording.text, answer, wording, difficulty))
