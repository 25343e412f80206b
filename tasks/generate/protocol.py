"""What a method for code sees, and what it gives back.

A method makes `Draft`s of a `View` (one unit in its file), or says why it makes none. It thinks in byte offsets and
in texts; `from_units.py` words the question, counts tokens and fills the row. A method is one file and one line
in `methods.py`.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any, NamedTuple

import pyarrow as pa

from tasks.generate.config import GenerateConfig
from tasks.generate.piece import Piece, parse_piece, statements_around
from tilth.edits.source import Source, read_source
from tilth.records import rows_of
from tilth.syntax.grammars import ParseTimeout, parser_for
from tilth.tokens import BYTES_PER_TOKEN

if TYPE_CHECKING:
    from tree_sitter import Parser


class Unit(NamedTuple):
    """The columns of a unit that methods use; see `tilth.records.UNITS`."""

    unit_id: str
    parent_id: str | None
    kind: str
    name: str
    qualified_name: str
    start: int
    end: int
    body_start: int | None
    body_end: int | None
    signature: str | None
    docstring: str | None
    docstring_start: int | None
    docstring_end: int | None
    complexity: int | None
    nesting: int | None
    lines: int | None
    is_test: bool
    has_error: bool


class Facts(NamedTuple):
    """What else is known of a unit; few methods ask, and lists are slow to read."""

    parameters: list[dict[str, str | None]]  # name, type, default
    return_type: str | None
    imports: list[str]
    calls: list[str]
    test_of: str | None


class File:
    """One document of code and its units; what several methods ask of it is computed once, when first asked."""

    def __init__(
        self, document_id: str, path: str, repository: str, language: str, text: bytes, rows: pa.Table
    ) -> None:
        self.document_id, self.path, self.repository = document_id, path, repository
        self.language, self.text = language, text
        self.units: dict[str, Unit] = {}  # by id, in order of start
        self.rows = rows  # of its units, as UNITS
        self._piece: tuple[Unit, Piece | None] | None = None

    @cached_property
    def facts(self) -> dict[str, Facts]:
        """Of each unit, by id."""
        found = rows_of(self.rows, "unit_id", *Facts._fields)
        return {
            unit_id: Facts(parameters or [], return_type, imports or [], calls or [], test_of)
            for unit_id, parameters, return_type, imports, calls, test_of in found
        }

    @cached_property
    def module(self) -> Unit:
        """The unit that spans the file."""
        return next(iter(self.units.values()))

    @cached_property
    def members(self) -> dict[str, list[Unit]]:
        """What lies directly in a unit, by the unit's id, in order of start."""
        found: dict[str, list[Unit]] = {}
        for unit in self.units.values():
            found.setdefault(unit.parent_id or "", []).append(unit)
        return found

    @cached_property
    def imports_end(self) -> int:
        """End of the leading run of imports; 0 without one."""
        return next((unit.end for unit in self.units.values() if unit.kind == "imports"), 0)

    @cached_property
    def tops(self) -> list[int]:
        """Where definitions begin in the file and in its classes, with what documents them."""
        holders = {unit.unit_id for unit in self.units.values() if unit.kind in ("module", "class")}
        tops = (
            unit
            for unit in self.units.values()
            if unit.parent_id in holders and unit.kind in ("function", "method", "class")
        )
        starts = (min(unit.start, unit.docstring_start or unit.start) for unit in tops)
        return sorted(line_start(self.text, start) for start in starts)

    @cached_property
    def source(self) -> Source | None:
        """The file with its syntax tree; None without a grammar, or when the parser does not end."""
        try:
            return read_source(self.text, self.language, self.path)
        except ParseTimeout:
            return None

    @cached_property
    def parser(self) -> Parser | None:
        """The file's own parser; None without a grammar."""
        return parser_for(self.language, self.path)

    def piece(self, unit: Unit) -> Piece | None:
        """The unit parsed alone; None where that is impossible. The last one asked for is remembered."""
        if self._piece is None or self._piece[0] is not unit:
            self._piece = unit, self._parse(unit, ((line_start(self.text, unit.start), unit.end),))
        return self._piece[1]

    def piece_around(self, unit: Unit, offset: int, size: int) -> Piece | None:
        """The unit with only those statements that stand around an offset, about `size` bytes of them."""
        start, end = unit.body_start, unit.body_end
        if start is None or end is None or end - start <= size:
            return self.piece(unit)
        low, high = statements_around(self.text, start, end, min(max(offset, start), end - 1), size)
        if 2 * (high - low) > end - start:
            return self.piece(unit)
        head = line_start(self.text, unit.start)
        return self._parse(unit, ((head, start), (low, high), (end, unit.end))) or self.piece(unit)

    def _parse(self, unit: Unit, spans: tuple[tuple[int, int], ...]) -> Piece | None:
        if self.parser is None or unit.has_error:
            return None
        return parse_piece(self.parser, self.text, self.language, unit.kind, spans)


