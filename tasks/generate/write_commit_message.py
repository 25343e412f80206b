"""Commit messages: the diff is the question, its author's message the answer.

The diff is shown with three lines around each change. What ingest left out of it (binary files, generated ones) is not
shown, though the message may speak of it.
"""

from __future__ import annotations

from tasks.generate.commit import Commit, CommitDraft
from tasks.generate.config import GenerateConfig
from tasks.generate.diffs import narrowed
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "1"


def write_commit_message(commit: Commit, config: GenerateConfig) -> list[CommitDraft] | str:
    """One draft; a reason where diff or message are too long."""
    diff = narrowed(commit.files)
    if len(diff) / BYTES_PER_TOKEN > config.max_context_tokens + config.max_answer_tokens:
        return "context_too_long"
    if commit.message_end / BYTES_PER_TOKEN > config.max_answer_tokens:
        return "answer_too_long"
    whole = (0, len(commit.text))
    return [CommitDraft(diff, "diff", commit.message, whole, answer_span=(0, commit.message_end))]
