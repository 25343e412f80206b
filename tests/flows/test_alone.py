"""One stage alone, on files that a test writes and on the sample, as `tilth split`, `chunk` and `generate` run it."""

from __future__ import annotations

import json
import os
import resource
import subprocess
import sys
from pathlib import Path
from typing import cast

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
import pytest
from click.testing import CliRunner

from flows.alone import by_document, from_files
from flows.alone.output import row_file
from flows.cli import cli
from tasks.generate.complete_function import complete_function
from tasks.generate.methods import METHODS, Entry
from tilth.errors import LakeError, RequestError
from tilth.fingerprint import ROOT
from tilth.records import CHUNKS, EXAMPLES, REJECTS, UNITS
from tilth.settings import settings

SAMPLE = ROOT / "data/sample"
CODE = '''"""Milling."""


class Mill:
    """Grinds what it is given."""

    def grind(self, grain, stones=2):
        """Grind the grain between so many stones, and give back the flour."""
        flour = []
        for kernel in grain:
            flour.append(kernel / stones)
        return flour


def total(values):
    """Add all the values up, the first to the last."""
    result = 0
    for value in values:
        result += value
    return result
'''


@pytest.fixture(autouse=True)
def one_process(monkeypatch):
    """Engines run here, except where a test says otherwise."""
    monkeypatch.setenv("TILTH_WORKERS", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


def run(*words, code=0):
    """What a command prints."""
    result = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=True)
    if isinstance(result.exception, Exception):
        raise result.exception
    assert result.exit_code == code, result.output
    return result


def told(*words):
    return json.loads(run(*words, "--json").stdout.splitlines()[-1])


@pytest.fixture
def project(tmp_path):
    folder = tmp_path / "project"
    (folder / "src").mkdir(parents=True)
    (folder / "src/mill.py").write_text(CODE)
    (folder / "src/latin.py").write_bytes(
        "# coding: latin-1\n\n\ndef café():\n    return 'é'\n".encode("latin-1")
    )
    (folder / "src/bom.js").write_bytes(b"\xef\xbb\xbffunction f(a) {\r\n  return a + 1;\r\n}\r\n")
    (folder / "notes.md").write_text(
        "# Mill\n\nA mill is a device that breaks solid grain into smaller pieces.\n"
    )
    (folder / "picture.py").write_bytes(b"\0\1\2\3" * 50)
    (folder / "large.py").write_text("x = 1\n" * 20)
    (folder / ".gitignore").write_text("ignored.py\n")
    (folder / "ignored.py").write_text("x = 1\n")
    return folder


def units_of(path):
    return pq.read_table(path).to_pylist()


# ------------------------------------------------------------------------------------------------------ split


def test_units_say_where_they_stand_and_carry_their_text(project, tmp_path):
    out = tmp_path / "units.parquet"
    report = told("split", project, "--out", out, "--set", "ingest.max_file_bytes=1000")
    rows = units_of(out)
    assert report["rows"] == len(rows)
    assert report["path"] == str(out)
    assert set(UNITS.names) | {"source", "repository", "licence", "category", "text"} == set(rows[0])
    texts = {row["path"]: row["text"].encode() for row in rows if row["kind"] == "module"}
    assert set(texts) == {"src/mill.py", "src/latin.py", "src/bom.js", "large.py"}
    assert all(row["text"] is None for row in rows if row["kind"] != "module")
    by_name = {row["name"]: row for row in rows if row["kind"] in ("function", "method", "class")}
    assert set(by_name) == {"Mill", "grind", "total", "café", "f"}
    for name, row in by_name.items():
        assert name.encode() in texts[row["path"]][row["start"] : row["end"]].splitlines()[0]


def test_what_is_left_out_is_counted_and_can_be_looked_at(project, tmp_path):
    out, left_out = tmp_path / "units.parquet", tmp_path / "rejects.parquet"
    report = told(
        "split", project, "--out", out, "--rejects", left_out, "--set", "ingest.max_file_bytes=1000",
        "--set", "max_bytes=100",
    )  # fmt: skip
    rejects = pq.read_table(left_out)
    assert rejects.schema.names == REJECTS.names
    assert report["rejects"] == {
        **dict.fromkeys(("binary", "ignored", "not_code"), 1),
        "too_large": 2,
        "unknown_language": 1,
    }
    assert sum(report["rejects"].values()) == rejects.num_rows
    assert set(rejects["path"].to_pylist()) >= {"picture.py", "ignored.py", "notes.md", "large.py"}


