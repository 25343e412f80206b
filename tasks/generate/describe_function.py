"""Documentation of a function: its code is the question, the section of the repository's documents about it the answer.

A section is about a function when its heading is the function's name, or when it is prose that names this one function
of the repository and no other, in its first sentence and again, each time as code (by a role, with a bracket behind
it, or between backticks). A name that several definitions bear belongs to none of them. Changelogs and the like are
left out.
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
from tasks.generate.passages import (
    Passage,
    body_start,
    chat_row,
    passages_of,
    prose_difficulty,
    row_of,
    why_not_prose,
)
from tasks.generate.protocol import line_start
from tasks.generate.show_usage import code_bytes
from tasks.generate.templates import Template, word
from tasks.generate.variables import LANGUAGE_NAMES
from tasks.generate.write_docstring import dedented
from tilth.markdown import fenced
from tilth.records import EXAMPLES, REJECTS, Columns, Outcome, rows_of
from tilth.sentences import sentence_starts
from tilth.tokens import estimate_tokens

TASK = "describe_function"
VERSION = "1"

# By a role, before a bracket, or between backticks; dotted names count by their last part. A plain word between
# backticks may as well be a parameter or a value.
_NAMED = re.compile(
    rb":(?:func|meth|class):`~?(?:[\w.]+\.)?(\w{3,})(?:\(\))?`|\b(?:\w+\.)*([A-Za-z_]\w{2,})\("
    rb"|`(?:[\w.]+\.)?([A-Za-z]*_\w+|[A-Z][a-z]+[A-Z]\w*)`"
)
# A heading that is nothing but a name, dotted or not, with or without its parameters.
_TITLE = re.compile(r"`*(?:[\w.]+\.)?([A-Za-z_]\w{2,})(?:\(.*\))?`*")
_LOOKS_LIKE_CODE = re.compile(r"[`_(.]|[a-z][A-Z]")
# What a section is about is named when it begins, and again.
_MIN_TIMES = 2
_CHANGES = re.compile(
    r"(?:^|/)(?:change|history|news|release|version|whatsnew|todo|contribut|security)[^/]*$|^v?\d+\.\d+",
    re.IGNORECASE,
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
    text: bytes  # of the whole file

    @property
    def code(self) -> str:
        """The definition, moved to the left margin."""
        return dedented(self.text[line_start(self.text, self.start) : self.end]).decode("utf-8")


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
        is_new = found is not None and found.unit_id not in asked
        if found is not None and is_new and _add(rows, passage, found, templates[TASK], config):
            asked.add(found.unit_id)
    return Outcome(rows.table(), REJECTS.empty_table())


def _definitions(documents: pa.Table, units: pa.Table) -> Mapping[str, Definition]:
    """What the repository defines, by the names that are borne once; tests are no part of it."""
    texts = {
        document_id: text.encode("utf-8") for document_id, text in rows_of(documents, "document_id", "text")
    }
    is_kind = pc.is_in(units["kind"], value_set=pa.array(["function", "method", "class"]))
    is_whole = pc.and_(pc.is_valid(units["body_start"]), pc.invert(units["has_error"]))
    is_wanted = pc.and_(pc.and_(is_kind, is_whole), pc.invert(units["is_test"]))
    names = ("unit_id", "name", "document_id", "start", "end", "language")
    found = [row for row in rows_of(units.filter(is_wanted), *names) if row[2] in texts]
    often = Counter(row[1] for row in found)
    return {row[1]: Definition._make((*row, texts[row[2]])) for row in found if often[row[1]] == 1}


def _subject_of(passage: Passage, defined: Mapping[str, Definition]) -> Definition | None:
    """The one definition that a section is about."""
    if not passage.opens_section or any(map(_CHANGES.search, (passage.path, *passage.headings))):
        return None
    title = _TITLE.fullmatch(passage.headings[-1].strip()) if passage.headings else None
    if title is not None and title[1] in defined and _LOOKS_LIKE_CODE.search(title[0]):
        return defined[title[1]]
    body = passage.text[body_start(passage.text) :]
    often = Counter(name for name in _names(body) if name in defined)
    if len(often) != 1 or why_not_prose(body) is not None:
        return None
    name, times = often.popitem()
    is_first = name.encode("utf-8") in body[: next(iter(sentence_starts(body, 0, len(body))), len(body))]
    return defined[name] if is_first and times >= _MIN_TIMES else None


def _names(body: bytes) -> Iterator[str]:
    for found in _NAMED.finditer(body):
        yield found[found.lastindex or 0].decode("utf-8")


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
    answer = body.decode("utf-8")
    difficulty = prose_difficulty(answer)
    wording = word(templates, passage.chunk_id, config.seed, variables, difficulty)
    question = f"{wording.text}\n\n{fenced(found.code, found.language)}"
    row = row_of(passage, TASK, VERSION, start, start + len(body), (question, answer, wording.held_out))
    row["origins"] += [{"document_id": found.document_id, "start": found.start, "end": found.end}]
    row["extra"] = json.dumps({"describes": found.name})
    rows.add(**chat_row(row, question, answer, wording, difficulty))
    return True
