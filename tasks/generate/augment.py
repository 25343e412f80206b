"""Augmentation: a file that says the same in another way, with its units where they stand then.

Comments stripped, variables renamed, type hints removed, independent methods in another order, or laid out anew
(Python). Whatever is made of a unit can then be made of it again: in another text, with the same id. A file that does
not parse without an error, before or after, is not augmented. Not covered: proof by execution that behaviour stays.
"""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Callable, Iterator, Sequence

from tasks.generate.config import Augmentation, GenerateConfig
from tasks.generate.formatted_files import Formatted, format_files
from tasks.generate.protocol import File, Unit
from tilth.edits.comments import strip_comments
from tilth.edits.edit import Edit, apply, in_order
from tilth.edits.rename import rename_variables
from tilth.edits.reorder import reorder_methods
from tilth.edits.source import Refusal, Source
from tilth.edits.type_hints import remove_type_hints
from tilth.fingerprint import draw

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 24

_Move = Callable[[int, int], tuple[int, int]]


class Augmenter:
    """The files of a batch under each augmentation of the config, made when first asked for."""

    def __init__(self, files: Sequence[File], config: GenerateConfig) -> None:
        self._config = config
        self._made: dict[tuple[int, Augmentation], File | None] = {}
        # One process of Ruff serves all files.
        formatted = format_files(files) if "reformat" in config.augmentations else []
        self._formatted = dict(zip(map(id, files), formatted, strict=False))

    def file(self, file: File, name: Augmentation) -> File | None:
        """The file under an augmentation; None where that changes nothing, or nothing that parses."""
        key = (id(file), name)
        if key not in self._made:
            self._made[key] = self._make(file, name)
        return self._made[key]

    def _make(self, file: File, name: Augmentation) -> File | None:
        source = file.source
        if source is None or source.root.has_error:
            return None
        if name == "reformat":
            formatted = self._formatted[id(file)]
            return None if isinstance(formatted, str) else _checked(_laid_out(file, formatted))
        edits = list(_edits(file, source, name, self._config.seed))
        if not edits:
            return None
        move = _reordered(source.text, edits) if name == "reorder_methods" else _shifted(edits)
        return _checked(_moved(file, apply(source.text, edits), move))


def _checked(file: File) -> File | None:
    source = file.source
    return None if source is None or source.root.has_error else file


def _edits(file: File, source: Source, name: Augmentation, seed: int) -> Iterator[Edit]:
    if name == "strip_comments":
        yield from strip_comments(source)
    elif name == "remove_type_hints":
        found = remove_type_hints(source)
        yield from [] if isinstance(found, Refusal) else found
    elif name == "reorder_methods":
        for unit in _outermost(file, "class"):
            order = reorder_methods(source, unit.start, unit.end, draw(unit.unit_id, _PURPOSE, seed))
            # What is no node by itself (an attribute and a struct) may stand before another class.
            if not isinstance(order, Refusal) and all(
                unit.start <= edit.start and edit.end <= unit.end + 1 for edit in order
            ):
                yield from order
    else:
        for unit in _outermost(file, "function", "method"):
            drawn = draw(unit.unit_id, _PURPOSE, seed)
            # Callers in the same file may pass arguments by their names.
            renaming = rename_variables(source, unit.start, unit.end, drawn, keep_parameters=True)
            yield from () if isinstance(renaming, Refusal) else renaming.edits


def _outermost(file: File, *kinds: str) -> Iterator[Unit]:
    """Units of these kinds that lie in no other of them, in order of start."""
    reached = 0
    for unit in file.units.values():
        if unit.kind in kinds and unit.start >= reached and not unit.has_error:
            reached = unit.end
            yield unit


def _shifted(edits: Sequence[Edit]) -> _Move:
    """Where a span lies after edits; a border inside an edit is drawn to the end of what replaces it."""
    ordered = in_order(edits, max(edit.end for edit in edits))
    ends = [edit.end for edit in ordered]
    growth = [0]
    for edit in ordered:
        growth.append(growth[-1] + len(edit.replacement) - (edit.end - edit.start))

    def border(offset: int) -> int:
        place = bisect_right(ends, offset)
        if place < len(ordered) and ordered[place].start < offset:
            return ends[place] + growth[place + 1]
        return offset + growth[place]

    return lambda start, end: (border(start), border(end))


def _reordered(text: bytes, edits: Sequence[Edit]) -> _Move:
    """Where a span lies when each edit puts one of the edited texts in the place of another."""
    ordered = in_order(edits, len(text))
    shift = _shifted(ordered)
    homes: dict[bytes, list[int]] = {}
    for edit in ordered:
        homes.setdefault(edit.replacement, []).append(shift(edit.start, edit.end)[0])
    starts = [edit.start for edit in ordered]
    places = [homes[text[edit.start : edit.end]].pop(0) for edit in ordered]

    def move(start: int, end: int) -> tuple[int, int]:
        place = bisect_right(starts, start) - 1
        if place >= 0 and end <= ordered[place].end:
            return places[place] + start - starts[place], places[place] + end - starts[place]
        return shift(start, end)

    return move


def _copied(file: File, text: bytes, units: dict[str, Unit]) -> File:
    copy = File(file.document_id, file.path, file.repository, file.language, text, file.rows)
    copy.units = units
    return copy


def _moved(file: File, text: bytes, move: _Move) -> File:
    return _copied(
        file, text, {unit_id: _moved_unit(unit, text, move) for unit_id, unit in file.units.items()}
    )


def _moved_unit(unit: Unit, text: bytes, move: _Move) -> Unit:
    start, end = _span(move, text, unit.start, unit.end)
    body = _span(move, text, unit.body_start, unit.body_end)
    docstring = _span(move, text, unit.docstring_start, unit.docstring_end)
    return unit._replace(
        start=start or 0,
        end=len(text) if unit.kind == "module" or end is None else end,
        body_start=body[0],
        body_end=body[1],
        docstring_start=docstring[0],
        docstring_end=docstring[1],
    )


def _span(move: _Move, text: bytes, start: int | None, end: int | None) -> tuple[int | None, int | None]:
    """The span after a move; null when nothing is left of it."""
    if start is None or end is None:
        return None, None
    low, high = move(start, end)
    # What ended in a comment now ends in what stood before it.
    high = low + len(text[low:high].rstrip())
    return (low, high) if high > low else (None, None)


def _laid_out(file: File, formatted: Formatted) -> File:
    text = formatted.text
    units: dict[str, Unit] = {}
    for unit_id, unit in file.units.items():
        if unit.kind == "module":
            units[unit_id] = unit._replace(end=len(text))
        begin = file.text.rfind(b"\n", 0, unit.start) + 1
        places = formatted.places.get(begin) if unit.kind not in ("module", "imports") else None
        if places is None:
            continue
        new = places[1]
        has_body = unit.body_start is not None and new.start < new.body < new.end
        indent = len(text[new.start : new.end]) - len(text[new.start : new.end].lstrip(b" \t"))
        units[unit_id] = unit._replace(
            start=new.start + indent,
            end=new.end,
            body_start=new.body if has_body else None,
            body_end=new.end if has_body else None,
            docstring_start=None,
            docstring_end=None,
        )
    return _copied(file, text, units)
