"""Kill a build at random moments, many times, and see that the last run finishes it as if nothing had been.

    python -m benchmarks.kills SOURCE [--kills 20] [--seed 0] [--recipe code]

First an undisturbed build into a lake of its own. Then, into another lake, builds that are killed by SIGKILL with all
their processes, each when so many parts and manifests are written as was drawn for it; then one that may finish. It
must have the same version, digest, counts and rejects, and leave no temporary folder. Exit code 1 when it has not.
"""

from __future__ import annotations

import argparse
import contextlib
import json
import os
import random
import signal
import subprocess
import sys
import tempfile
import time
from pathlib import Path
from typing import Any

from benchmarks.processes import family

_TOLD = ("version", "digest", "counts", "rejects")


def _command(source: str, recipe: str, lake: Path) -> list[str]:
    start = "from flows.cli import main; main()"
    return [sys.executable, "-c", start, "build", source, "--recipe", recipe, "--lake", str(lake), "--json"]


def finish(command: list[str], environment: dict[str, str]) -> dict[str, Any]:
    """Run a build to its end; its summary."""
    done = subprocess.run(command, env=environment, capture_output=True, text=True, check=False)
    if done.returncode:
        sys.exit(f"The build failed:\n{done.stderr[-4000:]}")
    summary: dict[str, Any] = json.loads(done.stdout.splitlines()[-1])
    return summary


def written(lake: Path) -> int:
    """How many parts and manifests are whole: how far a build has come, whatever the time it took."""
    return len(list(lake.glob("parts/*/*/*/keys.parquet"))) + len(list(lake.glob("artifacts/*/*.json")))


def kill(command: list[str], environment: dict[str, str], lake: Path, moment: int) -> bool:
    """Start a build and kill it with all its processes when it has come so far; whether it was still running."""
    process = subprocess.Popen(
        command,
        env=environment,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
        start_new_session=True,
    )
    while process.poll() is None and written(lake) < moment:
        time.sleep(0.005)
    if process.poll() is not None:
        return False
    members = family(process.pid)
    os.killpg(process.pid, signal.SIGKILL)
    for pid in members:
        with contextlib.suppress(ProcessLookupError):
            os.kill(pid, signal.SIGKILL)
    process.wait()
    return True


def main() -> None:
    """Measure and compare."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("source")
    parser.add_argument("--kills", type=int, default=20)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--recipe", default="code")
    options = parser.parse_args()
    draw = random.Random(options.seed)
    with tempfile.TemporaryDirectory(prefix="tilth-kills-") as name:
        folder = Path(name)
        environment = {**os.environ, "PREFECT_HOME": str(folder / "prefect")}
        started = time.monotonic()
        wanted = finish(_command(options.source, options.recipe, folder / "undisturbed"), environment)
        seconds = time.monotonic() - started
        print(f"undisturbed: {seconds:.1f} s, {wanted['digest']}", flush=True)
        command = _command(options.source, options.recipe, folder / "killed")
        # Work that is done is not done again, so each kill must come later than the one before, or nothing is left to
        # kill; several may come at the same point.
        last = written(folder / "undisturbed") - 1
        killed = 0
        for moment in sorted(draw.randint(1, last) for _ in range(options.kills)):
            killed += kill(command, environment, folder / "killed", moment)
            print(f"killed at {moment} of {last}: {written(folder / 'killed')} are whole", flush=True)
        found = finish(command, environment)
        strays = [path.name for path in (folder / "killed" / "tmp").glob("*")]
        different = [key for key in _TOLD if found[key] != wanted[key]]
        print(
            f"{killed} killed of {options.kills}; different: {different or 'nothing'}; strays: {strays or 'none'}"
        )
        sys.exit(1 if different else 0)


if __name__ == "__main__":
    main()
