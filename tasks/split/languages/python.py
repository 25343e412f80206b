"""Python: blocks by indentation, docstrings as first statements, decorators around definitions."""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_QUERY = """
(function_definition name: (_) @name body: (_) @body) @function
(class_definition name: (_) @name body: (_) @body) @class
(decorated_definition) @wrap
(decorator) @attribute
(comment) @comment
(block . (expression_statement . (string) @docstring .))
(module (expression_statement . (string) @docstring .))
[(import_statement) (import_from_statement) (future_import_statement)] @imports
[
  (if_statement)
  (for_statement)
  (while_statement)
] @branch
[
  (elif_clause)
  (except_clause)
  (boolean_operator)
  (conditional_expression)
  (for_in_clause)
  (if_clause)
  (case_clause)
  (assert_statement)
] @decision
[
  (try_statement)
  (with_statement)
  (match_statement)
] @control
(call function: [(identifier) @call (attribute attribute: (identifier) @call)])
"""

SYNTAX = Syntax(
    query=_QUERY,
    has_indented_blocks=True,
    test_path=r"/tests?/|/test_[^/]*\.py$|_test\.py$|/conftest\.py$",
    test_name=r"test_|Test[A-Z_]",
    imports_of=import_lines.python,
)
