"""Which syntax belongs to which grammar."""

from __future__ import annotations

from tasks.split.languages import go, java, javascript, python, rust, typescript
from tasks.split.syntax import Syntax

# Grammar name, as in `tilth.syntax.grammars.GRAMMARS`, -> syntax.
SYNTAXES: dict[str, Syntax] = {
    "go": go.SYNTAX,
    "java": java.SYNTAX,
    "javascript": javascript.SYNTAX,
    "python": python.SYNTAX,
    "rust": rust.SYNTAX,
    "tsx": typescript.SYNTAX,
    "typescript": typescript.SYNTAX,
}
