import pyarrow as pa
import pytest

from tasks.transform.apply_step import apply_step
from tasks.transform.config import TransformConfig
from tilth.errors import RequestError
from tilth.records import VERDICTS, Columns


@pytest.fixture
def verdicts():
    rows = Columns(VERDICTS)
    for number in range(4):
        rows.add(key=f"k{number % 2}", example_id=f"e{number}", is_accepted=True, quality=number / 4)
    return rows.table()


def step(name="only_good", **more):
    return TransformConfig(name=name, **more)


def test_what_sql_leaves_out_is_a_reject_with_the_steps_name(verdicts):
    outcome = apply_step(
        "verdicts", "example_id", verdicts, step(sql="SELECT * FROM verdicts WHERE quality >= 0.5")
    )
    assert outcome.rows["example_id"].to_pylist() == ["e2", "e3"]
    assert [(row["item_id"], row["reason"]) for row in outcome.rejects.to_pylist()] == [
        ("e0", "only_good"),
        ("e1", "only_good"),
    ]


def test_sql_may_change_values(verdicts):
    sql = "SELECT * REPLACE (quality / 2 AS quality) FROM verdicts"
    outcome = apply_step("verdicts", "example_id", verdicts, step(sql=sql))
    assert outcome.rows["quality"].to_pylist() == [0.0, 0.125, 0.25, 0.375]
    assert outcome.rejects.num_rows == 0


def test_a_python_function_sees_a_table_and_gives_one_back(verdicts, tmp_path):
    path = tmp_path / "steps.py"
    path.write_text("def halve(table):\n    return table.slice(0, 2)\n")
    outcome = apply_step("verdicts", "example_id", verdicts, step(function="halve", path=str(path)))
    assert (outcome.rows.num_rows, outcome.rejects.num_rows) == (2, 2)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("SELECT key FROM verdicts", "lost the columns example_id"),
        ("SELECT * FROM nothing", "does not run"),
        ("SELEKT 1", "does not run"),
        ("SELECT * REPLACE ('many' AS quality) FROM verdicts", "changed a column's type"),
        ("SELECT * REPLACE ('other' AS key) FROM verdicts", "a key that verdicts does not have"),
    ],
)
def test_a_step_that_breaks_the_contract_is_told_how(verdicts, sql, words):
    with pytest.raises(RequestError, match=words):
        apply_step("verdicts", "example_id", verdicts, step(sql=sql))


def test_a_function_that_is_missing_or_gives_something_else_is_told(verdicts, tmp_path):
    path = tmp_path / "steps.py"
    path.write_text("def nothing(table):\n    return None\n")
    with pytest.raises(RequestError, match="gave NoneType"):
        apply_step("verdicts", "example_id", verdicts, step(function="nothing", path=str(path)))
    with pytest.raises(RequestError, match="has no function other"):
        apply_step("verdicts", "example_id", verdicts, step(function="other", path=str(path)))


def test_where_the_function_lies_is_no_part_of_the_step():
    named = {"name": "s", "function": "f", "source_digest": "d"}
    assert TransformConfig(**named, path="one").identity() == TransformConfig(**named, path="two").identity()


def test_an_empty_artifact_stays_empty(verdicts):
    outcome = apply_step("verdicts", "example_id", verdicts.slice(0, 0), step(sql="SELECT * FROM verdicts"))
    assert (outcome.rows.num_rows, outcome.rejects.num_rows) == (0, 0)
    assert isinstance(outcome.rows, pa.Table)


@pytest.mark.parametrize(
    ("sql", "words"),
    [
        ("-- nothing", "no SELECT"),
        ("SELECT *, quality FROM verdicts", "quality more than once"),
        ("SELECT * FROM verdicts UNION ALL SELECT * FROM verdicts", "8 rows, 4 ids"),
        ("SELECT * REPLACE (NULL AS example_id) FROM verdicts", "without an example_id"),
    ],
)
def test_a_step_whose_rows_cannot_be_told_apart_is_named(verdicts, sql, words):
    with pytest.raises(RequestError, match=rf"only_good.*{words}"):
        apply_step("verdicts", "example_id", verdicts, step(sql=sql))


@pytest.mark.parametrize(
    ("body", "words"),
    [
        ("def f(table):\n    raise KeyError('boom')\n", "line 2.*KeyError"),
        ("import sys\ndef f(table):\n    sys.exit(3)\n", "line 3.*SystemExit"),
        ("1 / 0\n", "line 1.*ZeroDivisionError"),
        ("def f(:\n", "SyntaxError"),
        ("def f(): pass\n", "TypeError"),
        ("f = 3\n", "has no function f"),
        ("import no_such_package\n", "no_such_package"),
    ],
)
def test_a_function_that_breaks_is_named_with_its_line(verdicts, tmp_path, body, words):
    path = tmp_path / "steps.py"
    path.write_text(body)
    with pytest.raises(RequestError, match=rf"only_good.*{words}"):
        apply_step("verdicts", "example_id", verdicts, step(function="f", path=str(path)))
