"""Scala 2 and 3: classes, traits, objects, enumerations, givens and functions.

An object and its class are two units of one name. Values, patterns and lambdas belong to the unit around them;
a package or package object qualifies nothing.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_QUERY = """
(class_definition name: (_) @name) @class
(class_definition body: (_) @body)
(trait_definition name: (_) @name) @class
(trait_definition body: (_) @body)
(object_definition name: (_) @name) @class
(object_definition body: (_) @body)
(package_object name: (_) @name body: (_) @body) @class
(enum_definition name: (_) @name body: (_) @body) @class
(given_definition name: (_) @name body: (with_template_body) @body) @class
(function_definition name: (_) @name) @function
(function_definition body: (_) @body)
(function_declaration name: (_) @name) @function
(annotation) @attribute
[(comment) (block_comment)] @comment
(compilation_unit (import_declaration) @imports)
[
  (if_expression)
  (for_expression)
  (while_expression)
  (do_while_expression)
] @branch
(if_expression alternative: (if_expression) @chain)
(case_clause) @decision
[
  (try_expression)
  (match_expression)
] @control
(call_expression function: [
  (identifier) @call
  (field_expression field: (identifier) @call)
  (generic_function function: [(identifier) @call (field_expression field: (identifier) @call)])
])
(instance_expression . [(type_identifier) @call (generic_type . (type_identifier) @call)])
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    test_path=r"/src/(test|it)/|/tests?/|(Spec|Suite|Tests?)\.scala$",
    test_attribute=r"@(Test|Before|After)\b",
    imports_of=import_lines.tree,
)
