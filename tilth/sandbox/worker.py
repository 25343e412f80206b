"""One fork server behind bubblewrap, seen from outside: started, given a job at a time, ended.

`Lost` means that the server is gone or does not make sense any more; the job it had may be tried on another.
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import tempfile
from pathlib import Path
from typing import Any, Literal

from tilth.sandbox import bubblewrap
from tilth.sandbox.inside import wire
from tilth.sandbox.job import MAX_JOB_BYTES, Job, Limits

# A cold interpreter on a busy machine; ready after 0.2 s on a quiet one.
_START_S = 60.0
# The supervisor ends a job on time; what it may take longer to kill, read and report on a busy machine.
_GRACE_S = 20.0


class Lost(Exception):
    """The server ended, or broke the protocol."""


# How a job gets its namespaces: its own within the server's; or those of the server, which then serves it alone; or
# so without /proc, where a container hides parts of it and the kernel allows no other.
Mode = Literal["nested", "single", "bare"]


class Worker:
    """A running server. Its `mode` is the one asked for, or `single` with a `reason` where nesting was refused."""

    def __init__(self, limits: Limits, environment: Path | None, source: Path | None, mode: Mode) -> None:
        self._limits = limits
        self._last_line = ""
        self.served = 0
        self._control, theirs = socket.socketpair(socket.AF_UNIX, socket.SOCK_SEQPACKET)
        self._log = tempfile.TemporaryFile()  # noqa: SIM115 - `close` closes it
        setting = {
            **limits.model_dump(),
            "may_nest": mode == "nested",
            "has_source": source is not None,
            "max_job_bytes": MAX_JOB_BYTES,
        }
        self._control.settimeout(_START_S)
        self._process: subprocess.Popen[bytes] | None = None
        try:
            with theirs:
                self._process = self._start(theirs, environment, source, has_proc=mode != "bare")
            self._control.send(json.dumps(setting).encode())
            hello = self._packet()
        except (OSError, Lost) as error:
            self.close()
            raise Lost(self._last_line or str(error)) from None
        self.mode: Mode = mode if mode != "nested" or hello.get("is_nested") is True else "single"
        self.reason = str(hello.get("reason", ""))

    def _start(
        self, control: socket.socket, environment: Path | None, source: Path | None, has_proc: bool
    ) -> subprocess.Popen[bytes]:
        interpreter = bubblewrap.interpreter_of(environment)
        arguments, files = bubblewrap.command(
            interpreter, environment, source, self._limits.disk_bytes, has_proc
        )
        handles = {f"@{place}": _memory_file(text) for place, text in files}
        try:
            words = [str(handles.get(word, word)) for word in arguments]
            return subprocess.Popen(
                [bubblewrap.find() or bubblewrap.PROGRAM, *words, str(control.fileno())],
                stdin=subprocess.DEVNULL,
                stdout=subprocess.DEVNULL,
                stderr=self._log,
                pass_fds=(control.fileno(), *handles.values()),
                env={},
                cwd="/",
            )
        finally:
            for handle in handles.values():
                os.close(handle)

    def run(self, job: Job) -> tuple[dict[str, Any], list[bytes]]:
        """Run one job; the supervisor's report and the job's stdout, stderr and result. `Lost` when none comes."""
        self.served += 1
        answer, failure = None, ""
        ours, theirs = socket.socketpair()
        with ours:
            try:
                with theirs:
                    socket.send_fds(self._control, [b"job"], [theirs.fileno()])
                answer = self._converse(ours, job)
            except (OSError, wire.BadMessage) as error:
                failure = str(error)
        if self.mode == "nested":
            failure = self._farewell() or failure
        if answer is None:
            raise Lost(failure)
        return answer

    def _converse(self, channel: socket.socket, job: Job) -> tuple[dict[str, Any], list[bytes]]:
        channel.settimeout(self._limits.wall_s + _GRACE_S)
        wire.send(channel, {"argv": list(job.argv), "files": list(job.files)}, job.parts())
        header, parts = wire.receive(channel, 3 * self._limits.output_bytes)
        if "error" not in header and len(parts) != 3:
            raise wire.BadMessage("a report without its three streams")
        return header, parts

    def _farewell(self) -> str:
        """What the server says of the supervisor's end; empty when all is well."""
        self._control.settimeout(_GRACE_S)
        packet = self._packet()
        return str(packet.get("error", "")) or (
            f"its supervisor ended with status {packet['status']}" if packet.get("status") else ""
        )

    def _packet(self) -> dict[str, Any]:
        try:
            packet = self._control.recv(1 << 16)
            message = json.loads(packet)
        except OSError as error:
            raise Lost(f"the server does not answer: {error}") from None
        except ValueError:
            self._last_line = self._last_words()
            raise Lost(self._last_line or "the server ended") from None
        if not isinstance(message, dict):
            raise Lost("the server does not make sense")
        return message

    def _last_words(self) -> str:
        """The last line that bubblewrap or the server wrote to its stderr, once it has ended."""
        if self._process is None:
            return ""
        try:
            self._process.wait(timeout=1)
        except subprocess.TimeoutExpired:
            return ""
        self._log.seek(0)
        lines = self._log.read(1 << 16).decode("utf-8", "replace").strip().splitlines()
        return lines[-1] if lines else ""

    def end(self) -> None:
        """Kill the server; whoever waits for an answer is told. From any thread."""
        if self._process is not None:
            self._process.kill()

    def close(self) -> None:
        """End the server and all that runs in it: an idle one by itself, so that bubblewrap leaves nothing behind."""
        self._control.close()
        if self._log.closed:
            return
        if self._process is not None:
            try:
                self._process.wait(timeout=1)
            except subprocess.TimeoutExpired:
                self._process.kill()
                self._process.wait()
        self._last_line = self._last_line or self._last_words()
        self._log.close()


def _memory_file(text: str) -> int:
    handle = os.memfd_create("sandbox")
    os.write(handle, text.encode())
    os.lseek(handle, 0, os.SEEK_SET)
    return handle
