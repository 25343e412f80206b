import json
import shutil
from pathlib import Path

import pytest

from flows.recipe import SAMPLE
from tests.flows.builds import GUIDE, LIBRARY, Computed, ask, run_build, write_project
from tilth.errors import CheckError, RequestError
from tilth.fingerprint import ROOT

pytestmark = pytest.mark.flow

STAGES = [
    "ingest",
    "dedupe_documents",
    "chunk",
    "split",
    "dedupe_units",
    "generate",
    "validate",
    "dedupe_examples",
    "balance",
    "export",
]


def test_the_sample_becomes_a_dataset_without_a_key(sample):
    lake, report = sample
    counts = report["counts"]
    assert list(report["stages"]) == STAGES
    assert counts["documents"] > 50
    assert counts["exported"] > 500
    assert counts["examples"] == counts["accepted"] + counts["rejected"]
    assert Path(report["path"]).is_dir()
    tasks = dict(ask(lake, "SELECT task, count(*) FROM dataset GROUP BY task"))
    assert set(tasks) == {
        "function_completion",
        "method_completion",
        "docstring_writing",
        "fill_in_the_middle",
        "heading_to_passage",
        "definition_question",
        "mine_triplets",
        "seed",
    }
    languages = {language for (language,) in ask(lake, "SELECT DISTINCT language FROM dataset")}
    assert {"python", "javascript", "typescript", "go", "rust", "java", "markdown"} <= languages


def test_nothing_is_lost_between_the_stages(sample):
    lake, _ = sample

    def count(sql):
        return ask(lake, f"SELECT count(*) FROM {sql}")[0][0]

    for subject, survivors in (
        ("documents", "surviving_documents"),
        ("(SELECT * FROM units WHERE kind IN ('function', 'method', 'class'))", "surviving_units"),
        ("(SELECT * FROM verdicts WHERE is_accepted)", "surviving_examples"),
        ("surviving_examples", "mixture"),
        ("mixture", "dataset"),
    ):
        rejects = (
            "(SELECT * FROM rejects WHERE artifact = 'version')"
            if survivors == "dataset"
            else f"{survivors}_rejects"
        )
        assert count(subject) == count(survivors) + count(rejects), survivors
    assert count("examples") == count("verdicts")
    assert count("verdicts WHERE NOT is_accepted") == count("verdicts_rejects")
    for artifact, kind in (("chunks", "prose"), ("units", "code")):
        read = count(
            f"documents SEMI JOIN surviving_documents ON item_id = document_id WHERE kind = '{kind}'"
        )
        made = count(f"(SELECT DISTINCT document_id FROM {artifact})")
        assert read == made + count(f"{artifact}_rejects"), artifact


def test_a_unit_or_a_passage_that_gives_no_example_is_a_reject(sample):
    lake, _ = sample
    silent = ask(
        lake,
        """
        SELECT unit_id FROM units SEMI JOIN surviving_units ON item_id = unit_id
        WHERE kind IN ('function', 'method', 'class')
        EXCEPT (SELECT origin_id FROM examples UNION SELECT item_id FROM examples_rejects)
        """,
    )
    assert silent == []
    silent = ask(
        lake,
        """
        SELECT chunk_id FROM chunks
        EXCEPT (SELECT origin_id FROM examples UNION SELECT item_id FROM examples_rejects)
        """,
    )
    assert silent == []


def test_no_group_stands_on_two_sides(sample):
    lake, _ = sample
    torn = ask(lake, "SELECT group_id FROM dataset GROUP BY group_id HAVING count(DISTINCT side) > 1")
    assert torn == []


def test_the_test_side_is_asked_in_words_that_nobody_trains_on(sample):
    lake, report = sample
    asked = ask(
        lake,
        """
        SELECT side, template_id, string_split(messages[1].content, chr(10) || chr(10))[1]
        FROM dataset
        WHERE kind = 'chat' AND template_id IS NOT NULL
        """,
    )
    test = {words for side, _, words in asked if side == "test"}
    assert test
    assert not test & {words for side, _, words in asked if side != "test"}
    assert {template.endswith("/held_out") for side, template, _ in asked if side == "test"} == {True}
    assert {template.endswith("/held_out") for side, template, _ in asked if side != "test"} == {False}
    counts = json.loads((Path(report["path"]) / "manifest.json").read_text())["counts"]
    assert counts["held_out_wordings"]["reworded"] == sum(side == "test" for side, _, _ in asked)
    found = counts["distinct"]
    assert 0 < found["origins"] < counts["exported"] > found["answers"] > 0
    assert found["task_concepts"] > found["concepts"] > 50
    assert 0 < found["tokens"] < sum(counts["tokens"].values())


def test_a_second_build_shows_every_stage_cached(sample):
    lake, report = sample
    again = run_build(lake)
    assert {name: stage["cached"] for name, stage in again["stages"].items()} == dict.fromkeys(STAGES, True)
    assert (again["version"], again["digest"], again["counts"]) == (
        report["version"],
        report["digest"],
        report["counts"],
    )


def test_neither_order_of_sources_nor_the_place_of_files_counts(sample, tmp_path):
    _, report = sample
    moved = tmp_path / "elsewhere" / "sample"
    shutil.copytree(ROOT / SAMPLE[0], moved)
    sources = [moved / Path(name).relative_to(SAMPLE[0]) for name in reversed(SAMPLE)]
    assert run_build(tmp_path / "lake", *sources)["digest"] == report["digest"]


