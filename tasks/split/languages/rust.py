"""Rust: functions, types, traits and `impl` blocks.

A struct, enum, union, trait and each `impl` block is a class (an `impl` bears its type's name, so a method is
`Type.method`); a `mod` in a file qualifies the names inside it. Macros and type aliases are no units.
"""

from __future__ import annotations

import re

from tasks.split import import_lines
from tasks.split.syntax import Syntax, plain_name

_QUERY = """
(function_item name: (_) @name body: (_) @body) @function
(function_signature_item name: (_) @name) @function
(struct_item name: (_) @name) @class
(struct_item body: (_) @body)
(enum_item name: (_) @name body: (_) @body) @class
(union_item name: (_) @name body: (_) @body) @class
(trait_item name: (_) @name body: (_) @body) @class
(impl_item type: (_) @name body: (_) @body) @class
(mod_item name: (_) @name body: (_)) @scope
(attribute_item) @attribute
(line_comment) @comment
(block_comment) @comment
(source_file [(use_declaration) (extern_crate_declaration)] @imports)
[
  (if_expression)
  (for_expression)
  (while_expression)
  (loop_expression)
] @branch
(else_clause (if_expression) @chain)
[
  (match_arm)
  "&&"
  "||"
] @decision
(match_expression) @control
(call_expression function: [
  (identifier) @call
  (field_expression field: (field_identifier) @call)
  (scoped_identifier name: (_) @call)
  (generic_function function: [(identifier) @call (scoped_identifier name: (_) @call)])
])
(macro_invocation macro: (identifier) @call)
"""

_REFERENCE = re.compile(r"^(?:&\s*(?:'\w+\s+)?(?:mut\s+)?|dyn\s+|\*(?:const|mut)\s+)+")


def name_of(text: str) -> str:
    """Name of a node, or of the type an `impl` is for.

    >>> name_of("&'a mut Foo<T>"), name_of("dyn fmt::Debug"), name_of("run")
    ('Foo', 'Debug', 'run')
    """
    return plain_name(_REFERENCE.sub("", text.strip()))


SYNTAX = Syntax(
    query=_QUERY,
    doc_marks=("///", "/**"),
    no_doc_marks=("////", "/***", "/**/"),
    joins_doc_lines=True,
    module_doc=r"//!|/\*!",
    test_path=r"/(tests|benches)/|/tests?\.rs$|_tests?\.rs$",
    test_attribute=r"#\[(\w+::)*test\b|#\[cfg\(test\)\]|#\[rstest|#\[bench\b",
    name_of=name_of,
    imports_of=import_lines.tree,
)
