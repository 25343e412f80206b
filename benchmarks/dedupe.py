"""Dedupe against datasketch and rensa on functions with planted edits: `python -m benchmarks.dedupe`.

Corpus: functions of the standard library and of the installed packages, first thinned to one of each
cluster, then edited copies of a third of them are planted, whose exact word-5-gram similarity is known.
Recall: planted pairs at 0.7 and above of which one side falls. Precision: items that fall with a
similarity of at least 0.7 to some other item, by brute force over shared shingles.

Each engine gets the same texts in the same run and does the whole work, text to kept and fallen; rounds
alternate, and the median of CPU seconds (user and system) of three is shown. The others get 16 bands of 8
rows, what their documentation suggests for 128 permutations, and Python's `re` for words, as their users do.
"""

from __future__ import annotations

import argparse
import ast
import gc
import re
import resource
import statistics
import subprocess
import sys
import sysconfig
import tempfile
import time
import warnings
from collections import defaultdict
from collections.abc import Callable, Iterator
from pathlib import Path
from random import Random

import duckdb
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from tasks.dedupe.by_signature import ITEMS, find_survivors, sketch_items
from tasks.dedupe.config import DedupeConfig
from tasks.dedupe.ranked import SKETCHES

THRESHOLD = 0.7
PERMUTATIONS, BANDS, ROWS = 128, 16, 8
WORD = re.compile(r"[a-z0-9_\x80-\U0010ffff]+")

Engine = Callable[[list[str]], set[int]]


