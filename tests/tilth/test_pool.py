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


def doubled(number):
    return os.getpid(), 2 * number


def killed_at_three(number):
    if number == 3:
        kill_oneself()
    return number


def test_items_come_back_in_their_order_from_other_processes():
    found = list(pool.map_in_pool(doubled, range(30)))
    assert [value for _, value in found] == list(range(0, 60, 2))
    assert os.getpid() not in {process for process, _ in found}


def test_items_are_taken_as_they_are_needed():
    taken = []

    def items():
        for number in range(100):
            taken.append(number)
            yield number

    for (_, value), _ in zip(pool.map_in_pool(doubled, items()), range(5), strict=False):
        # Two a worker are under way, and two were looked at to see whether there is more than one.
        assert len(taken) <= value // 2 + 7


def test_a_single_item_is_worked_on_here():
    assert list(pool.map_in_pool(doubled, [4])) == [(os.getpid(), 8)]
    assert list(pool.map_in_pool(doubled, [])) == []


def test_an_item_that_kills_its_worker_is_a_passing_fault():
    with pytest.raises(TransientError):
        list(pool.map_in_pool(killed_at_three, range(6)))


def test_workers_that_were_let_go_are_followed_by_others():
    first = pool.run_in_pool(os.getpid)
    pool.dismiss_workers()
    pool.dismiss_workers()
    assert pool.run_in_pool(os.getpid) != first
