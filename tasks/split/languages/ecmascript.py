"""What JavaScript and TypeScript share: functions are values, bound by declarations, assignments and keys."""

from __future__ import annotations

import re

from tasks.split.syntax import plain_name

_FUNCTION = """[
  (arrow_function body: (_) @body)
  (function_expression body: (_) @body)
  (generator_function body: (_) @body)
]"""
_CLASS = "(class body: (_) @body)"
_VALUE = "[(arrow_function) (function_expression) (generator_function) (class)]"

QUERY = f"""
(function_declaration name: (_) @name body: (_) @body) @function
(generator_function_declaration name: (_) @name body: (_) @body) @function
(function_expression name: (_) @name body: (_) @body) @function
(generator_function name: (_) @name body: (_) @body) @function
(class_declaration name: (_) @name body: (_) @body) @class
(method_definition name: (_) @name body: (_) @body) @method

(variable_declarator name: (identifier) @name value: {_FUNCTION}) @function
(assignment_expression
  left: [(identifier) (member_expression) (subscript_expression)] @name right: {_FUNCTION}) @function
(pair key: (_) @name value: {_FUNCTION}) @method
(export_statement value: {_FUNCTION}) @function
(variable_declarator name: (identifier) @name value: {_CLASS}) @class
(assignment_expression left: [(identifier) (member_expression)] @name right: {_CLASS}) @class
(export_statement value: {_CLASS}) @class

(variable_declarator name: (identifier) @name value: (object)) @scope
(assignment_expression left: [(identifier) (member_expression)] @name right: (object)) @scope
(pair key: (_) @name value: (object)) @scope

(lexical_declaration . (variable_declarator value: {_VALUE}) .) @wrap
(variable_declaration . (variable_declarator value: {_VALUE}) .) @wrap
(export_statement declaration: [
  (function_declaration)
  (generator_function_declaration)
  (class_declaration)
  (lexical_declaration . (variable_declarator value: {_VALUE}) .)
]) @wrap

(decorator) @attribute
(comment) @comment
(import_statement) @imports
(program [(lexical_declaration) (variable_declaration)] @imports)

[
  (if_statement)
  (for_statement)
  (for_in_statement)
  (while_statement)
  (do_statement)
] @branch
(else_clause (if_statement) @chain)
[
  (catch_clause)
  (ternary_expression)
  (switch_case)
  "&&"
  "||"
  "??"
] @decision
[
  (try_statement)
  (switch_statement)
] @control
(call_expression function: [(identifier) @call (member_expression property: (property_identifier) @call)])
(new_expression constructor: [(identifier) @call (member_expression property: (property_identifier) @call)])
"""

TEST_PATH = r"/(tests?|__tests__|spec|e2e)/|[._-](test|spec)\.[cm]?[jt]sx?$"
# Of the declarations only those that require a module import it.
IMPORT = r"import\b|(?:const|let|var)\s[^=;]*=\s*require\(\s*['\"][^'\"]*['\"]\s*\)\s*;?\s*$"
MODULE_DOC = r"(?s)/\*\*.*@(file|fileoverview|module|packageDocumentation)\b"

# `A.prototype["b"]`: the key is one more part of the path.
_KEY = re.compile(r"\s*\[\s*['\"`]?([^\]'\"`]*)['\"`]?\s*\]")
# `module.exports.a.b` and `this.b` are known by what follows.
_RECEIVER = re.compile(r"^(?:(?:module\.)?exports|this|window|globalThis)(?:\.|$)")


def name_of(text: str) -> str:
    """Dotted name of what is assigned to, without `exports`, `this` and `prototype`.

    >>> name_of("module.exports.run"), name_of("Foo.prototype['bar']"), name_of("exports"), name_of("['k']")
    ('run', 'Foo.bar', '', 'k')
    """
    text = text.strip("[]") if text.startswith("[") else _KEY.sub(r".\1", text)
    plain = plain_name(text)
    return _RECEIVER.sub("", plain).replace(".prototype.", ".")