@pytest.mark.parametrize("words", [["src/mill.py"], ["src/*.py"], ["."], ["src/mill.py", "src/latin.py"]])
def test_a_path_is_a_file_a_folder_or_a_glob(project, tmp_path, monkeypatch, words):
    monkeypatch.chdir(project)
    told("split", *words, "--out", tmp_path / "units.parquet")
    assert "total" in pq.read_table(tmp_path / "units.parquet")["name"].to_pylist()


def test_batches_and_workers_make_no_difference(tmp_path, monkeypatch):
    one, many = tmp_path / "one.parquet", tmp_path / "many.parquet"
    told("split", SAMPLE, "--out", one)
    monkeypatch.setattr(from_files, "_BATCH_BYTES", 20_000)
    monkeypatch.setenv("TILTH_WORKERS", "2")
    settings.cache_clear()
    told("split", SAMPLE, "--out", many)
    assert pq.read_metadata(many).num_row_groups > 3 > pq.read_metadata(one).num_row_groups
    assert pq.read_table(one).equals(pq.read_table(many))


# ------------------------------------------------------------------------------------------------------ chunk


def test_passages_come_from_prose(project, tmp_path):
    out = tmp_path / "chunks.parquet"
    report = told("chunk", project, "--out", out)
    rows = pq.read_table(out)
    assert rows.schema.names[: len(CHUNKS)] == CHUNKS.names
    assert rows["path"].to_pylist() == ["notes.md"]
    assert report["rejects"]["not_prose"] == 4
    examples = told(
        "generate", "--method", "definition_question", "--method", "mine_triplets", "--chunks", out,
        "--out", tmp_path / "examples.parquet",
    )  # fmt: skip
    assert examples["methods"] == {"definition_question": 1, "mine_triplets": 0}


# --------------------------------------------------------------------------------------------------- generate

RULES = ("complete_function", "complete_method", "write_docstring")


def generated(tmp_path, units, *words, methods=RULES):
    out = tmp_path / "examples.parquet"
    chosen = [word for name in methods for word in ("--method", name)]
    report = told("generate", *chosen, "--units", units, "--out", out, *words)
    return report, pq.read_table(out)


def answers(table):
    """Task and answer of each chat."""
    messages = table["messages"].to_pylist()
    return sorted(zip(table["task"].to_pylist(), (said[-1]["content"] for said in messages), strict=True))


def test_units_that_tilth_wrote_need_nothing_else(project, tmp_path):
    units = tmp_path / "units.parquet"
    told("split", project, "--out", units)
    (project / "src/mill.py").unlink()
    report, examples = generated(tmp_path, units)
    assert examples.schema.names == EXAMPLES.names
    assert (
        report["rows"]
        == examples.num_rows
        == sum(report["methods"].values())
        == sum(report["tasks"].values())
    )
    assert set(report["methods"]) == set(RULES)
    assert all(report["methods"].values())
    assert ("function_completion", "```python\n    result = 0\n    for value in values:\n        result += value\n    return result\n```") in answers(examples)  # fmt: skip  # noqa: E501


@pytest.mark.parametrize("keep", [["function"], ["method", "class"]])
def test_units_that_somebody_chose_from_them_are_the_ones_that_are_used(project, tmp_path, keep, monkeypatch):
    units, chosen = tmp_path / "units.parquet", tmp_path / "chosen.parquet"
    told("split", project, "--out", units)
    table = pq.read_table(units)
    pq.write_table(table.filter(pc.is_in(table["kind"], value_set=pa.array(keep))), chosen)
    monkeypatch.chdir(project)
    _, examples = generated(tmp_path, chosen, "--rejects", tmp_path / "rejects.parquet")
    tasks = set(examples["task"].to_pylist())
    assert ("function_completion" in tasks) == ("function" in keep)
    assert ("method_completion" in tasks) == ("method" in keep)


def own_units(project):
    """A units file as another tool would write it: spans without decorators, in no order, a name that is gone."""
    text = (project / "src/mill.py").read_bytes()
    spans = {
        "total": (text.index(b"def total"), len(text) - 1),
        "grind": (text.index(b"def grind"), text.index(b"return flour") + 12),
    }
    rows = [
        {
            "name": name,
            "kind": "function",
            "language": "python",
            "path": "src/mill.py",
            "start": start,
            "end": end,
        }
        for name, (start, end) in spans.items()
    ]
    latin = {
        "name": "café",
        "kind": "function",
        "language": "python",
        "path": "src/latin.py",
        "start": 20,
        "end": 52,
    }
    return [rows[0], latin, rows[1], {**rows[0], "name": "gone", "start": 0, "end": 3}]


