"""Commits of a repository as documents: the message, an empty line, and the diff with whole functions as its context.

Message and diff are one text so that secrets and personal data are looked for in both, and spans name either. Left
out of the diff are binary, generated and vendored files and those that were only renamed; left out altogether, with a
reason, are merges, a history's first commit, bots, reverts, messages that say nothing, and diffs too large for an
example. The author is not kept. Git runs isolated (`git.py`): no setting of the user's and no program of the
repository's takes part.
"""

from __future__ import annotations

import os
import re
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from pathlib import Path
from threading import Timer
from typing import IO, NamedTuple

from tasks.ingest.decode import decode
from tasks.ingest.git import TIMEOUT_S, command, environment, run_git
from tilth.detect.files import generated_reason, vendored_reason
from tilth.errors import RequestError

# Where commits lie among a source's paths.
FOLDER = ".git/commits"

# Two windows of 8192 tokens: what is longer is never shown whole.
_MAX_DIFF_BYTES = 64 << 10
# A change to more files than this is a sweep (a new header, a renamed word), and no message tells it.
_MAX_FILES = 20
# So many commits in a row that git cannot show: then it is the repository, not the commits.
_MAX_FAILURES = 20
# CommitPackFT (arXiv 2308.07124, appendix) asks for three words and more, and drops openings like these.
_MIN_WORDS = 3
_BOT = re.compile(
    r"\[bot\]|\b(?:dependabot|renovate|greenkeeper|pyup|snyk|mergify|github-actions|pre-commit-ci|allcontributors|"
    r"weblate|transifex|travis|jenkins|circleci|codecov|imgbot|semantic-release)\b",
    re.IGNORECASE,
)
_REVERT = re.compile(r"^(?:revert\b|reapply\b)|^This reverts commit", re.IGNORECASE | re.MULTILINE)
_SAYS_NOTHING = re.compile(
    r"^(?:wip\b|merge\b|bump\b|release\b|version\b|prepare (?:for )?release|"
    r"(?:up)?date(?:d|s)? (?:changelog|readme|version|"
    r"deps|dependencies|requirements|submodules?|files?|code)\b|initial commit|first commit|changelog\b|v?\d+\.\d+|"
    r"(?:fixup|squash|amend)!|\[?(?:pre-commit|autofix|skip ci))",
    re.IGNORECASE,
)
# Lines that tools and reviewers leave, and what a hosting service adds to a subject.
_TRAILER = re.compile(
    r"^(?:[A-Z][A-Za-z]+(?:-[A-Za-z]+)+: .*|git-svn-id:.*|\(cherry picked from commit .*\)|CC: .*|Bug: .*|Ref: .*)$",
    re.MULTILINE,
)
_PULL_REQUEST = re.compile(
    r"[ \t]*\((?:#|GH-|gh-)\d+\)(?=[ \t]*$)|^(?:bpo-\d+|gh-\d+|#\d+)[:,][ \t]*", re.MULTILINE
)
_BLANK_LINES = re.compile(r"\n{3,}")
_WORD = re.compile(r"[^\W\d_]{2,}")

_TEST = re.compile(
    r"(?:^|/)(?:tests?|testing|specs?|__tests__)/|(?:^|/)(?:test_|conftest\.py)[^/]*$"
    r"|[_.-](?:test|tests|spec)\.\w+$|Tests?\.\w+$"
)
_FILE = re.compile(rb"^diff --git a/.*? b/(.*)$", re.MULTILINE)
# Shortened ids: how short depends on how much the repository holds.
_INDEX = re.compile(rb"^index [0-9a-f]+\.\.[0-9a-f]+[^\n]*\n", re.MULTILINE)
_HEAD = re.compile(rb"\x00\x01([0-9a-f]{40,64})\0([^\0]*)\0([^\0]*)\0([^\0]*)\0\n?")
# Which lines begin a function, by git's own patterns for these languages; else a line at the left margin does.
_DRIVERS = (
    "*.py diff=python\n*.pyi diff=python\n*.go diff=golang\n*.rs diff=rust\n*.java diff=java\n*.rb diff=ruby\n"
    "*.php diff=php\n*.c diff=cpp\n*.h diff=cpp\n*.cc diff=cpp\n*.cpp diff=cpp\n*.hpp diff=cpp\n*.cs diff=csharp\n"
    "*.kt diff=kotlin\n*.sh diff=bash\n*.md diff=markdown\n"
)


