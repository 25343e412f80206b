"""Speed of splitting against bare parsing, per language: CPU seconds, medians, on real files.

    python -m benchmarks.split [DIRECTORY …] [--megabytes 4] [--rounds 5]

Python's own standard library is always measured; sources of the other languages are taken from under the
directories named. `query` is a parse and one query for functions, classes, comments and docstrings, its
nodes' spans read; `split` is the whole engine, Arrow table to Arrow table. The three run in turn on the
same texts.
"""

from __future__ import annotations

import argparse
import sysconfig
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from statistics import median

import pyarrow as pa
from tree_sitter import Parser, Query, QueryCursor

from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tilth.detect.languages import language_of
from tilth.syntax.grammars import grammar, grammar_of

SUFFIXES = {
    ".py": "python",
    ".js": "javascript",
    ".mjs": "javascript",
    ".cjs": "javascript",
    ".ts": "typescript",
    ".tsx": "typescript",
    ".go": "go",
    ".rs": "rust",
    ".java": "java",
    ".c": "c",
    ".h": "c",
    ".cc": "cpp",
    ".cpp": "cpp",
    ".hpp": "cpp",
    ".cs": "csharp",
    ".rb": "ruby",
    ".php": "php",
    ".kt": "kotlin",
    ".swift": "swift",
    ".scala": "scala",
    ".sh": "bash",
    ".bash": "bash",
}
# Smaller files measure the set-up of a call; larger ones are data tables, which ingest marks as generated.
LEAST_BYTES, MOST_BYTES = 200, 300_000
BASELINE = {
    "python": """
        (function_definition) @f (class_definition) @c (comment) @m
        (block . (expression_statement (string) @d))""",
    "javascript": """
        [(function_declaration) (function_expression) (arrow_function) (method_definition)] @f
        (class_declaration) @c (comment) @m""",
    "typescript": """
        [(function_declaration) (function_expression) (arrow_function) (method_definition)] @f
        [(class_declaration) (interface_declaration)] @c (comment) @m""",
    "go": "[(function_declaration) (method_declaration)] @f (type_spec) @c (comment) @m",
    "rust": """
        (function_item) @f [(struct_item) (enum_item) (trait_item) (impl_item)] @c
        [(line_comment) (block_comment)] @m""",
    "java": """
        [(method_declaration) (constructor_declaration)] @f
        [(class_declaration) (interface_declaration) (enum_declaration)] @c
        [(line_comment) (block_comment)] @m""",
    "c": "(function_definition) @f [(struct_specifier) (enum_specifier)] @c (comment) @m",
    "cpp": """
        (function_definition) @f [(class_specifier) (struct_specifier) (enum_specifier)] @c (comment) @m""",
    "csharp": """
        [(method_declaration) (constructor_declaration)] @f
        [(class_declaration) (interface_declaration) (struct_declaration) (enum_declaration)] @c (comment) @m""",
    "ruby": "[(method) (singleton_method)] @f [(class) (module)] @c (comment) @m",
    "php": """
        [(method_declaration) (function_definition)] @f
        [(class_declaration) (interface_declaration) (trait_declaration)] @c (comment) @m""",
    "kotlin": """
        (function_declaration) @f [(class_declaration) (object_declaration)] @c
        [(line_comment) (block_comment)] @m""",
    "swift": """
        [(function_declaration) (init_declaration)] @f [(class_declaration) (protocol_declaration)] @c
        [(comment) (multiline_comment)] @m""",
    "scala": """
        [(function_definition) (function_declaration)] @f
        [(class_definition) (trait_definition) (object_definition)] @c [(comment) (block_comment)] @m""",
    "bash": "(function_definition) @f (comment) @m",
}
BASELINE["tsx"] = BASELINE["typescript"]


def sources(roots: list[Path], most_bytes: int) -> Iterator[tuple[str, list[tuple[str, bytes]]]]:
    """Language and its files (path, text), distinct, up to `most_bytes` a language."""
    found: dict[str, dict[bytes, str]] = {}
    sizes: dict[str, int] = {}
    for root in roots:
        for path in sorted(root.rglob("*")):
            language = SUFFIXES.get(path.suffix)
            if language is None or sizes.get(language, 0) >= most_bytes or not path.is_file():
                continue
            data = path.read_bytes()
            if language == "c":
                # A header may be C++.
                told = language_of(path.name, data)
                language = told.name if told is not None else language
                if language not in BASELINE or sizes.get(language, 0) >= most_bytes:
                    continue
            if not LEAST_BYTES <= len(data) <= MOST_BYTES or ".min." in path.name or not _is_utf8(data):
                continue
            if data not in found.setdefault(language, {}):
                found[language][data] = path.relative_to(root).as_posix()
                sizes[language] = sizes.get(language, 0) + len(data)
    for language in sorted(found):
        yield language, [(path, data) for data, path in found[language].items()]


def _is_utf8(data: bytes) -> bool:
    try:
        data.decode()
    except UnicodeDecodeError:
        return False
    return True


def cpu_seconds(work: Callable[[], object]) -> float:
    """CPU seconds of one call."""
    start = time.process_time()
    work()
    return time.process_time() - start


def measure(language: str, files: list[tuple[str, bytes]], rounds: int) -> str:
    """One line of the report."""
    parsers: dict[str, Parser] = {}
    queries: dict[str, Query] = {}
    names = [grammar_of(language, path) for path, _ in files]
    for name in set(names):
        found = grammar(name)
        if found is None:
            return f"{language:<12} its grammar is not installed"
        parsers[name], queries[name] = Parser(found), Query(found, BASELINE[name])
    table = pa.table(
        {
            "document_id": [str(number) for number in range(len(files))],
            "path": [path for path, _ in files],
            "language": [language] * len(files),
            "text": [data.decode() for _, data in files],
        }
    )

    def bare() -> None:
        for name, (_, data) in zip(names, files, strict=True):
            parsers[name].parse(data)

    def query() -> None:
        for name, (_, data) in zip(names, files, strict=True):
            captures = QueryCursor(queries[name]).captures(parsers[name].parse(data).root_node)
            [node.byte_range for nodes in captures.values() for node in nodes]

    outcome = split_documents(table, SplitConfig())
    times: list[list[float]] = [[], [], []]
    for _ in range(rounds):
        for column, work in zip(
            times, (bare, query, lambda: split_documents(table, SplitConfig())), strict=True
        ):
            column.append(cpu_seconds(work))
    size = sum(len(data) for _, data in files) / 1e6
    speeds = [size / median(column) for column in times]
    ratio = median(before / after for before, after in zip(times[1], times[2], strict=True))
    return (
        f"{language:<12}{len(files):>7}{size:>7.1f}{outcome.rows.num_rows:>8}{outcome.rejects.num_rows:>9}"
        f"{speeds[0]:>8.1f}{speeds[1]:>8.1f}{speeds[2]:>8.1f}{ratio:>9.0%}"
    )


def main() -> None:
    """Measure and print."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument("--megabytes", type=float, default=4.0, help="text a language, at most")
    parser.add_argument("--rounds", type=int, default=5)
    options = parser.parse_args()
    roots = [Path(sysconfig.get_paths()["stdlib"]), *options.directories]
    print(
        f"{'language':<12}{'files':>7}{'MB':>7}{'units':>8}{'rejects':>9}"
        f"{'bare':>8}{'query':>8}{'split':>8}{'of query':>9}   (MB a CPU second)"
    )
    for language, files in sources(roots, int(options.megabytes * 1e6)):
        print(measure(language, files, options.rounds), flush=True)


if __name__ == "__main__":
    main()
