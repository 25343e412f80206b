"""What Prefect finds in its cache, what it computes again, and what it tries again."""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from uuid import UUID

import pytest

from tests.house.checkout import tracked_files
from tilth.errors import LakeError, RequestError, TransientError
from tilth.fingerprint import ROOT
from tilth.lake import Lake
from tilth.pool import run_in_pool
from tilth.settings import settings

pytestmark = [pytest.mark.flow, pytest.mark.usefixtures("prefect_server")]


@pytest.fixture(autouse=True)
def engines_in_this_process(monkeypatch):
    monkeypatch.setenv("TILTH_WORKERS", "1")
    settings.cache_clear()
    yield
    settings.cache_clear()


def build_once(sources: Path, lake: Path) -> dict[str, Any]:
    from flows.build import build

    summary: dict[str, Any] = build(recipe="code", sources=[str(sources)], lake=str(lake))
    return summary


def computed(summary: dict[str, Any]) -> set[str]:
    """The stages that were not found done."""
    return {name for name, stage in summary["stages"].items() if not stage["cached"]}


@pytest.fixture(scope="module")
def built(prefect_server, shapes, tmp_path_factory) -> tuple[Path, dict[str, Any]]:
    """A lake and what the build that filled it said."""
    lake = tmp_path_factory.mktemp("built") / "lake"
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILTH_WORKERS", "1")
        settings.cache_clear()
        return lake, build_once(shapes, lake)


def test_in_an_unchanged_rebuild_every_task_is_cached(built, shapes):
    from flows.build import build

    lake, first = built
    state = build(recipe="code", sources=[str(shapes)], lake=str(lake), return_state=True)
    again = state.result()
    assert computed(again) == set()
    assert again["digest"] == first["digest"]
    # No shard has a task then: one task a stage, the one that seals.
    states = task_states(state.state_details.flow_run_id, len(first["stages"]))
    assert states == dict.fromkeys(states, "Cached")
    assert len(states) == len(first["stages"])


def task_states(flow_run_id: UUID | None, tasks: int) -> dict[str, str | None]:
    """The states of a run's tasks by their names, when so many have reached the server: they travel as events."""
    from prefect.client.orchestration import get_client
    from prefect.client.schemas.filters import FlowRunFilter, FlowRunFilterId

    only_this = FlowRunFilter(id=FlowRunFilterId(any_=[flow_run_id] if flow_run_id else []))
    until = time.monotonic() + 60
    with get_client(sync_client=True) as client:
        while True:
            runs = client.read_task_runs(flow_run_filter=only_this)
            ended = [run for run in runs if run.state is not None and run.state.is_final()]
            if len(ended) >= tasks or time.monotonic() > until:
                return {run.name: run.state_name for run in runs}
            time.sleep(0.3)


@pytest.mark.parametrize(
    ("lost", "stage"),
    [
        ("parts/units", "split"),
        ("artifacts/examples", "generate"),
        ("versions", "export"),
    ],
)
def test_cached_work_whose_files_have_gone_is_done_again(built, shapes, lost, stage):
    lake, first = built
    shutil.rmtree(lake / lost)
    again = build_once(shapes, lake)
    assert computed(again) == {stage}
    assert again["digest"] == first["digest"]
    assert Path(again["path"]).is_dir()


def _cut(paths):
    for path in paths:
        path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


@pytest.mark.parametrize(
    ("damaged", "stage"),
    [
        ("parts/units/*/*/rows.parquet", "split"),
        ("parts/units/*/*/keys.parquet", "split"),
        ("parts/examples/*/*/rejects.parquet", "generate"),
        ("artifacts/examples/*.json", "generate"),
        ("versions/*/data/*.parquet", "export"),
        ("versions/*/manifest.json", "export"),
    ],
)
def test_cached_work_whose_files_are_cut_short_is_done_again(built, shapes, damaged, stage):
    lake, first = built
    _cut(lake.glob(damaged))
    again = build_once(shapes, lake)
    assert stage in computed(again)
    assert again["digest"] == first["digest"]
    assert computed(build_once(shapes, lake)) == set()