def test_one_changed_file_is_computed_alone_and_gives_what_a_build_from_nothing_gives(
    prefect_server, one_worker, tmp_path
):
    project = write_project(tmp_path)
    for number in range(4):
        (project / "src" / f"part{number}.py").write_text(
            LIBRARY.replace("scale", f"scale{number}") + f"\n\nX = {number}\n"
        )
    run_build(tmp_path / "lake", project, recipe="code")
    (project / "src" / "part2.py").write_text(LIBRARY.replace("total", "summed").replace("mean", "average"))
    (project / "src" / "part3.py").unlink()
    with Computed() as computed:
        changed = run_build(tmp_path / "lake", project, recipe="code")
    fresh = run_build(tmp_path / "fresh", project, recipe="code")
    assert (changed["digest"], changed["counts"]) == (fresh["digest"], fresh["counts"])
    assert computed.shards["ingest"] == computed.shards["split"] == 1
    work = list((tmp_path / "lake" / "parts" / "units").glob("*/*/keys.parquet"))
    rows = [ask_keys(path) for path in work]
    assert sorted(rows)[0] == 1, "the second part holds the one changed file"


def ask_keys(path: Path) -> int:
    import pyarrow.parquet as pq

    rows: int = pq.read_metadata(path).num_rows
    return rows


def test_workers_give_what_one_process_gives(prefect_server, one_worker, tmp_path, monkeypatch):
    from tilth.settings import settings

    project = write_project(tmp_path)
    alone = run_build(tmp_path / "one", project)
    monkeypatch.setenv("TILTH_WORKERS", "2")
    settings.cache_clear()
    together = run_build(tmp_path / "two", project)
    monkeypatch.undo()
    settings.cache_clear()
    assert together["digest"] == alone["digest"]


def test_a_step_of_ones_own_goes_between_two_stages(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    (tmp_path / "steps.py").write_text(
        "import pyarrow.compute as pc\n\n\ndef only_methods(table):\n"
        "    return table.filter(pc.not_equal(table['task'], 'function_completion'))\n"
    )
    (tmp_path / "mine.yaml").write_text(
        "steps:\n"
        "  - {name: no_guides, after: ingest, sql: \"SELECT * FROM documents WHERE language <> 'markdown'\"}\n"
        "  - {name: only_methods, after: generate, python: 'steps.py:only_methods'}\n"
    )
    report = run_build(tmp_path / "lake", project, recipe=str(tmp_path / "mine.yaml"))
    assert report["counts"]["chunks"] == 0
    tasks = {task for (task,) in ask(tmp_path / "lake", "SELECT DISTINCT task FROM dataset")}
    assert "function_completion" not in tasks
    assert "method_completion" in tasks
    assert report["rejects"]["ingest.no_guides"] == 1
    assert report["rejects"]["generate.only_methods"] >= 1
    again = run_build(tmp_path / "lake", project, recipe=str(tmp_path / "mine.yaml"))
    assert all(stage["cached"] for stage in again["stages"].values())


def test_the_run_form_cannot_name_a_file_with_code(prefect_server, tmp_path):
    from flows.build import build

    (tmp_path / "mine.yaml").write_text("name: mine\n")
    with pytest.raises(RequestError, match="no recipe"):
        build(recipe=str(tmp_path / "mine.yaml"), lake=str(tmp_path / "lake"))


def test_a_broken_expectation_stops_the_run_and_names_the_rows(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    (tmp_path / "mine.yaml").write_text(
        "steps:\n  - {name: spoil, after: generate, sql: \"SELECT * REPLACE ('nonsense' AS kind) FROM examples\"}\n"
    )
    with pytest.raises(CheckError, match=r"kind.*break it, among them [0-9a-f]{32}"):
        run_build(tmp_path / "lake", project, recipe=str(tmp_path / "mine.yaml"))
    assert not list((tmp_path / "lake" / "artifacts").glob("examples_spoil/*.json"))


def test_secrets_in_the_sources_reach_no_example(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    key = "AKIA" + "QWERTYUIOPASDFGH"
    (project / "src" / "keys.py").write_text(
        f'def connect(region):\n    """Connect to the store of a region."""\n    key = "{key}"\n'
        "    client = make_client(region, key)\n    client.check()\n    return client\n"
    )
    run_build(tmp_path / "lake", project)
    assert ask(tmp_path / "lake", f"SELECT * FROM dataset WHERE to_json(dataset) LIKE '%{key}%'") == []


def test_a_copy_of_the_version_replaces_only_a_version(prefect_server, one_worker, tmp_path):
    project = write_project(tmp_path)
    out = tmp_path / "out"
    for _ in range(2):
        report = run_build(tmp_path / "lake", project, out=str(out))
        assert report["path"] == str(out)
        assert json.loads((out / "manifest.json").read_text())["digest"] == report["digest"]
    other = tmp_path / "other"
    other.mkdir()
    (other / "thesis.txt").write_text("mine")
    with pytest.raises(RequestError, match="holds no dataset version"):
        run_build(tmp_path / "lake", project, out=str(other))
    assert (other / "thesis.txt").read_text() == "mine"


def test_documents_alone_and_code_alone_are_enough(prefect_server, one_worker, tmp_path):
    folder = tmp_path / "notes"
    folder.mkdir()
    (folder / "guide.md").write_text(GUIDE)
    report = run_build(tmp_path / "lake", folder)
    assert report["counts"]["units"] == 0
    assert report["counts"]["exported"] > 0


def test_a_corpus_of_nothing_usable_is_told_with_its_reasons(prefect_server, one_worker, tmp_path):
    folder = tmp_path / "pictures"
    folder.mkdir()
    (folder / "lies.py").write_bytes(b"\xff\xd8\xff\xe0\x00\x10JFIF\x00" + bytes(500))
    with pytest.raises(CheckError, match=r"Nothing is left to export.*1 ingest\.binary"):
        run_build(tmp_path / "lake", folder)
