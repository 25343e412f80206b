"""What calls of models cost beside the models: the engine, the ledger and a stand-in server, against the targets.

    python -m benchmarks.llm [--only NAME …] [--prompts 1000] [--long 100000] [--json FILE]

The server is a process of its own on 127.0.0.1 and answers after 200 ms; every client is a process of its own too.
Call time is that of the engine from its making to its last answer, without imports; CPU and memory are the client
process's, with imports. Nothing else should run meanwhile.
"""

from __future__ import annotations

import argparse
import json
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from itertools import pairwise
from pathlib import Path
from typing import Any

_LATENCY_S = "0.2"


class Server:
    """The stand-in, and what it counted."""

    def __init__(self, url: str) -> None:
        self.url = url

    def stats(self) -> dict[str, Any]:
        """Its counts so far."""
        with urllib.request.urlopen(self.url.replace("/v1", "/stats")) as reply:
            found: dict[str, Any] = json.load(reply)
        return found


@contextmanager
def serving(*options: str) -> Iterator[Server]:
    """A server process for one measurement."""
    command = [sys.executable, "-m", "tests.llm_server", *options]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, text=True)
    try:
        assert process.stdout is not None
        yield Server(json.loads(process.stdout.readline())["url"])
    finally:
        process.terminate()
        process.wait()


def client(server: Server, ledger: Path, *options: str) -> subprocess.Popen[str]:
    """A client process that is on its way."""
    command = [sys.executable, "-m", "tests.llm_server.asking", server.url, str(ledger), *options]
    return subprocess.Popen(command, stdout=subprocess.PIPE, text=True)


def asked(server: Server, ledger: Path, *options: str) -> dict[str, Any]:
    """What a client says at its end."""
    output = client(server, ledger, *options).communicate()[0]
    found: dict[str, Any] = json.loads(output.splitlines()[-1])
    return found