def functions(most_bytes: int) -> Iterator[str]:
    """Functions of 200 bytes and more, each text once, until there are so many bytes."""
    seen: set[str] = set()
    paths = sysconfig.get_paths()
    files = sorted({*Path(paths["stdlib"]).rglob("*.py"), *Path(paths["purelib"]).rglob("*.py")})
    Random(0).shuffle(files)
    for file in files:
        try:
            source = file.read_text(encoding="utf-8")
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(source)
        except (OSError, SyntaxError, ValueError, RecursionError):
            continue
        lines = source.splitlines(keepends=True)
        for node in ast.walk(tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                text = "".join(lines[node.lineno - 1 : node.end_lineno])
                if len(text) >= 200 and text not in seen:
                    seen.add(text)
                    yield text
                    most_bytes -= len(text)
        if most_bytes <= 0:
            return


def shingles(text: str) -> set[tuple[str, ...]]:
    """The truth's shingles."""
    words = WORD.findall(text.lower())
    return {tuple(words[i : i + 5]) for i in range(max(1, len(words) - 4))} if words else set()


def similarity(one: str, other: str) -> float:
    """Exact Jaccard similarity."""
    first, second = shingles(one), shingles(other)
    return len(first & second) / max(len(first | second), 1)


def edited(text: str, random: Random) -> str:
    """The text with 1 to 10 % of its words renamed, or cut short, or with words inserted."""
    words = re.split(r"(\W+)", text)
    count = len(words) // 2
    share = random.uniform(0.002, 0.1)
    kind = random.randrange(3)
    if kind == 0:
        return "".join(words[: int(len(words) * (1 - 4 * share))])
    for _ in range(max(1, int(count * share / 2))):
        place = 2 * random.randrange(count)
        new = f"edit{random.randrange(10**6)}"
        words[place] = new if kind == 1 else f"{words[place]} {new}"
    return "".join(words)


def plant(originals: list[str]) -> tuple[list[str], dict[tuple[int, int], float]]:
    """Texts in a fixed shuffled order, and the similarity of each planted pair of places."""
    random = Random(1)
    copies = [(i, edited(originals[i], random)) for i in range(0, len(originals), 3)]
    texts = [*originals, *(text for _, text in copies)]
    order = random.sample(range(len(texts)), len(texts))
    place = {old: new for new, old in enumerate(order)}
    pairs = {
        (place[i], place[len(originals) + n]): similarity(originals[i], text)
        for n, (i, text) in enumerate(copies)
    }
    return [texts[old] for old in order], pairs


def items_of(texts: list[str], first: int = 0) -> pa.Table:
    """ITEMS rows in one scope, of equal quality, numbered from `first`."""
    count = len(texts)
    ids = pa.array([f"{i:032x}" for i in range(first, first + count)])
    scope, quality = pa.repeat("python", count), pa.repeat(1.0, count)
    return pa.table([ids, ids, scope, pa.array(texts), quality, pa.nulls(count, pa.string())], schema=ITEMS)


def reader(items: pa.Table) -> Callable[[pa.Array], pa.RecordBatchReader]:
    """What a stage would do by a query: the texts of some items."""
    columns = items.select(["item_id", "text"])
    return lambda ids: columns.filter(pc.is_in(columns.column("item_id"), value_set=ids)).to_reader(2048)


def dedupe(items: pa.Table, config: DedupeConfig) -> set[int]:
    """Places that fall."""
    outcome = find_survivors(sketch_items(items, config).to_reader(), reader(items), config)
    return {int(name, 16) for name in outcome.rejects.column("item_id").to_pylist()}


def joined(text: str) -> list[bytes]:
    """Shingles as the other engines take them."""
    words = WORD.findall(text.lower())
    return [" ".join(words[i : i + 5]).encode() for i in range(max(1, len(words) - 4))]


def by_datasketch(texts: list[str]) -> set[int]:
    """Bulk update and LSH index, as its documentation has it."""
    from datasketch import MinHash, MinHashLSH

    index = MinHashLSH(num_perm=PERMUTATIONS, params=(BANDS, ROWS))
    fallen = set()
    for place, text in enumerate(texts):
        sketch = MinHash(num_perm=PERMUTATIONS)
        sketch.update_batch(joined(text))
        if index.query(sketch):
            fallen.add(place)
        else:
            index.insert(place, sketch)
    return fallen


def by_rensa(texts: list[str]) -> set[int]:
    """Sketch and LSH index, as its README has it."""
    from rensa import RMinHash, RMinHashLSH

    index = RMinHashLSH(threshold=THRESHOLD, num_perm=PERMUTATIONS, num_bands=BANDS)
    fallen = set()
    for place, text in enumerate(texts):
        sketch = RMinHash(num_perm=PERMUTATIONS, seed=42)
        sketch.update([gram.decode() for gram in joined(text)])
        if index.query(sketch):
            fallen.add(place)
        else:
            index.insert(place, sketch)
    return fallen


def cpu_of(work: Callable[[], object]) -> float:
    """User and system seconds of this process."""
    gc.collect()
    start = time.process_time()
    work()
    return time.process_time() - start


def right_of(texts: list[str], places: set[int]) -> set[int]:
    """Of the places those with another text at the threshold or above, by brute force."""
    sets = [shingles(text) for text in texts]
    owners: dict[tuple[str, ...], list[int]] = defaultdict(list)
    for place, found in enumerate(sets):
        for gram in found:
            owners[gram].append(place)
    right = set()
    for place in places:
        shared: dict[int, int] = defaultdict(int)
        for gram in sets[place]:
            for other in owners[gram]:
                shared[other] += 1
        del shared[place]
        size = len(sets[place])
        if any(both >= THRESHOLD * (size + len(sets[other]) - both) for other, both in shared.items()):
            right.add(place)
    return right


def engines() -> dict[str, Engine]:
    """Those that are installed."""
    found: dict[str, Engine] = {
        "tilth": lambda texts: dedupe(items_of(texts), DedupeConfig()),
        "tilth, exact only": lambda texts: dedupe(items_of(texts), DedupeConfig(is_near=False)),
    }
    for name, engine in (("datasketch", by_datasketch), ("rensa", by_rensa)):
        try:
            __import__(name)
        except ImportError:
            print(f"{name} is not installed: left out")
        else:
            found[name] = engine
    return found


def compare(megabytes: float, rounds: int) -> None:
    """Print the table of engines."""
    raw = items_of(list(functions(int(megabytes * 1e6))))
    fallen = dedupe(raw, DedupeConfig(threshold=0.3, recall=0.9))
    originals = [text for i, text in enumerate(raw.column("text").to_pylist()) if i not in fallen]
    texts, pairs = plant(originals)
    size = sum(len(text.encode()) for text in texts) / 1e6
    wanted = {pair for pair, value in pairs.items() if value >= THRESHOLD}
    print(f"{len(texts):,} functions, {size:.1f} MB, {len(wanted):,} planted pairs at {THRESHOLD} and above")
    running = engines()
    seconds: dict[str, list[float]] = defaultdict(list)
    found: dict[str, set[int]] = {}
    for engine in running.values():  # imports and allocators warm up
        engine(texts[:500])
    for _ in range(rounds):
        for name, engine in running.items():
            gc.collect()
            start = time.process_time()
            found[name] = engine(texts)
            seconds[name].append(time.process_time() - start)
    right = right_of(texts, set().union(*found.values()))
    base = statistics.median(seconds["tilth"])
    print(f"{'engine':20}{'CPU s':>8}{'MB/s':>8}{'of tilth':>10}{'fallen':>9}{'recall':>9}{'precision':>11}")
    for name, times in seconds.items():
        median = statistics.median(times)
        falls = found[name]
        recall = sum(one in falls or other in falls for one, other in wanted) / max(len(wanted), 1)
        precision = len(falls & right) / max(len(falls), 1)
        print(
            f"{name:20}{median:8.2f}{size / median:8.1f}{median / base:9.1f}x{len(falls):9,}"
            f"{recall:9.3f}{precision:11.3f}"
        )
    steps(texts, size, rounds)


def steps(texts: list[str], size: float, rounds: int) -> None:
    """Where the time of Tilth's engine goes."""
    items = items_of(texts)
    sketches = sketch_items(items, DedupeConfig())
    for name, work in (
        ("sketch_items", lambda: sketch_items(items, DedupeConfig())),
        ("find_survivors", lambda: find_survivors(sketches.to_reader(), reader(items), DedupeConfig())),
    ):
        median = statistics.median(cpu_of(work) for _ in range(rounds))
        print(f"  {name:18}{median:8.2f}{size / median:8.1f}")


def variants(base: list[str], start: int, stop: int) -> list[str]:
    """Short texts of 40 words that are all their own, but each third is an edited copy of the one before."""
    texts = []
    for i in range(start, stop):
        words = [f"{word}{i - (i % 3 == 2)}" for word in base[i // 3 % len(base)].split()[:40]]
        texts.append(" ".join(words) + " edited" * (i % 3 == 2))
    return texts


def write_scaled(folder: Path, count: int) -> None:
    """Items and their sketches as two Parquet files, group by group."""
    base = list(functions(2_000_000))
    with (
        pq.ParquetWriter(folder / "items", ITEMS) as items,
        pq.ParquetWriter(folder / "sketches", SKETCHES) as out,
    ):
        for start in range(0, count, 50_000):
            texts = variants(base, start, min(count, start + 50_000))
            rows = items_of(texts, start)
            items.write_table(rows)
            out.write_table(sketch_items(rows, DedupeConfig()))


def find_scaled(folder: Path) -> None:
    """CPU and peak memory of `find_survivors` alone, from Parquet, in a process of its own."""
    connection = duckdb.connect(config={"threads": 1, "memory_limit": "300MB"})

    def texts(ids: pa.Array) -> pa.RecordBatchReader:
        connection.register("ids", pa.table({"item_id": ids}))
        query = "SELECT item_id, text FROM read_parquet($1) SEMI JOIN ids USING (item_id)"
        return connection.sql(query, params=[str(folder / "items")]).to_arrow_reader(2048)

    find_survivors(
        sketch_items(items_of(["one", "two"]), DedupeConfig()).to_reader(), texts, DedupeConfig()
    )  # imports
    # Read ahead, pyarrow keeps every buffer of the file to the end.
    sketches = pq.ParquetFile(folder / "sketches", pre_buffer=False)
    before, start = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss, time.process_time()
    outcome = find_survivors(sketches.iter_batches(batch_size=8192), texts, DedupeConfig())
    seconds = time.process_time() - start
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    print(
        f"{sketches.metadata.num_rows:,} items, {outcome.rejects.num_rows:,} fallen: {seconds:.1f} CPU s, "
        f"peak {peak / 1024:.0f} MiB, {(peak - before) / 1024:.0f} of it above the imports"
    )


def scale(count: int) -> None:
    """`find_survivors` on so many items."""
    with tempfile.TemporaryDirectory() as name:
        write_scaled(Path(name), count)
        sys.stdout.flush()
        subprocess.run([sys.executable, "-m", "benchmarks.dedupe", "--find", name], check=True)


def main() -> None:
    """Compare engines, or with --items measure memory."""
    parser = argparse.ArgumentParser(description=(__doc__ or "").split("\n\n", maxsplit=1)[0])
    parser.add_argument(
        "--megabytes", type=float, default=30, help="functions to draw before they are thinned"
    )
    parser.add_argument("--rounds", type=int, default=3)
    parser.add_argument(
        "--items", type=int, help="measure the memory of find_survivors on so many items instead"
    )
    parser.add_argument("--find", type=Path, help=argparse.SUPPRESS)
    chosen = parser.parse_args()
    if chosen.find:
        find_scaled(chosen.find)
    elif chosen.items:
        scale(chosen.items)
    else:
        compare(chosen.megabytes, chosen.rounds)


if __name__ == "__main__":
    main()
