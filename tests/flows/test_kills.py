"""A build that is killed is finished by the next one, which gives what an undisturbed one gives.

The long series is a benchmark; here one whole build is killed at four moments, on the real server and processes.
"""

import json
import os
import signal
import subprocess
import sys
import time

import pytest

from tests.flows.builds import write_project
from tilth.fingerprint import ROOT

pytestmark = pytest.mark.flow

# How many parts and manifests the lake holds when the kill comes: in ingest, at the sketches, in generate, at the end.
MOMENTS = (1, 4, 9, 14)


def start(lake, project, api):
    return subprocess.Popen(
        [
            *(sys.executable, "-c", "from flows.cli import main; main()"),
            *("build", str(project), "--lake", str(lake), "--json"),
        ],
        cwd=ROOT,
        env=os.environ | {"PREFECT_API_URL": api, "TILTH_WORKERS": "2"},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        start_new_session=True,
    )


def written(lake):
    parts = list(lake.glob("parts/*/*/*/keys.parquet"))
    return len(parts) + len(list(lake.glob("artifacts/*/*.json")))


def kill_at(lake, project, api, moment):
    process = start(lake, project, api)
    until = time.monotonic() + 120
    while process.poll() is None and written(lake) < moment and time.monotonic() < until:
        time.sleep(0.01)
    if process.poll() is None:
        os.killpg(process.pid, signal.SIGKILL)
    process.communicate()
    return process.returncode


def test_four_kills_in_one_build_change_nothing_of_what_it_gives(prefect_server, tmp_path):
    project = write_project(tmp_path)
    codes = [kill_at(tmp_path / "killed", project, prefect_server, moment) for moment in MOMENTS]
    assert codes.count(-signal.SIGKILL) >= 3
    reports = {}
    for name in ("killed", "calm"):
        process = start(tmp_path / name, project, prefect_server)
        out, err = process.communicate(timeout=240)
        assert process.returncode == 0, err.decode()
        reports[name] = json.loads(out.splitlines()[-1])
    assert reports["killed"]["digest"] == reports["calm"]["digest"]
    assert reports["killed"]["counts"] == reports["calm"]["counts"]
    assert reports["killed"]["rejects"] == reports["calm"]["rejects"]
    left = [path for path in (tmp_path / "killed" / "tmp").glob("*") if path.is_dir() and any(path.iterdir())]
    assert left == [], "what killed builds had begun was cleared"
