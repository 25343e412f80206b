"""Run hostile Python: `Sandbox.run` for one job, `Sandbox.run_many` for a stream of them, in order.

*Covered*: what `bubblewrap` and `inside.supervisor` cover; a server that is lost is replaced and its job tried once
more; servers are renewed every few hundred jobs; without bubblewrap, or where the kernel refuses it, nothing runs and
each verdict says why. A time-out counts only when it repeats while no other job of this sandbox runs. *Not covered*:
other processes of the machine, which may still slow a job down; what a program says of itself (its exit code, output
and result are its own words, and code under test can forge those of the test that calls it); kernel bugs.
"""

from __future__ import annotations

import signal
from collections import deque
from collections.abc import Iterable, Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from contextlib import contextmanager
from pathlib import Path
from threading import Lock, Semaphore
from types import TracebackType
from typing import Any, Self

from tilth.errors import RequestError
from tilth.sandbox import bubblewrap
from tilth.sandbox.job import Job, Limits, Verdict
from tilth.sandbox.worker import Lost, Mode, Worker

# A server starts in about 0.3 s: renewed after 300 jobs that is 1 ms a job, and what the kernel may leak stays small.
_JOBS_A_SERVER = 300


class Sandbox:
    """A place for jobs that share limits, an environment and a source tree; a context manager.

    `environment` is a folder made by `venv` or a whole Python installation, mounted read-only; without one a job has
    the standard library of the Python that runs Tilth. `source` is a tree of which each job gets a fresh copy as its
    working folder. `workers` jobs run at a time. Nothing is started before the first job. `RequestError` when the
    environment has no Python or the source is no folder.
    """

    def __init__(
        self,
        limits: Limits | None = None,
        environment: Path | None = None,
        source: Path | None = None,
        workers: int = 1,
    ) -> None:
        if source is not None and not source.is_dir():
            raise RequestError(f"The source tree {source} is not a folder. Name one that is.")
        # Says so now when there is no Python in it.
        bubblewrap.interpreter_of(environment)
        self.limits, self.environment, self.source = limits or Limits(), environment, source
        self._workers = workers
        # Bubblewrap ends with the thread that started it, so these threads live as long as the sandbox.
        self._threads = ThreadPoolExecutor(workers, thread_name_prefix="sandbox")
        self._permits, self._turn = Semaphore(workers), Lock()
        self._lock = Lock()
        self._idle: list[Worker] = []
        self._all: set[Worker] = set()
        self._mode: Mode | None = None
        self._refusal: Verdict | None = None
        self._reason, self._is_closed = "", False

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.close()

    def close(self) -> None:
        """End everything that runs, at once; a job that is under way gets the verdict `sandbox_error`."""
        self._is_closed = True
        with self._lock:
            workers = list(self._all)
            idle, self._idle = set(self._idle), []
        for worker in workers:
            if worker not in idle:
                worker.end()
        self._threads.shutdown(cancel_futures=True)
        for worker in workers:
            worker.close()

    def readiness(self) -> tuple[Mode | None, str]:
        """How jobs get their namespaces here, or None, and the reason where it is not the best way. Starts a server."""
        self._threads.submit(self._prepare).result()
        return (None, self._refusal.detail) if self._refusal else (self._mode, self._reason)

    def run(self, job: Job) -> Verdict:
        """Run one job."""
        return self._threads.submit(self._judge, job).result()

    def run_many(self, jobs: Iterable[Job]) -> Iterator[Verdict]:
        """Run jobs side by side; their verdicts, in the order of the jobs. Takes a few jobs ahead, never all."""
        waiting: deque[Future[Verdict]] = deque()
        try:
            for job in jobs:
                waiting.append(self._threads.submit(self._judge, job))
                # Enough that no worker waits for the slowest of a few.
                if len(waiting) >= 8 * self._workers:
                    yield waiting.popleft().result()
            while waiting:
                yield waiting.popleft().result()
        finally:
            for future in waiting:
                future.cancel()

    def _judge(self, job: Job) -> Verdict:
        self._prepare()
        if self._refusal is not None:
            return self._refusal
        with self._permits:
            verdict = self._try_twice(job)
        if verdict.outcome == "timeout":
            with self._alone():
                verdict = self._try_twice(job)
        return verdict

    @contextmanager
    def _alone(self) -> Iterator[None]:
        """While all other jobs of this sandbox wait."""
        with self._turn:
            for _ in range(self._workers):
                self._permits.acquire()
        try:
            yield
        finally:
            self._permits.release(self._workers)

    def _try_twice(self, job: Job) -> Verdict:
        """A server may be lost for reasons of its own: what happens twice is the job's doing."""
        failure = ""
        for _ in range(2):
            if self._is_closed:
                break
            try:
                worker = self._take()
            except Lost as error:
                return Verdict("sandbox_error", detail=f"A server could not be started: {error}")
            try:
                verdict = _verdict(*worker.run(job), self.limits)
            except Lost as error:
                failure = str(error)
                worker.end()
                self._discard(worker)
                continue
            self._give_back(worker)
            return verdict
        if self._is_closed:
            return Verdict("sandbox_error", detail="The sandbox was closed while the job ran.")
        return Verdict("killed", detail=f"It took its sandbox down, twice: {failure}")

    # --------------------------------------------------------------------------------------------- servers

    def _prepare(self) -> None:
        """Find out once what can be had here, the best way first."""
        with self._turn:
            if self._mode is not None or self._refusal is not None:
                return
            if bubblewrap.find() is None:
                missing = f"{bubblewrap.PROGRAM} is not installed. Get it: {bubblewrap.REMEDY}"
                self._refusal = Verdict("sandbox_missing", detail=missing)
                return
            failures = []
            for mode in ("nested", "bare"):
                try:
                    worker = self._start(mode)
                except Lost as error:
                    failures.append(str(error))
                    continue
                self._mode, self._reason = worker.mode, worker.reason if not failures else failures[0]
                self._idle.append(worker)
                return
            self._refusal = Verdict("sandbox_error", detail=f"Bubblewrap does not work here: {failures[0]}")

    def _start(self, mode: Mode) -> Worker:
        worker = Worker(self.limits, self.environment, self.source, mode)
        with self._lock:
            self._all.add(worker)
        return worker

    def _take(self) -> Worker:
        with self._lock:
            if self._idle:
                return self._idle.pop()
        return self._start(self._mode or "nested")

    def _give_back(self, worker: Worker) -> None:
        if worker.mode != "nested" or worker.served >= _JOBS_A_SERVER or self._is_closed:
            self._discard(worker)
            return
        with self._lock:
            self._idle.append(worker)

    def _discard(self, worker: Worker) -> None:
        with self._lock:
            self._all.discard(worker)
        worker.close()


