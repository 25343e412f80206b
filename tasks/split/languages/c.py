"""C: functions, structs, unions and enumerations.

A prototype is no unit, its comment one of the module's. A type without a name bears the one its `typedef`
gives it. A comment right above a definition is its docstring, as C's projects write them. Macros are text:
what the preprocessor would make of them is not seen, and a definition they tear apart has an error.
"""

from __future__ import annotations

from tasks.split.languages import preprocessor
from tasks.split.syntax import Syntax

_NAMED = " ".join(f"({kind}_specifier name: (_) body: (_))" for kind in ("struct", "union", "enum"))
_UNNAMED = " ".join(f"({kind}_specifier !name body: (_) @body)" for kind in ("struct", "union", "enum"))

QUERY = f"""
(function_definition) @function
(function_definition body: (compound_statement) @body)
(function_declarator declarator: (identifier) @name)
(function_definition type: (type_identifier) @name declarator: (parenthesized_declarator))
(struct_specifier name: (_) @name body: (_) @body) @class
(union_specifier name: (_) @name body: (_) @body) @class
(enum_specifier name: (_) @name body: (_) @body) @class
(type_definition type: [{_UNNAMED}] declarator: (type_identifier) @name) @class
(type_definition type: [{_NAMED}]) @wrap
(comment) @comment
(preproc_include) @imports
[
  (if_statement)
  (for_statement)
  (while_statement)
  (do_statement)
] @branch
(else_clause (if_statement) @chain)
[
  (case_statement value: (_))
  (conditional_expression)
  "&&"
  "||"
] @decision
(switch_statement) @control
(call_expression function: [(identifier) @call (field_expression field: (_) @call)])
"""

# What follows the braces of a type in its `typedef`: the names, `*` and commas between them.
WRAP_TAIL = b"; \t\r\n*,_abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
# Rules drawn with comments head a section, not a definition.
NO_DOC_MARKS = ("/*=", "/*-", "/* =", "/* -", "/**/", "//=", "//-", "// =", "// -", "/***", "////")
MODULE_DOC = r"(?s)/[*/][*/!].*[@\\](file|defgroup)\b"

SYNTAX = Syntax(
    query=QUERY,
    takes_semicolon=True,
    wrap_tail=WRAP_TAIL,
    doc_marks=("/*", "//"),
    no_doc_marks=NO_DOC_MARKS,
    joins_doc_lines=True,
    module_doc=MODULE_DOC,
    test_path=r"/tests?/|/test[_-][^/]*\.[ch]$|[_-]tests?\.[ch]$",
    parameter_style="type_first",
    repair=preprocessor.repair_heads,
    repair_part=preprocessor.repair_part,
    repaired_inside=preprocessor.HOLDERS,
)