class View(NamedTuple):
    """One unit in its file."""

    unit: Unit
    file: File
    config: GenerateConfig

    @property
    def text(self) -> bytes:
        """The whole file."""
        return self.file.text

    def budget(self, tokens: int) -> int:
        """Bytes that so many tokens take."""
        return int(tokens * BYTES_PER_TOKEN)

    @property
    def owner(self) -> Unit | None:
        """The class that holds the unit; None when none does."""
        found = self.file.units.get(self.unit.parent_id or "")
        return found if found is not None and found.kind == "class" else None


class Draft(NamedTuple):
    """An example that is not worded yet.

    The answer is [start, end) of the file, or `answer` where it does not stand there; then the span is what it is
    about, or null.
    """

    start: int | None
    end: int | None
    context: bytes  # what a chat shows under the instruction, as code; for fill-in-the-middle the prefix
    suffix: bytes | None = None  # after the middle; null: the example is a chat
    subject: bytes | None = None  # what dedupe compares; null: the answer
    answer: bytes | None = None
    context_language: str = ""  # of the code in the question; empty: the file's
    is_prose: bool = False  # the answer is words, so it is not put into a code block
    remark: bytes = b""  # said under the code of the question: a test's message, an input
    more_turns: tuple[bytes, ...] = ()  # after the answer: question, answer …, as they are
    untrained_answers: int = 0  # so many answers from the first are wrong on purpose: nobody is to learn them
    variables: Mapping[str, str] = {}  # what this draft's wordings may speak of, beside the unit's own
    task: str = ""  # when the method has several
    oracle: str = (
        "source"  # what proves the answer: source, parse, execution, test, detector; or `mined`: nothing does
    )
    code: str | None = None  # with `tests`: programs that prove the answer, by themselves
    tests: str | None = None
    query: tuple[bytes, bytes, Sequence[Mapping[str, Any]]] | None = (
        None  # a triplet: query, positive, negatives
    )
    extra: Mapping[str, Any] = {}  # what else is known of the row
    # What the example shows of other places: document_id, start, end. Secrets and licences are looked for there too.
    beside: Sequence[tuple[str, int, int]] = ()


UnitMethod = Callable[[View], Draft | list[Draft] | str]
# Many views at once, for what is only quick in bulk (Ruff, the sandbox) or looks across files; gives the number of the
# view with each draft or reason.
BatchMethod = Callable[[Sequence[View], GenerateConfig], Iterator[tuple[int, Draft | str]]]


def before(text: bytes, start: int, max_bytes: int) -> bytes:
    r"""At most so many bytes that end at `start`, from the beginning of a line.

    >>> before(b"one\ntwo\nthree", 8, 5)
    b'two\n'
    """
    low = start - max_bytes
    if low <= 0:
        return text[:start]
    newline = text.find(b"\n", low - 1, start)
    return text[newline + 1 : start] if newline >= 0 else b""


def after(text: bytes, end: int, max_bytes: int) -> bytes:
    r"""At most so many bytes from `end` on, up to the end of a line.

    >>> after(b"one\ntwo\nthree", 4, 5)
    b'two\n'
    """
    high = end + max_bytes
    if high >= len(text):
        return text[end:]
    newline = text.rfind(b"\n", end, high)
    return text[end : newline + 1] if newline >= 0 else b""


def line_start(text: bytes, start: int) -> int:
    r"""Where the line begins, if nothing but white space stands before `start` in it; else `start`.

    >>> line_start(b"a\n  def", 4), line_start(b"a; def", 3)
    (2, 3)
    """
    begin = text.rfind(b"\n", 0, start) + 1
    return start if text[begin:start].strip() else begin
