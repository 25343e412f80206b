"""Applying a change: a message and the lines as they were are the question, the lines as they became the answer.

Only commits that change one place of one file of code take part, beside tests and prose: there the message tells
this change and no other (CommitPackFT keeps commits of a single file for the same reason: arXiv 2308.07124).
"""

from __future__ import annotations

from tasks.generate.commit import Commit, CommitDraft
from tasks.generate.config import GenerateConfig
from tasks.generate.diffs import flush
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"


def apply_change(commit: Commit, config: GenerateConfig) -> list[CommitDraft] | str:
    """One draft, the changed function whole as far as git found its borders."""
    if not commit.code:
        return "changes_no_code"
    places = [(change, language, hunk) for change, language in commit.code for hunk in change.hunks]
    if len(places) != 1:
        return "changes_many_places"
    change, language, hunk = places[0]
    before, after = flush(hunk.side(b"-")).strip(b"\n"), flush(hunk.side(b"+")).strip(b"\n")
    reason = _refusal(before, after, config)
    if reason is not None:
        return reason
    place = (hunk.start, hunk.end)
    return [CommitDraft(before, language, after, place, remark=commit.message, path=change.path)]


def _refusal(before: bytes, after: bytes, config: GenerateConfig) -> str | None:
    tokens = len(after) / BYTES_PER_TOKEN
    if not before.strip() or not after.strip():
        return "adds_or_removes_only"
    if before.split() == after.split():
        return "changes_layout_only"
    if len(before) / BYTES_PER_TOKEN > config.max_context_tokens + config.max_answer_tokens:
        return "context_too_long"
    if tokens > config.max_answer_tokens:
        return "answer_too_long"
    return "answer_too_short" if tokens < config.min_answer_tokens else None
