"""Process 1 of a job: furnishes the job's namespaces, starts its program, watches it, ends all of it, and reports.

*Covered*: wall time; processor time and memory of all processes together (looked at every 50 ms, so that a burst can
pass a bound by what it does in that time); output beyond the bound is read and dropped; whatever the program left
running is killed. The job cannot trace the supervisor (which keeps capabilities that the job lacks, and is not
dumpable), nor end it by signal (the kernel shields process 1), nor lower its limits (the filter refuses).
*Not covered*: the machine's own out-of-memory killer may choose the supervisor; then nothing is reported, and the
server tells. Where namespaces cannot be nested and root started it, the supervisor is process 2 and the job's user:
the job can see it and end it, and thereby itself.
"""

from __future__ import annotations

import contextlib
import fcntl
import os
import resource
import select
import signal
import socket
import time
from pathlib import Path
from typing import Any, NoReturn

from tilth.sandbox.inside import kernel, program, wire

# A look at all processes costs about 0.1 ms; most jobs end before the first.
_TICK_S = 0.05
_CHUNK = 1 << 16
_PAGE = os.sysconf("SC_PAGE_SIZE")
_CLOCK = os.sysconf("SC_CLK_TCK")

JOB = Path("/job")
SOURCE = "/source"
# A copy that belongs to the job's user; the source's files may belong to one who does not exist in here.
TREE = "/tree"
TEMPORARY = Path("/tmp")  # noqa: S108 - an empty file system of the job's own


def furnish(setting: dict[str, Any]) -> None:
    """What a job has of its own: user, `/proc`, `/tmp`, its folder, a loopback. Called in the new namespaces."""
    user = f"{os.getuid()} {os.getuid()} 1"
    # Without a way to set groups the kernel lets an unprivileged process name its group.
    for name, text in (("setgroups", "deny"), ("uid_map", user), ("gid_map", user)):
        Path("/proc/self", name).write_text(text, encoding="ascii")
    safe = kernel.NOSUID | kernel.NODEV
    # Processes only: nothing of the machine.
    kernel.mount("proc", "/proc", safe | kernel.NOEXEC, "subset=pid")
    # A page a file is the least it takes; 16 KiB a file on average allows many small ones and no million.
    room = f"size={setting['disk_bytes']},nr_inodes={setting['disk_bytes'] // 16384 + 64},mode=0700"
    for place in (TEMPORARY, JOB):
        kernel.mount("tmpfs", str(place), safe, room)
    kernel.raise_loopback()


def supervise(channel: socket.socket, setting: dict[str, Any], is_nested: bool) -> None:
    """Read a job from the channel, run it, and answer there."""
    # It is about to kill all that it can see. Only in a namespace of its own is it process 1, or 2 after bubblewrap.
    if os.getpid() > 2:
        raise RuntimeError(f"the supervisor is process {os.getpid()}: it has no namespace of its own")
    if is_nested:
        furnish(setting)
    kernel.set_dumpable(False)
    header, (source, stdin, *contents) = wire.receive(channel, setting["max_job_bytes"])
    try:
        if setting["has_source"]:
            _lay_tree(is_nested)
        _lay_out(header["files"], contents, source)
    except OSError as error:
        wire.send(channel, {"error": f"the job's files do not fit: {error}"}, [])
        return
    watch = _Watch(setting, header, stdin, channel)
    watch.until_the_end()
    report = watch.end()
    wire.send(channel, report, [bytes(stream.kept) for stream in watch.streams])


def _lay_tree(is_nested: bool) -> None:
    """The source tree in the job's folder: looked through to where the kernel can (5.11), else copied."""
    if not is_nested:
        program.copy_tree(SOURCE, str(JOB))
        return
    kernel.seal(TREE)
    upper, work = JOB / "upper", JOB / "work"
    for folder in (upper, work):
        folder.mkdir()
    try:
        kernel.mount("overlay", str(JOB), 0, f"lowerdir={TREE},upperdir={upper},workdir={work},userxattr")
    except OSError:
        for folder in (work / "work", work, upper):
            with contextlib.suppress(FileNotFoundError):
                folder.rmdir()
        program.copy_tree(TREE, str(JOB))


def _lay_out(names: list[str], contents: list[bytes], source: bytes) -> None:
    """The job's files, laid over what is there, and its program."""
    for name, content in zip([*names, program.FILE], [*contents, source], strict=True):
        path = JOB / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)


class _Stream:
    """One pipe out of the job: its first bytes up to a bound, the last few, and whether any were dropped."""

    def __init__(self, bound: int) -> None:
        self.reader, self.writer = os.pipe()
        os.set_blocking(self.reader, False)
        self.bound, self.kept, self.tail, self.is_cut = bound, bytearray(), b"", False

    def take(self) -> bool:
        """Read what is there, a chunk of it; False when there is nothing, now or ever."""
        try:
            chunk = os.read(self.reader, _CHUNK)
        except BlockingIOError:
            return False
        room = self.bound - len(self.kept)
        self.kept += chunk[:room]
        self.is_cut |= len(chunk) > room
        # Enough for the last line of a traceback.
        self.tail = (self.tail + chunk)[-256:]
        return bool(chunk)


