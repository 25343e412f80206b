"""Tree-sitter grammars by language name, and parsing that ends.

A language (`python`, `typescript` …) and a path choose a grammar; TypeScript has two, of which `.tsx` needs
the second. Every grammar is a wheel of its own that is loaded when first asked for and kept; nothing is
downloaded. Covered: a parse bounded in steps of the parser. Not covered: a scanner that hangs inside one
step.
"""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from importlib import import_module
from typing import TYPE_CHECKING

from tilth.errors import TilthError
from tilth.syntax.foreign import foreign_packages

if TYPE_CHECKING:
    from tree_sitter import Language, Parser, Tree

# Grammar name -> module of its wheel and the function in it that gives the grammar.
GRAMMARS: dict[str, tuple[str, str]] = {
    "bash": ("tree_sitter_bash", "language"),
    "c": ("tree_sitter_c", "language"),
    "cpp": ("tree_sitter_cpp", "language"),
    "csharp": ("tree_sitter_c_sharp", "language"),
    "go": ("tree_sitter_go", "language"),
    "java": ("tree_sitter_java", "language"),
    "javascript": ("tree_sitter_javascript", "language"),
    "kotlin": ("tree_sitter_kotlin", "language"),
    "php": ("tree_sitter_php", "language_php"),
    "python": ("tree_sitter_python", "language"),
    "ruby": ("tree_sitter_ruby", "language"),
    "rust": ("tree_sitter_rust", "language"),
    "scala": ("tree_sitter_scala", "language"),
    "swift": ("tree_sitter_swift", "language"),
    "tsx": ("tree_sitter_typescript", "language_tsx"),
    "typescript": ("tree_sitter_typescript", "language_typescript"),
}

# The distributions of the grammars above, and of others that are installed, for `engine_digest`.
_OWN = (
    "tree-sitter",
    "tree-sitter-bash",
    "tree-sitter-c",
    "tree-sitter-c-sharp",
    "tree-sitter-cpp",
    "tree-sitter-go",
    "tree-sitter-java",
    "tree-sitter-javascript",
    "tree-sitter-kotlin",
    "tree-sitter-php",
    "tree-sitter-python",
    "tree-sitter-ruby",
    "tree-sitter-rust",
    "tree-sitter-scala",
    "tree-sitter-swift",
    "tree-sitter-typescript",
)
PACKAGES = (*_OWN, *foreign_packages(_OWN))

# One step is 100 operations of the parser, about 20 microseconds. 36 MB of real code in seven grammars took
# at most 0.03 steps a byte, 0.006 on average: seven times the most is a file no grammar was made for.
STEPS_PER_BYTE = 0.2
# Short texts may need many steps a byte: 5,000 steps are 0.1 s.
STEPS_AT_LEAST = 5_000


class ParseTimeout(TilthError):
    """The parser used up its steps before it reached the end of the text."""


def grammar_of(language: str, path: str = "") -> str:
    """Name of the grammar that reads a file of this language.

    >>> grammar_of("typescript", "app/page.tsx"), grammar_of("typescript", "a.ts"), grammar_of("go")
    ('tsx', 'typescript', 'go')
    """
    if language == "typescript" and path.lower().endswith(".tsx"):
        return "tsx"
    return language


@cache
def grammar(name: str) -> Language | None:
    """The grammar of that name; None when there is none or its wheel is not installed."""
    from tree_sitter import Language

    if name not in GRAMMARS:
        return None
    module, function = GRAMMARS[name]
    try:
        return Language(getattr(import_module(module), function)())
    except ImportError:
        return None


def language_for(language: str, path: str = "") -> Language | None:
    """The grammar for a language as `documents.language` names it; None without one."""
    return grammar(grammar_of(language, path))


def parser_for(language: str, path: str = "") -> Parser | None:
    """A parser of its own for the caller (parsers must not be shared by threads); None without a grammar."""
    from tree_sitter import Parser

    found = language_for(language, path)
    return None if found is None else Parser(found)


# A text so short is parsed in a second whatever it holds, and counting the steps of real code costs a fifth more.
_SHORT_BYTES = 65_536


def step_limit(size_bytes: int) -> int:
    """Steps that a parse of so many bytes may take; the same on every machine, as a time limit would not be.

    >>> step_limit(100), step_limit(1_000_000)
    (5020, 205000)
    """
    return STEPS_AT_LEAST + int(size_bytes * STEPS_PER_BYTE)


def _countdown(steps: int) -> Callable[[int, bool], bool]:
    left = steps

    def is_over(_offset: int, _has_error: bool) -> bool:
        nonlocal left
        left -= 1
        return left < 0

    return is_over


def parse(parser: Parser, data: bytes, max_steps: int | None = None, edited: Tree | None = None) -> Tree:
    """Tree of UTF-8 text. Its nodes know their offsets and not their text: slice `data`.

    `edited` is the tree of another version of the text, told of the changes; what is unchanged is taken from it.

    Raises `ParseTimeout` when the parser takes more than `max_steps` (by default `step_limit` of the size).
    """
    if len(data) <= _SHORT_BYTES and max_steps is None:
        if edited is not None:
            return parser.parse(data, edited, encoding="utf8")
        return parser.parse(data, encoding="utf8")
    steps = step_limit(len(data)) if max_steps is None else max_steps
    try:
        return parser.parse(
            lambda offset, _point: data[offset:],
            **({} if edited is None else {"old_tree": edited}),
            encoding="utf8",
            progress_callback=_countdown(steps),
        )
    except ValueError:
        # The binding says "Parsing failed" and keeps the half-done state for a resumption nobody wants.
        parser.reset()
        raise ParseTimeout(f"no tree after {steps} parser steps for {len(data)} bytes") from None