class Bench:
    """Measurements, each against a fresh server and a fresh ledger."""

    def __init__(self, scratch: Path, options: argparse.Namespace) -> None:
        self._scratch, self._options = scratch, options
        self.results: dict[str, Any] = {}

    def tell(self, what: str, value: float, bound: float, unit: str) -> None:
        """One line of the table."""
        self.results[what] = value
        print(
            f"| {what} | {value:g} {unit} | {bound:g} {unit} | {'met' if value <= bound else 'missed'} |",
            flush=True,
        )

    def _ledger(self, name: str) -> Path:
        return self._scratch / f"{name}.db"

    def start(self) -> None:
        """What a process costs that asks nothing."""
        with serving() as server:
            found = asked(server, self._ledger("start"), "--prompts", "1")
        self.tell("start-up, one prompt: CPU", found["cpu_s"], 3, "s")
        self.results["start"] = found

    def speed(self) -> None:
        """1,000 in flight at once."""
        prompts = self._options.prompts
        with serving("--latency-s", _LATENCY_S) as server:
            one = asked(server, self._ledger("one"), "--prompts", "1")
            found = asked(server, self._ledger("speed"), "--prompts", str(prompts), "--max-in-flight", "1000")
        self.tell(f"{prompts} prompts, 1,000 in flight: call time", found["seconds"], 2.0, "s")
        self.tell(
            "... CPU a request, start-up taken off",
            (found["cpu_s"] - one["cpu_s"]) / prompts * 1000,
            1.5,
            "ms",
        )
        self.tell("... CPU a request, start-up and all", found["cpu_s"] / prompts * 1000, 1.5, "ms")
        self.tell("... peak memory", found["peak_mib"], 150, "MiB")

    def refusals(self) -> None:
        """One call in five refused, whatever the load."""
        prompts = self._options.prompts
        for seed in ("0", "1", "2"):
            with serving("--latency-s", _LATENCY_S, "--refused", "0.2", "--seed", seed) as server:
                options = ("--prompts", str(prompts), "--max-in-flight", "1000")
                found = asked(server, self._ledger(f"refusals-{seed}"), *options)
                stats = server.stats()
            self.tell(f"20 % refused, Retry-After 1, seed {seed}: call time", found["seconds"], 8.0, "s")
            self.tell(f"... early or lost, of {stats['faults']['refused']} refusals",
                      stats["early"] + prompts - found["answered"], 0, "")  # fmt: skip

    def kill(self) -> None:
        """One SIGKILL at half way with 50 in flight."""
        prompts, ledger = self._options.prompts, self._ledger("kill")
        with serving("--latency-s", _LATENCY_S) as server:
            process = client(server, ledger, "--prompts", str(prompts), "--max-in-flight", "50")
            while server.stats()["answered"] < prompts // 2:
                time.sleep(0.01)
            process.kill()
            process.wait()
            found = asked(server, ledger, "--prompts", str(prompts), "--max-in-flight", "50")
            stats = server.stats()
        self.tell("SIGKILL at half way, 50 in flight: paid again", stats["repeats"], 50, "")
        self.tell("... lost", prompts - found["answered"] - found["replayed"], 0, "")

    def kills(self) -> None:
        """Fifty in a row."""
        ledger, prompts = self._ledger("kills"), 5000
        with serving("--latency-s", "0.05") as server:
            options = (
                "--prompts",
                str(prompts),
                "--max-in-flight",
                "50",
                "--kills",
                "50",
                "--kill-after-s",
                "0.2",
            )
            found = asked(server, ledger, *options)
            stats = server.stats()
        self.tell("50 kills in a row, 50 in flight: paid again", stats["repeats"], 2500, "")
        self.tell("... lost", prompts - found["answered"] - found["replayed"], 0, "")

    def edit(self) -> None:
        """One of 200 inputs edited."""
        with serving() as server:
            asked(server, self._ledger("edit"), "--prompts", "200")
            found = asked(server, self._ledger("edit"), "--prompts", "200", "--edited", "77")
            stats = server.stats()
        self.tell("one of 200 edited: new calls", stats["requests"] - 200, 1, "")
        self.tell("... rows too few", 200 - found["answered"] - found["replayed"], 0, "")

    def budget(self) -> None:
        """A dollar at 50 in flight, with and without kills; an answer costs $0.001, and twice that is reserved."""
        with serving("--latency-s", "0.05", "--output-tokens", "100") as server:
            options = ("--prompts", "2000", "--max-in-flight", "50", "--budget-microusd", "1000000")
            found = asked(server, self._ledger("budget"), *options)
            stats = server.stats()
        self.tell("a budget of $1, 50 in flight: spent at the provider", stats["answered"] / 1000, 1.0, "$")
        self.tell("... unused", round(1 - stats["answered"] / 1000, 3), 0.1, "$")
        with serving("--latency-s", "0.05", "--output-tokens", "100") as server:
            killed = asked(
                server, self._ledger("budget-kills"), *options, "--kills", "5", "--kill-after-s", "0.3"
            )
            stats = server.stats()
        self.tell("... with 5 kills: spent at the provider", stats["answered"] / 1000, 1.0, "$")
        self.results["budget"] = {"without": found, "with kills": killed}

    def long(self) -> None:
        """Many, at an even rate and in bounded memory: each tenth of the run against the whole."""
        prompts = self._options.long
        with serving("--latency-s", "0.02") as server:
            process = client(
                server, self._ledger("long"), "--prompts", str(prompts), "--max-in-flight", "200"
            )
            times, started = [], time.monotonic()
            for tenth in range(1, 10):
                while server.stats()["answered"] < prompts * tenth // 10 and process.poll() is None:
                    time.sleep(0.2)
                times.append(time.monotonic() - started)
            found = json.loads(process.communicate()[0])
        tenths = [later - earlier for earlier, later in pairwise(times)]
        self.results["long"] = {**found, "tenths_s": [round(tenth, 1) for tenth in tenths]}
        self.tell(f"{prompts} prompts, 200 in flight: peak memory", found["peak_mib"], 150, "MiB")
        self.tell("... CPU a request", found["cpu_s"] / prompts * 1000, 1.5, "ms")
        self.tell(
            "... slowest tenth over the mean", round(max(tenths) * len(tenths) / sum(tenths), 2), 1.5, "x"
        )


def main() -> None:
    """Measure and print the table."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--only", nargs="*", default=[])
    parser.add_argument("--prompts", type=int, default=1000)
    parser.add_argument("--long", type=int, default=100_000)
    parser.add_argument("--json", type=Path)
    options = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="tilth-llm-") as scratch:
        bench = Bench(Path(scratch), options)
        parts: list[Callable[[], None]] = [
            bench.start, bench.speed, bench.refusals, bench.kill, bench.kills, bench.edit, bench.budget, bench.long,
        ]  # fmt: skip
        for part in parts:
            if not options.only or part.__name__ in options.only:
                part()
        print(json.dumps(bench.results))
        if options.json:
            options.json.write_text(json.dumps(bench.results))


if __name__ == "__main__":
    main()
