"""Kotlin: classes, interfaces, objects and functions; a companion's functions are the class's own.

A function that extends a type bears its name: `String.ext`. Properties, initialisers and lambdas belong to the
unit around them.
"""

from __future__ import annotations

from tasks.split import import_lines
from tasks.split.syntax import Syntax, plain_name

_QUERY = """
(class_declaration name: (_) @name) @class
(class_declaration [(class_body) (enum_class_body)] @body)
(object_declaration name: (_) @name) @class
(object_declaration (class_body) @body)
(companion_object) @scope
(companion_object name: (_) @name)
(function_declaration name: (_) @name) @function
(function_declaration (function_body [(block) @body ("=" . (_) @body)]))
(secondary_constructor "constructor" @name) @method
(secondary_constructor (block) @body)
(annotation) @attribute
(line_comment) @comment
(block_comment) @comment
(source_file (import) @imports)
[
  (if_expression)
  (for_statement)
  (while_statement)
  (do_while_statement)
] @branch
(if_expression (if_expression) @chain)
[
  (catch_block)
  (when_entry)
  "&&"
  "||"
  "?:"
] @decision
[
  (try_expression)
  (when_expression)
] @control
(call_expression . (identifier) @call)
(call_expression . (navigation_expression (identifier) @call .))
"""

SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("/**",),
    no_doc_marks=("/**/",),
    test_path=r"/src/\w*[tT]est/|/tests?/|Tests?\.kt$",
    test_attribute=r"@(Test|ParameterizedTest|RepeatedTest|Before\w*|After\w*)\b",
    name_of=plain_name,
    imports_of=import_lines.dotted,
)
