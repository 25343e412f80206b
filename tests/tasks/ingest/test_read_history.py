import json
import subprocess
from collections import Counter
from pathlib import Path

import pytest

from tasks.ingest.config import IngestConfig
from tasks.ingest.read_files import ingest_files
from tasks.ingest.read_history import message_of
from tasks.ingest.survey import survey_sources
from tests.tasks.ingest.histories import commit, git, scale_history, start


@pytest.fixture(scope="module")
def scale(tmp_path_factory: pytest.TempPathFactory) -> Path:
    return scale_history(tmp_path_factory.mktemp("history") / "scale")


def read(*sources, most=100, cache=Path("/nonexistent")):
    config = IngestConfig(max_commits=most)
    survey = survey_sources([str(source) for source in sources], config, cache)
    commits = survey.rows.filter([role == "commit" for role in survey.rows["role"].to_pylist()])
    return commits, ingest_files(survey.rows, config)


def commits_of(outcome):
    return [row for row in outcome.rows.to_pylist() if row["kind"] == "commit"]


def subject(row):
    return row["text"].partition("\n")[0]


def test_commits_are_read_only_when_they_are_asked_for(scale):
    commits, outcome = read(scale, most=0)
    assert commits.num_rows == 0
    assert not commits_of(outcome)


def test_every_commit_is_a_document_or_a_reject_with_its_reason(scale):
    commits, outcome = read(scale)
    left = [row for row in outcome.rejects.to_pylist() if row["path"].startswith(".git/commits/")]
    assert len(commits_of(outcome)) + len(left) == commits.num_rows == 11
    assert Counter(row["reason"] for row in left) == {
        "merge_commit": 1,
        "root_commit": 1,
        "bot_commit": 1,
        "revert_commit": 1,
        "uninformative_message": 2,
        "no_text_change": 1,
        "too_large": 1,
    }
    assert {subject(row) for row in commits_of(outcome)} == {
        "Fix values above the scale",
        "Give 0 as the mean of no values",
        "Say more about the notes",
    }


def test_a_commit_is_its_message_and_its_diff(scale):
    row = next(row for row in commits_of(read(scale)[1]) if subject(row).startswith("Fix"))
    extra = json.loads(row["extra"])
    message = row["text"].encode()[: extra["message_bytes"]].decode()
    assert message == "Fix values above the scale\n\nThey gave more than one."
    assert row["text"][len(message) :].startswith("\n\ndiff --git a/scale.py b/scale.py\n")
    assert "+        if value > self.high:\n" in row["text"]
    # The whole method stands in the diff, and the class around it does not.
    assert '     def place(self, value):\n         """Where' in row["text"]
    assert "\n class Scale:" not in row["text"]
    assert (extra["tests"], extra["files"]) == (["tests/test_scale.py"], ["scale.py", "tests/test_scale.py"])
    assert (row["kind"], row["language"], row["licence"]) == ("commit", "diff", "MIT")
    assert "Ada" not in row["text"]


def test_the_last_commits_are_those_that_are_read(scale):
    commits, _ = read(scale, most=3)
    wanted = git(scale, "rev-list", "--max-count=3", "HEAD").split()
    assert sorted(commits["content_digest"].to_pylist()) == sorted(wanted)


def test_a_repository_by_address_gives_the_same_commits(scale, tmp_path):
    local = {row["text"] for row in commits_of(read(scale)[1])}
    found = read(f"file://{scale}", cache=tmp_path)[1]
    assert {row["text"] for row in commits_of(found)} == local
    bare = tmp_path / "bare.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", str(scale), str(bare)], check=True)
    assert {row["text"] for row in commits_of(read(bare, cache=tmp_path / "other")[1])} == local


def test_what_a_repository_tells_git_to_run_is_not_run(tmp_path):
    folder = start(tmp_path / "hostile")
    told = tmp_path / "told"
    command = f"sh -c 'touch {told}'"
    commit(folder, "Begin with a file", {"a.py": "x = 1\n", ".gitattributes": "*.py diff=evil filter=evil\n"})
    commit(folder, "Change the file a bit", {"a.py": "x = 2\n"})
    for name in ("diff.external", "diff.evil.command", "diff.evil.textconv", "core.fsmonitor", "core.pager"):
        git(folder, "config", name, command)
    git(folder, "config", "log.showSignature", "true")
    git(folder, "config", "gpg.program", command)
    found = commits_of(read(folder)[1])
    assert [subject(row) for row in found] == ["Change the file a bit"]
    assert not told.exists()


def test_a_partial_clone_fetches_nothing(tmp_path):
    folder = start(tmp_path / "partial")
    commit(folder, "Begin with a file", {"a.py": "x = 1\n"})
    last = commit(folder, "Change the file a bit", {"a.py": "x = 2\n"})
    commit(folder, "Add another file to it", {"b.py": "y = 2\n"})
    blob = git(folder, "rev-parse", f"{last}:a.py")
    (folder / ".git" / "objects" / blob[:2] / blob[2:]).unlink()
    told = tmp_path / "told"
    for name, value in {
        "core.repositoryFormatVersion": "1",
        "extensions.partialClone": "origin",
        "remote.origin.promisor": "true",
        "remote.origin.url": "ssh://nowhere.invalid/x",
        "core.sshCommand": f"touch {told}; false",
        "protocol.ssh.allow": "always",
    }.items():
        git(folder, "config", name, value)
    commits, outcome = read(folder)
    assert [subject(row) for row in commits_of(outcome)] == ["Add another file to it"]
    assert sorted(outcome.rejects["reason"].to_pylist()) == ["root_commit", "unreadable"]
    assert commits.num_rows == 3
    assert not told.exists()


def test_a_folder_that_only_looks_like_a_repository_is_told(tmp_path):
    (tmp_path / "x" / ".git").mkdir(parents=True)
    (tmp_path / "x" / "a.py").write_text("x = 1\n")
    config = IngestConfig(max_commits=5)
    rejects = survey_sources([str(tmp_path / "x")], config, tmp_path / "cache").rejects.to_pylist()
    assert "history_unreadable" in [row["reason"] for row in rejects]


def test_diffs_in_other_encodings_are_decoded(tmp_path):
    folder = start(tmp_path / "latin")
    commit(folder, "Begin with a word", {"a.txt": "Gr\xfc\xdfe aus M\xfcnchen\n".encode("latin-1")})
    commit(folder, "Greet from another town", {"a.txt": "Gr\xfc\xdfe aus K\xf6ln\n".encode("latin-1")})
    (row,) = commits_of(read(folder)[1])
    assert "+Grüße aus Köln" in row["text"]


def test_a_long_history_is_read_whole(tmp_path):
    folder = start(tmp_path / "long")
    lines = "\n".join(f"value_{n} = {n}" for n in range(400))
    for number in range(40):
        commit(folder, f"Set the number to {number} now", {"a.py": f"number = {number}\n{lines}\n"})
    assert len(commits_of(read(folder)[1])) == 39


@pytest.mark.parametrize(
    ("raw", "message"),
    [
        ("Fix it\r\n\r\nCloses: #1\r\n", "Fix it\n\nCloses: #1"),
        ("gh-123: Fix the parser\n\nCo-Authored-By: B <b@c.d>", "Fix the parser"),
        ("Keep (#this)\n\n\n\nReviewed-by: me\n\nmore", "Keep (#this)\n\nmore"),
    ],
)
def test_a_message_keeps_its_words_and_loses_its_trailers(raw, message):
    assert message_of(raw) == message
