"""The methods that run code, on a small repository with tests: what they ask, and that every row proves itself."""

from __future__ import annotations

import json
import shutil

import pyarrow.parquet as pq
import pytest

from benchmarks.prove import main as prove_command
from benchmarks.prove import prove, sample_of
from tasks.generate.config import GenerateConfig
from tasks.generate.from_units import generate_from_units
from tasks.generate.observing import observed
from tasks.generate.running import ground_of
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tests.tasks.generate.test_from_units import documents_of
from tilth.sandbox.sandbox import Sandbox

RUNNING = (
    "predict_output", "predict_input", "predict_exception", "predict_branch", "trace_variables", "fix_bug", "spot_bug",
    "write_tests", "write_doctests", "rewrite_idiomatically", "follow_callers", "fix_after_failure",
)  # fmt: skip
BINS = '''"""Bins of grain."""


def spread(loads, bins=2):
    """Deal loads to bins in turn.

    >>> spread([1, 2, 3])
    [[1, 3], [2]]
    """
    if bins < 1:
        raise ValueError("no bin")
    found = []
    for number in range(bins):
        found.append(loads[number::bins])
    return found


def fullest(loads, bins=2):
    """The bin with the greatest load.

    >>> fullest([5, 1, 1])
    [5, 1]
    """
    dealt = spread(loads, bins)
    best = dealt[0]
    for bin in dealt:
        if sum(bin) > sum(best):
            best = bin
    return best


def is_even(loads):
    return True if sum(loads) % 2 == 0 else False


class Silo:
    def __init__(self, room):
        self.room = room
        self.held = 0

    def fill(self, load):
        """Add a load, as far as there is room.

        Gives what did not fit.
        """
        taken = min(load, self.room - self.held)
        self.held += taken
        return load - taken


class Gauge:
    def __init__(self, silo):
        self.silo = silo

    def level(self):
        return self.silo.held / self.silo.room
'''
TESTS = """import pytest

from bins import Silo, fullest, is_even, spread


def test_spread_deals_in_turn():
    assert spread([1, 2, 3, 4], 2) == [[1, 3], [2, 4]]
    assert spread([], 3) == [[], [], []]


def test_spread_needs_a_bin():
    with pytest.raises(ValueError):
        spread([1], 0)


def test_fullest():
    assert fullest([1, 9, 1], 2) == [9]
    assert fullest([4, 1], 1) == [4, 1]


@pytest.mark.parametrize("loads, expected", [([1, 1], True), ([1], False)])
def test_is_even(loads, expected):
    assert is_even(loads) is expected


def test_silo_fills():
    silo = Silo(5)
    assert silo.fill(3) == 0
    assert silo.fill(4) == 2
"""


@pytest.fixture(scope="module")
def repository():
    with Sandbox() as sandbox:
        mode, reason = sandbox.readiness()
    if mode is None:
        pytest.skip(f"NOTHING OF THE SANDBOX IS PROVEN HERE: {reason}")
    documents = documents_of(**{"bins.py": ("python", BINS), "test_bins.py": ("python", TESTS)})
    return documents, split_documents(documents, SplitConfig()).rows


def generate(repository, **config):
    documents, units = repository
    keys = {name: f"repository:{name}" for name in documents["document_id"].to_pylist()}
    kept = frozenset(units["unit_id"].to_pylist())
    given = {"code_methods": RUNNING, "max_views_per_unit": 16, **config}
    return generate_from_units(documents, units, kept, GenerateConfig(**given), keys)


@pytest.fixture(scope="module")
def rows(repository):
    return generate(repository).rows


def by_task(rows, task):
    return [row for row in rows.to_pylist() if row["task"] == task]


def test_every_method_makes_rows(rows):
    assert {row["method"] for row in rows.to_pylist()} == set(RUNNING)


def test_every_row_with_an_oracle_that_runs_is_proved_by_itself_alone(rows):
    programs, without = sample_of([rows], 1000)
    assert without == sum(row["oracle"] == "detector" for row in rows.to_pylist())
    with Sandbox() as sandbox:
        tallies = prove(programs, sandbox)
    assert {task: tally.complaint for task, tally in tallies.items()} == dict.fromkeys(tallies, "")
    assert sum(tally.proved for tally in tallies.values()) == len(programs) > 30


