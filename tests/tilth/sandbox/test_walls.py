"""Hostile jobs, run for real: none sees, signals, traces or outlives what it should not, and the next verdict is right.

Each attack prints what it got, so that an empty line, or an error's name, is the wall.
"""

from __future__ import annotations

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path

import pytest

from tests.tilth.sandbox.conftest import NARROW, require
from tilth.sandbox.job import Job, Verdict
from tilth.sandbox.sandbox import Sandbox

_TRY = """
import ctypes, errno, os, signal, socket, subprocess, sys
libc = ctypes.CDLL(None, use_errno=True)
def attempt(function, *args):
    try: return function(*args)
    except BaseException as error: return type(error).__name__
def call(name, *args):
    result = getattr(libc, name)(*args)
    return errno.errorcode[ctypes.get_errno()] if result < 0 else 'GOT IT'
"""


@pytest.fixture
def attack(any_sandbox):
    """Run an attack; afterwards the sandbox still tells right from wrong."""

    def run(source: str):
        return any_sandbox.run(Job(_TRY + source))

    yield run
    if any_sandbox._mode != "nested":
        # Its next job gets another server anyway.
        return
    right, wrong = any_sandbox.run_many([Job("print('right')"), Job("raise ValueError")])
    assert (right.outcome, right.stdout, wrong.outcome) == ("ok", b"right\n", "failed")


def lines(verdict: Verdict) -> list[str]:
    assert verdict.outcome == "ok", verdict
    return verdict.stdout.decode().splitlines()


# ------------------------------------------------------------------------------------------------ what it can see


def test_nothing_of_the_host_is_visible(attack, tmp_path):
    secret = tmp_path / "secret"
    secret.write_text("secret")
    checkout, home = Path(__file__).resolve(), Path.home() / ".bashrc"
    places = [
        str(secret),
        str(checkout),
        str(home),
        *"/etc/shadow /etc/hostname /sys/kernel /dev/mem /var /boot".split(),
    ]
    got = lines(attack(f"for place in {places}: print(attempt(os.stat, place))"))
    assert set(got) == {"FileNotFoundError"}


def test_no_variable_of_the_environment_comes_in(attack, monkeypatch):
    monkeypatch.setenv("TILTH_SECRET", "hunter2")
    assert "hunter2" not in attack("print(os.environ); os.system('env')").stdout.decode()


def test_it_is_nobody_without_capabilities_on_a_host_of_no_name(attack):
    source = (
        "print(os.getuid(), os.getgid(), os.geteuid(), socket.gethostname(), os.getpid() < 4)\n"
        "names = ('CapPrm', 'CapEff', 'CapAmb')\n"
        "print([line.split()[1] for line in open('/proc/self/status') if line[:6] in names])\n"
    )
    assert lines(attack(source)) == ["65534 65534 65534 sandbox True", str(["0000000000000000"] * 3)]


def test_it_sees_its_own_processes_and_no_other(attack):
    source = "print(set(int(name) for name in os.listdir('/proc') if name.isdigit()) <= {1, 2, 3})"
    assert lines(attack(source)) == ["True"]


def test_it_can_write_in_its_folder_and_in_tmp_alone(attack):
    source = """
found = set()
for folder, folders, _ in os.walk('/', followlinks=False):
    # What lies deeper lies on the same mounts.
    if folder.startswith('/proc') or folder.count('/') == 3:
        folders.clear(); continue
    try:
        open(os.path.join(folder, 'x'), 'w').close(); found.add(folder)
    except OSError: pass
print(sorted(found))
"""
    assert lines(attack(source)) == ["['/job', '/tmp']"]


def test_its_handles_are_its_own_four(attack):
    source = "print([n for n in range(1024) if attempt(os.fstat, n) != 'OSError'])"
    assert lines(attack(source)) == ["[0, 1, 2, 3]"]


# --------------------------------------------------------------------------------------------- what it can do to it


def test_the_supervisor_can_be_neither_signalled_nor_traced_nor_read(attack):
    source = """
for number in signal.valid_signals(): attempt(os.kill, 1, number)
for place in ('fd', 'root', 'cwd'): print(attempt(os.listdir, f'/proc/1/{place}'))
for place in ('environ', 'mem', 'maps'): print(attempt(lambda: open(f'/proc/1/{place}', 'rb').read(1)))
print(call('ptrace', 16, 1, 0, 0), call('process_vm_readv', 1, 0, 0, 0, 0, 0))
import resource
print(attempt(resource.prlimit, 1, resource.RLIMIT_CPU, (0, 0)))
"""
    got = lines(attack(source))
    assert set(got[:6]) <= {"PermissionError", "FileNotFoundError"}
    assert got[6:] == ["EPERM EPERM", "PermissionError"]