def _verdict(report: dict[str, Any], streams: list[bytes], limits: Limits) -> Verdict:
    """What the supervisor's report means. `Lost` when it means nothing."""
    if "error" in report:
        return Verdict("sandbox_error", detail=str(report["error"])[:500])
    try:
        status, cpu_s, wall_s = int(report["status"]), float(report["cpu_s"]), float(report["wall_s"])
        cuts, reason, is_memory = (
            [bool(cut) for cut in report["is_cut"]],
            str(report["reason"]),
            bool(report["is_memory_error"]),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise Lost(f"a report without sense: {error}") from None
    detail = f"It was ended for its {reason}." if reason else ""
    is_over = reason in ("wall", "cpu") or status == -signal.SIGXCPU
    # The kernel's own last word on processor time is SIGKILL.
    if is_over or (status == -signal.SIGKILL and cpu_s >= limits.cpu_s):
        outcome = "timeout"
    elif reason == "memory" or (status == 1 and is_memory):
        outcome = "memory"
    elif status < 0:
        outcome, detail = "killed", _name_of_signal(-status)
    else:
        outcome = "failed" if status else "ok"
    return Verdict(
        outcome=outcome,  # type: ignore[arg-type]
        exit_code=max(status, -1),
        signal=max(-status, 0),
        stdout=streams[0],
        stderr=streams[1],
        result=streams[2],
        is_truncated=any(cuts),
        cpu_s=cpu_s,
        wall_s=wall_s,
        detail=detail,
    )


def _name_of_signal(number: int) -> str:
    try:
        return f"It was ended by {signal.Signals(number).name}."
    except ValueError:
        return f"It was ended by signal {number}."
