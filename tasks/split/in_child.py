"""Grammars that are not Tilth's own, in a process that is killed when it takes too long.

The parent (`Child`) sends one document at a time and waits; the child (`python -m tasks.split.in_child`) splits it
by what the grammar's own `tags.scm` names. Both speak Arrow streams behind their length, and the child's first
message says that it is ready, so that its start is not counted. A grammar that hangs or crashes costs its
document: a reject, and the next document meets a new child.
"""

from __future__ import annotations

import os
import selectors
import subprocess
import sys
import time
from typing import IO, BinaryIO

import pyarrow as pa

from tasks.split.config import SplitConfig
from tilth.records import Outcome

# Whoever needs longer for 8 MiB at most is a hundred times slower than the slowest grammar of Tilth's own.
LIMIT_S = 10.0
# Imports on a machine with much else to do.
_START_S = 60.0
_HEAD_BYTES = 8


class ChildLost(Exception):
    """The child took too long or died; `args` are the reason and its detail."""


class Child:
    """A child that splits documents; started when first asked, and again after it was lost."""

    def __init__(self, config: SplitConfig, limit_s: float | None = None) -> None:
        self.config, self.limit_s = config, LIMIT_S if limit_s is None else limit_s
        self.process: subprocess.Popen[bytes] | None = None

    def split(self, document: pa.Table) -> Outcome:
        """Units or reject of one document; raises `ChildLost`."""
        if self.process is None:
            self._start()
        self._send(document)
        rows = self._receive(self.limit_s)
        return Outcome(rows, self._receive(self.limit_s))

    def close(self) -> None:
        """End the child if there is one."""
        if self.process is not None:
            self.process.kill()
            self.process.communicate()
            self.process = None

    def _start(self) -> None:
        command = [sys.executable, "-m", "tasks.split.in_child", self.config.model_dump_json()]
        environment = os.environ | {"PYTHONPATH": os.pathsep.join(filter(None, sys.path))}
        self.process = subprocess.Popen(
            command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL, env=environment
        )
        self._receive(_START_S)

    def _send(self, table: pa.Table) -> None:
        assert self.process is not None
        assert self.process.stdin is not None
        try:
            _write(self.process.stdin, table)
        except OSError:
            self.close()
            raise ChildLost("grammar_crashed", "the process of the grammar ended") from None

    def _receive(self, limit_s: float) -> pa.Table:
        deadline = time.monotonic() + limit_s
        size = int.from_bytes(self._read(_HEAD_BYTES, deadline), "big")
        return pa.ipc.open_stream(self._read(size, deadline)).read_all()

    def _read(self, size: int, deadline: float) -> bytes:
        assert self.process is not None
        assert self.process.stdout is not None
        data = bytearray()
        with selectors.DefaultSelector() as selector:
            selector.register(self.process.stdout, selectors.EVENT_READ)
            while len(data) < size:
                if not selector.select(max(0.0, deadline - time.monotonic())):
                    self.close()
                    raise ChildLost("parse_timeout", f"the grammar took more than {self.limit_s:g} seconds")
                more = os.read(self.process.stdout.fileno(), size - len(data))
                if not more:
                    self.close()
                    raise ChildLost("grammar_crashed", "the process of the grammar ended")
                data += more
        return bytes(data)


def _write(stream: IO[bytes], table: pa.Table) -> None:
    sink = pa.BufferOutputStream()
    with pa.ipc.new_stream(sink, table.schema) as writer:
        writer.write_table(table)
    data = sink.getvalue().to_pybytes()
    stream.write(len(data).to_bytes(_HEAD_BYTES, "big") + data)
    stream.flush()


def serve(config: SplitConfig, requests: BinaryIO, answers: BinaryIO) -> None:
    """Split each document that arrives until no more do."""
    from tasks.split.by_tags import split_by_tags

    _write(answers, pa.table({"ready": [True]}))
    while head := requests.read(_HEAD_BYTES):
        document = pa.ipc.open_stream(requests.read(int.from_bytes(head, "big"))).read_all()
        outcome = split_by_tags(document, config)
        _write(answers, outcome.rows)
        _write(answers, outcome.rejects)


if __name__ == "__main__":
    serve(SplitConfig.model_validate_json(sys.argv[1]), sys.stdin.buffer, sys.stdout.buffer)
