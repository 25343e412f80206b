import json
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks.generate.commit import Commit
from tasks.generate.config import GenerateConfig
from tasks.generate.diffs import files_of, functions_of, narrowed
from tasks.generate.fix_from_history import fix_from_history
from tasks.generate.from_commits import generate_from_commits
from tasks.generate.templates import load_templates
from tasks.ingest.config import IngestConfig
from tasks.ingest.read_files import ingest_files
from tasks.ingest.survey import survey_sources
from tests.tasks.ingest.histories import scale_history
from tilth.records import EXAMPLES, REJECTS


@pytest.fixture(scope="module")
def documents(tmp_path_factory: pytest.TempPathFactory):
    folder = scale_history(tmp_path_factory.mktemp("history") / "scale")
    config = IngestConfig(max_commits=50)
    return ingest_files(survey_sources([str(folder)], config, Path("/nonexistent")).rows, config).rows


@pytest.fixture(scope="module")
def outcome(documents):
    return generate_from_commits(documents, GenerateConfig())


def of_task(outcome, task):
    return [row for row in outcome.rows.to_pylist() if row["task"] == task]


def test_a_diff_is_asked_about_and_its_message_answers(documents, outcome):
    assert outcome.rows.schema == EXAMPLES
    assert outcome.rejects.schema == REJECTS
    texts = dict(zip(documents["document_id"].to_pylist(), documents["text"].to_pylist(), strict=True))
    rows = of_task(outcome, "write_commit_message")
    assert len(rows) == 3
    for row in rows:
        question, answer = (message["content"] for message in row["messages"])
        text = texts[row["origins"][0]["document_id"]].encode()
        assert text[row["answer_start"] : row["answer_end"]].decode() == answer
        assert "```diff\ndiff --git" in question
        assert answer not in question


def test_a_tested_fix_gives_the_function_before_and_after(outcome):
    (row,) = of_task(outcome, "fix_from_history")
    question, answer = (message["content"] for message in row["messages"])
    assert "Fix values above the scale\n\nThey gave more than one." in question
    assert "```python\ndef place(self, value):" in question
    assert "value > self.high" not in question
    assert answer.startswith("```python\ndef place(self, value):")
    assert "    if value > self.high:\n        return 1.0\n" in answer
    assert json.loads(row["extra"]) == {"tests": ["tests/test_scale.py"]}
    assert row["language"] == "python"


def test_a_change_of_one_place_is_applied_to_the_lines_before_it(outcome):
    rows = of_task(outcome, "apply_change")
    answers = [row["messages"][1]["content"] for row in rows]
    assert len(rows) == 2
    assert any("if values else 0.0" in answer for answer in answers)
    assert not any("if values else 0.0" in row["messages"][0]["content"] for row in rows)


def test_a_message_that_is_shown_is_among_the_origins(outcome):
    (row,) = of_task(outcome, "fix_from_history")
    assert [origin["start"] for origin in row["origins"]][1:] == [0]


def test_a_commit_that_gives_nothing_is_a_reject(documents):
    found = generate_from_commits(documents, GenerateConfig(commit_methods=("fix_from_history",)))
    assert found.rows.num_rows == 1
    assert sorted(found.rejects["reason"].to_pylist()) == ["says_no_fix", "says_no_fix"]


def test_the_order_of_the_documents_changes_nothing(documents, outcome):
    turned = generate_from_commits(
        documents.take(list(range(documents.num_rows - 1, -1, -1))), GenerateConfig()
    )
    assert turned.rows.equals(outcome.rows)


def test_each_task_has_wordings_that_only_the_test_side_sees():
    for wordings in load_templates("commits.yaml").values():
        assert len(wordings) >= 5
        assert any(wording.is_held_out and "name" not in wording.variables for wording in wordings)


lines = st.lists(st.sampled_from(["a", "b", "c", "", "  d"]), min_size=1, max_size=40)


@given(lines, lines)
def test_a_narrowed_diff_changes_the_same_lines(before, after):
    body = "".join(f"-{line}\n" for line in before) + "".join(f"+{line}\n" for line in after)
    around = "".join(f" line {number}\n" for number in range(10))
    text = f"diff --git a/x.txt b/x.txt\n@@ -1,9 +1,9 @@ head\n{around}{body}{around}".encode()
    (change,) = files_of(text, 0)
    (hunk,) = change.hunks
    assert hunk.side(b"-").decode() == "".join(
        f"{line}\n"
        for line in (*(f"line {n}" for n in range(10)), *before, *(f"line {n}" for n in range(10)))
    )
    (shown,) = files_of(narrowed([change]), 0)[0].hunks
    assert [line for line in shown.lines if line[:1] != b" "] == [
        line for line in hunk.lines if line[:1] != b" "
    ]
    assert sum(line[:1] == b" " for line in shown.lines) == 6
    assert (shown.old_line, shown.new_line) == (8, 8)


@given(st.binary(max_size=300))
def test_any_bytes_are_a_diff_of_some_files(data):
    for change in files_of(b"diff --git a/x b/x\n@@ -1,2 +1,2 @@\n" + data, 0):
        assert narrowed([change]).startswith(b"diff --git")
    assert files_of(b"", 0) == []


def test_functions_of_a_region_are_found_in_many_languages():
    regions = {
        "go": (b"func Add(a int) int {\n\treturn a\n}\n", b"Add"),
        "rust": (b"pub fn add(a: i32) -> i32 {\n    a\n}\n", b"add"),
        "javascript": (b"export function add(a) {\n  return a;\n}\n", b"add"),
        "c": (b"static int add(int a)\n{\n\treturn a;\n}\n", b"add"),
        "java": (b"public int add(int a) {\n    return a;\n}\n", b"add"),
        "python": (b"@cache\ndef add(a):\n    return a\n", b"add"),
        "csharp": (b"static int Add(int a)\n{\n    return a;\n}\n", b"Add"),
        "php": (b"public function add($a)\n{\n    return $a;\n}\n", b"add"),
        "typescript": (b"private add(a: number): number {\n  return a;\n}\n", b"add"),
        "kotlin": (b"@Throws(IOException::class)\nfun add(a: Int): Int {\n    return a\n}\n", b"add"),
    }
    for language, (region, name) in regions.items():
        assert functions_of(region, language, "") != {}, language
        assert list(functions_of(region, language, "")) == [name]


@pytest.mark.parametrize(
    ("subject", "is_fix"),
    [
        ("Fix overflow of the scale", True),
        ("Fix overflow of the scale and add a test", True),
        ("Fix overflow of the scale, with unit tests", True),
        ("Fix tests", False),
        ("Fix typo in the documentation", False),
    ],
)
def test_tests_that_come_with_a_fix_are_no_other_work(subject, is_fix):
    text = f"{subject}\n\n".encode()
    commit = Commit("0", text, len(subject), frozenset({"tests/test_scale.py"}))
    assert (fix_from_history(commit, GenerateConfig()) != "says_no_fix") == is_fix
