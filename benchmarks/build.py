"""What a whole build costs, against its targets, measured in one run.

    python -m benchmarks.build CORPUS [--large CORPUS] [--only NAME …] [--json FILE]

CORPUS is a folder by `benchmarks.corpora`. Every build runs the command line in processes of its own, with a Prefect
home and a lake of its own under a temporary folder. CPU is that of all its processes; Prefect's embedded server is
shown apart, and what an empty flow and `import great_expectations` cost is taken off, as the targets say.
Memory leaves the server out and says so. Nothing else should run meanwhile: CPU seconds grow by a
third on a crowded machine.
"""

from __future__ import annotations

import argparse
import json
import shutil
import sys
import tempfile
import time
from dataclasses import asdict
from pathlib import Path
from statistics import median
from typing import Any

import pyarrow.parquet as pq

from benchmarks.processes import Usage, run

_TILTH = ["-c", "from flows.cli import main; main()"]
_WITHOUT_RADON = "validate.checks=[shape, length, in_place, hygiene, syntax, lint]"


class Bench:
    """The measurements so far, and where they are made."""

    def __init__(self, corpus: Path, scratch: Path) -> None:
        self.code, self.scratch = corpus / "code", scratch
        self.environment = {
            "PREFECT_HOME": str(scratch / "prefect"),
            "PREFECT_API_URL": "",
            "PYTHONHASHSEED": "random",
        }
        self.results: dict[str, dict[str, Any]] = {}
        self.lines: list[str] = []

    def python(self, *arguments: str) -> Usage:
        """Run Python; a failure ends the benchmark with what was said."""
        usage = run([sys.executable, *arguments], self.environment)
        if usage.returncode:
            sys.exit(f"{' '.join(arguments)[:200]} failed:\n{usage.errors[-4000:]}")
        return usage

    def build(self, source: Path | str, lake: str, *overrides: str) -> tuple[Usage, dict[str, Any]]:
        """One build of the recipe `code`; its cost and its summary."""
        options = [part for override in overrides for part in ("--set", override)]
        usage = self.python(
            *_TILTH,
            *(
                "build",
                str(source),
                "--recipe",
                "code",
                "--lake",
                str(self.scratch / lake),
                "--json",
                *options,
            ),
        )
        summary: dict[str, Any] = json.loads(usage.output.splitlines()[-1])
        return usage, summary

    def keep(self, name: str, usage: Usage, **more: Any) -> None:
        """Record a measurement."""
        values = {key: value for key, value in asdict(usage).items() if key not in ("output", "errors")}
        self.results[name] = values | more
        print(
            f"{name:<28}{usage.cpu:8.1f} s CPU, server {usage.server_cpu:5.1f} s, {usage.wall:7.1f} s in all, "
            f"{usage.peak:6.0f} MiB, largest process {usage.peak_process:6.0f} MiB",
            flush=True,
        )

    def tell(self, what: str, value: float, bound: float, unit: str = "x") -> None:
        """One line of the table: a figure beside its target."""
        verdict = "met" if value <= bound else "missed"
        self.lines.append(f"| {what} | {value:.2f} {unit} | {bound:g} {unit} | {verdict} |")
        print(self.lines[-1], flush=True)


def aside(bench: Bench) -> float:
    """What an empty flow and Great Expectations cost; the first flow of all also makes Prefect's database."""
    bench.python("-m", "benchmarks.empty_flow")
    flows = [bench.python("-m", "benchmarks.empty_flow") for _ in range(3)]
    flow = sorted(flows, key=lambda usage: usage.cpu + usage.server_cpu)[1]
    bench.keep("empty flow", flow)
    imports = [bench.python("-c", "import great_expectations") for _ in range(3)]
    gx = sorted(imports, key=lambda usage: usage.cpu)[1]
    bench.keep("import great_expectations", gx)
    return flow.cpu + flow.server_cpu + gx.cpu


def parse(bench: Bench) -> tuple[float, float]:
    """CPU seconds of bare parsing: of all, and of Python alone."""
    usage = bench.python("-m", "benchmarks.bare_parse", str(bench.code))
    languages: dict[str, dict[str, float]] = json.loads(usage.output)
    bench.results["parse"] = languages
    for language, entry in languages.items():
        speed = entry["bytes"] / 1e6 / entry["seconds"]
        print(
            f"  parse {language:<12}{entry['bytes'] / 1e6:8.1f} MB{entry['seconds']:8.2f} s{speed:7.1f} MB/s"
        )
    return sum(entry["seconds"] for entry in languages.values()), languages["python"]["seconds"]


