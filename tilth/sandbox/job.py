"""What a sandbox is given and what it gives back: `Limits`, `Job`, `Verdict`.

A verdict is a value whatever happened. `cpu_s` and `wall_s` differ from run to run and belong into no digest.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import PurePosixPath
from typing import Any, Literal

from pydantic import Field

from tilth.config import Config
from tilth.errors import RequestError
from tilth.sandbox.inside.program import FILE

Outcome = Literal[
    "ok",  # ended with code 0
    "failed",  # ended with another code; an uncaught exception is code 1
    "timeout",  # processor or wall time was used up, twice: the second time alone
    "memory",  # an uncaught MemoryError, or all processes together held too much
    "killed",  # ended by a signal: a crash, or its own doing
    "sandbox_missing",  # nothing ran: bubblewrap is not installed
    "sandbox_error",  # nothing ran, or not to its end: `detail` says why
]

# Of the source, the files and the standard input together: a job is a test or a function, not a corpus.
MAX_JOB_BYTES = 64 << 20


class Limits(Config):
    """What one job may use. Bytes of memory and disk are the machine's, not the text's."""

    cpu_s: float = Field(default=5, gt=0, le=3600, description="Processor seconds of all processes together.")
    wall_s: float = Field(
        default=20, gt=0, le=3600, description="Seconds from start to end; generous, as machines are busy."
    )
    memory_bytes: int = Field(default=1 << 30, ge=64 << 20, description="Address space of one process.")
    total_memory_bytes: int = Field(
        default=1 << 30, ge=64 << 20, description="Memory of all processes together; looked at every 50 ms."
    )
    processes: int = Field(default=32, ge=4, le=4096, description="Processes and threads at a time.")
    file_bytes: int = Field(default=16 << 20, gt=0, description="Size of one file.")
    disk_bytes: int = Field(
        default=64 << 20,
        ge=1 << 20,
        description="Files in /tmp, and again in the job's folder; held in memory.",
    )
    output_bytes: int = Field(
        default=64 << 10, gt=0, le=64 << 20, description="Kept of each: stdout, stderr and the result."
    )


@dataclass(frozen=True, slots=True)
class Job:
    """A Python program and what it finds: it runs as `__main__`, in a folder of its own that holds `files`.

    The folder is first on `sys.path`, and starts as a copy of the sandbox's source tree where one is named; `files` are
    laid over it. What the program writes to file handle 3 is its result.
    """

    source: str
    files: Mapping[str, bytes] = field(default_factory=dict)
    argv: tuple[str, ...] = ()
    stdin: bytes = b""

    def __post_init__(self) -> None:
        for name in self.files:
            path = PurePosixPath(name)
            if not path.parts or path.is_absolute() or ".." in path.parts or "\0" in name or name == FILE:
                raise RequestError(
                    f"A job's file cannot be called {name!r}. Names are relative, without '..', and not {FILE}."
                )

    def parts(self) -> list[bytes]:
        """Source, standard input and files as bytes, in the order in which they are sent."""
        # A surrogate cannot be UTF-8: as a question mark it is the job's own syntax or value that is wrong.
        return [self.source.encode("utf-8", "replace"), self.stdin, *self.files.values()]


@dataclass(frozen=True, slots=True)
class Verdict:
    """How a job went. `exit_code` is -1 where it did not exit, `signal` 0 where none ended it."""

    outcome: Outcome
    exit_code: int = -1
    signal: int = 0
    stdout: bytes = b""
    stderr: bytes = b""
    result: bytes = b""
    is_truncated: bool = False
    cpu_s: float = 0.0
    wall_s: float = 0.0
    detail: str = ""

    @property
    def value(self) -> Any:
        """The last line of the result, as JSON; None when it is not. The job wrote it: it is a claim, not a proof."""
        last = self.result.rstrip().rpartition(b"\n")[2]
        try:
            return json.loads(last)
        except (ValueError, RecursionError):
            return None
