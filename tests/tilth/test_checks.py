import pyarrow as pa
import pytest

from tilth.artifact import assemble, write_part
from tilth.checks import check_artifact, unique
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
