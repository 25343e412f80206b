"""From commits to rows: asks each method for drafts of a commit, words the question, fills the columns.

A commit's document is its message and its diff (`tasks.ingest`). The author's own change is the answer: it is
evidence of what was wanted, and nothing here runs it.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from typing import NamedTuple

import pyarrow as pa
import pyarrow.compute as pc

from tasks.generate import apply_change, fix_from_history, write_commit_message
from tasks.generate.commit import Commit, CommitDraft
from tasks.generate.config import CommitMethod, GenerateConfig
from tasks.generate.rows import ExampleRow, example_table
from tasks.generate.templates import load_templates, word
from tasks.generate.variables import LANGUAGE_NAMES
from tilth.fingerprint import digest
from tilth.markdown import fenced_bytes
from tilth.records import REJECTS, Columns, Outcome, rows_of
from tilth.tokens import estimate_tokens


class CommitEntry(NamedTuple):
    """A method for commits, and its version. Its task bears its name."""

    make: Callable[[Commit, GenerateConfig], list[CommitDraft] | str]
    version: str


# A line each; adding one is a file and a line.
COMMIT_METHODS: Mapping[CommitMethod, CommitEntry] = {
    "write_commit_message": CommitEntry(
        write_commit_message.write_commit_message, write_commit_message.VERSION
    ),
    "apply_change": CommitEntry(apply_change.apply_change, apply_change.VERSION),
    "fix_from_history": CommitEntry(fix_from_history.fix_from_history, fix_from_history.VERSION),
}
_METHODS = pa.table(
    {"method": list(COMMIT_METHODS), "method_version": [entry.version for entry in COMMIT_METHODS.values()]}
)
_NUMBER_OF = {name: number for number, name in enumerate(COMMIT_METHODS)}
# What is read at a glance, and what fills a screen.
_EASY_LINES, _HARD_LINES = 10, 40


def generate_from_commits(documents: pa.Table, config: GenerateConfig) -> Outcome:
    """Examples of the documents of kind `commit`; one that gives none is a reject with the first method's reason."""
    rows: list[ExampleRow] = []
    shared: list[tuple[str, ...]] = []
    rejects = Columns(REJECTS)
    columns = ("document_id", "repository", "path", "licence", "category", "text", "extra")
    asked = documents.filter(pc.equal(documents["kind"], "commit")).sort_by("document_id")
    for document_id, repository, path, licence, category, text, extra in rows_of(asked, *columns):
        commit = Commit.read(document_id, text.encode("utf-8"), extra)
        reasons = []
        made = len(rows)
        for name in config.commit_methods:
            found = COMMIT_METHODS[name].make(commit, config)
            if isinstance(found, str):
                reasons.append(found)
                continue
            for draft in found[: config.max_views_per_unit]:
                rows.append(_row_of(commit, draft, name, len(shared), config))
                group = f"{repository}:{path.rpartition('/')[0]}"
                shared.append((document_id, document_id, group, draft.language, licence, category))
        if len(rows) == made and reasons:
            detail = commit.subject
            rejects.add(key=document_id, item_id=document_id, path=path, reason=reasons[0], detail=detail)
    names = ("document_id", "key", "group_id", "language", "licence", "category")
    parts = zip(*shared, strict=True) if shared else [()] * len(names)
    table = pa.table([pa.array(part, pa.string()) for part in parts], names=list(names))
    return Outcome(example_table(rows, table, _METHODS), rejects.table())


def _row_of(
    commit: Commit, draft: CommitDraft, name: CommitMethod, number: int, config: GenerateConfig
) -> ExampleRow:
    low, high = draft.origin
    origin_id = digest(commit.document_id, str(low), str(high))
    variables = {
        "language": LANGUAGE_NAMES.get(draft.language, draft.language),
        "path": draft.path,
        "name": draft.name,
        "subject": commit.subject,
    }
    difficulty = _difficulty(draft.context)
    instruction, template_id, held_out = word(
        load_templates("commits.yaml")[name], origin_id, config.seed, variables, difficulty
    )
    shown = fenced_bytes(draft.context, draft.language)
    said = (instruction.encode("utf-8"), draft.remark, shown)
    question = b"\n\n".join(part for part in said if part)
    is_prose = draft.answer_span is not None
    reply = draft.answer if is_prose else fenced_bytes(draft.answer, draft.language)
    start, end = draft.answer_span or (None, None)
    return ExampleRow(
        document=number,
        method=_NUMBER_OF[name],
        example_id=digest(name, commit.document_id, f"{low} {high}", held_out, question, reply),
        kind="chat",
        task=name,
        turns=(question, reply),
        untrained_answers=0,
        prefix=None,
        middle=None,
        suffix=None,
        query=None,
        positive=None,
        negatives=None,
        code=None,
        answer_start=start,
        answer_end=end,
        tests=None,
        oracle="source",
        origin_start=low,
        origin_end=high,
        origin_id=origin_id,
        subject=draft.context + draft.answer,
        difficulty=difficulty,
        template_id=template_id,
        held_out_wording=held_out or None,
        tokens=estimate_tokens(len(question) + len(reply)),
        extra=json.dumps(draft.extra, ensure_ascii=False, sort_keys=True),
        beside=((commit.document_id, 0, commit.message_end),) if low else (),
    )


def _difficulty(shown: bytes) -> str:
    """By how many lines have to be understood; a diff tells neither complexity nor nesting."""
    lines = shown.count(b"\n") + 1
    return "easy" if lines <= _EASY_LINES else "medium" if lines <= _HARD_LINES else "hard"
