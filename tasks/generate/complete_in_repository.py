"""Completion across files: what the body calls elsewhere in the repository stands in the question, by path.

The files come in the order in which they build on each other, each under a comment with its path (DeepSeek-Coder,
arXiv 2401.14196, section 2.2), and of each only what the body calls: a definition whole where it fits, else its head
with its docstring. Tests take part: what they test is what they call. A callee counts when the import proves it; names
that could mean several things are left out, and so are methods called on an object, whose type nobody knows.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from typing import NamedTuple

import pyarrow as pa

from tasks.generate.complete_function import complete_body
from tasks.generate.config import GenerateConfig
from tasks.generate.protocol import Draft, File, Unit, View
from tilth.syntax.reexports import reexports
from tilth.syntax.repository import calls_between, dependency_order, imports_between
from tilth.tokens import BYTES_PER_TOKEN

VERSION = "2"

# Languages whose line comments begin with a number sign; in all others that Tilth splits it is two slashes.
_NUMBER_SIGN = frozenset(("python", "ruby", "bash"))
# A callee of one short line says no more than its name.
_MIN_SHOWN_BYTES = 16


class Definition(NamedTuple):
    """A unit in its file."""

    unit: Unit
    file: File


def complete_in_repository(
    views: Sequence[View], config: GenerateConfig
) -> Iterator[tuple[int, Draft | str]]:
    """A draft for each function or method whose body calls what another file of its repository defines."""
    files = list({view.file.document_id: view.file for view in views}.values())
    callees, place = _callees(files)
    for number, view in enumerate(views):
        yield number, _draft_of(view, callees.get(view.unit.unit_id, ()), place, config)


def _callees(files: Sequence[File]) -> tuple[Mapping[str, list[Definition]], Mapping[str, int]]:
    """What each unit calls in other files, as far as it is proved; and each file's place in the order."""
    documents = pa.table(
        {
            name: pa.array([getattr(file, name) for file in files], pa.string())
            for name in ("document_id", "repository", "path", "language")
        }
    )
    units = pa.concat_tables([file.rows for file in files]) if files else None
    if units is None:
        return {}, {}
    imports = imports_between(documents, units)
    texts = [file.text.decode("utf-8") if file.language == "python" else "" for file in files]
    handed_on = reexports(documents.append_column("text", pa.array(texts, pa.string())))
    order = dependency_order(documents, imports)
    place = dict(zip(order["document_id"].to_pylist(), order["position"].to_pylist(), strict=True))
    known = {unit.unit_id: Definition(unit, file) for file in files for unit in file.units.values()}
    found: dict[str, list[Definition]] = defaultdict(list)
    for caller, callee, is_guess in zip(
        *(column.to_pylist() for column in calls_between(documents, units, imports, handed_on).columns),
        strict=True,
    ):
        if not is_guess and caller in known and known[caller].file is not known[callee].file:
            found[caller].append(known[callee])
    return found, place


def _draft_of(
    view: View, callees: Sequence[Definition], place: Mapping[str, int], config: GenerateConfig
) -> Draft | str:
    unit = view.unit
    body = view.text[unit.body_start or 0 : unit.body_end or 0]
    called = [found for found in callees if found.unit.name.encode("utf-8") in body]
    if not called:
        return "calls_no_other_file"
    draft = complete_body(view)
    if isinstance(draft, str):
        return draft
    called.sort(key=lambda found: (place[found.file.document_id], found.file.path, found.unit.start))
    shown = _shown(called, int(config.max_context_tokens * BYTES_PER_TOKEN))
    if not shown:
        return "callees_too_long"
    mark = "#" if view.file.language in _NUMBER_SIGN else "//"
    parts: dict[str, list[bytes]] = {}
    for found, text in shown:
        parts.setdefault(found.file.path, []).append(text)
    parts.setdefault(view.file.path, []).append(draft.context)
    context = b"\n\n".join(
        b"%b %b\n%b" % (mark.encode(), path.encode("utf-8"), b"\n\n".join(texts))
        for path, texts in parts.items()
    )
    names = list(dict.fromkeys(found.unit.name for found, _ in shown))
    return draft._replace(
        context=context,
        variables={"callees": _listed(names), "other_path": shown[-1][0].file.path},
        beside=tuple((found.file.document_id, found.unit.start, found.unit.end) for found, _ in shown),
        extra={"callees": [f"{found.file.path}:{found.unit.qualified_name}" for found, _ in shown]},
    )


def _shown(called: Sequence[Definition], budget: int) -> list[tuple[Definition, bytes]]:
    """The definitions that fit, in their order; those that the budget does not hold whole show their heads."""
    shown = []
    for found in called:
        text, unit = found.file.text, found.unit
        whole = text[unit.start : unit.end].rstrip()
        if len(whole) > budget and unit.body_start is not None:
            whole = _head(text[unit.start : unit.body_start], found.file.language)
        if _MIN_SHOWN_BYTES <= len(whole) <= budget:
            shown.append((found, whole))
            budget -= len(whole)
    return shown


def _head(head: bytes, language: str) -> bytes:
    r"""A definition up to its body, with a mark for what is left out.

    >>> _head(b"def f():\n    ", "python"), _head(b"func f() {\n\t", "go")
    (b'def f():\n    ...', b'func f() {\n\t// ...\n}')
    """
    lines = head.rstrip()
    if language in _NUMBER_SIGN:
        return lines + b"\n    ..."
    return lines + (b"\n\t// ...\n}" if lines.endswith(b"{") or b"{" in lines else b"")


def _listed(names: Sequence[str]) -> str:
    """Names as a sentence lists them.

    >>> _listed(["a"]), _listed(["a", "b", "c"])
    ('`a`', '`a`, `b` and `c`')
    """
    marked = [f"`{name}`" for name in names]
    return " and ".join(filter(None, (", ".join(marked[:-1]), marked[-1])))
