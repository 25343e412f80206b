"""`build` as people deploy it: a server, a worker and the deployment, made by the commands of the how-to."""

from __future__ import annotations

import os
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple
from uuid import UUID

import pytest

from tests.conftest import running
from tests.flows.builds import run_build
from tilth.fingerprint import ROOT
from tilth.settings import settings

# What the how-to tells people to type.
WORKER = "prefect worker start --pool tilth --type process"
DEPLOY = "prefect --no-prompt deploy --all"

# A run that takes longer than this has hung: alone it takes half a minute on two slow cores.
_MOST_SECONDS = 240

HOSTILE = '<script>window.isOwned = 1</script><img src="x" onerror="window.isOwned = 1">'
SHAPES = f'''"""Shapes and their areas {HOSTILE}."""

# SPDX-License-Identifier: MIT


class Square:
    """A square {HOSTILE}."""

    def __init__(self, side: float) -> None:
        """Keep the side of the square, in metres."""
        self.side = side

    def area(self) -> float:
        """Area of the square ``` {HOSTILE}, in square metres."""
        total = self.side * self.side
        if total < 0:
            raise ValueError("a square has no negative area")
        return total


def greatest(values: list[float]) -> float:
    """The greatest of some values, which must not be empty."""
    best = values[0]
    for value in values[1:]:
        if value > best:
            best = value
    return best
'''


@pytest.fixture(scope="session")
def one_worker() -> Iterator[None]:
    """Engines run in this process: starting workers is not the point of most tests."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("TILTH_WORKERS", "1")
        settings.cache_clear()
        yield
    settings.cache_clear()


@pytest.fixture(scope="session")
def sample(
    prefect_server: str, one_worker: None, tmp_path_factory: pytest.TempPathFactory
) -> tuple[Path, dict[str, Any]]:
    """The lake and the report of one build of the bundled sample, which tests share and do not change."""
    lake = tmp_path_factory.mktemp("sample") / "lake"
    return lake, run_build(lake)


@pytest.fixture(scope="session")
def shapes(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with one Python file, whose author would like to run a script in the reader's browser."""
    folder = tmp_path_factory.mktemp("sources") / "shapes"
    folder.mkdir()
    (folder / "shapes.py").write_text(SHAPES, encoding="utf-8")
    return folder


class Deployment(NamedTuple):
    """The deployment of `build`, with a worker that takes its runs."""

    api: str  # address of the server's API
    client: Any  # Prefect's synchronous client
    deployment_id: UUID
    lake: Path
    worker_log: Path

    def start(self, **parameters: Any) -> UUID:
        """Ask for a run; its id."""
        run = self.client.create_flow_run_from_deployment(self.deployment_id, parameters=parameters)
        run_id: UUID = run.id
        return run_id

    def finished(self, run_id: UUID) -> Any:
        """The flow run when it has come to its end."""
        until = time.monotonic() + _MOST_SECONDS
        while time.monotonic() < until:
            run = self.client.read_flow_run(run_id)
            if run.state is not None and run.state.is_final():
                return run
            time.sleep(0.5)
        pytest.fail(f"The run did not end:\n{self.worker_log.read_text(encoding='utf-8')}")


@pytest.fixture(scope="session")
def deployment(prefect_server: str, tmp_path_factory: pytest.TempPathFactory) -> Iterator[Deployment]:
    from prefect.client.orchestration import get_client

    folder = tmp_path_factory.mktemp("deployment")
    environment = {
        "PREFECT_API_URL": prefect_server,
        "PREFECT_WORKER_QUERY_SECONDS": "1",
        "TILTH_LAKE": str(folder / "lake"),
        "TILTH_WORKERS": "1",
    }
    log = folder / "worker.log"
    with (
        log.open("w") as file,
        running(WORKER, file, **environment) as worker,
        get_client(sync_client=True) as client,
    ):
        _wait_for_pool(client, worker, log)
        deployed = subprocess.run(
            [sys.executable, "-m", *DEPLOY.split()],
            check=False,
            cwd=ROOT,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=_MOST_SECONDS,
        )
        assert deployed.returncode == 0, deployed.stdout + deployed.stderr
        found = client.read_deployment_by_name("build/build")
        yield Deployment(prefect_server, client, found.id, folder / "lake", log)


def _wait_for_pool(client: Any, worker: subprocess.Popen[bytes], log: Path) -> None:
    from prefect.exceptions import ObjectNotFound

    until = time.monotonic() + _MOST_SECONDS
    while time.monotonic() < until and worker.poll() is None:
        try:
            client.read_work_pool("tilth")
        except ObjectNotFound:
            time.sleep(0.3)
        else:
            return
    pytest.fail(f"The worker did not start:\n{log.read_text(encoding='utf-8')}")
