"""How many of the definitions that other tools find split finds too, spans included, and whether files come back.

    python -m benchmarks.definitions [DIRECTORY …] [--files 1500]

Python is compared with its own `ast` over the whole standard library (first and last line of every definition,
decorators included), the other languages with Universal Ctags, for the kinds that both know: same name, the tag's
line in the head of the unit, and the same last line where Ctags gives one. Names are compared without what the two
write differently: `operator`, `~`, `#`, the brackets of a computed key and the path before the last dot.

Ctags is no parser, and errs: it takes a call for a function, an object literal for a class, a lambda's parameter
for a method. So there are two figures. The raw one counts every tag. The judged one leaves out tags whose own line
cannot define what they name (`_DEFINES`: a Kotlin method's line without `fun`, a JavaScript class's with neither
`class` nor a function), in shell scripts and Ruby those inside a here-document, in shells also of a quoted text, and in
Ruby those whose last line is indented otherwise than their first (Ctags miscounts `end`); the rule sees the tag, its
kind and the text, and nothing of what split found. `rebuilt` counts the files whose units and gaps concatenate to their
bytes. Ctags reads neither Scala nor Swift.
"""

from __future__ import annotations

import argparse
import ast
import json
import re
import subprocess
import sysconfig
import tempfile
import warnings
from bisect import bisect_right
from collections import defaultdict
from pathlib import Path
from typing import Any, NamedTuple

import pyarrow as pa

from benchmarks.split import sources
from tasks.split.by_syntax import split_documents
from tasks.split.config import SplitConfig
from tasks.split.spans import leaf_spans

# Ctags' name of a language and its kinds that are units: no members, no aliases, no prototypes.
CTAGS = {
    "bash": ("Sh", {"function"}),
    "c": ("C", {"function", "struct", "union", "enum"}),
    "cpp": ("C++", {"function", "struct", "union", "enum", "class"}),
    "csharp": ("C#", {"class", "enum", "interface", "method", "struct"}),
    "go": ("Go", {"func", "struct", "interface"}),
    "java": ("Java", {"class", "enum", "interface", "method", "annotation"}),
    "javascript": ("JavaScript", {"class", "method", "function", "generator"}),
    "kotlin": ("Kotlin", {"class", "interface", "method", "object"}),
    "php": ("PHP", {"class", "function", "interface", "trait"}),
    "ruby": ("Ruby", {"class", "method", "module", "singletonMethod"}),
    "rust": ("Rust", {"struct", "enum", "function", "interface", "method"}),
    "typescript": ("TypeScript", {"class", "enum", "function", "interface", "method", "generator"}),
}
# Names that Ctags makes up: of lambdas, of what has none, of an array's assignment in a script, and of a method in
# backticks, which it calls by its file.
_NO_NAME = re.compile(r"^__anon|^[Aa]nonymous|^<|\w=$|^/")
# What a line must hold to define the name, by language and kind; what is not here counts as it is.
_FUNCTION = r"\bfunction\b|=>|(?:^|[\s*#\"'\[]){name}\W{{0,2}}\s*\((?!.*;\s*$)"
_DEFINES = {
    ("javascript", "class"): r"\bclass\b|\bfunction\b|=>",
    ("javascript", "method"): _FUNCTION,
    ("javascript", "function"): _FUNCTION,
    ("javascript", "generator"): r"\*",
    ("kotlin", "method"): r"\bfun\b[^={{]*\b{name}\b",
    ("kotlin", "class"): r"\bclass\s+{name}\b",
    ("kotlin", "interface"): r"\binterface\s+{name}\b",
    ("kotlin", "object"): r"\bobject\b",
    # No property whose type is a function, no constructor's signature, no word of a type.
    (
        "typescript",
        "method",
    ): r"(?:^|[\s*#\"'\[])(?!(?:new|import|extends)\b){name}[\"'\]]{{0,2}}[?!]?\s*[<(]",
    **{("ruby", kind): r"\S" for kind in ("class", "method", "module", "singletonMethod")},
    ("bash", "function"): r"(?:^|[;&|{{(]|\b(?:then|do|else))\s*(?:function\s+{name}\b|{name}\s*\(\s*\))",
}
_UNITS = ("class", "function", "method")