def test_the_proof_of_a_fixed_bug_fails_with_the_bug(rows):
    broken = []
    for row in by_task(rows, "bug_fixing"):
        question, answer = (message["content"].split("```python\n", 1)[1] for message in row["messages"])
        mutant, whole = question.split("\n```", 1)[0], answer.rsplit("\n```", 1)[0]
        lines = [f"    {line}" if line else line for line in whole.split("\n")]
        for text in (whole, "\n".join(lines)):
            if text in row["code"]:
                indent = "    " if text != whole else ""
                other = "\n".join(indent + line if line else line for line in mutant.split("\n"))
                broken.append(("bug", row["code"].replace(text, other) + row["tests"]))
                break
    assert len(broken) == len(by_task(rows, "bug_fixing"))
    with Sandbox() as sandbox:
        assert prove(broken, sandbox)["bug"].proved == 0


def test_nearly_every_function_that_tests_reach_gets_a_bug(rows):
    fixed = {row["origins"][0]["start"] for row in by_task(rows, "bug_fixing")}
    assert {BINS.index(head) for head in ("def spread", "def fullest", "def is_even")} <= fixed


def test_a_bug_without_a_test_is_labelled_by_its_weaker_oracle(rows):
    spotted = by_task(rows, "bug_spotting")
    assert {row["oracle"] for row in spotted} == {"detector"}
    assert all("The linter says" in row["messages"][0]["content"] for row in spotted)
    assert {row["origins"][0]["start"] for row in spotted} <= {
        BINS.index("def level"),
        BINS.rindex("def __init__"),
    }


def test_nobody_is_trained_on_an_attempt_that_fails(rows):
    for row in by_task(rows, "repair_dialogue"):
        assert [message["is_trained"] for message in row["messages"]] == [False, False, False, True]
        assert row["messages"][1]["content"] != row["messages"][3]["content"]


def test_no_prediction_asks_for_what_the_docstring_tells(rows):
    for row in rows.to_pylist():
        if row["task"].endswith("_prediction"):
            assert json.loads(row["extra"])["call"] not in ("spread([1, 2, 3])", "fullest([5, 1, 1])")


def test_no_path_and_no_address_of_this_machine_is_in_a_row(rows):
    for row in rows.to_pylist():
        for text in [message["content"] for message in row["messages"]]:
            assert "/job" not in text
            assert "/tmp" not in text
            assert "0x7f" not in text


def test_a_follow_up_asks_for_a_caller(rows):
    (row, *_) = by_task(rows, "execution_dialogue")
    assert "`spread` is called by `fullest`" in row["messages"][2]["content"]
    assert [message["is_trained"] for message in row["messages"]] == [False, True, False, True]


def test_the_rows_are_the_same_in_another_run_and_another_seed_asks_otherwise(repository, rows):
    ground_of.cache_clear()
    observed.cache_clear()
    assert generate(repository).rows.equals(rows)
    assert not generate(repository, seed=1).rows.equals(rows)


def test_without_bubblewrap_nothing_runs_and_nothing_is_made(repository, monkeypatch):
    ground_of.cache_clear()
    observed.cache_clear()
    monkeypatch.setattr(shutil, "which", lambda name: None)
    try:
        assert generate(repository).rows.num_rows == 0
    finally:
        ground_of.cache_clear()
        observed.cache_clear()


def test_the_command_proves_exported_rows_and_says_so(rows, tmp_path, capsys):
    pq.write_table(rows, tmp_path / "rows.parquet")
    assert prove_command([str(tmp_path), "--sample", "12", "--json"]) == 0
    printed = json.loads(capsys.readouterr().out)
    assert sum(task["proved"] for task in printed["tasks"].values()) == 12


def test_the_command_tells_a_row_that_is_wrong(rows, tmp_path, capsys):
    table = rows.slice(0, 1)
    wrong = table.set_column(table.column_names.index("tests"), "tests", [["assert False, 'no'"]])
    pq.write_table(wrong, tmp_path / "rows.parquet")
    assert prove_command([str(tmp_path / "rows.parquet")]) == 1
    assert "AssertionError: no" in capsys.readouterr().out


def test_the_command_names_files_that_hold_no_rows(tmp_path, capsys):
    assert prove_command([str(tmp_path)]) == 2
    assert "No Parquet file" in capsys.readouterr().err


def test_a_method_is_asked_about_on_an_object_that_a_call_makes(rows):
    found = [row for row in by_task(rows, "output_prediction") if "Silo(5).fill(" in row["extra"]]
    assert found
    for row in found:
        assert "class Silo" in row["messages"][0]["content"]
        assert "class Gauge" not in row["messages"][0]["content"]


def test_whether_a_call_raises_is_asked_of_functions_that_their_tests_never_make_raise(rows):
    names = {
        json.loads(row["extra"])["call"].partition("(")[0] for row in by_task(rows, "exception_prediction")
    }
    assert "is_even" in names
