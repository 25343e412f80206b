import pyarrow as pa
import pytest

from tilth.artifact import assemble, write_part
from tilth.checks import Finding, check_artifact, describe, unique
from tilth.errors import CheckError
from tilth.lake import Lake
from tilth.records import MIXTURE, REJECTS, Outcome

STAGE = "s" * 32


def manifest_of(lake, ids):
    rows = pa.table(
        {
            name: pa.array(ids if name == "example_id" else [None] * len(ids), MIXTURE.field(name).type)
            for name in MIXTURE.names
        },
        schema=MIXTURE,
    ).set_column(0, MIXTURE.field("key"), pa.array(["k"] * len(ids), pa.string()))
    work = pa.table({"key": ["k"], "work_digest": ["w"]})
    write_part(lake, "mixture", STAGE, work, Outcome(rows, REJECTS.empty_table()))
    return assemble(lake, "mixture", "a" * 32, STAGE, work, {})


def test_rows_with_one_id_stop_the_run_and_are_named_and_others_pass(tmp_path):
    columns = ("example_id", "task")
    lake = Lake.open(tmp_path / "good", create=True)
    (finding,) = check_artifact(lake, manifest_of(lake, ["x", "y"]), MIXTURE, [unique("example_id")], columns)
    assert finding.passed

    lake = Lake.open(tmp_path / "bad", create=True)
    with pytest.raises(
        CheckError, match="no two rows have the same example_id: 1 rows break it, among them x"
    ):
        check_artifact(lake, manifest_of(lake, ["x", "y", "x"]), MIXTURE, [unique("example_id")], columns)


def test_what_an_artifact_keeps_of_a_warning_does_not_depend_on_which_rows_came_first():
    one, other = (Finding("licence", False, False, 3, examples) for examples in (("a", "b"), ("b", "c")))
    assert describe(one) != describe(other)
    assert describe(one, with_rows=False) == describe(other, with_rows=False) == "licence: 3 rows break it"
