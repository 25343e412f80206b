"""Bash and its kin: functions, and nothing else is a definition.

Comment lines right above a function are its docstring. What a script does at its top level is the module's.
"""

from __future__ import annotations

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

SYNTAX = Syntax(
    query=_QUERY,
    import_text=r"(?:source|\.)\s",
    doc_marks=("#",),
    no_doc_marks=("#!", "# shellcheck", "#--", "##", "#==", "# --", "# =="),
    joins_doc_lines=True,
    test_path=r"/tests?/|\.bats$|[_-]tests?\.\w+$",
    test_name=r"test_",
    parameter_style="none",
)
