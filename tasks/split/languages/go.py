"""Go: functions, methods qualified by their receiver's type, and types.

Every named type is a class, a struct or not, for any may have methods; an alias is none. A type alone in its
declaration spans the declaration, one of several in parentheses spans its own part. What an interface asks
for are methods without a body.
"""

from __future__ import annotations

import re

from tasks.split import import_lines
from tasks.split.syntax import Syntax, plain_name

_QUERY = """
(function_declaration name: (_) @name) @function
(function_declaration body: (_) @body)
(method_declaration receiver: (_) @receiver name: (_) @name) @method
(method_declaration body: (_) @body)
(type_spec name: (_) @name) @class
(type_spec type: (struct_type (field_declaration_list) @body))
(type_spec type: (interface_type "{" @open))
(method_elem name: (_) @name) @method
(type_declaration . (type_spec) .) @wrap
(comment) @comment
(source_file (import_declaration) @imports)
[
  (if_statement)
  (for_statement)
] @branch
(if_statement alternative: (if_statement) @chain)
[
  (expression_case)
  (type_case)
  (communication_case)
  "&&"
  "||"
] @decision
[
  (expression_switch_statement)
  (type_switch_statement)
  (select_statement)
] @control
(call_expression function: [(identifier) @call (selector_expression field: (_) @call)])
"""

_RECEIVER = re.compile(r"([^\W\d]\w*)\s*(?:\[[^\]]*\])?\s*,?\s*\)$")


def name_of(text: str) -> str:
    """Name of a node, or the type of a receiver.

    >>> name_of("(s *Stack[T])"), name_of("(Point)"), name_of("Push")
    ('Stack', 'Point', 'Push')
    """
    found = _RECEIVER.search(text)
    return found[1] if found else plain_name(text)


SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("//", "/*"),
    no_doc_marks=("//go:", "// +build", "//nolint", "//export", "//line"),
    joins_doc_lines=True,
    module_doc=r"(//|/\*)\s*Package\b",
    test_path=r"/testdata/|_test\.go$",
    name_of=name_of,
    parameter_style="go",
    imports_of=import_lines.go,
)
