"""PHP: classes, interfaces, traits, enumerations, methods and functions; HTML around them is text.

A namespace is as Java's package: no part of a qualified name. Closures belong to the unit around them.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_QUERY = """
(class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @class
(trait_declaration name: (_) @name body: (_) @body) @class
(enum_declaration name: (_) @name body: (_) @body) @class
(method_declaration name: (_) @name) @method
(method_declaration body: (_) @body)
(function_definition name: (_) @name body: (_) @body) @function
(attribute_list) @attribute
(comment) @comment
(program (namespace_use_declaration) @imports)
(program (expression_statement [
  (require_expression)
  (require_once_expression)
  (include_expression)
  (include_once_expression)
]) @imports)
(namespace_definition body: (_ (namespace_use_declaration) @imports))
[
  (if_statement)
  (for_statement)
  (foreach_statement)
  (while_statement)
  (do_statement)
] @branch
(else_clause (if_statement) @chain)
[
  (else_if_clause)
  (catch_clause)
  (conditional_expression)
  (case_statement)
  (match_conditional_expression)
  "&&"
  "||"
  "??"
] @decision
[
  (try_statement)
  (switch_statement)
  (match_expression)
] @control
(function_call_expression function: [(name) @call (qualified_name (name) @call .)])
(member_call_expression name: (name) @call)
(nullsafe_member_call_expression name: (name) @call)
(scoped_call_expression name: (name) @call)
(object_creation_expression [(name) @call (qualified_name (name) @call .)])
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    module_doc=r"(?s)/\*\*.*@(file|package)\b",
    test_path=r"(?i)/tests?/|Test\.php$",
    test_name=r"test(?![a-z])\w",
    test_attribute=r"#\[.*\b(Test|DataProvider)\b",
    parameter_style="php",
    imports_of=import_lines.php,
)
