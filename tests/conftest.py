"""What every test stands on: a private Prefect home, one Prefect server a session, and a calm Hypothesis."""

from __future__ import annotations

import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import settings

# A slow machine is not a failure; in CI the same examples are drawn each time, so that red means changed.
settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")

_PREFECT_HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def pytest_configure(config: pytest.Config) -> None:
    """Keep Prefect off the user's home and server; it reads its settings on import, so this comes first."""
    home = tempfile.TemporaryDirectory(prefix="tilth-tests-", ignore_cleanup_errors=True)
    config.stash[_PREFECT_HOME] = home
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        os.environ.pop(name, None)
    os.environ["PREFECT_HOME"] = home.name
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(Path(home.name) / "results")
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take Prefect's home away again."""
    config.stash[_PREFECT_HOME].cleanup()


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[None]:
    """A Prefect server of the session's own, for tests marked `flow`."""
    from prefect.settings import PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings
    from prefect.testing.utilities import prefect_test_harness

    # The server takes 15 to 25 s to start on two busy cores; Prefect's own limit is 30. Without heartbeats a
    # synchronous flow does not wait a second for their thread to end: 1.2 s becomes 0.3 s.
    with (
        prefect_test_harness(server_startup_timeout=120),
        temporary_settings({PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}),
    ):
        yield
