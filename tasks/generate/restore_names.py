"""Names restored: a function whose variables were given neutral names is the question, the author's is the answer.

The renaming is consistent, by the scopes of the language where these are known, elsewhere by a careful guess that
must parse. A function of which a comment or a string still says one of the old names is left out: it would give the
answer away.
"""

from __future__ import annotations

from tasks.generate.protocol import Draft, View
from tasks.generate.whole_function import edited, end_of, whole_function
from tilth.edits.rename import rename_variables
from tilth.edits.source import Refusal
from tilth.fingerprint import draw

VERSION = "1"

# What is drawn for a unit here; see `tilth.fingerprint.draw`.
_PURPOSE = 23
# One name alone is a riddle, not a reading of code.
_MIN_NAMES = 2


def restore_names(view: View) -> Draft | str:
    """A draft for a function or method with at least two variables of its own."""
    piece = whole_function(view)
    if isinstance(piece, str):
        return piece
    unit = view.unit
    drawn = draw(unit.unit_id, _PURPOSE, view.config.seed)
    renaming = rename_variables(piece.source, unit.start + piece.shift, unit.end + piece.shift, drawn)
    if isinstance(renaming, Refusal):
        return renaming.reason
    if len(renaming.names) < _MIN_NAMES:
        return "too_few_names"
    if renaming.mentioned:
        return "names_are_mentioned"
    if renaming.needs_oracle and piece.source.after(list(renaming.edits)).root.has_error:
        return "renamed_does_not_parse"
    names = {new.decode(): old.decode() for old, new in renaming.names}
    return Draft(
        piece.start, end_of(view, piece), edited(view, piece, renaming.edits), extra={"names": names}
    )