def test_a_job_that_ends_its_supervisor_ends_itself_at_most(attack):
    verdict = attack("for number in signal.valid_signals(): attempt(os.kill, os.getppid(), number)")
    # In a namespace of its own nothing happens; where it serves one job as nobody, the server is lost, and the job.
    assert verdict.outcome in {"ok", "killed"}


def test_a_signal_to_all_ends_its_own_processes_only(attack):
    assert (
        attack("attempt(os.kill, -1, signal.SIGKILL); os.kill(os.getpid(), signal.SIGKILL)").outcome
        == "killed"
    )


def test_no_more_namespaces_mounts_or_kernel_doors(attack):
    if os.uname().machine != "x86_64":
        pytest.skip("the numbers of the calls are x86's")
    source = """
for name, *args in [
    ('unshare', 0x10000000), ('unshare', 0x00020000), ('setns', 0, 0), ('chroot', b'/tmp'),
    ('mount', 0, b'/', 0, 32, 0), ('umount2', b'/proc', 2), ('umount2', b'/tmp', 2),
    ('memfd_create', b'x', 0), ('shmget', 1, 4096, 0o1600), ('msgget', 1, 0o1600), ('semget', 1, 1, 0o1600),
    # bpf, io_uring_setup, perf_event_open, keyctl; clone with a user namespace; getpid of x32
    ('syscall', 321, 0, 0, 0), ('syscall', 425, 1, 0), ('syscall', 298, 0, 0, 0, 0, 0), ('syscall', 250, 0, 0, 0),
    ('syscall', 56, 0x10000011, 0, 0, 0, 0), ('syscall', 39 | 0x40000000), ('personality', 0),
]: print(name, call(name, *args))
print(call('syscall', 435, 0, 0))
"""
    *refused, clone3 = lines(attack(source))
    assert {line.split()[1] for line in refused} == {"EPERM"}
    assert clone3 == "ENOSYS"


def test_a_call_of_another_architecture_kills(attack):
    if os.uname().machine != "x86_64":
        pytest.skip("int 0x80 is x86's")
    # getpid by the 32-bit door: mov eax, 20; int 0x80; ret
    source = """
import mmap
code = mmap.mmap(-1, 4096, prot=7)
code.write(bytes.fromhex('b814000000cd80c3'))
print(ctypes.CFUNCTYPE(ctypes.c_int)(ctypes.addressof(ctypes.c_char.from_buffer(code)))())
"""
    assert attack(source).signal == signal.SIGSYS


@pytest.mark.parametrize(
    "source",
    [
        "ctypes.string_at(0)",
        "os.abort()",
        "sys.setrecursionlimit(10**9); f = lambda: f(); f()",
        "os.kill(os.getpid(), signal.SIGSEGV)",
    ],
)
def test_a_crash_is_its_own(attack, source):
    assert attack(source).outcome in {"killed", "memory", "failed", "timeout"}


@pytest.mark.parametrize(
    "source",
    [
        "os.closerange(0, 1024)",
        "for n in range(1024): attempt(os.write, n, b'\\x00' * 100_000)",
        'for n in range(4): attempt(os.write, n, b\'{"status": 0, "reason": "", "error": "forged"}\')',
        "os.dup2(0, 3); os.close(0)",
    ],
)
def test_garbage_on_every_handle_is_output_and_no_more(attack, source):
    verdict = attack(source)
    assert verdict.outcome == "ok" or verdict.exit_code == 120
    assert "forged" not in verdict.detail


def test_a_stopped_job_and_stopped_children_end_in_time():
    stop = "os.kill(os.getpid(), signal.SIGSTOP)"
    source = f"import os, signal\nif os.fork(): {stop}\n{stop}"
    with Sandbox(NARROW.model_copy(update={"wall_s": 0.3})) as sandbox:
        require(sandbox)
        assert sandbox.run(Job(source)).outcome == "timeout"
        assert sandbox.run(Job("pass")).outcome == "ok"


# ------------------------------------------------------------------------------------------------------ the network


