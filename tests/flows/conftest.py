"""One build of the bundled sample, which the tests of flows share and do not change."""

import os

import pytest

from tests.flows.builds import run_build
from tilth.settings import settings


@pytest.fixture(scope="session")
def one_worker():
    """Engines run in this process: starting workers is not the point of most tests."""
    before = os.environ.get("TILTH_WORKERS")
    os.environ["TILTH_WORKERS"] = "1"
    settings.cache_clear()
    yield
    if before is None:
        del os.environ["TILTH_WORKERS"]
    else:
        os.environ["TILTH_WORKERS"] = before
    settings.cache_clear()


@pytest.fixture(scope="session")
def sample(prefect_server, one_worker, tmp_path_factory):
    """The lake and the report of a build of the bundled sample."""
    lake = tmp_path_factory.mktemp("sample") / "lake"
    return lake, run_build(lake)