class _Watch:
    """A running job."""

    def __init__(
        self, setting: dict[str, Any], header: dict[str, Any], stdin: bytes, channel: socket.socket
    ) -> None:
        self.setting, self.reason, self.status = setting, "", 0
        self.streams = [_Stream(setting["output_bytes"]) for _ in ("stdout", "stderr", "result")]
        given = os.memfd_create("stdin")
        os.write(given, stdin)
        os.lseek(given, 0, os.SEEK_SET)
        self.started = time.monotonic()
        self.pid = os.fork()
        if self.pid == 0:
            _become_the_job(setting, header, [given, *(stream.writer for stream in self.streams)])
        os.close(given)
        for stream in self.streams:
            os.close(stream.writer)

    def until_the_end(self) -> None:
        """Return when the program has ended, or has earned its end by `reason`."""
        ended = os.pidfd_open(self.pid)
        poll = select.poll()
        poll.register(ended, select.POLLIN)
        open_streams = {stream.reader: stream for stream in self.streams}
        for reader in open_streams:
            poll.register(reader, select.POLLIN)
        deadline = self.started + self.setting["wall_s"]
        next_look = self.started + _TICK_S
        while not self.reason:
            for handle, event in poll.poll(_TICK_S * 1000):
                if handle == ended:
                    return
                if not open_streams[handle].take() and event & select.POLLHUP:
                    poll.unregister(handle)
            now = time.monotonic()
            if now >= next_look:
                self.reason = "wall" if now >= deadline else self._excess()
                next_look = now + _TICK_S
                self._reap()

    def _excess(self) -> str:
        """What the processes of the job have too much of together: `cpu`, `memory`, or nothing."""
        pids = [entry.name for entry in Path("/proc").iterdir() if entry.name.isdigit()]
        cpu_s, resident, proportional = 0.0, 0, 0
        for pid in pids:
            try:
                fields = Path("/proc", pid, "stat").read_bytes().rpartition(b")")[2].split()
            except OSError:
                continue
            # Counted from the state, field 3: utime, stime and those of its dead children; of process 1 only these.
            cpu_s += sum(map(int, fields[13:15] if pid == "1" else fields[11:15])) / _CLOCK
            resident += int(fields[21]) * _PAGE if pid != "1" else 0
        if cpu_s > self.setting["cpu_s"]:
            return "cpu"
        if resident > self.setting["total_memory_bytes"]:
            # Pages shared since the fork were counted once a process: count them again, fairly and dearly.
            proportional = sum(_proportional_bytes(pid) for pid in pids if pid != "1")
        return "memory" if proportional > self.setting["total_memory_bytes"] else ""

    def _reap(self) -> None:
        """Bury orphans, which count as processes until then; not the program itself, whose end is waited for."""
        while (found := os.waitid(os.P_ALL, 0, os.WEXITED | os.WNOHANG | os.WNOWAIT)) is not None:
            if found.si_pid == self.pid:
                return
            os.waitpid(found.si_pid, 0)

    def end(self) -> dict[str, Any]:
        """Kill what is left, and say how it went."""
        _, status = os.waitpid(self.pid, os.WNOHANG)
        wall_s = time.monotonic() - self.started
        with contextlib.suppress(ProcessLookupError):
            os.kill(-1, signal.SIGKILL)
        while True:
            try:
                pid, other = os.waitpid(-1, 0)
            except ChildProcessError:
                break
            status = other if pid == self.pid else status
        for stream in self.streams:
            while stream.take():
                pass
        used = resource.getrusage(resource.RUSAGE_CHILDREN)
        return {
            "reason": self.reason,
            "status": os.waitstatus_to_exitcode(status),
            "is_memory_error": self.streams[1].tail.rstrip().rpartition(b"\n")[2].startswith(b"MemoryError"),
            "is_cut": [stream.is_cut for stream in self.streams],
            "cpu_s": used.ru_utime + used.ru_stime,
            "wall_s": wall_s,
        }


def _proportional_bytes(pid: str) -> int:
    try:
        lines = Path("/proc", pid, "smaps_rollup").read_text(encoding="ascii", errors="replace").splitlines()
    except OSError:
        return 0
    return sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))


def _become_the_job(setting: dict[str, Any], header: dict[str, Any], handles: list[int]) -> NoReturn:
    """Put on the job's limits, take off everything else, and run its program."""
    try:
        os.setsid()
        # First out of the way of the numbers that they are to have.
        for target, handle in enumerate([fcntl.fcntl(handle, fcntl.F_DUPFD, 16) for handle in handles]):
            os.dup2(handle, target)
        os.closerange(len(handles), resource.getrlimit(resource.RLIMIT_NOFILE)[1])
        _limit(setting)
        kernel.drop_capabilities()
        kernel.filter_system_calls()
        kernel.set_dumpable(True)
        os.chdir(JOB)
    except OSError as error:
        os.write(2, f"sandbox: {error}\n".encode())
        os._exit(1)
    program.run(header["argv"])


def _limit(setting: dict[str, Any]) -> None:
    # Beyond the last second of processor time the kernel kills outright, where SIGXCPU is caught.
    cpu = int(setting["cpu_s"]) + 1
    for which, soft, hard in (
        (resource.RLIMIT_AS, setting["memory_bytes"], setting["memory_bytes"]),
        (resource.RLIMIT_CPU, cpu, cpu + 1),
        (resource.RLIMIT_NPROC, setting["processes"], setting["processes"]),
        (resource.RLIMIT_FSIZE, setting["file_bytes"], setting["file_bytes"]),
        (resource.RLIMIT_NOFILE, 256, 256),
        (resource.RLIMIT_CORE, 0, 0),
        (resource.RLIMIT_MEMLOCK, 0, 0),
        (resource.RLIMIT_MSGQUEUE, 0, 0),
        # Eight megabytes is Linux's usual stack; unlimited would change how memory is laid out.
        (resource.RLIMIT_STACK, 8 << 20, 8 << 20),
    ):
        resource.setrlimit(which, (soft, hard))
