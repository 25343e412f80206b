"""Java: classes, interfaces, enums, records and annotation types are classes; constructors are methods."""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax

_QUERY = """
(class_declaration name: (_) @name body: (_) @body) @class
(interface_declaration name: (_) @name body: (_) @body) @class
(enum_declaration name: (_) @name body: (_) @body) @class
(record_declaration name: (_) @name body: (_) @body) @class
(annotation_type_declaration name: (_) @name body: (_) @body) @class
(method_declaration name: (_) @name) @method
(method_declaration body: (_) @body)
(constructor_declaration name: (_) @name body: (_) @body) @method
(compact_constructor_declaration name: (_) @name body: (_) @body) @method
(annotation) @attribute
(marker_annotation) @attribute
(line_comment) @comment
(block_comment) @comment
(program (import_declaration) @imports)
[
  (if_statement)
  (for_statement)
  (enhanced_for_statement)
  (while_statement)
  (do_statement)
] @branch
(if_statement alternative: (if_statement) @chain)
[
  (catch_clause)
  (ternary_expression)
  (switch_label . (_))
  "&&"
  "||"
] @decision
[
  (try_statement)
  (try_with_resources_statement)
  (switch_expression)
  (synchronized_statement)
] @control
(method_invocation name: (_) @call)
(object_creation_expression type: [(type_identifier) @call (generic_type . (type_identifier) @call)])
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    test_path=r"/src/(test|\w*Test)/|/tests?/|/Test[A-Z]\w*\.java$|(Tests?|TestCase|IT)\.java$",
    test_attribute=r"@(Test|ParameterizedTest|RepeatedTest|BeforeEach|AfterEach)\b",
    parameter_style="type_first",
    imports_of=import_lines.dotted,
)
