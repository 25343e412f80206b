"""Fixes mined from history: a function as it was and what its fix is said to do; the answer is what it became.

A commit takes part when its message says that it fixes something and its tests changed with it: that somebody tested
the fix is the evidence, and the changed tests are named in `extra`. Nothing is run here; a fix that a test proves is
another method's. A commit that changes many functions is left out: which of them is the fix, nobody knows.
"""

from __future__ import annotations

import re

from tasks.generate.commit import Commit, CommitDraft
from tasks.generate.config import GenerateConfig
from tasks.generate.diffs import changed_functions
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "2"

# Of the keywords of Śliwerski, Zimmermann and Zeller 2005 (SZZ) and their usual widening those that name no other work.
_FIX = re.compile(
    r"\b(?:fix(?:e[sd]|ing)?|bug(?:s|fix|fixes)?|hotfix|regression|crash(?:es|ed)?|wrong(?:ly)?|incorrect(?:ly)?|"
    r"repair(?:s|ed)?|off[- ]by[- ]one|resolve[sd]?)\b",
    re.IGNORECASE,
)
# Fixes of what no function does.
_OTHER = re.compile(
    r"\b(?:typos?|spelling|docs?|documentation|docstrings?|comments?|lint(?:er|ing)?|flake8|ruff|mypy|formatting|"
    r"whitespace|indentation|ci|builds?|tests?|changelog|readme|badges?|links?|style)\b",
    re.IGNORECASE,
)
# Tests that come with a fix are no other work: they are what is asked for.
_WITH_TESTS = re.compile(r"(?:\badd(?:s|ed|ing)?|\band|\bwith|[+&,;])\b[^.;]*?\btests?\b", re.IGNORECASE)
_MAX_FUNCTIONS = 3


def fix_from_history(commit: Commit, config: GenerateConfig) -> list[CommitDraft] | str:
    """A draft for each function that a tested fix changes; of a commit with at most three."""
    said = _WITH_TESTS.sub("", commit.subject)
    if not _FIX.search(said) or _OTHER.search(_FIX.sub("", said)):
        return "says_no_fix"
    if not commit.tests:
        return "tests_unchanged"
    drafts = []
    reasons: list[str] = []
    for change, language in commit.code:
        for hunk in change.hunks:
            for name, before, after in changed_functions(hunk, language, change.path):
                most = config.max_context_tokens + config.max_answer_tokens
                if (
                    len(before) / BYTES_PER_TOKEN > most
                    or len(after) / BYTES_PER_TOKEN > config.max_answer_tokens
                ):
                    reasons.append("answer_too_long")
                    continue
                drafts.append(
                    CommitDraft(
                        before,
                        language,
                        after,
                        (hunk.start, hunk.end),
                        remark=commit.message,
                        path=change.path,
                        name=name.decode("utf-8", "replace"),
                        extra={"tests": sorted(commit.tests)},
                    )
                )
    if not drafts:
        return reasons[0] if reasons else "changes_no_function"
    return drafts if len(drafts) <= _MAX_FUNCTIONS else "changes_many_functions"