class Definition(NamedTuple):
    """A definition that another tool found: name, its line, its last line (0: not told)."""

    name: str
    line: int
    last: int
    # Whether the text at its line can define it.
    is_likely: bool = True


def _bare(name: str) -> str:
    """A name without what tools write differently.

    >>> _bare("operator +"), _bare("IList.Add"), _bare("#run"), _bare("[Symbol.iterator]"), _bare("~A")
    ('+', 'Add', 'run', 'iterator', 'A')
    """
    plain = re.sub(r"^operator\s*(?=\W|\w)", "", name.strip()) if name != "operator" else name
    plain = plain.strip("#[]' \"") if plain[:1] not in ("[", "") or len(plain) > 2 else plain
    plain = plain.removeprefix("~")
    return plain.rsplit(".", 1)[-1] if re.search(r"\w\.\w", plain) else plain


def compare(language: str, files: list[tuple[str, bytes]], found: dict[int, list[Definition]]) -> str:
    """One line of the report; `found` is by the place of the file."""
    table = pa.table(
        {
            "document_id": [str(number) for number in range(len(files))],
            "path": [path for path, _ in files],
            "language": [language] * len(files),
            "text": [data.decode() for _, data in files],
        }
    )
    rows = defaultdict(list)
    columns = ("document_id", "kind", "name", "start", "end", "body_start")
    for row in zip(
        *(split_documents(table, SplitConfig()).rows[name].to_pylist() for name in columns), strict=True
    ):
        rows[int(row[0])].append(row[1:])
    wanted = named = whole = likely = judged = rebuilt = 0
    for place, (path, data) in enumerate(files):
        own = [row for row in rows[place] if row[0] not in ("docstring", "comment")]
        leaves = leaf_spans(((row[2], row[3]) for row in own), len(data))
        rebuilt += b"".join(data[leaf.start : leaf.end] for leaf in leaves) == data
        lines = _line_starts(data)
        by_name = defaultdict(list)
        for kind, name, start, end, body in own:
            if kind in _UNITS:
                last = bisect_right(lines, end - 1)
                head = bisect_right(lines, body) if body is not None else last
                by_name[_bare(name)].append((bisect_right(lines, start), head, last))
        for definition in found.get(place, ()):
            spans = [
                span for span in by_name[_bare(definition.name)] if span[0] <= definition.line <= span[1]
            ]
            wanted += 1
            named += bool(spans)
            is_whole = any(definition.last in (0, span[2]) for span in spans)
            whole += is_whole
            likely += definition.is_likely
            judged += is_whole and definition.is_likely
            if not is_whole and MISSES is not None:
                MISSES.append(
                    f"{language} {path}:{definition.line} {definition.name} to {definition.last}: {spans}"
                    f"{'' if definition.is_likely else ' unlikely'}"
                )
    share = f"{named / wanted:>9.2%}{whole / wanted:>10.2%}{wanted - likely:>9}" if wanted else f"{'':>28}"
    share += f"{judged / likely:>9.2%}" if likely else f"{'':>9}"
    return f"{language:<12}{len(files):>7}{wanted:>9}{share}{rebuilt:>9}"


# Filled with what is not found when the command is asked to tell.
MISSES: list[str] | None = None


def _line_starts(data: bytes) -> list[int]:
    starts, at = [0], data.find(b"\n")
    while at >= 0:
        starts.append(at + 1)
        at = data.find(b"\n", at + 1)
    return starts


def by_ast(files: list[tuple[str, bytes]]) -> dict[int, list[Definition]]:
    """Definitions of Python files; of a file that `ast` refuses none."""
    found: dict[int, list[Definition]] = {}
    for place, (_, data) in enumerate(files):
        try:
            with warnings.catch_warnings(action="ignore"):
                tree = ast.parse(data)
        except (SyntaxError, ValueError):
            continue
        found[place] = [
            Definition(
                node.name,
                min([node.lineno, *(decorator.lineno for decorator in node.decorator_list)]),
                node.end_lineno or 0,
            )
            for node in ast.walk(tree)
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)
        ]
    return found


