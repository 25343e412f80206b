"""Documentation of a function: its code is the question, the section of the repository's documents about it the answer.

A section is about a function when its heading names it, or when it is the only function of the repository that the
section names, and names it as code (between backticks, or with a bracket behind it). A name that several definitions
bear belongs to none of them. Changelogs and the like are left out, and so is what does not read as prose.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate.config import GenerateConfig
from tasks.generate.passages import Passage, body_start, chat, passages_of, prose_difficulty, row_of
from tasks.generate.show_usage import code_bytes
from tasks.generate.templates import Template, word
from tasks.generate.variables import LANGUAGE_NAMES
from tilth.markdown import fenced
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome, rows_of
from tilth.tokens import estimate_tokens

TASK = "describe_function"
VERSION = "1"

# Between backticks, or before a bracket; dotted names count by their last part.
_NAMED = re.compile(rb"`+~?(?:[\w.]+[.:])?([A-Za-z_]\w{2,})(?:\([^`\n]*\))?`|\b(?:\w+\.)*([A-Za-z_]\w{2,})\(")
_IN_HEADING = re.compile(r"[A-Za-z_]\w{2,}")
_CHANGES = re.compile(
    r"(?:^|/)(?:change|history|news|release|whatsnew|todo|contribut|security)[^/]*$", re.IGNORECASE
)
# Two sentences of prose, or a sentence and an example.
_MIN_WORDS = 15


class Definition(NamedTuple):
    """A function, method or class and its code."""

    unit_id: str
    name: str
    document_id: str
    start: int
    end: int
    language: str
    code: str


def generate_from_repository(
    chunks: pa.Table,
    documents: pa.Table,
    units: pa.Table,
    templates: Mapping[str, tuple[Template, ...]],
    config: GenerateConfig,
) -> Outcome:
    """A chat for each section that is about one function. Passages that are about none are no rejects.

    The tables are of one repository; each function is asked for once, by the first section by path and place.
    """
    rows, rejects = Columns(EXAMPLES), Columns(REJECTS)
    defined = _definitions(documents, units)
    asked: set[str] = set()
    passages = sorted(
        passages_of(chunks, documents, rejects), key=lambda passage: (passage.path, passage.start)
    )
    for passage in passages:
        found = _subject_of(passage, defined)
        if found is not None and found.unit_id not in asked:
            if _add(rows, passage, found, templates[TASK], config):
                asked.add(found.unit_id)
    return Outcome(rows.table(), REJECTS.empty_table())


def _definitions(documents: pa.Table, units: pa.Table) -> Mapping[str, Definition]:
    """What the repository defines, by the names that are borne once; tests are no part of it."""
    texts = {
        document_id: text.encode("utf-8") for document_id, text in rows_of(documents, "document_id", "text")
    }
    is_wanted = pc.and_(
        pc.is_in(units["kind"], value_set=pa.array(["function", "method", "class"])),
        pc.invert(pc.or_(units["is_test"], units["has_error"])),
    )
    names = ("unit_id", "name", "document_id", "start", "end", "language")
    found = [row for row in rows_of(units.filter(is_wanted), *names) if row[2] in texts]
    often = Counter(row[1] for row in found)
    return {
        row[1]: Definition(*row, code=texts[row[2]][row[3] : row[4]].decode("utf-8"))
        for row in found
        if often[row[1]] == 1
    }


def _subject_of(passage: Passage, defined: Mapping[str, Definition]) -> Definition | None:
    """The one definition that a section is about."""
    if _CHANGES.search(passage.path):
        return None
    if passage.headings and passage.opens_section:
        named = {name for name in _IN_HEADING.findall(passage.headings[-1]) if name in defined}
        # A plain word of a heading ("Counting") is no name, unless it is written like one or stands alone.
        marked = {name for name in named if "_" in name or passage.headings[-1].strip("`() ").endswith(name)}
        if len(marked) == 1:
            return defined[marked.pop()]
    inside = set(_names(passage.text[body_start(passage.text) :])) & defined.keys()
    return defined[inside.pop()] if len(inside) == 1 else None


def _names(body: bytes) -> Iterator[str]:
    for found in _NAMED.finditer(body):
        yield (found[1] or found[2]).decode("utf-8")


def _add(
    rows: Columns,
    passage: Passage,
    found: Definition,
    templates: tuple[Template, ...],
    config: GenerateConfig,
) -> bool:
    """Add the section's example, if it says enough and both sides fit."""
    start = body_start(passage.text)
    body = passage.text[start:].rstrip()
    is_long = estimate_tokens(len(body)) > config.max_answer_tokens
    is_wide = estimate_tokens(len(found.code)) > config.max_context_tokens + config.max_answer_tokens
    if len(body.split()) < _MIN_WORDS or is_long or is_wide or 2 * code_bytes(body) > len(body):
        return False
    language = LANGUAGE_NAMES.get(found.language, found.language)
    variables = {"name": found.name, "language": language}
    instruction, template_id, held_out = word(templates, passage.chunk_id, config.seed, variables)
    question = f"{instruction}\n\n{fenced(found.code, found.language)}"
    answer = body.decode("utf-8")
    row = row_of(passage, TASK, VERSION, start, start + len(body), (question, answer, held_out))
    row["origins"] += [{"document_id": found.document_id, "start": found.start, "end": found.end}]
    row["extra"] = json.dumps({"describes": found.name})
    rows.add(
        **row,
        kind="chat",
        messages=chat(question, answer),
        subject=answer,
        difficulty=prose_difficulty(answer),
        template_id=template_id,
        held_out_wording=held_out or None,
    )
    return True
