"""Which syntax belongs to which grammar."""

from __future__ import annotations

from tasks.split.languages import (
    bash,
    c,
    cpp,
    csharp,
    go,
    java,
    javascript,
    kotlin,
    php,
    python,
    ruby,
    rust,
    scala,
    swift,
    typescript,
)
from tasks.split.syntax import Syntax

# Grammar name, as in `tilth.syntax.grammars.GRAMMARS`, -> syntax.
SYNTAXES: dict[str, Syntax] = {
    "bash": bash.SYNTAX,
    "c": c.SYNTAX,
    "cpp": cpp.SYNTAX,
    "csharp": csharp.SYNTAX,
    "go": go.SYNTAX,
    "java": java.SYNTAX,
    "javascript": javascript.SYNTAX,
    "kotlin": kotlin.SYNTAX,
    "php": php.SYNTAX,
    "python": python.SYNTAX,
    "ruby": ruby.SYNTAX,
    "rust": rust.SYNTAX,
    "scala": scala.SYNTAX,
    "swift": swift.SYNTAX,
    "tsx": typescript.SYNTAX,
    "typescript": typescript.SYNTAX,
}
