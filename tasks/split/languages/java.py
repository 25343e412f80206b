"""Java: classes, interfaces, enums, records and annotation types are classes; constructors are methods."""

from __future__ import annotations

from tasks.split.syntax import Syntax

_QUERY = """
(class_declaration) @class
(class_declaration name: (_) @name)
(class_declaration body: (_) @body)
(interface_declaration) @class
(interface_declaration name: (_) @name)
(interface_declaration body: (_) @body)
(enum_declaration) @class
(enum_declaration name: (_) @name)
(enum_declaration body: (_) @body)
(record_declaration) @class
(record_declaration name: (_) @name)
(record_declaration body: (_) @body)
(annotation_type_declaration) @class
(annotation_type_declaration name: (_) @name)
(annotation_type_declaration body: (_) @body)
(method_declaration) @method
(method_declaration name: (_) @name)
(method_declaration body: (_) @body)
(constructor_declaration) @method
(constructor_declaration name: (_) @name)
(constructor_declaration body: (_) @body)
(compact_constructor_declaration) @method
(compact_constructor_declaration name: (_) @name)
(compact_constructor_declaration body: (_) @body)
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
  (switch_label (_))
  (binary_expression operator: ["&&" "||"])
] @decision
[
  (try_statement)
  (try_with_resources_statement)
  (switch_expression)
  (synchronized_statement)
] @control
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    test_path=r"/src/(test|\w*Test)/|/tests?/|/Test[A-Z]\w*\.java$|(Tests?|TestCase|IT)\.java$",
    test_attribute=r"@(Test|ParameterizedTest|RepeatedTest|BeforeEach|AfterEach)\b",
)
