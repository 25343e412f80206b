"""Bash and its kin: functions, and nothing else is a definition.

Comment lines right above a function are its docstring. What a script does at its top level is the module's.
"""

from __future__ import annotations

import re

from tasks.split.syntax import Syntax

_QUERY = """
(function_definition name: (_) @name body: (_) @body) @function
(comment) @comment
(program (command) @imports)
[
  (if_statement)
  (for_statement)
  (c_style_for_statement)
  (while_statement)
] @branch
[
  (elif_clause)
  (case_item)
  "&&"
  "||"
] @decision
(case_statement) @control
(command name: (command_name (word) @call))
"""

# `${a:+${a};}`: the grammar ends the command at the semicolon.
_EXPANSION = re.compile(rb"(\$\{\w+:?[-+=?](?:\$\{?\w+\}?)?);(?=\})")


def repair(data: bytes) -> bytes:
    """Mask the semicolons of expansions.

    >>> repair(b'echo "${a:+${a};}"')
    b'echo "${a:+${a}_}"'
    """
    return _EXPANSION.sub(rb"\1_", data)


SYNTAX = Syntax(
    query=_QUERY,
    import_text=r"(?:source|\.)\s",
    doc_marks=("#",),
    no_doc_marks=("#!", "# shellcheck", "#--", "##", "#==", "# --", "# =="),
    joins_doc_lines=True,
    test_path=r"/tests?/|\.bats$|[_-]tests?\.\w+$",
    test_name=r"test_",
    parameter_style="none",
    has_dotted_names=True,
    repair=repair,
)