class Commit(NamedTuple):
    """A commit that is taken: message and diff are its text, the message its first `message_bytes` bytes."""

    commit: str
    text: str
    utf8: bytes
    encoding: str
    message_bytes: int
    files: list[str]  # changed, as far as the diff shows them
    tests: list[str]  # those of them that look like tests


class BadCommit(NamedTuple):
    """A commit that is not taken, and why."""

    commit: str
    reason: str
    detail: str | None


def list_commits(git_dir: Path, revision: str, most: int) -> list[str] | None:
    """Ids of the last commits that led to a revision, the latest first; None where git cannot read the history."""
    found = run_git(f"--git-dir={git_dir}", "rev-list", f"--max-count={most}", revision, "--", isolated=True)
    return found.stdout.split() if found.returncode == 0 else None


def read_commits(git_dir: str, commits: Sequence[str]) -> Iterator[Commit | BadCommit]:
    """Each commit in the order in which it is asked for. One that git does not give is a `BadCommit`."""
    found: dict[str, Commit | BadCommit] = {}
    waiting = list(commits)
    failures = 0
    with tempfile.TemporaryDirectory(prefix="tilth-git-") as folder:
        attributes = Path(folder) / "attributes"
        attributes.write_text(_DRIVERS, encoding="utf-8")
        # Git ends at the first commit that it cannot show; those after it are asked for again.
        while waiting and failures < _MAX_FAILURES:
            shown = dict(_shown(git_dir, waiting, attributes))
            found |= shown
            waiting = [commit for commit in waiting if commit not in shown][1:]
            failures = 0 if shown else failures + 1
    for commit in commits:
        yield found.get(commit) or BadCommit(commit, "unreadable", "git does not show it")


def _shown(
    git_dir: str, commits: Sequence[str], attributes: Path
) -> Iterator[tuple[str, Commit | BadCommit]]:
    arguments = command(
        *("-c", f"core.attributesFile={attributes}", "-c", "core.bigFileThreshold=4m", "-c", "core.quotePath=false"),
        *("-c", "diff.algorithm=myers", "-c", "diff.noprefix=false", "-c", "diff.mnemonicPrefix=false"),
        *("-c", "diff.interHunkContext=0", "-c", "diff.suppressBlankEmpty=false", "-c", f"diff.orderFile={os.devnull}"),
        *("-c", "i18n.logOutputEncoding=UTF-8", f"--git-dir={git_dir}", "log", "--no-walk=unsorted", "--stdin"),
        *("--no-show-signature", "--no-color", "--no-ext-diff", "--no-textconv", "--no-notes", "--no-mailmap"),
        *("--find-renames", "--function-context", "--unified=3", "--ignore-submodules=all", "--patch"),
        "--format=format:%x00%x01%H%x00%P%x00%an <%ae>%x00%B%x00",
    )  # fmt: skip
    asked = attributes.with_name("commits")
    asked.write_text("".join(f"{commit}\n" for commit in commits), encoding="ascii")
    try:
        with asked.open("rb") as stdin:
            process = subprocess.Popen(
                arguments,
                stdin=stdin,
                stdout=subprocess.PIPE,
                stderr=subprocess.DEVNULL,
                env=environment(isolated=True),
                cwd=attributes.parent,
            )
    except FileNotFoundError:
        raise RequestError("git is not installed, and a history is to be read. Install git.") from None
    timer = Timer(TIMEOUT_S, process.kill)
    timer.start()
    with process:
        assert process.stdout is not None
        try:
            held = None
            for part in _parted(process.stdout):
                if held is not None:
                    yield _named(*held)
                held = part
            # Where git broke off, the last diff is not whole.
            if held is not None and process.wait() == 0:
                yield _named(*held)
        finally:
            timer.cancel()
            process.kill()