def test_empty_files_of_great_expectations_are_made_anew(built, shapes, tmp_path):
    lake, first = built
    for path in (lake / "checks" / "gx").rglob("*.*"):
        if path.is_file():
            path.write_bytes(b"")
    shutil.rmtree(lake / "artifacts" / "units")
    assert build_once(shapes, lake)["digest"] == first["digest"]


_BUILD = """
import json, sys
from flows.build import build
print(json.dumps(build(recipe="code", sources=[sys.argv[1]], lake=sys.argv[2])))
"""


def test_an_edited_engine_is_a_miss_for_its_stage_and_the_lineage_alone(
    built, shapes, prefect_server, tmp_path
):
    lake, first = built
    checkout = tmp_path / "checkout"
    for path in tracked_files():
        if path.parts[0] in ("data", "flows", "tasks", "tilth") and path.parts[:2] != ("data", "sample"):
            (checkout / path).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy(ROOT / path, checkout / path)
    with (checkout / "tasks/split/by_syntax.py").open("a", encoding="utf-8") as engine:
        engine.write("\n# Edited.\n")
    environment = os.environ | {"PREFECT_API_URL": prefect_server, "PYTHONPATH": str(checkout)}
    told = subprocess.run(
        [sys.executable, "-c", _BUILD, str(shapes), str(lake)],
        check=False,
        cwd=checkout,
        env=environment,
        capture_output=True,
        text=True,
        timeout=240,
    )
    assert told.returncode == 0, told.stderr
    again = json.loads(told.stdout.splitlines()[-1])
    assert computed(again) == {"split", "export"}
    assert again["counts"] == first["counts"]


@dataclass(frozen=True)
class Errand:
    """The least that Tilth's cache policy asks of a plan."""

    name: str

    def cache_name(self, shard: object) -> str:
        return self.name

    def is_done(self, lake: Lake, shard: object) -> bool:
        return False


def tries_of(name: str, tmp_path: Path, *outcomes: Exception | None) -> tuple[int, Any]:
    """How often a task with the stages' options is tried, when its tries end so one after the other; and its result."""
    from prefect import flow, task

    from tasks.orchestration import TASK_OPTIONS

    tries: list[int] = []

    @task(**TASK_OPTIONS)
    def work(lake: Lake, plan: Errand) -> str:
        tries.append(len(tries))
        outcome = outcomes[tries[-1]]
        if outcome is not None:
            raise outcome
        return "done"

    quick = work.with_options(retry_delay_seconds=0, retry_jitter_factor=0)

    @flow(name="errand")
    def errand() -> Any:
        lake = Lake.open(tmp_path / "lake", create=True)
        return quick(lake, Errand(name), return_state=True).result(raise_on_failure=False)

    told = errand()
    return len(tries), told


def test_a_fault_that_may_pass_is_tried_again(tmp_path):
    tries, told = tries_of("passing", tmp_path, TransientError("killed"), ConnectionError("reset"), None)
    assert (tries, told) == (3, "done")


def test_a_fault_that_stays_ends_after_the_last_try(tmp_path):
    tries, told = tries_of("staying", tmp_path, *[TransientError("killed")] * 9)
    assert tries == 4
    assert isinstance(told, TransientError)


@pytest.mark.parametrize("error", [RequestError("no such path"), LakeError("the disk is full")], ids=type)
def test_a_wrong_request_or_a_damaged_lake_is_not_tried_again(tmp_path, error):
    tries, told = tries_of("lasting", tmp_path, error, None)
    assert tries == 1
    assert isinstance(told, type(error))


def test_a_killed_worker_process_is_a_fault_that_may_pass(monkeypatch):
    monkeypatch.setenv("TILTH_WORKERS", "2")
    settings.cache_clear()
    with pytest.raises(TransientError, match="killed"):
        run_in_pool(signal.raise_signal, signal.SIGKILL)
