"""Type hints restored: a function without its hints is the question, the author's own hints are the answer.

Python and TypeScript. Nothing is invented: a hint that the author did not write is in no answer.
"""

from __future__ import annotations

from tasks.generate.protocol import Draft, View
from tasks.generate.whole_function import edited, end_of, whole_function
from tilth.edits.source import Refusal
from tilth.edits.type_hints import remove_type_hints

VERSION = "1"


def restore_type_hints(view: View) -> Draft | str:
    """A draft for a function or method with hints that can be taken out without changing what runs."""
    if not _has_hints(view):
        return "no_type_hints"
    piece = whole_function(view)
    if isinstance(piece, str):
        return piece
    edits = remove_type_hints(piece.source, piece.start + piece.shift, piece.end + piece.shift)
    if isinstance(edits, Refusal):
        return edits.reason
    if not edits:
        return "no_type_hints"
    return Draft(piece.start, end_of(view, piece), edited(view, piece, edits), extra={"hints": len(edits)})


def _has_hints(view: View) -> bool:
    unit = view.unit
    if view.file.language not in ("python", "typescript") or unit.kind not in ("function", "method"):
        return False
    facts = view.file.facts[unit.unit_id]
    return facts.return_type is not None or any(parameter["type"] for parameter in facts.parameters)