def test_units_of_somebody_else_need_six_columns_and_their_files(project, tmp_path):
    units = tmp_path / "theirs.parquet"
    pq.write_table(pa.Table.from_pylist(own_units(project)), units)
    report, examples = generated(tmp_path, units, "--root", project)
    assert report["rejects"]["no_such_unit"] == 1
    assert {"function_completion", "method_completion", "docstring_writing"} == set(report["tasks"])
    told("split", project, "--out", tmp_path / "units.parquet")
    _, ours = generated(tmp_path, tmp_path / "units.parquet")
    assert set(answers(examples)) <= set(answers(ours))


def test_a_file_that_is_gone_is_a_reject_and_all_of_them_gone_an_error(project, tmp_path):
    units = tmp_path / "theirs.parquet"
    lost = {"name": "f", "kind": "function", "language": "python", "path": "gone.py", "start": 0, "end": 9}
    pq.write_table(pa.Table.from_pylist([*own_units(project), lost]), units)
    report, _ = generated(tmp_path, units, "--root", project)
    assert report["rejects"]["file_missing"] == 1
    out = tmp_path / "none.parquet"
    with pytest.raises(RequestError, match="--root"):
        run("generate", "--method", "complete_function", "--units", units, "--root", tmp_path, "--out", out)
    assert not out.exists()


def test_rows_of_one_file_may_lie_apart(tmp_path, monkeypatch):
    units, shuffled = tmp_path / "units.parquet", tmp_path / "shuffled.parquet"
    told("split", SAMPLE, "--out", units)
    table = pq.read_table(units)
    pq.write_table(
        table.sort_by([("name", "ascending"), ("unit_id", "ascending")]), shuffled, row_group_size=300
    )
    monkeypatch.setattr(by_document, "_BATCH_ROWS", 100)
    _, straight = generated(tmp_path, units)
    _, mixed = generated(tmp_path, shuffled)
    assert straight.sort_by("example_id").equals(mixed.sort_by("example_id"))


def test_a_method_that_looks_across_files_sees_one_repository_at_a_time(tmp_path, monkeypatch):
    seen = []

    def look(views, config):
        seen.append({view.file.repository for view in views})
        for number, view in enumerate(views):
            found = complete_function(view)
            assert not isinstance(found, list)
            yield number, found

    units = tmp_path / "units.parquet"
    told("split", SAMPLE, "--out", units)
    _, alone = generated(tmp_path, units, methods=["complete_function"])
    entry = METHODS["complete_function"]._replace(make=look, scope="repository")
    monkeypatch.setitem(cast("dict[str, Entry]", METHODS), "complete_function", entry)
    report, together = generated(tmp_path, units, methods=["complete_function", "write_docstring"])
    assert answers(alone) == [found for found in answers(together) if found[0] == "function_completion"]
    assert sorted(map(len, seen)) == [1] * len(seen)
    assert len(seen) > 3
    assert report["methods"]["write_docstring"]


# ------------------------------------------------------------------------------------------- requests and ends


def refused(*words):
    with pytest.raises(RequestError) as error:
        run(*words)
    return str(error.value)


def test_a_wrong_request_names_the_thing_and_the_next_step(project, tmp_path):
    out = tmp_path / "out.parquet"
    told("split", project, "--out", tmp_path / "units.parquet")
    told("chunk", project, "--out", tmp_path / "chunks.parquet")
    units = ("--units", tmp_path / "units.parquet")
    one = ("generate", "--method", "complete_function")
    assert "does not exist" in refused("split", tmp_path / "nowhere", "--out", out)
    assert "matches nothing" in refused("split", f"{project}/*.rs", "--out", out)
    assert "Did you mean max_bytes?" in refused("split", project, "--out", out, "--set", "max_byte=5")
    assert "Make it first" in refused("split", project, "--out", tmp_path / "no/out.parquet")
    assert "is a folder" in refused("chunk", project, "--out", tmp_path)
    assert "Did you mean complete_function?" in refused(
        "generate", "--method", "complete_funtion", *units, "--out", out
    )
    assert "write_docstring" in refused("generate", "--method", "x", *units, "--out", out)
    assert "--units FILE" in refused(*one, "--out", out)
    assert "--chunks FILE" in refused("generate", "--method", "mine_triplets", *units, "--out", out)
    assert "tilth split" in refused(*one, "--units", tmp_path / "none.parquet", "--out", out)
    assert "cannot be read as Parquet" in refused(*one, "--units", project / "notes.md", "--out", out)
    assert "lacks the columns name, kind" in refused(
        *one, "--units", tmp_path / "chunks.parquet", "--out", out
    )
    wrong = pa.table({name: ["x"] for name in ("name", "kind", "language", "path", "start", "end")})
    pq.write_table(wrong, tmp_path / "wrong.parquet")
    assert "start holds string" in refused(*one, "--units", tmp_path / "wrong.parquet", "--out", out)
    assert not out.exists()
    assert [path for path in tmp_path.iterdir() if "partial" in path.name] == []


