"""C#: types, methods, constructors, operators and local functions.

A namespace is as Java's package: no part of a qualified name, for it may stand around the types or once at
the head of the file. Properties, indexers and events belong to their class.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_BODY = "[(block) @body (arrow_expression_clause (_) @body)]"

_QUERY = f"""
(class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @class
(struct_declaration name: (_) @name) @class
(struct_declaration body: (_) @body)
(enum_declaration name: (_) @name body: (_) @body) @class
(delegate_declaration name: (_) @name) @class
(record_declaration name: (_) @name) @class
(record_declaration body: (_) @body)
(method_declaration name: (_) @name) @method
(method_declaration body: {_BODY})
(constructor_declaration name: (_) @name) @method
(constructor_declaration body: {_BODY})
(destructor_declaration name: (_) @name) @method
(destructor_declaration body: {_BODY})
(operator_declaration operator: _ @name) @method
(operator_declaration body: {_BODY})
(conversion_operator_declaration type: (_) @name) @method
(conversion_operator_declaration body: {_BODY})
(local_function_statement name: (_) @name) @function
(local_function_statement body: {_BODY})
(attribute_list) @attribute
(comment) @comment
(compilation_unit (using_directive) @imports)
(namespace_declaration body: (declaration_list (using_directive) @imports))
[
  (if_statement)
  (for_statement)
  (foreach_statement)
  (while_statement)
  (do_statement)
] @branch
(if_statement alternative: (if_statement) @chain)
[
  (catch_clause)
  (conditional_expression)
  (switch_section "case")
  (switch_expression_arm)
  "&&"
  "||"
  "??"
] @decision
[
  (try_statement)
  (switch_statement)
  (switch_expression)
  (using_statement)
  (lock_statement)
] @control
(invocation_expression function: [
  (identifier) @call
  (generic_name . (identifier) @call)
  (member_access_expression name: [(identifier) @call (generic_name . (identifier) @call)])
  (conditional_access_expression (member_binding_expression name: (identifier) @call))
])
(object_creation_expression type: [(identifier) @call (generic_name . (identifier) @call)])
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("///", "/**"),
    no_doc_marks=("////", "/**/"),
    joins_doc_lines=True,
    test_path=r"(?i)/[\w.]*tests?/|Tests?\.cs$",
    test_attribute=r"\[[^]]*\b(Test|Fact|Theory|TestCase|TestMethod|SetUp|TearDown)\b",
    parameter_style="type_first",
    imports_of=import_lines.dotted,
)
