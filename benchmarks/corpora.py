"""Real corpora to measure on, from packages that any machine can get by its ordinary clients.

    python -m benchmarks.corpora FOLDER [--megabytes 100] [--each 8] [--cache FOLDER]

The packages are those of `packages.py`, prose is the machine's own `/usr/share/doc`.

A corpus is `FOLDER/code`, for a whole build; `FOLDER/languages`, with a folder for each of the fifteen languages, for
splitting; and `FOLDER/prose`. Every text stands in each once (by the digest of its bytes); generated, minified and
vendored files are left out, as ingest would leave them out; which files are taken is decided by their digests
alone, of `code` 60 % of the bytes Python. Wheels stand in several versions in the list: a corpus of a gigabyte
is distinct by bytes, and has near-duplicates as real corpora have.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
from collections.abc import Iterable, Iterator
from pathlib import Path
from typing import NamedTuple

from benchmarks.packages import fetch
from benchmarks.split import LEAST_BYTES, MOST_BYTES, SUFFIXES
from tilth.detect.files import generated_reason, minified_reason, vendored_reason
from tilth.detect.languages import language_of

# Share of the bytes of a corpus of code. At least half is Python, because only Python meets Ruff and Radon.
SHARES = {"python": 0.60, "javascript": 0.08, "typescript": 0.08, "go": 0.08, "rust": 0.08, "java": 0.08}

PROSE_SUFFIXES = (".md", ".rst", ".txt", ".html", "")


class Text(NamedTuple):
    """A file that may be taken: where it comes from, its name in the corpus, its bytes' digest and length."""

    digest: str
    name: str
    path: Path
    size: int


def texts_of(folders: Iterable[Path], suffixes: Iterable[str]) -> Iterator[Text]:
    """The files of these suffixes that are hand-written text of a usual size, named by package and path."""
    wanted = frozenset(suffixes)
    for folder in folders:
        for path in sorted(folder.rglob("*")):
            if path.suffix not in wanted or path.is_symlink() or not path.is_file():
                continue
            inside = path.relative_to(folder).as_posix()
            if not LEAST_BYTES <= path.stat().st_size <= MOST_BYTES or vendored_reason(inside):
                continue
            data = path.read_bytes()
            if _is_text(data) and not generated_reason(inside, data) and not minified_reason(data):
                digest = hashlib.blake2b(data, digest_size=16).hexdigest()
                yield Text(digest, f"{folder.name}/{inside}", path, len(data))


def _is_text(data: bytes) -> bool:
    try:
        return "\0" not in data.decode()
    except UnicodeDecodeError:
        return False


def choose(texts: Iterable[Text], most_bytes: float) -> list[Text]:
    """Distinct texts in the order of their digests, up to so many bytes."""
    chosen: list[Text] = []
    size, last = 0, ""
    for text in sorted(texts):
        if text.digest == last:
            continue
        last = text.digest
        size += text.size
        if size > most_bytes:
            break
        chosen.append(text)
    return chosen


def language_of_text(text: Text) -> str:
    """The language of its suffix; a header may be C++."""
    if text.path.suffix != ".h":
        return SUFFIXES[text.path.suffix]
    told = language_of(text.path.name, text.path.read_bytes())
    return told.name if told is not None else "c"


def gather(folder: Path, cache: Path, megabytes: float, each: float) -> None:
    """Fill `folder/code`, `folder/languages` and `folder/prose`, and say of what."""
    found: dict[str, list[Text]] = {}
    for text in texts_of(fetch(cache), SUFFIXES):
        found.setdefault(language_of_text(text), []).append(text)
    for language, share in SHARES.items():
        _fill(folder / "code", language, choose(found.get(language, ()), share * megabytes * 1e6))
    for language in sorted(set(SUFFIXES.values())):
        chosen = choose(found.get(language, ()), each * 1e6)
        _fill(folder / "languages" / language, language, chosen)
    _fill(
        folder / "prose",
        "prose",
        choose(texts_of([Path("/usr/share/doc")], PROSE_SUFFIXES), megabytes / 10 * 1e6),
    )


def _fill(folder: Path, name: str, chosen: list[Text]) -> None:
    _copy(chosen, folder)
    size = sum(text.size for text in chosen)
    print(f"{folder.name}: {name:<12}{len(chosen):>8} files{size / 1e6:>9.1f} MB", flush=True)


def _copy(texts: Iterable[Text], folder: Path) -> None:
    for text in texts:
        target = folder / text.name
        target.parent.mkdir(parents=True, exist_ok=True)
        shutil.copyfile(text.path, target)


def main() -> None:
    """Gather a corpus."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("folder", type=Path)
    parser.add_argument("--megabytes", type=float, default=100.0, help="bytes of code, about")
    parser.add_argument("--each", type=float, default=8.0, help="megabytes of each of the fifteen languages")
    parser.add_argument(
        "--cache", type=Path, default=Path("benchmarks/.cache"), help="where packages are kept"
    )
    options = parser.parse_args()
    if options.folder.exists() and any(options.folder.iterdir()):
        parser.error(f"{options.folder} is not empty")
    gather(options.folder, options.cache.absolute(), options.megabytes, options.each)


if __name__ == "__main__":
    main()