def test_a_file_that_cannot_be_written_leaves_the_old_one_as_it_was(tmp_path):
    path = tmp_path / "rows.parquet"
    path.write_text("old")
    table = pa.table({"text": [os.urandom(200).hex() for _ in range(2000)]})
    before = resource.getrlimit(resource.RLIMIT_FSIZE)
    resource.setrlimit(resource.RLIMIT_FSIZE, (100_000, before[1]))
    try:
        with pytest.raises(LakeError, match="cannot be written"), row_file(path, table.schema) as rows:
            rows.add(table)
    finally:
        resource.setrlimit(resource.RLIMIT_FSIZE, before)
    assert path.read_text() == "old"
    assert [found.name for found in tmp_path.iterdir()] == ["rows.parquet"]


def test_who_stops_it_finds_nothing_changed(tmp_path):
    out = tmp_path / "units.parquet"
    script = (
        "import signal, os, time, flows.alone.from_files as f\n"
        # Another thread may be the one that the signal reaches; Python tells the main one a moment later.
        "f.survey_sources = lambda *given: (os.kill(os.getpid(), signal.SIGINT), time.sleep(60))\n"
        "from flows.cli import main; main()"
    )
    words = [sys.executable, "-c", script, "split", str(SAMPLE), "--out", str(out)]
    done = subprocess.run(words, cwd=ROOT, capture_output=True, text=True, check=False)
    assert (done.returncode, done.stderr) == (130, "tilth: Stopped. Nothing was written.\n")
    assert list(tmp_path.iterdir()) == []


def test_what_a_killed_process_left_goes_with_the_next_one(tmp_path):
    done = subprocess.run(
        [sys.executable, "-c", "import os; print(os.getpid())"], capture_output=True, check=True
    )
    stray = tmp_path / f".rows.parquet.{int(done.stdout)}.partial"
    stray.touch()
    with row_file(tmp_path / "rows.parquet", REJECTS):
        pass
    assert [found.name for found in tmp_path.iterdir()] == ["rows.parquet"]


@pytest.mark.parametrize(
    "words",
    [
        ["split", "SAMPLE", "--out", "units.parquet", "--json"],
        ["chunk", "SAMPLE", "--out", "chunks.parquet"],
        ["generate", "--method", "write_docstring", "--units", "units.parquet", "--out", "examples.parquet"],
    ],
    ids=lambda words: words[0],
)
def test_neither_prefect_nor_great_expectations_is_imported(tmp_path_factory, words):
    folder = tmp_path_factory.getbasetemp() / "alone"
    folder.mkdir(exist_ok=True)
    if words[0] == "generate" and not (folder / "units.parquet").exists():
        told("split", SAMPLE, "--out", folder / "units.parquet")
    script = (
        "import sys, atexit\n"
        "banned = ('prefect', 'great_expectations', 'pandas', 'scipy', 'bm25s')\n"
        "atexit.register(lambda: print('imported', [name for name in banned if sys.modules.get(name)]))\n"
        "from flows.cli import main; main()"
    )
    done = subprocess.run(
        [sys.executable, "-c", script, *(str(SAMPLE) if word == "SAMPLE" else word for word in words)],
        cwd=folder,
        env=os.environ | {"PYTHONPATH": str(ROOT)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert (done.returncode, done.stderr.replace("\n", "")[-200:]) == (0, "")
    assert done.stdout.splitlines()[-1] == "imported []"
    assert Path(folder, words[words.index("--out") + 1]).is_file()