def ratios(bench: Bench, yardstick: float, python: float, apart: float) -> None:
    """The builds from nothing, as multiples of bare parsing."""
    radonless = [_WITHOUT_RADON]
    plan: list[tuple[str, Path | str, list[str], float, float]] = [
        ("build", bench.code, [], yardstick, 8),
        ("build without Radon", bench.code, radonless, yardstick, 5),
        ("Python alone", f"{bench.code}/**/*.py", [], python, 8),
        ("Python alone without Radon", f"{bench.code}/**/*.py", radonless, python, 5),
    ]
    for number, (name, source, overrides, seconds, bound) in enumerate(plan):
        usage, summary = bench.build(source, f"lake-{number}", *overrides)
        bench.keep(name, usage, summary=summary)
        total = usage.cpu + usage.server_cpu - apart
        bench.tell(f"{name}: CPU of bare parsing", total / seconds, bound)
        if not number:
            bench.tell("peak memory", usage.peak, 1536, "MiB")


def rebuilds(bench: Bench) -> None:
    """The same again, and again with one file changed, in the lake of the first build."""
    flow = bench.results["empty flow"]
    usage, summary = bench.build(bench.code, "lake-0")
    bench.keep("unchanged rebuild", usage, summary=summary)
    before = flow["cpu"] + flow["server_cpu"]
    bench.tell("unchanged rebuild beyond an empty flow", usage.cpu + usage.server_cpu - before, 3, "s CPU")
    busy = [name for name, stage in summary["stages"].items() if not stage["cached"]]
    bench.tell("stages that an unchanged rebuild does not find cached", len(busy), 0, "stages")
    changed = bench.scratch / "changed" / bench.code.name
    shutil.copytree(bench.code, changed)
    bench.build(changed, "lake-c")
    files = sorted(changed.rglob("*.py"))
    path = files[len(files) // 2]
    path.write_text(path.read_text() + "\n\ndef added_by_the_benchmark(value):\n    return [value, value]\n")
    before_ns = time.time_ns()
    usage, summary = bench.build(changed, "lake-c")
    computed = _keys_since(bench.scratch / "lake-c", before_ns)
    bench.keep("one file changed", usage, summary=summary, computed=computed)
    print(f"  keys computed anew: {computed}")
    _, fresh = bench.build(changed, "lake-d")
    different = [name for name in ("version", "digest", "counts") if summary[name] != fresh[name]]
    bench.tell("one file changed: differences from a build from nothing", len(different), 0, "")


def _keys_since(lake: Path, moment_ns: int) -> dict[str, int]:
    """How many keys were computed after a moment, by artifact."""
    counts: dict[str, int] = {}
    for keys in (lake / "parts").glob("*/*/*/keys.parquet"):
        if keys.stat().st_mtime_ns > moment_ns:
            counts[keys.parts[-4]] = counts.get(keys.parts[-4], 0) + pq.read_metadata(keys).num_rows
    return dict(sorted(counts.items()))


def large(bench: Bench, corpus: Path) -> None:
    """Peak memory of a corpus several times as large, beside the first's."""
    usage, summary = bench.build(corpus / "code", "lake-large")
    bench.keep("large corpus", usage, summary=summary)
    bench.tell("peak memory of the large corpus", usage.peak / bench.results["build"]["peak"], 1.2)


def command_line(bench: Bench) -> None:
    """`tilth --help`."""
    seconds = median(bench.python(*_TILTH, "--help").cpu for _ in range(5))
    bench.tell("tilth --help", seconds, 0.5, "s CPU")


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("corpus", type=Path)
    parser.add_argument("--large", type=Path, help="a corpus about ten times as large")
    parser.add_argument("--only", nargs="*", choices=["help", "ratios", "rebuilds"], help="parts to measure")
    parser.add_argument("--json", type=Path, help="where all figures go")
    options = parser.parse_args()
    wanted = options.only or ["help", "ratios", "rebuilds"]
    with tempfile.TemporaryDirectory(prefix="tilth-benchmark-") as folder:
        bench = Bench(options.corpus.absolute(), Path(folder))
        apart = aside(bench)
        if "help" in wanted:
            command_line(bench)
        if "ratios" in wanted or "rebuilds" in wanted:
            yardstick, python = parse(bench)
            ratios(bench, yardstick, python, apart)
        if "rebuilds" in wanted:
            rebuilds(bench)
        if options.large:
            large(bench, options.large.absolute())
    print("\n| what | measured | target | |\n|---|---|---|---|\n" + "\n".join(bench.lines))
    if options.json:
        options.json.write_text(json.dumps(bench.results, indent=1) + "\n")


if __name__ == "__main__":
    main()
