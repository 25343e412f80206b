"""A job that takes more than it may gets a verdict that says so, and the next job's verdict is right."""

from __future__ import annotations

import pytest

from tests.tilth.sandbox.conftest import NARROW, require
from tilth.sandbox.job import Job
from tilth.sandbox.sandbox import Sandbox

_LOOPS_IN_FOUR = """
import os
for _ in range(3):
    if not os.fork(): break
while True: pass
"""
_LOOP_THAT_WILL_NOT_STOP = """
import signal
for number in set(signal.valid_signals()) - {signal.SIGKILL, signal.SIGSTOP}:
    try: signal.signal(number, signal.SIG_IGN)
    except OSError: pass
while True:
    try:
        while True: pass
    except BaseException: pass
"""
_MEMORY_OF_MANY = """
import os, time
for _ in range(6):
    if not os.fork(): break
held = bytearray(60 << 20)
held[::4096] = bytes([1]) * len(held[::4096])
time.sleep(15)
"""
_FORK_BOMB = """
import os, time
made = 0
while True:
    try: pid = os.fork()
    except OSError as error:
        if made: print(made, error.errno)
        break
    if pid == 0:
        made = 0
        try: os.setsid()
        except OSError: pass
    else: made += 1
time.sleep(0.2)
"""
_MANY_THREADS = """
import threading, time
made = 0
try:
    while made < 500:
        threading.Thread(target=time.sleep, args=(20,), daemon=True).start(); made += 1
except RuntimeError as error: print(made)
"""
_FILL_THE_DISK = """
import os
written = 0
try:
    for i in range(1000):
        with open(f'/tmp/{i}', 'wb') as file: written += file.write(bytes(500_000))
except OSError as error: print(written, error.errno)
"""
_LEFT_RUNNING = """
import os, sys, time
if not os.fork():
    os.setsid()
    if not os.fork():
        while True: time.sleep(1)
    os._exit(0)
print('gone')
"""


@pytest.fixture
def after(any_sandbox):
    """The sandbox; after each test, the next job's verdict is what it has to be."""
    yield any_sandbox
    if any_sandbox._mode != "nested":
        # Its next job gets another server anyway.
        return
    verdict = any_sandbox.run(Job("print(6 * 7); raise SystemExit(4)"))
    assert (verdict.outcome, verdict.exit_code, verdict.stdout) == ("failed", 4, b"42\n")


@pytest.mark.parametrize("source", ["while True: pass", _LOOP_THAT_WILL_NOT_STOP])
def test_a_loop_is_a_timeout(sandbox, source):
    verdict = sandbox.run(Job(source))
    assert verdict.outcome == "timeout"
    assert verdict.cpu_s < 4


def test_processor_time_is_that_of_all_processes(sandbox):
    assert sandbox.run(Job(_LOOPS_IN_FOUR)).outcome == "timeout"


@pytest.mark.parametrize(
    "source", ["import time; time.sleep(100)", "import signal; signal.pause()", "input()"]
)
def test_a_job_that_waits_for_ever_is_a_timeout_and_its_output_is_kept(source):
    with Sandbox(NARROW.model_copy(update={"wall_s": 0.3})) as sandbox:
        require(sandbox)
        verdict = sandbox.run(Job("print('first', flush=True)\n" + source))
        if source == "input()":
            assert b"EOFError" in verdict.stderr
        else:
            assert (verdict.outcome, verdict.stdout) == ("timeout", b"first\n")
        assert sandbox.run(Job("pass")).outcome == "ok"


def test_a_timeout_counts_only_when_it_repeats_alone(monkeypatch):
    with Sandbox(NARROW, workers=2) as sandbox:
        require(sandbox)
        real, seen = sandbox._try_twice, []

        def first_too_slow(job):
            verdict = real(job)
            seen.append(sandbox._permits._value)
            if len(seen) == 1:
                object.__setattr__(verdict, "outcome", "timeout")
            return verdict

        monkeypatch.setattr(sandbox, "_try_twice", first_too_slow)
        assert sandbox.run(Job("pass")).outcome == "ok"
        # Held: its own permit the first time, and everybody's the second.
        assert seen == [1, 0]


@pytest.mark.parametrize("source", ["bytearray(1 << 30)", "x = []\nwhile True: x.append(bytes(1 << 20))"])
def test_too_much_memory_in_one_process_is_memory(after, source):
    assert after.run(Job(source)).outcome == "memory"


def test_too_much_memory_in_all_processes_together_is_memory(sandbox):
    assert sandbox.run(Job(_MEMORY_OF_MANY)).outcome == "memory"


def test_a_fork_bomb_comes_to_its_bound_and_all_of_it_ends(after):
    verdict = after.run(Job(_FORK_BOMB))
    assert verdict.outcome in {"ok", "timeout"}
    assert all(int(line.split()[0]) < NARROW.processes for line in verdict.stdout.splitlines())


def test_threads_count_as_processes(sandbox):
    assert 0 < int(sandbox.run(Job(_MANY_THREADS)).stdout) < NARROW.processes


def test_a_file_ends_at_its_bound(after):
    verdict = after.run(Job("open('x', 'wb').write(bytes(3 << 20))"))
    assert verdict.outcome == "failed"
    assert b"OSError: [Errno 27] File too large" in verdict.stderr


@pytest.mark.parametrize("folder", ["/tmp", "/job", "/dev/shm"])
def test_the_disk_ends_at_its_bound(sandbox, folder):
    written, code = map(int, sandbox.run(Job(_FILL_THE_DISK.replace("/tmp", folder))).stdout.split())
    assert (written <= NARROW.disk_bytes, code) == (True, 28)


def test_a_million_small_files_are_not_had(sandbox):
    verdict = sandbox.run(Job("for i in range(1_000_000): open(f'/tmp/{i}', 'w')"))
    assert b"No space left" in verdict.stderr


@pytest.mark.parametrize("stream", ["1", "2", "3"])
def test_output_beyond_the_bound_is_dropped_and_that_is_said(sandbox, stream):
    source = f"import os\nfor i in range(200): os.write({stream}, (b'%04d' % i) * 5000)"
    verdict = sandbox.run(Job(source))
    assert (verdict.outcome, verdict.is_truncated) == ("ok", True)
    kept = {"1": verdict.stdout, "2": verdict.stderr, "3": verdict.result}[stream]
    assert kept == b"0000" * (NARROW.output_bytes // 4)


def test_output_without_end_is_a_timeout(sandbox):
    verdict = sandbox.run(Job("while True: print('x' * 100_000)"))
    assert (verdict.outcome, len(verdict.stdout)) == ("timeout", NARROW.output_bytes)


def test_output_within_the_bound_is_whole(sandbox):
    verdict = sandbox.run(Job(f"print('x' * {NARROW.output_bytes - 1})"))
    assert (len(verdict.stdout), verdict.is_truncated) == (NARROW.output_bytes, False)


def test_what_is_left_running_in_the_background_ends_with_its_job(after):
    verdict = after.run(Job(_LEFT_RUNNING))
    assert (verdict.outcome, verdict.stdout) == ("ok", b"gone\n")
    assert verdict.wall_s < 10
