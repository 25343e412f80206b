"""The command line in this process, on the lake of the shared build."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from flows.cli import COMMANDS, cli
from flows.recipe import load_recipe
from tests.flows.builds import run_build, write_project
from tilth.errors import RequestError
from tilth.fingerprint import ROOT


def run(*words, environment=None):
    """What `tilth` prints and how it ends, as a process of its own would."""
    return subprocess.run(
        [sys.executable, "-c", "from flows.cli import main; main()", *map(str, words)],
        cwd=ROOT,
        env=os.environ | (environment or {}),
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )


def told(*words):
    result = CliRunner().invoke(cli, [str(word) for word in words], catch_exceptions=False)
    assert result.exit_code == 0, result.output
    return result.output


def test_the_help_names_every_command_and_imports_none_of_them():
    result = run("--help")
    assert result.returncode == 0
    assert all(name in result.stdout for name in COMMANDS)
    heavy = "import sys, flows.cli; print([m for m in ('prefect', 'duckdb', 'pyarrow') if m in sys.modules])"
    found = subprocess.run(
        [sys.executable, "-c", heavy], cwd=ROOT, capture_output=True, text=True, check=True
    )
    assert found.stdout.strip() == "[]"


@pytest.mark.parametrize("name", COMMANDS)
def test_every_command_has_help(name):
    assert told(name, "--help").startswith("Usage:")


def complaint(*words):
    """The one sentence on stderr of a wrong request."""
    result = run(*words)
    assert result.returncode == 2, result.stderr
    assert "Traceback" not in result.stderr
    assert result.stdout == ""
    return result.stderr


def test_a_wrong_request_is_one_sentence_and_exit_code_2(tmp_path):
    assert "is no lake" in complaint("show", "--lake", tmp_path)
    assert "is no lake" in complaint("versions", "--lake", tmp_path / "nowhere")
    assert "Did you mean mixed?" in complaint("plan", "--recipe", "mixd")
    assert "Did you mean max_tokens?" in complaint("plan", "--set", "chunk.max_token=5")
    assert "greater than or equal to 16" in complaint("plan", "--set", "chunk.max_tokens=5")
    assert "key=value" in complaint("plan", "--set", "chunk")
    assert "recipe file only" in complaint("plan", "--set", "steps=[]")
    assert "missing.py" in complaint("plan", tmp_path / "missing.py")
    assert "No such command" in complaint("biuld")
    assert "No such option" in complaint("plan", "--fast")


def test_a_key_that_stands_twice_in_a_recipe_is_told(tmp_path):
    path = tmp_path / "twice.yaml"
    path.write_text("generate: {seed: 1}\ngenerate: {seed: 2}\n")
    with pytest.raises(RequestError, match=r"the key generate stands twice(.|\n)*line 2"):
        load_recipe(str(path))


def test_a_recipe_that_is_none_is_told(tmp_path):
    for content, words in (
        ("- a\n- b\n", "it holds list"),
        ("a: [", "cannot be read as a recipe"),
        ("generatee: {}\n", "Did you mean generate?"),
        ("steps: [{name: s, after: ingest}]\n", "either sql or python"),
        ("steps: [{name: s, after: ingest, python: 'gone.py:f'}]\n", "cannot be read"),
        ("chunk: {overlap_tokens: 400, max_tokens: 100}\n", "overlap_tokens"),
        ("steps: [{name: s, aftr: ingest, sql: x}]\n", "Did you mean after?"),
    ):
        path = tmp_path / "mine.yaml"
        path.write_text(content)
        assert words in complaint("plan", "--recipe", path)


@pytest.mark.parametrize(
    "text", ["2024-99-99", "!!int x", "!!timestamp x", "[" * 3000, "9" * 6000, "!!bool x"]
)
def test_what_yaml_itself_refuses_is_told(tmp_path, text):
    path = tmp_path / "mine.yaml"
    path.write_text(f"name: {text}\n")
    with pytest.raises(RequestError, match="cannot be read as a recipe"):
        load_recipe(str(path))
    with pytest.raises(RequestError, match="not a YAML value"):
        load_recipe("mixed", [f"name={text}"])


@pytest.mark.parametrize("name", ["x" * 5000, "~nobody-of-this-name/r.yaml", "a\0b"])
def test_a_name_that_no_file_can_have_is_no_recipe(name):
    with pytest.raises(RequestError, match="There is no recipe"):
        load_recipe(name)


def test_an_unreachable_server_is_one_sentence(tmp_path):
    api = {"PREFECT_API_URL": "http://ada:secret@127.0.0.1:9/api"}
    result = run("build", write_project(tmp_path), "--lake", tmp_path / "lake", environment=api)
    assert result.returncode == 1
    assert "Prefect's server http://127.0.0.1:9/api cannot be asked" in result.stderr
    assert "Traceback" not in result.stderr
    assert "secret" not in result.stderr


def test_an_empty_folder_is_told(tmp_path):
    (tmp_path / "empty").mkdir()
    assert "empty" in complaint("plan", tmp_path / "empty")


def test_a_plan_writes_nothing(tmp_path):
    project = write_project(tmp_path)
    output = json.loads(told("plan", project, "--lake", tmp_path / "lake", "--json").splitlines()[-1])
    assert output["files"]["found"] == output["files"]["missing"] >= 2
    assert output["calls"] == 0
    assert not (tmp_path / "lake").exists()


def test_the_doctor_says_what_is_there(tmp_path):
    output = json.loads(told("doctor", "--lake", tmp_path / "none", "--json"))
    assert output["is_ready"]
    assert {"prefect", "duckdb", "git", "lake", "grammar of rust"} <= {
        entry["name"] for entry in output["findings"]
    }


def test_the_doctor_says_how_to_get_a_sandbox(tmp_path, monkeypatch):
    monkeypatch.setenv("PATH", str(tmp_path))
    # Without git, too, it ends with code 1.
    told_of = CliRunner().invoke(cli, ["doctor", "--lake", str(tmp_path / "none"), "--json"])
    output = json.loads(told_of.output)
    (finding,) = (entry for entry in output["findings"] if entry["name"] == "bwrap")
    assert finding["found"] == ""
    assert "apt install bubblewrap" in finding["remedy"]
    assert not finding["is_required"]


@pytest.mark.flow
def test_a_plan_knows_what_a_build_has_done(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    run_build(tmp_path / "lake", project)
    (project / "src" / "more.py").write_text("def more(values):\n    return sorted(values)[1:]\n")
    output = json.loads(told("plan", project, "--lake", tmp_path / "lake", "--json").splitlines()[-1])
    assert output["files"]["missing"] == 1


@pytest.mark.flow
def test_build_prints_progress_for_people_and_one_object_for_machines(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    result = CliRunner().invoke(
        cli, ["build", str(project), "--lake", str(tmp_path / "lake")], catch_exceptions=False
    )
    assert result.exit_code == 0, result.output
    assert "Starting Prefect" in result.stderr
    assert "validate" in result.stderr
    assert "tilth show --rejects" in result.stdout
    result = CliRunner().invoke(
        cli, ["build", str(project), "--lake", str(tmp_path / "lake"), "--json"], catch_exceptions=False
    )
    report = json.loads(result.stdout.splitlines()[-1])
    assert set(report) >= {"version", "path", "counts", "rejects", "seconds", "stages"}
    assert all(stage["cached"] for stage in report["stages"].values())
    assert result.stderr == ""


@pytest.mark.flow
def test_versions_show_and_query_answer_from_the_lake(sample):
    lake, report = sample
    listed = json.loads(told("versions", "--lake", lake, "--json"))["versions"]
    assert [entry["version"] for entry in listed] == [report["version"]]
    assert report["version"] in told("versions", "--lake", lake)
    shown = json.loads(told("show", "--lake", lake, "--examples", 9, "--rejects", "--json"))
    assert len({example["task"] for example in shown["examples"]}) >= 6
    assert shown["rejects"]["ingest.binary"]["rows"] == 1
    assert report["version"] in told("show", "--lake", lake, "--examples", 9, "--rejects")
    assert report["version"] in told("show", report["version"][:9], "--lake", lake)
    answer = json.loads(told("query", "SELECT count(*) AS n FROM dataset", "--lake", lake, "--json"))
    assert answer == {"columns": ["n"], "rows": [[report["counts"]["exported"]]]}
    assert "python" in told("query", "SELECT DISTINCT language FROM units ORDER BY 1", "--lake", lake)


@pytest.mark.flow
def test_a_query_that_is_wrong_names_the_views(sample):
    lake, _ = sample
    for sql in ("SELECT * FROM unitz", "SELEKT 1", "SELECT nothing FROM units"):
        assert "The views are documents" in complaint("query", sql, "--lake", lake)
    assert "There is no version x" in complaint("show", "x", "--lake", lake)


@pytest.mark.flow
def test_a_query_cannot_change_the_lake(sample):
    lake, _ = sample
    before = sorted(path for path in Path(lake).rglob("*") if "tmp" not in path.parts)
    for sql in ("DROP VIEW units", f"COPY (SELECT 1) TO '{lake}/format.json'", "SELECT 1; SELECT 2"):
        assert "ask one SELECT" in complaint("query", sql, "--lake", lake)
    assert sorted(path for path in Path(lake).rglob("*") if "tmp" not in path.parts) == before
    assert json.loads((Path(lake) / "format.json").read_text())["format"] == 1


@pytest.mark.flow
def test_datasets_opens_what_was_written(sample, tmp_path, monkeypatch):
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    import datasets

    _, report = sample
    opened = datasets.load_dataset(report["path"], cache_dir=str(tmp_path))
    assert sum(side.num_rows for side in opened.values()) == report["counts"]["exported"]
    assert "language" in opened["train"].column_names
