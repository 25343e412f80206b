import shutil

import pyarrow as pa
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tilth.artifact import (
    assemble,
    is_present,
    known_keys,
    load_manifest,
    part_folder,
    scan,
    seal,
    write_part,
)
from tilth.errors import LakeError
from tilth.lake import Lake
from tilth.query import connect
from tilth.records import REJECTS, Columns, Outcome

STAGE = "s" * 32
SHAPE = pa.schema([("key", pa.string()), ("value", pa.string()), ("parts", pa.list_(pa.int64()))])


def work_of(pairs):
    keys, digests = zip(*sorted(pairs), strict=True) if pairs else ((), ())
    return pa.table({"key": pa.array(keys, pa.string()), "work_digest": pa.array(digests, pa.string())})


def outcome_of(rows, rejects=()):
    left = Columns(REJECTS)
    for key, reason in rejects:
        left.add(key=key, item_id=key, reason=reason)
    table = pa.table(
        {"key": [key for key, _ in rows], "value": [value for _, value in rows], "parts": [[1]] * len(rows)},
        schema=SHAPE,
    )
    return Outcome(table, left.table())


def rows_in(lake, manifest, file="rows"):
    sql = scan(lake, manifest, file)
    if not sql:
        return []
    column = "value" if file == "rows" else "reason"
    with connect() as connection:
        return sorted(connection.execute(f"SELECT key, {column} FROM ({sql})").fetchall())


@pytest.fixture
def lake(tmp_path):
    return Lake.open(tmp_path / "lake", create=True)


def test_an_artifact_holds_what_its_parts_were_given(lake):
    write_part(lake, "things", STAGE, work_of([("a", "1"), ("b", "1")]), outcome_of([("a", "x"), ("b", "y")]))
    write_part(lake, "things", STAGE, work_of([("c", "1")]), outcome_of([], [("c", "bad")]))
    manifest = assemble(lake, "things", "k", STAGE, work_of([("a", "1"), ("b", "1"), ("c", "1")]), {})
    assert rows_in(lake, manifest) == [("a", "x"), ("b", "y")]
    assert rows_in(lake, manifest, "rejects") == [("c", "bad")]
    assert (manifest.artifact.rows, manifest.artifact.rejects) == (2, 1)
    assert manifest.artifact.reasons == {"bad": 1}


def test_a_changed_input_costs_one_part_and_its_old_rows_are_gone(lake):
    write_part(lake, "things", STAGE, work_of([("a", "1"), ("b", "1")]), outcome_of([("a", "x"), ("b", "y")]))
    write_part(lake, "things", STAGE, work_of([("a", "2")]), outcome_of([("a", "z")]))
    manifest = assemble(lake, "things", "k", STAGE, work_of([("a", "2"), ("b", "1")]), {})
    assert rows_in(lake, manifest) == [("a", "z"), ("b", "y")]


def test_a_change_gives_the_digest_that_building_from_nothing_gives(lake, tmp_path):
    write_part(lake, "things", STAGE, work_of([("a", "1"), ("b", "1")]), outcome_of([("a", "x"), ("b", "y")]))
    write_part(lake, "things", STAGE, work_of([("a", "2")]), outcome_of([("a", "z")]))
    changed = assemble(lake, "things", "k", STAGE, work_of([("a", "2"), ("b", "1")]), {})
    other = Lake.open(tmp_path / "other", create=True)
    write_part(
        other, "things", STAGE, work_of([("a", "2"), ("b", "1")]), outcome_of([("b", "y"), ("a", "z")])
    )
    fresh = assemble(other, "things", "k", STAGE, work_of([("a", "2"), ("b", "1")]), {})
    assert changed.artifact.digest == fresh.artifact.digest


ROWS = st.dictionaries(
    st.sampled_from("abcdefgh"),
    st.tuples(st.lists(st.text(max_size=4), max_size=3), st.integers(0, 2)),
    max_size=8,
)


@settings(max_examples=25, deadline=None)
@given(ROWS, st.lists(st.integers(0, 3), min_size=8, max_size=8))
def test_how_work_is_cut_into_parts_changes_neither_rows_nor_digest(tmp_path_factory, content, cuts):
    def build(groups):
        lake = Lake.open(tmp_path_factory.mktemp("lake") / "lake", create=True)
        for keys in groups:
            if keys:
                rows = [(key, value) for key in keys for value in content[key][0]]
                rejects = [(key, f"r{number}") for key in keys for number in range(content[key][1])]
                write_part(lake, "t", STAGE, work_of([(key, "1") for key in keys]), outcome_of(rows, rejects))
        manifest = assemble(lake, "t", "k", STAGE, work_of([(key, "1") for key in content]), {})
        return manifest.artifact, rows_in(lake, manifest), rows_in(lake, manifest, "rejects")

    groups: list[list[str]] = [[], [], [], []]
    for key, cut in zip(sorted(content), cuts, strict=False):
        groups[cut].append(key)
    assert build([sorted(content)]) == build(groups)


def test_a_row_under_a_strange_key_is_refused(lake):
    with pytest.raises(LakeError, match="outside their batch"):
        write_part(lake, "things", STAGE, work_of([("a", "1")]), outcome_of([("a", "x"), ("b", "y")]))


def test_work_that_was_not_done_cannot_be_assembled(lake):
    write_part(lake, "things", STAGE, work_of([("a", "1")]), outcome_of([("a", "x")]))
    with pytest.raises(LakeError, match="1 inputs have not been computed"):
        assemble(lake, "things", "k", STAGE, work_of([("a", "1"), ("b", "1")]), {})


def test_a_part_that_lost_a_file_counts_as_not_done(lake):
    folder = write_part(lake, "things", STAGE, work_of([("a", "1")]), outcome_of([("a", "x")]))
    (folder / "rows.parquet").unlink()
    with connect() as connection:
        known_keys(connection, lake, "things", STAGE)
        assert connection.execute("SELECT count(*) FROM known").fetchall() == [(0,)]


def test_a_sealed_artifact_is_present_until_a_file_of_it_goes(lake):
    work = work_of([("a", "1")])
    write_part(lake, "things", STAGE, work, outcome_of([("a", "x")]))
    seal(lake, assemble(lake, "things", "k", STAGE, work, {}))
    assert is_present(lake, "things", "k")
    assert load_manifest(lake, "things", "k").artifact.rows == 1
    shutil.rmtree(part_folder(lake, "things", STAGE, work))
    assert not is_present(lake, "things", "k")


def test_an_artifact_of_nothing_is_an_artifact(lake):
    manifest = assemble(lake, "things", "k", STAGE, work_of([]), {})
    assert (manifest.artifact.rows, manifest.parts) == (0, ())
    assert scan(lake, manifest) == ""


def test_a_damaged_manifest_is_said_to_be_so(lake):
    path = lake.manifest("things", "k")
    path.parent.mkdir(parents=True)
    path.write_text("{")
    with pytest.raises(LakeError, match="cannot be read"):
        load_manifest(lake, "things", "k")


def test_a_part_says_where_its_rows_lie(lake):
    work = work_of([("it's", "1")])
    write_part(lake, "things", STAGE, work, outcome_of([("it's", "x")]))
    manifest = assemble(lake, "things", "k", STAGE, work, {})
    with connect() as connection:
        (part,) = connection.execute(f"SELECT part FROM ({scan(lake, manifest, with_part=True)})").fetchall()
    assert (lake.root / part[0] / "rows.parquet").is_file()
