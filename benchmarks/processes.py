"""What a command costs: CPU seconds and memory of it and of all processes that it starts, from `/proc`.

CPU is what the kernel reports of the command and of every process it waited for; Prefect's server is told apart by
its last sample. Memory is sampled: the sum over all processes (of the proportional set size, which counts shared
pages once) and the largest single process. Peaks shorter than a sample are missed. Linux only.
"""

from __future__ import annotations

import os
import subprocess
import threading
import time
from dataclasses import dataclass, field
from pathlib import Path

_TICKS = os.sysconf("SC_CLK_TCK")
# Twenty samples a second see what lives for a batch, and cost the machine two per cent.
_PERIOD_S = 0.1


@dataclass
class Usage:
    """CPU in seconds, memory in MiB."""

    cpu: float = 0.0  # of everything but Prefect's server
    server_cpu: float = 0.0
    wall: float = 0.0
    peak: float = 0.0  # sum over the processes but the server
    peak_process: float = 0.0
    server_peak: float = 0.0
    returncode: int = 0
    output: str = field(default="", repr=False)
    errors: str = field(default="", repr=False)


def _stat(pid: int) -> tuple[int, float] | None:
    """Parent, and CPU seconds of the process itself."""
    try:
        fields = Path(f"/proc/{pid}/stat").read_text().rpartition(") ")[2].split()
    except (OSError, IndexError):
        return None
    return int(fields[1]), (int(fields[11]) + int(fields[12])) / _TICKS


def family(root: int) -> dict[int, float]:
    """CPU seconds of a process and of all its descendants, by their ids."""
    entries = [int(path.name) for path in Path("/proc").iterdir() if path.name.isdigit()]
    found = {pid: _stat(pid) for pid in entries}
    stats = {pid: stat for pid, stat in found.items() if stat is not None}
    family = {root}
    while grown := {pid for pid, (parent, _) in stats.items() if parent in family} - family:
        family |= grown
    return {pid: stats[pid][1] for pid in family if pid in stats}


def _memory_of(pid: int) -> float:
    try:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
            if line.startswith("Pss:"):
                return int(line.split()[1]) / 1024
    except OSError:
        pass
    return 0.0


def _is_server(pid: int) -> bool:
    try:
        command = Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return False
    return b"prefect.server" in command or b"uvicorn" in command


class _Sampler(threading.Thread):
    """Watches one process tree until it is told to stop."""

    def __init__(self, root: int, usage: Usage) -> None:
        super().__init__(daemon=True)
        self._root, self._usage, self.ended = root, usage, threading.Event()
        self.server: dict[int, float] = {}
        self._known: dict[int, bool] = {}

    def run(self) -> None:
        while not self.ended.wait(_PERIOD_S):
            memory = server = 0.0
            for pid, cpu in family(self._root).items():
                # A process is forked first and gets its command line after.
                if not self._known.get(pid):
                    self._known[pid] = _is_server(pid)
                here = _memory_of(pid)
                if self._known[pid]:
                    self.server[pid] = cpu
                    server += here
                else:
                    memory += here
                    self._usage.peak_process = max(self._usage.peak_process, here)
            self._usage.peak = max(self._usage.peak, memory)
            self._usage.server_peak = max(self._usage.server_peak, server)


def run(command: list[str], environment: dict[str, str]) -> Usage:
    """Run a command to its end; what it cost, and what it printed."""
    usage, started = Usage(), time.monotonic()
    process = subprocess.Popen(
        command,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        env={**os.environ, **environment},
        start_new_session=True,
    )
    sampler = _Sampler(process.pid, usage)
    sampler.start()
    errors: list[str] = []
    reader = threading.Thread(target=lambda: errors.append(process.stderr.read() if process.stderr else ""))
    reader.start()
    usage.output = process.stdout.read() if process.stdout else ""
    reader.join()
    _, status, resources = os.wait4(process.pid, 0)
    sampler.ended.set()
    sampler.join()
    process.returncode = usage.returncode = os.waitstatus_to_exitcode(status)
    usage.errors, usage.wall = errors[0], time.monotonic() - started
    usage.server_cpu = sum(sampler.server.values())
    usage.cpu = resources.ru_utime + resources.ru_stime - usage.server_cpu
    return usage
