"""A build of a repository as a whole: its files together, its documents and its history."""

import pytest

from tests.flows.builds import ask, run_build
from tests.tasks.ingest.histories import commit, scale_history

pytestmark = pytest.mark.flow

RECIPE = """name: repository
description: What a repository gives as a whole.
ingest:
  max_commits: 20
  presets: [starcoder]
chunk:
  max_tokens: 96
  min_tokens: 10
  overlap_tokens: 0
generate:
  code_methods: [complete_in_repository, retrieve_api]
  prose_methods: [show_usage, describe_function]
  presets: [codesearchnet]
  min_answer_tokens: 1
validate:
  min_tokens: 1
  min_quality: 0
"""
REPORT = '''# Reports on what was weighed.
from scale import mean


def report(values):
    """Tell the mean of some values in a sentence."""
    middle = mean(values)
    return f"On average they weigh {middle}"
'''
GUIDE = """# The scale

## `mean(values)`

The arithmetic mean of the values that you hand in, which may be any numbers; of no value at all it is
nought, so that a report on an empty day can be written without a case of its own for that.

## Weighing in practice

```python
from scale import Scale

scale = Scale(0, 2)
print(scale.place(1))
```
"""


@pytest.fixture(scope="module")
def built(tmp_path_factory):
    folder = tmp_path_factory.mktemp("repository")
    (folder / "repository.yaml").write_text(RECIPE)
    project = scale_history(folder / "scale")
    commit(project, "Report on the mean of values", {"report.py": REPORT, "docs/guide.md": GUIDE})
    lake = folder / "lake"
    run_build(lake, project, recipe=str(folder / "repository.yaml"))
    return lake


def test_files_documents_and_commits_of_a_repository_become_examples(built):
    tasks = dict(ask(built, "SELECT task, count(*) FROM examples GROUP BY task"))
    assert set(tasks) == {
        "repository_completion",
        "api_retrieval",
        "show_usage",
        "describe_function",
        "write_commit_message",
        "apply_change",
        "fix_from_history",
    }
    (question,) = ask(
        built, "SELECT messages[1].content FROM examples WHERE task = 'repository_completion' LIMIT 1"
    )[0]
    assert "# scale.py\ndef mean(values):" in question


def test_what_is_left_out_says_the_rule_or_the_commits_reason(built):
    reasons = {reason for (reason,) in ask(built, "SELECT DISTINCT reason FROM rejects")}
    assert {"merge_commit", "bot_commit", "codesearchnet.documentation"} <= reasons


def test_every_example_is_judged_and_none_fails_for_its_place_or_its_shape(built):
    failed = ask(built, "SELECT DISTINCT reason FROM verdicts WHERE NOT is_accepted")
    assert not {"answer_not_in_place", "syntax_error", "origin_missing"} & {reason for (reason,) in failed}
