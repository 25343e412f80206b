import os
import signal
from concurrent.futures import ThreadPoolExecutor

import pytest

from tilth import pool
from tilth.errors import TransientError
from tilth.settings import Settings


@pytest.fixture(autouse=True)
def two_workers(monkeypatch):
    monkeypatch.setattr(pool, "settings", lambda: Settings("", workers=2, memory_mb=64))


def kill_oneself():
    os.kill(os.getpid(), signal.SIGKILL)


def test_many_threads_share_the_workers():
    with ThreadPoolExecutor(8) as threads:
        found = [threads.submit(pool.run_in_pool, os.getpid) for _ in range(40)]
        assert len({future.result() for future in found}) <= 2


def test_a_killed_worker_is_a_passing_fault_and_the_next_call_finds_another():
    with pytest.raises(TransientError):
        pool.run_in_pool(kill_oneself)
    assert pool.run_in_pool(os.getpid) != os.getpid()


def test_workers_that_were_let_go_are_followed_by_others():
    first = pool.run_in_pool(os.getpid)
    pool.dismiss_workers()
    pool.dismiss_workers()
    assert pool.run_in_pool(os.getpid) != first