def _named(head: re.Match[bytes], diff: bytes | None) -> tuple[str, Commit | BadCommit]:
    commit, parents, author, message = (part.decode("utf-8", "replace") for part in head.groups())
    return commit, _judged(commit, parents.split(), author, message, diff)


def _parted(stream: IO[bytes]) -> Iterator[tuple[re.Match[bytes], bytes | None]]:
    """Each commit's head and its diff; None for a diff above the bound, of which no more is held than that."""
    head: re.Match[bytes] | None = None
    rest = b""
    is_over = False
    while block := stream.read(1 << 16):
        rest += block
        while (found := _HEAD.search(rest)) is not None:
            if head is not None:
                diff = rest[: found.start()]
                yield head, None if is_over or len(diff) > _MAX_DIFF_BYTES else diff
            head, rest, is_over = found, rest[found.end() :], False
        # A head may lie across two blocks, so its possible beginning stays.
        start = rest.rfind(b"\0\1")
        body = len(rest) if start < 0 else start
        if head is not None and body > 2 * _MAX_DIFF_BYTES:
            is_over = True
            rest = rest[-1:] if start < 0 else rest[start:]
    if head is not None:
        yield head, None if is_over or len(rest) > _MAX_DIFF_BYTES else rest


def _judged(
    commit: str, parents: Sequence[str], author: str, raw_message: str, diff: bytes | None
) -> Commit | BadCommit:
    message = message_of(raw_message)
    subject = message.partition("\n")[0]
    reason = _refusal(parents, author, raw_message, subject)
    if reason is not None:
        return BadCommit(commit, reason, subject or None)
    if diff is None:
        return BadCommit(commit, "too_large", f"its diff has more than {_MAX_DIFF_BYTES} bytes")
    files = dict(_text_changes(diff))
    if not files:
        return BadCommit(commit, "no_text_change", subject)
    if len(files) > _MAX_FILES:
        return BadCommit(commit, "too_many_files", f"{len(files)} files, {_MAX_FILES} are allowed")
    decoded = decode(b"".join(files.values()))
    if decoded is None:
        return BadCommit(commit, "undecodable", "no encoding fits its diff")
    text = f"{message}\n\n{decoded.text}"
    paths = list(files)
    tests = [path for path in paths if _TEST.search(path)]
    utf8 = text.encode("utf-8")
    return Commit(commit, text, utf8, decoded.encoding, len(message.encode("utf-8")), paths, tests)


def _refusal(parents: Sequence[str], author: str, raw_message: str, subject: str) -> str | None:
    if len(parents) > 1:
        return "merge_commit"
    if not parents:
        return "root_commit"
    if _BOT.search(author):
        return "bot_commit"
    if _REVERT.search(raw_message):
        return "revert_commit"
    if len(_WORD.findall(subject)) < _MIN_WORDS or _SAYS_NOTHING.match(subject):
        return "uninformative_message"
    return None


def message_of(raw: str) -> str:
    r"""A commit's message without trailers and numbers of issues.

    >>> message_of("Fix the bound (#12)\n\nIt was off.\n\nSigned-off-by: A <a@b.c>\n")
    'Fix the bound\n\nIt was off.'
    """
    text = _PULL_REQUEST.sub("", _TRAILER.sub("", raw.replace("\r\n", "\n").replace("\0", "")))
    lines = "\n".join(line.rstrip() for line in text.split("\n"))
    return _BLANK_LINES.sub("\n\n", lines).strip()


def _text_changes(diff: bytes) -> Iterator[tuple[str, bytes]]:
    """Path and section of each file of a diff whose text changed, as a person would have changed it."""
    heads = list(_FILE.finditer(diff))
    ends = [head.start() for head in heads[1:]] + [len(diff)]
    for head, end in zip(heads, ends, strict=False):
        section = _INDEX.sub(b"", diff[head.start() : end].rstrip(b"\n") + b"\n", count=1)
        path = head[1].decode("utf-8", "replace").strip('"')
        if b"\n@@ " not in section or b"\0" in section:
            continue
        if vendored_reason(path) is None and generated_reason(path, b"") is None:
            yield path, section
