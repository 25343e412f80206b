"""Swift: classes, structs, enumerations, actors, extensions and protocols, with their functions.

An extension is a class that bears its type's name. `init`, `deinit` and `subscript` are methods of those names;
computed properties and closures belong to the unit around them.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_QUERY = """
(class_declaration name: (_) @name body: (_) @body) @class
(protocol_declaration name: (_) @name body: (_) @body) @class
(function_declaration) @function
(function_declaration "func" . _ @name)
(function_declaration body: (_) @body)
(protocol_function_declaration) @method
(protocol_function_declaration name: (simple_identifier) @name)
(init_declaration "init" @name) @method
(init_declaration body: (_) @body)
(deinit_declaration "deinit" @name body: (_) @body) @method
(subscript_declaration "subscript" @name (computed_property) @body) @method
(attribute) @attribute
[(comment) (multiline_comment)] @comment
(source_file (import_declaration) @imports)
[
  (if_statement)
  (guard_statement)
  (for_statement)
  (while_statement)
  (repeat_while_statement)
] @branch
(if_statement (if_statement) @chain)
[
  (switch_entry)
  (catch_block)
  (ternary_expression)
  (nil_coalescing_expression)
  (conjunction_expression)
  (disjunction_expression)
] @decision
[
  (switch_statement)
  (do_statement)
] @control
(call_expression . (simple_identifier) @call)
(call_expression . (navigation_expression suffix: (navigation_suffix suffix: (simple_identifier) @call)))
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("///", "/**"),
    no_doc_marks=("////", "/**/"),
    joins_doc_lines=True,
    test_path=r"/\w*Tests?/|Tests?\.swift$",
    test_name=r"test[A-Z_]",
    test_attribute=r"@Test\b",
    imports_of=import_lines.dotted,
)
