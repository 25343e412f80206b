"""Usage from documentation: what a section's heading asks for is shown by its code, with the words around it.

The sections that `heading_to_passage` leaves out because they are mostly code: a README's "Quick start", a recipe, an
example. The heading must name something, and the section must hold a block of code between fences, or indented under
reStructuredText's `::`. Whether the code runs, nobody tried.
"""

from __future__ import annotations

import re
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

TASK = "show_usage"
VERSION = "1"

_FENCED = re.compile(rb"^[ ]{0,3}(```+|~~~+)[^\n]*\n(.*?\S.*?)^[ ]{0,3}\1", re.MULTILINE | re.DOTALL)
_DIRECTIVE = re.compile(
    rb"^(?:\.\. (?:code-block|code|sourcecode)::[^\n]*|[^\n]*::)[ \t\r]*\n(?:[ \t]*:\w[^\n]*\n)*(?:[ \t\r]*\n)+"
    rb"([ \t]+\S[^\n]*)",
    re.MULTILINE,
)
# A badge or a command of one word shows no use of anything.
_MIN_CODE_BYTES = 20


def generate_from_chunks(
    chunks: pa.Table,
    documents: pa.Table,
    templates: Mapping[str, tuple[Template, ...]],
    config: GenerateConfig,
) -> Outcome:
    """One chat a section that is mostly code; every other passage is a reject with its reason."""
    return of_each_passage(
        chunks, documents, lambda rows, passage: _add(rows, passage, templates[TASK], config)
    )


def code_bytes(body: bytes) -> int:
    r"""How much of a text stands in blocks of code, at least: of an indented block its first line counts.

    >>> code_bytes(b"Call it:\n\n```python\nf(1)\n```\n"), code_bytes(b"Call it::\n\n    f(1)\n"), code_bytes(b"f(1)")
    (5, 8, 0)
    """
    fenced = sum(len(found[2]) for found in _FENCED.finditer(body))
    return fenced + sum(len(found[1]) for found in _DIRECTIVE.finditer(body))


def _add(
    rows: Columns, passage: Passage, templates: tuple[Template, ...], config: GenerateConfig
) -> str | None:
    """Add the section's example; the reason when there is none."""
    variables = variables_of(passage.headings) if passage.opens_section else None
    if variables is None:
        return "heading_uninformative" if passage.opens_section else "continues_section"
    start = body_start(passage.text)
    body = passage.text[start:].rstrip()
    if code_bytes(body) < _MIN_CODE_BYTES:
        return "no_code"
    if why_not_prose(body) is None:
        return "reads_as_prose"
    if estimate_tokens(len(body)) > config.max_answer_tokens:
        return "answer_too_long"
    # A shared heading ("Usage") is only a question together with what it stands under.
    usable = tuple(t for t in templates if "topic" in t.variables) if needs_topic(variables) else templates
    answer = body.decode("utf-8")
    difficulty = prose_difficulty(answer)
    wording = word(usable, passage.chunk_id, config.seed, variables, difficulty)
    if not wording.text:
        return "heading_uninformative"
    row = row_of(passage, TASK, VERSION, start, start + len(body), (wording.text, answer, wording.held_out))
    rows.add(**chat_row(row, wording.text, answer, wording, difficulty))
    return None