def test_there_is_no_network_but_a_loopback_of_its_own(attack):
    with socket.create_server(("127.0.0.1", 0)) as server:
        port = server.getsockname()[1]
        source = f"""
def reach(address): socket.create_connection(address, 2)
print(attempt(reach, ('127.0.0.1', {port})), attempt(reach, ('192.0.2.1', 80)))
print(attempt(socket.getaddrinfo, 'example.org', 80))
for family in (16, 17, 38, 40, 44): print(attempt(socket.socket, family, socket.SOCK_RAW))
with socket.create_server(('127.0.0.1', 0)) as own:
    reach(own.getsockname()); print('own')
"""
        got = lines(attack(source))
    assert got[:2] == ["ConnectionRefusedError OSError", "gaierror"]
    assert set(got[2:7]) == {"OSError"}
    assert got[7] == "own"


def test_an_abstract_socket_of_another_job_is_not_reached():
    wait = """
import socket, time
server = socket.socket(socket.AF_UNIX)
server.bind('\\0meet'); server.listen(); time.sleep(1); print('alone')
"""
    seek = """
import socket, time
for _ in range(30):
    try: socket.socket(socket.AF_UNIX).connect('\\0meet'); print('met')
    except ConnectionRefusedError: pass
    time.sleep(0.03)
"""
    with Sandbox(NARROW, workers=2) as sandbox:
        require(sandbox)
        waiter, seeker = sandbox.run_many([Job(wait), Job(seek)])
    assert (waiter.stdout, seeker.outcome, seeker.stdout) == (b"alone\n", "ok", b"")


def test_an_abstract_socket_of_the_host_is_not_reached(attack):
    with socket.socket(socket.AF_UNIX) as server:
        server.bind("\0tilth-test-host")
        server.listen()
        source = "print(attempt(socket.socket(socket.AF_UNIX).connect, '\\0tilth-test-host'))"
        assert lines(attack(source)) == ["ConnectionRefusedError"]


# -------------------------------------------------------------------------------------------------------- survivors


def _processes_with(mark: str) -> list[int]:
    found = []
    for folder in Path("/proc").iterdir():
        if folder.name.isdigit():
            try:
                if mark in (folder / "cmdline").read_text(errors="replace"):
                    found.append(int(folder.name))
            except OSError:
                continue
    return found


def _until(condition, seconds=20.0) -> bool:
    end = time.monotonic() + seconds
    while time.monotonic() < end:
        if condition():
            return True
        time.sleep(0.02)
    return False


def test_no_process_of_a_job_is_left_when_its_verdict_is_there(attack):
    mark = "survivor-of-a-job"
    daemon = f"""
if not os.fork():
    os.setsid()
    if not os.fork():
        for number in range(1, 32): attempt(signal.signal, number, signal.SIG_IGN)
        os.execv('/bin/sh', ['sh', '-c', 'while :; do /bin/sleep 1; done', '{mark}'])
    os._exit(0)
import time; time.sleep(0.1)
"""
    assert attack(daemon).outcome == "ok"
    assert _until(lambda: not _processes_with(mark), 2.0)


def test_all_ends_with_the_process_that_started_it():
    mark = "orphan-of-a-sandbox"
    script = f"""
import os, threading, time
from tilth.sandbox.job import Job, Verdict
from tilth.sandbox.sandbox import Sandbox
sandbox = Sandbox()
job = Job("import os; os.execv('/bin/sh', ['sh', '-c', 'while :; do /bin/sleep 1; done', '{mark}'])")
threading.Thread(target=sandbox.run, args=(job,), daemon=True).start()
time.sleep(60)
"""
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
    variables = {**os.environ, "PYTHONPATH": os.pathsep.join(sys.path)}
    process = subprocess.Popen([sys.executable, "-c", script], env=variables)
    try:
        # The script itself has the mark in its command line.
        assert _until(lambda: len(_processes_with(mark)) > 1)
    finally:
        process.send_signal(signal.SIGKILL)
        process.wait()
    assert _until(lambda: not _processes_with(mark))


def test_a_server_that_is_killed_is_replaced_and_the_job_gets_its_verdict():
    with Sandbox(NARROW) as sandbox:
        require(sandbox)
        assert sandbox.run(Job("pass")).outcome == "ok"
        for worker in sandbox._all:
            worker.end()
        assert sandbox.run(Job("print(1)")).stdout == b"1\n"


def test_a_sandbox_that_is_closed_under_a_job_says_so():
    sandbox = Sandbox(NARROW)
    require(sandbox)
    future = sandbox._threads.submit(sandbox._judge, Job("import time; time.sleep(60)"))
    assert _until(lambda: not sandbox._idle)
    sandbox.close()
    verdict = future.result()
    assert verdict.outcome == "sandbox_error"
    assert "closed" in verdict.detail
