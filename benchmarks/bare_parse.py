"""The yardstick: CPU seconds of parsing the files of a folder by tree-sitter, and nothing else.

    python -m benchmarks.bare_parse FOLDER

Prints one JSON object: files, bytes and seconds, by language. Reading the files is not counted.
"""

from __future__ import annotations

import json
import sys
import time
from pathlib import Path
from statistics import median

from benchmarks.split import SUFFIXES
from tilth.syntax.grammars import parser_for

_ROUNDS = 3


def measure(folder: Path) -> dict[str, dict[str, float]]:
    """By language: files, bytes, and the median seconds of some rounds."""
    found: dict[str, list[tuple[str, bytes]]] = {}
    for path in sorted(folder.rglob("*")):
        if path.suffix in SUFFIXES and path.is_file():
            found.setdefault(SUFFIXES[path.suffix], []).append((path.name, path.read_bytes()))
    return {language: _measure(language, files) for language, files in sorted(found.items())}


def _measure(language: str, files: list[tuple[str, bytes]]) -> dict[str, float]:
    parsers = {
        suffix: parser_for(language, f"a{suffix}") for suffix in {Path(name).suffix for name, _ in files}
    }
    work = [(parsers[Path(name).suffix], data) for name, data in files]
    rounds = []
    for _ in range(_ROUNDS):
        started = time.process_time()
        for parser, data in work:
            if parser is not None:
                parser.parse(data)
        rounds.append(time.process_time() - started)
    return {"files": len(files), "bytes": sum(len(data) for _, data in files), "seconds": median(rounds)}


if __name__ == "__main__":
    print(json.dumps(measure(Path(sys.argv[1]))))
