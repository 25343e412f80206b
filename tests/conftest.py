"""What every test stands on: a private Prefect home, one Prefect server a session, and a calm Hypothesis."""

from __future__ import annotations

import atexit
import os
import signal
import socket
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import IO

import pytest
from hypothesis import settings

# A slow machine is not a failure; in CI the same examples are drawn each time, so that red means changed.
settings.register_profile("house", deadline=None)
settings.register_profile("ci", deadline=None, derandomize=True, print_blob=True)
settings.load_profile("ci" if os.environ.get("CI") else "house")

# What the how-to on running Tilth under Prefect tells people to type.
SERVER = "prefect server start"

_PREFECT_HOME = pytest.StashKey[tempfile.TemporaryDirectory[str]]()


def _hush() -> None:
    """DuckDB's binding reports its own objects as leaked after an error; that is not the last word of a test run."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), 2)


def pytest_configure(config: pytest.Config) -> None:
    """Keep Prefect off the user's home and server; it reads its settings on import, so this comes first."""
    atexit.register(_hush)
    # A shell starts what it runs in the background with the signal ignored, and children inherit that: Ctrl-C could
    # not be tried then.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    home = tempfile.TemporaryDirectory(prefix="tilth-tests-", ignore_cleanup_errors=True)
    config.stash[_PREFECT_HOME] = home
    for name in ("PREFECT_API_URL", "PREFECT_API_KEY", "PREFECT_PROFILE"):
        os.environ.pop(name, None)
    os.environ["PREFECT_HOME"] = home.name
    os.environ["PREFECT_RESULTS_LOCAL_STORAGE_PATH"] = str(Path(home.name) / "results")
    os.environ["PREFECT_SERVER_ANALYTICS_ENABLED"] = "false"
    os.environ["DO_NOT_TRACK"] = "1"
    # Logs that are still on their way when the server ends would be reported behind the summary.
    os.environ["PREFECT_LOGGING_TO_API_ENABLED"] = "false"


def pytest_unconfigure(config: pytest.Config) -> None:
    """Take Prefect's home away again."""
    config.stash[_PREFECT_HOME].cleanup()


@pytest.fixture(scope="session")
def prefect_server() -> Iterator[str]:
    """A Prefect server of the session's own, as a person would start it; the address of its API."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    url = f"http://127.0.0.1:{port}/api"
    log = Path(os.environ["PREFECT_HOME"]) / "server.log"
    with (
        log.open("w") as file,
        running(f"{SERVER} --port {port}", file, PREFECT_SERVER_UI_API_URL=url) as server,
    ):
        _wait_until_healthy(url, server, log)
        from prefect.settings import PREFECT_API_URL, PREFECT_FLOWS_HEARTBEAT_FREQUENCY, temporary_settings

        # Without heartbeats a synchronous flow does not wait a second for their thread to end: 1.2 s becomes 0.3 s.
        with temporary_settings({PREFECT_API_URL: url, PREFECT_FLOWS_HEARTBEAT_FREQUENCY: None}):
            yield url


@contextmanager
def running(command: str, log: IO[str], **environment: str) -> Iterator[subprocess.Popen[bytes]]:
    """One of Prefect's commands as a process, in a folder that is not the checkout; ended by its id."""
    process = subprocess.Popen(
        [sys.executable, "-m", *command.split()],
        cwd=os.environ["PREFECT_HOME"],
        env=os.environ | environment,
        stdout=log,
        stderr=subprocess.STDOUT,
    )
    try:
        yield process
    finally:
        process.terminate()
        try:
            process.wait(30)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def _wait_until_healthy(url: str, server: subprocess.Popen[bytes], log: Path) -> None:
    # The server takes 15 to 25 s to start on two busy cores.
    until = time.monotonic() + 120
    while time.monotonic() < until and server.poll() is None:
        try:
            with urllib.request.urlopen(f"{url}/health", timeout=5):
                return
        except OSError:
            time.sleep(0.3)
    pytest.fail(f"Prefect's server did not start:\n{log.read_text(encoding='utf-8')}")