def by_ctags(language: str, files: list[tuple[str, bytes]]) -> dict[int, list[Definition]]:
    """Definitions that Universal Ctags finds."""
    name, kinds = CTAGS[language]
    found: dict[int, list[Definition]] = defaultdict(list)
    lines: dict[int, list[bytes]] = {}
    with tempfile.TemporaryDirectory() as folder:
        suffix = Path(files[0][0]).suffix
        for place, (_, data) in enumerate(files):
            Path(folder, f"{place}{suffix}").write_bytes(data)
        command = [
            "ctags",
            "-R",
            f"--language-force={name}",
            "--output-format=json",
            "--fields=+neK",
            "-f",
            "-",
            folder,
        ]
        output = subprocess.run(command, capture_output=True, check=True, text=True, errors="replace").stdout
    for line in filter(None, output.split("\n")):
        tag: dict[str, Any] = json.loads(line)
        if tag.get("kind") not in kinds or _NO_NAME.search(tag["name"]):
            continue
        place = int(Path(tag["path"]).stem)
        if place not in lines:
            lines[place] = _code(language, files[place][1]).split(b"\n")
        text = lines[place][tag["line"] - 1].decode(errors="replace")
        is_likely = _defines(language, tag["kind"], tag["name"], text)
        if language == "ruby" and "end" in tag:
            is_likely &= _indent(lines[place], tag["line"]) == _indent(lines[place], tag["end"])
        found[place].append(Definition(tag["name"], tag["line"], tag.get("end", 0), is_likely))
    return found


def _defines(language: str, kind: str, name: str, text: str) -> bool:
    pattern = _DEFINES.get((language, kind))
    last = re.escape(_bare(name))
    return pattern is None or re.search(pattern.format(name=last), text) is not None


# What a shell reads as text: here-documents, quotes that hold newlines, comments. Code in `$( )` inside of double
# quotes counts as text here.
_SHELL_TEXT = re.compile(
    rb"<<-?[ \t]*['\"\\]?(?P<word>\w+)['\"]?[^\n]*\n"
    rb"(?:.*\n)*?[ \t]*(?P=word)[ \t]*(?:\n|$)"
    rb"|(?<![\w$])#[^\n]*|\\.|'[^']*'|\"(?:[^\"\\]|\\[\s\S])*\"",
)


_RUBY_TEXT = re.compile(
    rb"<<[-~]?['\"]?(?P<word>[A-Z_]\w*)['\"]?[^\n]*\n(?:.*\n)*?[ \t]*(?P=word)[ \t]*(?:\n|$)"
)
_TEXTS = {"bash": _SHELL_TEXT, "ruby": _RUBY_TEXT}


def _indent(lines: list[bytes], number: int) -> int:
    """How deep the line of that number, from 1, is indented."""
    line = lines[number - 1]
    return len(line) - len(line.lstrip())


def _code(language: str, data: bytes) -> bytes:
    """A script without the text of here-documents, in shells without comments and quotes too."""

    def blank(found: re.Match[bytes]) -> bytes:
        return re.sub(rb"[^\n]", b" ", found[0])

    return _TEXTS[language].sub(blank, data) if language in _TEXTS else data


def main() -> None:
    """Compare and print."""
    global MISSES  # noqa: PLW0603 - the command's own switch
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("directories", nargs="*", type=Path)
    parser.add_argument("--files", type=int, default=1500, help="files a language, at most")
    parser.add_argument("--language", help="only this one")
    parser.add_argument("--misses", action="store_true", help="print what is not found")
    options = parser.parse_args()
    MISSES = [] if options.misses else None
    roots = [Path(sysconfig.get_paths()["stdlib"]), *options.directories]
    print(
        f"{'language':<12}{'files':>7}{'others':>9}{'found':>9}{'and span':>10}"
        f"{'unlikely':>9}{'judged':>9}{'rebuilt':>9}"
    )
    for language, files in sources(roots, 1 << 40):
        if options.language not in (None, language):
            continue
        chosen = files if language == "python" else files[: options.files]
        if language == "python":
            chosen = [item for item in files if not item[0].startswith("site-packages/")]
            found = by_ast(chosen)
        else:
            found = by_ctags(language, chosen) if language in CTAGS else {}
        print(compare(language, chosen, found), flush=True)
    for miss in MISSES or ():
        print(miss)


if __name__ == "__main__":
    main()
